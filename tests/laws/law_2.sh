# Law 2: everything unclear is deny, and the reason says what was unclear. Each policy would allow if it were clear.
. tests/lib.sh

new_state state
start_server
number=0
# unclear NAME POLICY ARGS REASON-PATTERN
unclear() {
	local key
	number=$((number + 1))
	policy "p$number" "$2"
	key=$(new_key "k$number" --policy "p$number")
	call "$key" t "$3"
	is "$1" "$STATUS $(member decision)" '200 deny'
	like "$1: reason" "$(member reason)" "$4"
	is "$1: recorded as such" \
	    "$(sqlite3 "$S/enforgate.db" "SELECT decision FROM audit WHERE call_id = '$(member toolCallId)'")" deny
}
then_allow='{"tool": "*", "decision": "allow"}'
condition() { # decision condition
	echo "{\"defaultDecision\": \"allow\", \"rules\": [{\"tool\": \"t\", \"decision\": \"$1\", \"where\": [$2]}, $then_allow]}"
}
a200=$(printf 'a%.0s' $(seq 200))

unclear 'no rule and no default' '{"rules": []}' '{}' 'no rule matched'
unclear 'no rule matches and no default' '{"rules": [{"tool": "x", "decision": "allow"}]}' '{}' 'no rule matched'
for decision in deny allow require_approval; do
	where='policy "p[0-9]*" rule 0 condition 0'
	unclear "a pattern that explodes in a rule that says $decision" \
	    "$(condition $decision '{"path": "x", "matches": "^(a+)+$"}')" "{\"x\": \"$a200!\"}" "$where"
	unclear "a pattern on an object in a rule that says $decision" \
	    "$(condition $decision '{"path": "x", "matches": "a"}')" '{"x": {"y": "a"}}' "$where"
	unclear "a pattern on an array in a rule that says $decision" \
	    "$(condition $decision '{"path": "x", "notMatches": "a"}')" '{"x": ["b"]}' "$where"
	unclear "one of many elements that cannot be told in a rule that says $decision" \
	    "$(condition $decision '{"path": "x.*", "matches": "z"}')" '{"x": ["a", {}]}' "$where"
done
bare=$(new_key bare)
call "$bare" t
is 'a key without policies' "$STATUS $(member decision) $(member policyId)" '200 deny null'

policy off '{"defaultDecision": "allow", "rules": []}'
off=$(new_key off --policy off)
ctl policy disable off >"$T/out" 2>&1
call "$off" t
is 'only a disabled policy' "$STATUS $(member decision)" '200 deny'

# A policy that cannot be read, as after a damage: the whole key is denied, whatever its other policies say.
policy fine '{"defaultDecision": "allow", "priority": 9, "rules": [{"tool": "*", "decision": "allow"}]}'
policy damaged '{"defaultDecision": "allow", "rules": []}'
two=$(new_key two --policy fine --policy damaged)
call "$two" t
is 'before the damage: allow' "$(member decision)" allow
sqlite3 "$S/enforgate.db" "DROP TRIGGER policy_version_no_update;
	UPDATE policy_version SET document = '{\"rules\": [{\"tool\": 5}]}' WHERE policy_id = (SELECT id FROM policy WHERE name = 'damaged');
	UPDATE generation SET value = value + 1"
stop_server
SERVERS=()
start_server
call "$two" t
is 'a policy that cannot be read' "$STATUS $(member decision)" '200 deny'
like 'a policy that cannot be read: reason' "$(member reason)" 'damaged.*cannot be read'
finish
