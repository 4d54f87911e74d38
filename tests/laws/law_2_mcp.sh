# Law 2 on /mcp: everything unclear is deny, told as a result of the tool, and nothing reaches the upstream.
. tests/lib.sh
. tests/mcp_lib.sh
. tests/mcp_law_lib.sh

place '{"rules": []}'
start_server
number=0
# unclear NAME POLICY ARGS WHY: in both eras.
unclear() {
	local key count
	number=$((number + 1))
	policy "p$number" "$2"
	key=$(new_key "k$number" --policy "p$number" --channel desk)
	add_upstream "k$number" fixture --url "$UPSTREAM"
	initialize "$key"
	count=$(calls_seen)
	for era in modern legacy; do
		tool_call $era "$key" test_echo "$3"
		like "$1, $era: refused, and why" "$STATUS $(response '.result.isError') $SAID" "$4"
	done
	is "$1: nothing reached the upstream" "$(calls_seen)" "$count"
}
then_allow='{"tool": "*", "decision": "allow"}'
condition() { # decision condition
	echo "{\"defaultDecision\": \"allow\", \"rules\": [{\"tool\": \"test_echo\", \"decision\": \"$1\", \"where\": [$2]}, $then_allow]}"
}
a200=$(printf 'a%.0s' $(seq 200))
unclear 'no rule matches and no default' '{"rules": [{"tool": "x", "decision": "allow"}, {"tool": "test_echo", "decision": "allow",
    "where": [{"path": "x", "equals": 1}]}]}' '{}' '^200 true Not executed: denied \(no rule matched'
for decision in deny allow require_approval; do
	unclear "a pattern that explodes in a rule that says $decision" \
	    "$(condition $decision '{"path": "x", "matches": "^(a+)+$"}')" "{\"x\": \"$a200!\"}" '^200 true Not executed: denied .*rule 0 condition 0'
	unclear "a pattern on an object in a rule that says $decision" \
	    "$(condition $decision '{"path": "x", "matches": "a"}')" '{"x": {"y": "a"}}' '^200 true Not executed: denied .*rule 0 condition 0'
done

# What is denied whatever the arguments is not there at all.
policy none '{"defaultDecision": "deny", "rules": []}'
none=$(new_key none --policy none)
add_upstream none fixture --url "$UPSTREAM"
modern "$none" tools/list
is 'denied outright: not listed' "$(response '.result.tools | length')" 0
modern "$none" tools/call '{"name": "fixture__test_echo", "arguments": {}}'
is 'denied outright: no such tool' "$(response '.error.code')" -32602
bare=$(new_key bare)
add_upstream bare fixture --url "$UPSTREAM"
modern "$bare" tools/call '{"name": "fixture__test_echo", "arguments": {}}'
like 'a key without policies' "$BODY" '"error"|"isError" ?: ?true'

# A policy that cannot be read denies the whole key, whatever its others say.
policy fine '{"defaultDecision": "allow", "rules": []}'
policy damaged '{"defaultDecision": "allow", "rules": []}'
two=$(new_key two --policy fine --policy damaged)
add_upstream two fixture --url "$UPSTREAM"
sql "DROP TRIGGER policy_version_no_update;
	UPDATE policy_version SET document = '{\"rules\": [{\"tool\": 5}]}' WHERE policy_id = (SELECT id FROM policy WHERE name = 'damaged');
	UPDATE generation SET value = value + 1"
stop_server
SERVERS=()
start_server
count=$(calls_seen)
modern "$two" tools/call '{"name": "fixture__test_echo", "arguments": {}}'
like 'a policy that cannot be read' "$BODY" '"error"|"isError" ?: ?true'
is 'a policy that cannot be read: nothing reached the upstream' "$(calls_seen)" "$count"

# An approval that cannot be made: nobody could be asked.
new_state without
policy main '{"rules": [{"tool": "*", "decision": "require_approval"}]}'
key=$(new_key agent --policy main)
add_upstream agent fixture --url "$UPSTREAM"
start_server
count=$(calls_seen)
tool_call modern "$key" test_echo
like 'no base_url for links: refused' "$STATUS $(response '.result.isError') $SAID" '^200 true .*base_url'
is 'no base_url for links: nothing reached the upstream' "$(calls_seen)" "$count"
finish
