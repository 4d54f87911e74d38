#!/bin/bash
# Calls that wait for a person for five minutes, by real clients; and with every responder of /mcp killed in the middle of the wait, at
# the decision and around it (which comes after 20 s). A client whose answer was cut waits for its own time-out, a minute, and repeats
# the call then.
. tests/lib.sh

LONGEST=300 repeat lighttpd:mcp/web/hold apache-fcgid:mcp/web/hold
for at in 3 10 19 20 21 22; do
	HOLD_KILLS=$at repeat lighttpd:mcp/web/hold apache-fcgid:mcp/web/hold
done
finish
