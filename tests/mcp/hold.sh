#!/bin/bash
# Calls that wait for a person, by real clients: under lighttpd, and under mod_fcgid, where each takes a process.
. tests/lib.sh

repeat lighttpd:mcp/web/hold apache-fcgid:mcp/web/hold
finish
