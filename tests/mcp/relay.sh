#!/bin/bash
# What upstreams say and ask while a call is under way, in the four combinations of eras: progress, log messages, elicitation, sampling,
# roots, tasks, cancellation, rounds of a call that was approved. Two servers with processes of their own serve the state, and what
# belongs to a call that is under way comes to the one that does not carry it.
. tests/lib.sh
. tests/mcp_lib.sh

new_state state
policy all '{"rules": [{"tool": "*", "decision": "allow"}]}'
policy held '{"rules": [{"tool": "*", "decision": "require_approval"}]}'
setting base_url http://127.0.0.1/
start_server
ELSEWHERE=$(mcp_url)
start_server
ENFORGATE_KEY=$(new_key agent --policy all)
OTHER_KEY=$(new_key other --policy all)
HELD_KEY=$(new_key held --policy held)
ENFORGATE_CONF=$S/enforgate.conf
CTL=$BUILD/enforgatectl
export ELSEWHERE ENFORGATE_KEY OTHER_KEY HELD_KEY ENFORGATE_CONF CTL

# combinations NAME UPSTREAM-OPTION...: both clients with that upstream of each key.
combinations() {
	local name=$1 key client
	shift
	for key in agent other held; do
		add_upstream $key "$name" "$@"
	done
	for client in legacy modern; do
		UPSTREAM_LOG=$T/$name.log node tests/mcp/relay_run.mjs "$(mcp_url)" $client "$name" ||
		    not_ok "$client client, $name upstream" "relay_run.mjs ended with exit code $?"
	done
	for key in agent other held; do
		ctl upstream rm $key "$name" >"$T/rm.out" 2>&1
	done
}
for era in legacy modern; do
	upstream $era --era $era
	combinations $era --url "$UPSTREAM"
done
# Another legacy one, over a pipe: its program has the host that a call waits at.
combinations pipe --trust -- "$(command -v node)" "$ROOT/tests/mcp/upstream/server.mjs" --stdio --era legacy --log "$T/pipe.log"

# An upstream that dies with a call, and one that is silent for longer than it may be.
for client in legacy modern; do
	for era in legacy modern; do
		upstream dying --era $era
		add_upstream agent dying --url "$UPSTREAM"
		CAPABILITIES='{}' initialize "$ENFORGATE_KEY"
		(
			$client "$ENFORGATE_KEY" tools/call '{"name":"dying__test_slow","arguments":{"seconds":20,"steps":1}}'
			said >"$T/said"
		) &
		waiting=$!
		for _ in $(seq 100); do
			if grep -q test_slow "$T/dying.log"; then break; fi
			sleep 0.05
		done
		kill -KILL -- -$UPSTREAM_PID
		wait $waiting
		like "$client client: an upstream ($era) that dies with a call" "$(cat "$T/said")" 'may have run, its outcome is unknown'
		$client "$ENFORGATE_KEY" tools/call '{"name":"dying__test_simple_text"}'
		like "$client client: an upstream ($era) that is gone" "$(said)" '^not executed: '
		ctl upstream rm agent dying >"$T/rm.out" 2>&1
		rm -f "$T/dying.log" "$T/dying.out"
	done
done
upstream silent --era modern
add_upstream agent silent --url "$UPSTREAM" --timeout 1s
before=$(date +%s)
modern "$ENFORGATE_KEY" tools/call '{"name":"silent__test_slow","arguments":{"seconds":20,"steps":1}}'
like 'an upstream that is silent for too long' "$(said)" 'did not answer within 1 s; the call may have run'
[ $(($(date +%s) - before)) -lt 5 ] && ok 'is given up in time' || not_ok 'is given up in time' "$(($(date +%s) - before)) s"

outcomes=$(sqlite3 "$S/enforgate.db" "SELECT decision || ': ' || reason FROM audit WHERE kind = 'outcome'")
like 'the outcome of a cancelled call says so' "$outcomes" 'unknown: the client cancelled it; it may have run'
like 'a call that became a task says so' "$outcomes" 'completed: the upstream made a task of it'
verdicts=$(sqlite3 "$S/enforgate.db" "SELECT decision || ': ' || reason FROM audit WHERE kind = 'verdict'")
like 'further rounds are verdicts of their own' "$verdicts" 'allow: round 3 of call_[A-Za-z0-9]* that was approved'
is 'no further round is left over' "$(sqlite3 "$S/enforgate.db" 'SELECT COUNT(*) FROM continuation')" 0
unlike 'no answer of a client is in the log or the database' "$(log_text; strings "$S"/enforgate.db*)" 'my username|sampled words|my color'
finish
