# Law 3: arguments, and keys, are never stored and never logged: not in the database, its log, a log file or an answer.
. tests/lib.sh

new_state state
policy default '{"rules": [
  {"tool": "unclear", "decision": "allow", "where": [{"path": "secret", "matches": "^(a+)+$"}]},
  {"tool": "wrong", "decision": "allow", "where": [{"path": "secret", "gt": 5}]},
  {"tool": "t", "decision": "allow", "where": [{"path": "secret", "matches": "canary"}]}]}'
key=$(new_key agent --policy default)
start_server 2
args='{"secret": "canary-7f3a", "canary-7f3a": {"deep": ["canary-7f3a"]}, "n": 73197319731973}'
answers=
for tool in t wrong unclear other; do
	call "$key" $tool "$args"
	is "$tool: answered" "$STATUS" 200
	answers="$answers$BODY$HEADERS"
done
call "$key" unclear "{\"secret\": \"$(printf 'a%.0s' $(seq 200))canary-7f3a\"}"
answers="$answers$BODY$HEADERS"
for body in '{"serverName": "s", "toolName": "t", "args": "canary-7f3a"}' '{"canary-7f3a": ' \
    '{"serverName": "s", "toolName": {"canary-7f3a": 1}}' '{"serverName": "s", "toolName": "t", "args": {"a": canary-7f3a}}' \
    '{"serverName": "s", "toolName": "t", "args": {"canary-7f3a": 1, "canary-7f3a": 1e99999999999}}' 'canary-7f3a'; do
	post "$key" "$body"
	answers="$answers$BODY$HEADERS"
done
post "${key%?}" '{"serverName": "s", "toolName": "t", "args": {"a": "canary-7f3a"}}'
answers="$answers$BODY$HEADERS"
sqlite3 "$S/enforgate.db" "CREATE TRIGGER broken BEFORE INSERT ON audit BEGIN SELECT RAISE(FAIL, 'cannot'); END"
call "$key" t "$args"
answers="$answers$BODY$HEADERS"
sqlite3 "$S/enforgate.db" 'DROP TRIGGER broken'
unlike 'no answer holds an argument' "$answers" 'canary|73197319731973'
unlike 'no answer holds the key' "$answers" "${key#bwb_}"

files() { grep -rla "$@" "$S" "$T"/s.*/ 2>/dev/null; }
is 'while it runs: no file holds an argument' "$(files -E 'canary-7f3a|73197319731973')" ''
is 'while it runs: no file holds a key' "$(files -F -e "${key#bwb_}" -e "${key:4:30}")" ''
isnt 'the write-ahead log was looked at too' "$(ls "$S" | grep -c -- '-wal$')" 0
{
	ctl audit list
	ctl audit list --json
	ctl audit export --format jsonl
	ctl audit export --format csv
	ctl audit verify
	ctl key list --json
} >"$T/told" 2>&1
unlike 'enforgatectl tells no argument' "$(cat "$T/told")" 'canary|73197319731973'
unlike 'enforgatectl tells no key' "$(cat "$T/told")" "${key:4:30}"
stop_server
SERVERS=()
is 'afterwards: no file holds an argument' "$(files -E 'canary-7f3a|73197319731973')" ''
is 'afterwards: no file holds a key' "$(files -F -e "${key:4:30}")" ''
# The digest is no plain hash, which a list of likely arguments would undo.
digest=$(sqlite3 "$S/enforgate.db" "SELECT args_digest FROM audit WHERE tool = 'other'")
like 'there is a digest' "$digest" '^[0-9a-f]{64}$'
canonical='{"canary-7f3a":{"deep":["canary-7f3a"]},"n":73197319731973,"secret":"canary-7f3a"}'
isnt 'the digest is keyed' "$(printf '%s' "$canonical" | sha256sum | cut -d ' ' -f 1)" "$digest"
finish
