#!/bin/bash
# approvals.sh - `make bench-approvals`: from the click to the waiting check, and what a flood of approve requests costs others.
#
# BENCH_DIR is where the state directory lies (the disk counts), CLICKS how many approvals are measured. The flood has a lower
# priority than the rest, as it would come from another machine.
set -u
TMPDIR=${BENCH_DIR:-/var/tmp}
export TMPDIR
exec 3>&2
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
CLICKS=${CLICKS:-200}
SECONDS_EACH=${SECONDS_EACH:-5}
ROUNDS=${ROUNDS:-3}

new_state bench
free_port
setting base_url http://127.0.0.1:1
setting approvals_per_key 1000
setting approve_per_minute 0
policy mail '{"rules": [
  {"tool": "send_*", "decision": "require_approval"},
  {"tool": "read_*", "decision": "allow"}]}'
ctl channel add console console >/dev/null 2>&1 || exit 2
key=$(new_key agent --policy mail --channel console)
start_server 2

set -- $(python3 "$ROOT/tests/bench/clicks.py" "$URL" "$key" "$S/console.log" "$CLICKS")
[ $# = 3 ] || exit 1
echo "from the click to the answer at the waiting check, $CLICKS runs: p50 $(($1 / 1000)) ms, p99 $(($2 / 1000)) ms, longest $(($3 / 1000)) ms"

stop_server
setting approve_per_minute 60
start_server 2
printf '{"serverName":"files","toolName":"read_file","args":{"path":"notes.txt"}}' >"$T/request"
check_load() {
	"$BUILD/tests/load" --json -c 4 -d "$SECONDS_EACH" --warmup 0.5 --body "$T/request" \
	    --header 'Content-Type: application/json' --header "Authorization: Bearer $key" "$URL"
}
flood() { # ends with the load of checks
	nice -n 19 "$BUILD/tests/load" --json -c 16 -d $((SECONDS_EACH + 2)) \
	    "http://127.0.0.1:$PORT/v1/approve/$(printf '%043d' 7)?action=approve" >"$T/flood"
}
before=$(du -b "$S"/enforgate.db* | awk '{ n += $1 } END { print n }')
flood
echo "a flood alone: $(jq -r '"\(.requests_per_second | floor) requests a second, \(.status | tojson)"' "$T/flood")," \
    "the database grew by $(($(du -b "$S"/enforgate.db* | awk '{ n += $1 } END { print n }') - before)) bytes"
for round in $(seq "$ROUNDS"); do
	check_load >"$T/quiet.$round"
	flood &
	pid=$!
	sleep 0.5
	check_load >"$T/flooded.$round"
	wait $pid
done
median() { jq -s "map(.$2) | sort | .[length / 2 | floor]" "$T/$1".*; }
echo "check, 4 connections, $ROUNDS rounds, medians: p99 $(median quiet p99_us) us without, $(median flooded p99_us) us with a flood;" \
    "$(median quiet requests_per_second | cut -d. -f1) and $(median flooded requests_per_second | cut -d. -f1) a second"
