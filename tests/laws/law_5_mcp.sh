# Law 5 on /mcp: a decision of a person is spent at most once, by the call it was made for: same key, server, tool and arguments. What
# the policy, the key and the kill switch say at the release wins over it; the repeat of a call that ran needs a new decision.
. tests/lib.sh
. tests/mcp_lib.sh
. tests/mcp_law_lib.sh

ask='{"rules": [{"tool": "test_counter", "decision": "require_approval"}, {"tool": "test_dies_after_running", "decision": "require_approval"},
  {"tool": "test_input_required_result_multi_round", "decision": "require_approval"}, {"tool": "*", "decision": "allow"}]}'
shut='{"rules": [{"tool": "test_counter", "decision": "deny", "reason": "shut"}, {"tool": "*", "decision": "allow"}]}'
place "$ask"
setting leg_s 2
TWIN=$(agent twin)
start_server 2
initialize "$KEY"
label() { echo "{\"label\": \"$1\"}"; }
# waited LABEL [KEY]: a call that was told to come again; sets ID.
waited() {
	tool_call legacy "${2:-$KEY}" test_counter "$(label "$1")"
	like "$1: waits, and says so" "$(response '.result.isError') $SAID" '^true Not executed\. Waiting for a person'
	ID=$(response '.result._meta | to_entries[] | select(.key | endswith("/approval")) | .value.id')
	isnt "$1: names its approval" "$ID" ''
}
approve() { ctl approval approve "$@" >"$T/approve" 2>&1 || not_ok "approve $*" "$(cat "$T/approve")"; }
told() { # name pattern: of the last call
	like "$1" "$(response '.result.isError // false') $SAID" "$2"
}

# Spent by the retry, in either era, once.
waited plain
is 'nothing ran before the decision' "$(counted fixture plain)" 0
approve "$ID"
is 'nor by the decision alone' "$(counted fixture plain)" 0
tool_call legacy "$TWIN" test_counter "$(label plain)"
SESSION_TWIN=$SESSION
is 'a session of another key is none' "$STATUS" 404
tool_call modern "$TWIN" test_counter "$(label plain)"
is 'another key has no use of it' "$(counted fixture plain)" 0
tool_call legacy "$KEY" test_counter "$(label other)"
is 'nor have other arguments' "$(counted fixture other)" 0
tool_call legacy "$KEY" test_counter "{\"label\": \"plain\", \"more\": 1}"
is 'nor more arguments' "$(counted fixture plain)" 0
tool_call legacy "$KEY" test_counter "$(label plain)"
told 'the same call runs' '^false count'
tool_call legacy "$KEY" test_counter "$(label plain)"
told 'once more: a new decision is needed' '^true .*Waiting'
is 'it ran once' "$(counted fixture plain)" 1

# Many at once.
waited many
approve "$ID"
callers=()
for i in $(seq 8); do
	in_background "$T/many.$i" tool_call legacy "$KEY" test_counter "$(label many)"
	callers+=($!)
done
wait "${callers[@]}"
is 'eight of the same at once: one ran' "$(counted fixture many)" 1
is 'and one has the result' "$(cat "$T"/many.* | grep -c 'count [0-9]')" 1

# Both doors share it.
post "$KEY" '{"serverName":"fixture","toolName":"test_counter","args":{"label":"shared"},"approval":{"request":true}}'
ID=$(jq -r '.approval.id // empty' <<<"$BODY")
isnt 'asked by check' "$ID" ''
approve "$ID"
tool_call modern "$KEY" test_counter "$(label shared)"
told 'asked by check, spent by a call' '^false count'
post "$KEY" '{"serverName":"fixture","toolName":"test_counter","args":{"label":"shared"},"approval":{"request":true}}'
is 'and check has nothing left of it' "$(member decision)" require_approval
is 'it ran once' "$(counted fixture shared)" 1

# Further rounds of a call belong to its decision, each of them once.
rounds() { # [state answer-key]
	local params='{"name": "fixture__test_input_required_result_multi_round", "arguments": {}}'
	[ $# = 0 ] || params=$(jq -c --arg state "$1" --arg key "$2" '. + {requestState: $state,
	    inputResponses: {($key): {action: "accept", content: {name: "Ann", color: "red"}}}}' <<<"$params")
	CAPABILITIES='{"elicitation": {}}' modern "$KEY" tools/call "$params"
	STATE=$(response '.result.requestState // empty')
	ASKED=$(response '.result.inputRequests // {} | keys[0] // empty')
}
rounds
held=$STATE
approve "$(pending_of test_input_required_result_multi_round)"
rounds "$held" none
is 'the first round asks' "$ASKED" step1
first=$STATE
rounds "$first" step1
is 'the second round is let through' "$ASKED" step2
second=$STATE
rounds "$first" step1
isnt 'the second round once more is not' "$ASKED" step2
rounds "$second" step2
like 'the last round is' "$(said)" 'Ann likes red'
rounds "$second" step2
unlike 'the last round once more is not' "$(said)" 'Ann likes red'
is 'four rounds reached the upstream at most' "$(($(calls_seen test_input_required_result_multi_round) <= 3))" 1

# At the release, what holds now wins.
waited shut
approve "$ID"
policy main "$shut"
tool_call legacy "$KEY" test_counter "$(label shut)"
like 'a policy that now denies wins' "$BODY" 'denied|Unknown tool'
is 'a policy that now denies: it did not run' "$(counted fixture shut)" 0
policy main "$ask"
waited stopped
approve "$ID"
: >"$S/stop"
tool_call legacy "$KEY" test_counter "$(label stopped)"
told 'the kill switch wins' '^true .*stopped'
rm "$S/stop"
is 'the kill switch: it did not run' "$(counted fixture stopped)" 0
initialize "$TWIN"
SESSION_TWIN=$SESSION
waited revoked "$TWIN"
approve "$ID"
ctl key revoke twin >"$T/out" 2>&1
tool_call legacy "$TWIN" test_counter "$(label revoked)"
is 'a revoked key wins' "$STATUS $(counted fixture revoked)" '401 0'
initialize "$KEY"

# While it waits, too: within a second or two of the change nobody waits any more.
setting leg_s 20
stop_server
SERVERS=()
start_server 2
in_background "$T/held" tool_call legacy "$KEY" test_counter "$(label held)"
held=$!
id=$(pending_of test_counter)
: >"$S/stop"
start=$SECONDS
wait $held
like 'stopped while it waited' "$(cat "$T/held") $((SECONDS - start))" 'stopped.* [0-5]$'
rm "$S/stop"
is 'stopped while it waited: it did not run' "$(counted fixture held)" 0

# An upstream that dies with the call: nobody knows, it is not run again, and the record says so.
in_background "$T/died" tool_call legacy "$KEY" test_dies_after_running "$(label died)"
died=$!
approve "$(pending_of test_dies_after_running)"
wait $died
like 'a lost answer: told so' "$(cat "$T/died")" 'may have run|unknown|not known'
is 'a lost answer: it ran once' "$(counted fixture died)" 1
is 'a lost answer: recorded as unknown' "$(sql "SELECT decision FROM audit WHERE kind = 'outcome' AND tool = 'test_dies_after_running'
	ORDER BY seq DESC LIMIT 1")" unknown
exits 'the chain verifies' 0 ctl audit verify
finish
