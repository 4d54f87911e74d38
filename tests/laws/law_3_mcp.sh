# Law 3 on /mcp: arguments, results, keys, session ids and what upstreams are sent are never stored as they are and never logged.
. tests/lib.sh
. tests/mcp_lib.sh
. tests/mcp_law_lib.sh

CANARY=canary-7f3a
HEADER=header-canary-9c2b
place '{"rules": [{"tool": "test_counter", "decision": "require_approval"}, {"tool": "*", "decision": "allow"}]}'
ctl upstream rm agent fixture >"$T/out" 2>&1
printf 'Authorization: Bearer %s\n' $HEADER >"$T/header"
add_upstream agent fixture --url "$UPSTREAM" --header-file "$T/header"
start_server 2
args="{\"secret\": \"$CANARY\", \"$CANARY\": {\"deep\": [\"$CANARY\"]}, \"n\": 73197319731973}"
initialize "$KEY"
for era in modern legacy; do
	tool_call $era "$KEY" test_echo "$args"
	like "$era: the result has what was sent" "$SAID" "$CANARY.*73197319731973"
	tool_call $era "$KEY" test_error "$args"
	tool_call $era "$KEY" test_structured "$args"
	tool_call $era "$KEY" test_garbage "$args"
	tool_call $era "$KEY" "$CANARY" "$args"
done
modern "$KEY" tools/call "{\"name\": \"fixture__test_echo\", \"arguments\": {\"x\": \"$CANARY\"}}" -H "Mcp-Method: $CANARY"
modern "$KEY" prompts/get "{\"name\": \"fixture__test_prompt_with_arguments\", \"arguments\": {\"arg1\": \"$CANARY\", \"arg2\": \"x\"}}"
like 'a prompt' "$BODY" "$CANARY"
modern "$KEY" completion/complete "{\"ref\": {\"type\": \"ref/prompt\", \"name\": \"fixture__test_prompt_with_arguments\"}, \"argument\": {\"name\": \"arg1\", \"value\": \"$CANARY\"}}"
send_mcp "$KEY" "{\"$CANARY\": " -H "Mcp-Session-Id: $SESSION"
send_mcp "$KEY" "{\"jsonrpc\": \"2.0\", \"id\": \"$CANARY\", \"method\": \"$CANARY\", \"params\": {\"$CANARY\": 1}}" -H "Mcp-Session-Id: $SESSION"
send_mcp "$KEY" '{"jsonrpc": "2.0", "id": 1, "method": "ping"}' -H "Mcp-Session-Id: $CANARY"
CAPABILITIES='{"elicitation": {}}' modern "$KEY" tools/call "{\"name\": \"fixture__test_input_required_result_request_state\", \"arguments\": {\"a\": \"$CANARY\"}}"
asked=$(response '.result | select(.resultType == "input_required") | .requestState')
isnt 'a state of ours came' "$asked" ''
CAPABILITIES='{"elicitation": {}}' modern "$KEY" tools/call "{\"name\": \"fixture__test_input_required_result_request_state\", \"arguments\": {\"a\": \"$CANARY\"},
	\"requestState\": \"$asked\", \"inputResponses\": {\"confirm\": {\"action\": \"accept\", \"content\": {\"ok\": true, \"x\": \"$CANARY\"}}}}"
like 'and was taken' "$(said)" 'state-ok'
in_background "$T/held" tool_call legacy "$KEY" test_counter "$args"
id=$(pending_of test_counter)

files() { grep -rla "$@" "$S" "$T"/s.*/ 2>/dev/null; }
hidden() { # when
	is "$1: no file holds an argument or a result" "$(files -E "$CANARY|73197319731973" | grep -v console.log)" ''
	is "$1: no file holds a key" "$(files -F -e "${KEY:4:30}")" ''
	is "$1: no file holds a session id" "$(files -F -e "$SESSION")" ''
	is "$1: no file holds what the upstream is sent in headers" "$(files -F -e $HEADER)" ''
}
hidden 'while it runs'
ctl approval approve "$id" >"$T/out" 2>&1
wait $!
like 'a call that waited' "$(cat "$T/held")" 'count 1'
{
	ctl audit list
	ctl audit list --json
	ctl audit export --format jsonl
	ctl upstream list --json
	ctl session list --json
} >"$T/told" 2>&1
unlike 'enforgatectl tells none of it' "$(cat "$T/told")" "$CANARY|73197319731973|$HEADER|${KEY:4:30}|$SESSION"
is 'the upstream did get its header' "$(of_log fixture 'select(.event == "request") | .headers.authorization' | sort -u)" "\"Bearer $HEADER\""
stop_server
SERVERS=()
hidden 'afterwards'
finish
