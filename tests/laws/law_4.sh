# Law 4, as far as check goes: the parsed call is what is judged and hashed, not the text that it came in.
. tests/lib.sh

new_state state
policy default '{"rules": [{"tool": "t", "decision": "allow", "where": [{"path": "who", "equals": "ann"}]},
  {"tool": "pay", "decision": "allow", "where": [{"path": "amount", "lte": 100}]}]}'
key=$(new_key agent --policy default)
start_server
digest_of() { # args-text: sets DIGEST and DECISION
	post "$key" "{\"serverName\": \"s\", \"toolName\": \"${2:-t}\"$1}"
	DECISION="$STATUS $(member decision)"
	DIGEST=$(sqlite3 "$S/enforgate.db" "SELECT args_digest FROM audit WHERE call_id = '$(member toolCallId)'")
}
same() { # name text text
	local one
	digest_of ", \"args\": $2"
	one=$DIGEST
	like "$1: there is a digest" "$one" '^[0-9a-f]{64}$'
	digest_of ", \"args\": $3"
	is "$1: one digest" "$DIGEST" "$one"
}
differ() {
	local one
	digest_of ", \"args\": $2"
	one=$DIGEST
	like "$1: there is a digest" "$one" '^[0-9a-f]{64}$'
	digest_of ", \"args\": $3"
	isnt "$1: two digests" "$DIGEST" "$one"
}
same 'order of members' '{"a": 1, "b": {"c": 2, "d": 3}}' '{"b": {"d": 3, "c": 2}, "a": 1}'
same 'white space' '{"a":[1,2]}' '{ "a" : [ 1 ,
	2 ] }'
same 'escapes' '{"a": "é/\""}' '{"\u0061": "\u00e9\/\u0022"}'
same 'one value of a number' '{"a": 100}' '{"a": 1.00e2}'
same 'minus nought' '{"a": 0}' '{"a": -0.0}'
differ 'order of elements' '{"a": [1, 2]}' '{"a": [2, 1]}'
differ 'number and text' '{"a": 1}' '{"a": "1"}'
differ 'null and absent' '{"a": null}' '{}'
differ 'true and 1' '{"a": true}' '{"a": 1}'
differ 'beyond 2^53' '{"a": 9007199254740993}' '{"a": 9007199254740992}'
differ '64 bits' '{"a": 9223372036854775807}' '{"a": 9223372036854775806}'
differ 'long fractions' '{"a": 0.1000000000000000055511151231257827}' '{"a": 0.1}'
differ 'one letter of case' '{"a": "A"}' '{"a": "a"}'
digest_of ''
absent=$DIGEST
digest_of ', "args": {}'
is 'absent arguments equal {}' "$DIGEST" "$absent"

# A member given twice: the one that is judged is the one that is hashed.
digest_of ', "args": {"who": "ann"}'
ann=$DIGEST
is 'who is ann: allow' "$DECISION" '200 allow'
digest_of ', "args": {"who": "eve"}'
eve=$DIGEST
is 'who is eve: deny' "$DECISION" '200 deny'
for pair in '"ann", "who": "eve"' '"eve", "who": "ann"'; do
	digest_of ", \"args\": {\"who\": $pair}"
	case $DECISION in
	'200 allow') is "twice ($pair): allowed as ann, so hashed as ann" "$DIGEST" "$ann" ;;
	'200 deny') is "twice ($pair): denied as eve, so hashed as eve" "$DIGEST" "$eve" ;;
	*) is "twice ($pair): refused" "$STATUS" 400 ;;
	esac
done
digest_of ', "args": {"amount": 18446744073709551617}' pay
like 'a number beyond 64 bits is never judged as a smaller one' "$DECISION" '^(200 deny|400 .*)$'
digest_of ', "args": {"amount": 1e400}' pay
like 'a number beyond a double is never judged as a smaller one' "$DECISION" '^(200 deny|400 .*)$'
finish
