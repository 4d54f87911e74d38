# The end of a responder: SIGTERM, with and without a request under way, and a death.
. tests/lib.sh

new_state state
setting database_deadline_ms 5000
policy default '{"defaultDecision": "allow", "rules": []}'
key=$(new_key agent --policy default)
start_server
call "$key" t
is 'before: a verdict' "$STATUS $(member decision)" '200 allow'

# any_runs PID...: a process that has ended and that its parent has not looked after yet runs no more.
any_runs() {
	local pid
	for pid in "$@"; do
		! grep -q '^State:.[^ZX]' "/proc/$pid/status" 2>/dev/null || return 0
	done
	return 1
}
# ends NAME: SIGTERM to every responder; the time until the last one is gone.
ends() {
	local begin pids
	pids=$(responders "" "")
	begin=$(date +%s%N)
	# shellcheck disable=SC2086 # process ids
	kill -TERM $pids
	# shellcheck disable=SC2086
	while any_runs $pids; do
		[ $(($(date +%s%N) - begin)) -lt 3000000000 ] || break
		sleep 0.01
	done
	took=$((($(date +%s%N) - begin) / 1000000))
	is "$1: gone within a second ($took ms)" "$((took <= END_MS))" 1
}
answered() { # name: within ten seconds
	local i
	for i in $(seq 100); do
		call "$key" t
		[ "$STATUS" != 200 ] || break
		sleep 0.1
	done
	is "$1" "$STATUS $(member decision)" '200 allow'
}
# during SECONDS: a request that cannot be recorded for so long; SIGTERM comes 0.2 s after it.
during() {
	flock "$S/enforgate.lock" sleep "$1" &
	holder=$!
	sleep 0.1
	(
		call "$key" t
		echo "$STATUS $(member decision)" >"$T/during"
	) &
	client=$!
	sleep 0.2
}
ends 'SIGTERM'
answered 'then a verdict from another responder'
during 0.6
ends 'SIGTERM while a request waits for 0.3 s more'
wait $client
is 'it is answered before the end' "$(cat "$T/during")" '200 allow'
VERDICTS=$((VERDICTS + 1))
wait $holder
answered 'then a verdict again'
count=$(audit_count)
during 3
ends 'SIGTERM while a request waits for longer'
wait $client
like 'it gets no verdict' "$(cat "$T/during")" "^(50[0234]|none) *\$"
wait $holder
is 'and none is recorded' "$(audit_count)" "$count"
answered 'then a verdict again, and again'
# shellcheck disable=SC2046 # process ids
kill -KILL $(responders "" "")
answered 'after a sudden death too'
is 'each verdict is recorded' "$(audit_count)" "$VERDICTS"
exits 'the chain verifies' 0 ctl audit verify
finish
