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

outcomes=$(sqlite3 "$S/enforgate.db" "SELECT decision || ': ' || reason FROM audit WHERE kind = 'outcome'")
like 'the outcome of a cancelled call says so' "$outcomes" 'unknown: the client cancelled it; it may have run'
like 'a call that became a task says so' "$outcomes" 'completed: the upstream made a task of it'
verdicts=$(sqlite3 "$S/enforgate.db" "SELECT decision || ': ' || reason FROM audit WHERE kind = 'verdict'")
like 'further rounds are verdicts of their own' "$verdicts" 'allow: round 3 of call_[A-Za-z0-9]* that was approved'
is 'no further round is left over' "$(sqlite3 "$S/enforgate.db" 'SELECT COUNT(*) FROM continuation')" 0
unlike 'no answer of a client is in the log or the database' "$(log_text; strings "$S"/enforgate.db*)" 'my username|sampled words|my color'
finish
