# Law 4 on /mcp: what reaches the upstream is what was judged, no more and no less.
. tests/lib.sh
. tests/mcp_lib.sh
. tests/mcp_law_lib.sh

place '{"rules": [{"tool": "test_echo", "decision": "deny", "where": [{"path": "who", "equals": "eve"}]},
  {"tool": "test_echo", "decision": "deny", "where": [{"path": "amount", "gt": 100}]},
  {"tool": "test_echo", "decision": "allow"}, {"tool": "test_simple_text", "decision": "allow"}]}'
start_server
initialize "$KEY"
# raw_call ERA PARAMS-TEXT [CURL-ARGUMENT...]: the bytes as they are.
raw_call() {
	local era=$1 params=$2 meta='"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}},'
	shift 2
	MCP_ID=$((MCP_ID + 1))
	if [ "$era" = modern ]; then
		send_mcp "$KEY" "{\"jsonrpc\":\"2.0\",\"id\":$MCP_ID,\"method\":\"tools/call\",\"params\":{$meta$params}}" \
		    -H "MCP-Protocol-Version: $MODERN" -H 'Mcp-Method: tools/call' -H 'Mcp-Name: fixture__test_echo' "$@"
	else
		send_mcp "$KEY" "{\"jsonrpc\":\"2.0\",\"id\":$MCP_ID,\"method\":\"tools/call\",\"params\":{$params}}" -H "Mcp-Session-Id: $SESSION" "$@"
	fi
}
last_body() { jq -rs '[.[] | select(.event == "request" and (.body | contains("tools/call")))] | last | .body' "$T/fixture.log"; }
# forwarded NAME ARGUMENTS-TEXT EXPECTED: the bytes of `arguments` in what the upstream got.
forwarded() {
	local era
	for era in modern legacy; do
		raw_call $era "\"name\":\"fixture__test_echo\",\"arguments\":$2"
		is "$1, $era: allowed" "$STATUS $(response '.result.isError // false')" '200 false'
		like "$1, $era: as it was" "$(last_body | tr -d ' ')" "\"arguments\":$3[,}]"
	done
}
forwarded 'numbers beyond 2^53' '{"n":9007199254740993}' '\{"n":9007199254740993\}'
forwarded '64 bits' '{"n":9223372036854775807}' '\{"n":9223372036854775807\}'
forwarded 'a long fraction' '{"n":0.1000000000000000055511151231257827}' '\{"n":0\.1000000000000000055511151231257827\}'
forwarded 'letters' '{"s":"\u00e9\ud83d\ude00\/\\\"\t"}' '\{"s":"(é|\\u00e9)(😀|\\ud83d\\ude00)\\?/\\\\\\"(\\t)"\}'
forwarded 'nothing in it' '{}' '\{\}'
forwarded 'null and empty' '{"a":null,"b":[],"c":{},"d":""}' '\{"a":null,"b":\[\],"c":\{\},"d":""\}'

# A member given twice: judged as one and forwarded as that one, or refused.
for era in modern legacy; do
	for pair in '"ann","who":"eve"' '"eve","who":"ann"'; do
		count=$(calls_seen test_echo)
		raw_call $era "\"name\":\"fixture__test_echo\",\"arguments\":{\"who\":$pair}"
		if [ "$(calls_seen test_echo)" != "$count" ]; then
			unlike "twice ($pair), $era: forwarded, so without what would be denied" "$(last_body)" 'eve'
		else
			ok "twice ($pair), $era: not forwarded"
		fi
	done
	count=$(calls_seen)
	raw_call $era '"name":"fixture__test_simple_text","name":"fixture__test_error_handling","arguments":{}' -H 'Mcp-Name: fixture__test_simple_text'
	is "the name twice, $era: not forwarded as what was not judged" "$(calls_seen test_error_handling)" 0
	raw_call $era '"name":"fixture__test_echo","arguments":{"amount":18446744073709551617}'
	raw_call $era '"name":"fixture__test_echo","arguments":{"amount":1e400}'
	is "a number that is not judged as it is, $era: not forwarded" "$(of_log fixture 'select(.event == "request") | .body' |
	    grep -cE '18446744073709551617|1e\+?400|Infinity')" 0
	raw_call $era '"name":"fixture__test_echo","arguments":{"who":"eve"}'
	is "who is eve, $era: denied" "$(response '.result.isError')" true
	# What was not judged stays here.
	raw_call $era '"name":"fixture__test_echo","arguments":{"who":"ann"},"args":{"who":"eve"},"extra":"unjudged","task":{"ttl":1}'
	is "other members of params, $era: allowed" "$(response '.result.isError // false')" false
	unlike "other members of params, $era: not forwarded" "$(last_body)" 'eve|unjudged|"task"'
done

# Headers repeat what is judged, or the call is refused.
count=$(calls_seen)
modern "$KEY" tools/call '{"name": "fixture__test_simple_text", "arguments": {}}' -H 'Mcp-Name: fixture__test_echo'
like 'Mcp-Name says another tool' "$STATUS $(response '.error.code')" '^400 -32020$'
modern "$KEY" tools/call '{"name": "fixture__test_simple_text", "arguments": {}}' -H 'Mcp-Method: tools/list'
like 'Mcp-Method says another method' "$STATUS" '^400$'
is 'neither reached the upstream' "$(calls_seen)" "$count"
exits 'the chain verifies' 0 ctl audit verify
finish
