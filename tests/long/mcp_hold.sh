#!/bin/bash
# Calls that wait for a person for five minutes, by real clients; and with every responder of /mcp killed in the middle of the wait, at
# the decision and around it (the decision comes after 20 s).
. tests/lib.sh

LONGEST=300 repeat lighttpd:mcp/web/hold apache-fcgid:mcp/web/hold
HOLD_KILLS='3 10 19 20 21 22' repeat lighttpd:mcp/web/hold apache-fcgid:mcp/web/hold
finish
