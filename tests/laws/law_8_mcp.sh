# Law 8 on /mcp: a key sees nothing of another key: no session, approval, upstream, list, state, and no session of an upstream.
. tests/lib.sh
. tests/mcp_lib.sh
. tests/mcp_law_lib.sh

place '{"rules": [{"tool": "test_counter", "decision": "require_approval"}, {"tool": "*", "decision": "allow"}]}'
setting leg_s 1
A=$KEY
upstream private
PRIVATE=$UPSTREAM
B=$(new_key b --policy main --channel desk)
add_upstream b other --url "$PRIVATE"
# The same server behind both, in its older manner, which has sessions.
upstream common --era legacy
for name in agent b; do add_upstream $name common --url "$UPSTREAM"; done
start_server 2

# Sessions.
initialize "$A"
SESSION_A=$SESSION
initialize "$B"
SESSION_B=$SESSION
isnt 'each has a session of its own' "$SESSION_A" "$SESSION_B"
SESSION=$SESSION_A
legacy "$B" ping
is "b in a's session" "$STATUS" 404
request "$(mcp_url)" -X DELETE -H "Authorization: Bearer $B" -H "Mcp-Session-Id: $SESSION_A"
is "b ends a's session" "$STATUS" 404
request "$(mcp_url)" -m 3 -H "Authorization: Bearer $B" -H "Mcp-Session-Id: $SESSION_A" -H 'Accept: text/event-stream'
is "b listens to a's session" "$STATUS" 404
legacy "$A" ping
is "a's session is whole" "$STATUS" 200

# Lists and names.
names() { response '.result.tools[].name' | sed 's/__.*//' | sort -u | tr '\n' ' '; }
for era in modern legacy modern; do
	SESSION=$SESSION_A
	[ $era = modern ] && modern "$A" tools/list || legacy "$A" tools/list
	is "$era: a sees its upstreams" "$(names)" 'common fixture '
	SESSION=$SESSION_B
	[ $era = modern ] && modern "$B" tools/list || legacy "$B" tools/list
	is "$era: b sees its upstreams" "$(names)" 'common other '
done
modern "$B" tools/call '{"name": "fixture__test_simple_text", "arguments": {}}'
like "b calls a's upstream" "$BODY" '-32602|Unknown tool'
modern "$B" resources/read '{"uri": "fixture+test://static-text"}'
like "b reads a's upstream" "$(response '.error.code')" '^-32602$'
modern "$A" tools/call '{"name": "other__test_simple_text", "arguments": {}}'
like "a calls b's upstream" "$BODY" '-32602|Unknown tool'

# Sessions at a server that both have.
for key in "$A" "$B"; do
	SESSION=$SESSION_A
	[ "$key" = "$A" ] || SESSION=$SESSION_B
	legacy "$key" tools/call '{"name": "common__test_simple_text", "arguments": {}}'
	like 'a call at the common server' "$(said)" 'simple text'
done
of_log common 'select(.event == "request" and (.body | contains("tools/call"))) | .headers["mcp-session-id"]' >"$T/sessions"
is 'they have sessions of their own there' "$(sort -u "$T/sessions" | wc -l)" 2

# Approvals and states.
modern "$A" tools/call '{"name": "common__test_counter", "arguments": {"label": "a"}}'
state=$(response '.result.requestState // empty')
isnt 'a waits' "$state" ''
id=$(pending_of test_counter agent)
ctl approval approve "$id" >"$T/out" 2>&1
modern "$B" tools/call "{\"name\": \"common__test_counter\", \"arguments\": {\"label\": \"a\"}, \"requestState\": \"$state\"}"
like "b comes with a's state" "$(response '.error.code')" '^-32602$'
modern "$B" tools/call '{"name": "common__test_counter", "arguments": {"label": "a"}}'
is 'nothing of it ran for b' "$(counted common a)" 0
modern "$A" tools/call "{\"name\": \"common__test_counter\", \"arguments\": {\"label\": \"a\"}, \"requestState\": \"$state\"}"
like "a's own state is good" "$(said)" '^count'

# Cancelling.
SESSION=$SESSION_A
in_background "$T/slow" legacy "$A" tools/call '{"name": "fixture__test_slow", "arguments": {"seconds": 2}}'
caller=$!
sleep 0.7
SESSION=$SESSION_B
for id in $(seq $((MCP_ID - 1)) $((MCP_ID + 2))); do
	send_mcp "$B" "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":$id}}" -H "Mcp-Session-Id: $SESSION_B"
done
wait $caller
like "b does not cancel a's call" "$(of_log fixture 'select(.event == "ran" and .tool == "test_slow") | .tool')" 'test_slow'

is 'entries are in the chain of their key' "$(sql "SELECT count(*) FROM audit JOIN api_key ON chain = api_key.id
	WHERE kind = 'verdict' AND name <> key_name")" 0
unlike "nothing of a's key reached b's upstream" "$(cat "$T/private.log")" "${A:4:30}"
exits 'the chain verifies' 0 ctl audit verify
finish
