# /mcp through the web server in front: both eras, large messages, a held call whose answer comes piece by piece, GET and DELETE, and what
# MCP clients look for beside it.
. tests/lib.sh
. tests/mcp_lib.sh

BODY_MAX=$((4 << 20)) # mcp_body_max as it comes
new_state state
# A stream keeps a process of mod_fcgid: none there, as INSTALL says.
[ "$HOST_SPAWNS" = fixed ] || setting streams_max 0
policy all '{"rules": [{"tool": "test_counter", "decision": "require_approval", "reason": "a person looks"}, {"tool": "*", "decision": "allow"}]}'
ctl channel add desk console >"$T/channel" 2>&1 || fatal "channel add: $(cat "$T/channel")"
setting base_url http://127.0.0.1:1
KEY=$(new_key agent --policy all --channel desk)
upstream fixture
add_upstream agent fixture --url "$UPSTREAM"
start_server

# Who may not, and how.
request "$(mcp_url)" -H 'Content-Type: application/json' -H 'Accept: application/json, text/event-stream' -d '{}'
is 'no key: 401' "$STATUS $(header WWW-Authenticate | cut -d ' ' -f 1)" '401 Bearer'
request "$(mcp_url)" -X DELETE
is 'no key, DELETE: 401' "$STATUS" 401
request "$(mcp_url)" -X PUT -H "Authorization: Bearer $KEY" -d '{}'
is 'PUT: 405 with what is allowed' "$STATUS $(header Allow | tr -d ' ' | tr , '\n' | sort | tr '\n' ' ')" \
    "405 DELETE $([ "$HOST_SPAWNS" != fixed ] || echo 'GET ')POST "
for path in /.well-known/oauth-protected-resource /.well-known/oauth-protected-resource/mcp /.well-known/oauth-authorization-server \
    /.well-known/oauth-authorization-server/mcp /.well-known/openid-configuration /.well-known/openid-configuration/mcp \
    /mcp/.well-known/openid-configuration /register; do
	request "http://127.0.0.1:$PORT$path"
	is "$path is not there" "$STATUS" 404
	# Below a path of another site these are that site's.
	[ -n "${HOST_BASE:-}" ] || unlike "$path: no page for people" "$(header Content-Type)" html
done
for path in /mcp/ /mcp/x /mcpx /v1/mcp; do
	request "http://127.0.0.1:$PORT${HOST_BASE:-}$path" -H "Authorization: Bearer $KEY" -d '{}'
	is "$path is another path" "$STATUS" 404
done

# Both eras.
modern "$KEY" server/discover
is '2026-07-28: discover' "$STATUS $(response '.result.resultType')" '200 complete'
modern "$KEY" tools/call '{"name": "fixture__test_simple_text", "arguments": {}}'
is '2026-07-28: a call' "$STATUS $(said)" '200 This is a simple text response for testing.'
initialize "$KEY"
like '2025-11-25: a session' "$SESSION" '^[!-~]{20,}$'
legacy "$KEY" tools/list
is '2025-11-25: the list' "$STATUS $(response '.result.tools[0].name')" '200 fixture__test_simple_text'
legacy "$KEY" tools/call '{"name": "fixture__test_tool_with_progress", "arguments": {}, "_meta": {"progressToken": "token"}}'
is '2025-11-25: a call with progress' "$(jq -r 'select(.method == "notifications/progress") | .params.progressToken' <<<"$MESSAGES" | tr '\n' ' ')$(said)" \
    'token token token done'
send_mcp "$KEY" '{"jsonrpc":"2.0","method":"notifications/initialized"}' -H "Mcp-Session-Id: $SESSION"
is 'a notification: 202 without a body' "$STATUS $BODY" '202 '

# GET: a stream, whose first bytes come at once.
curl -sN -m 3 -D "$T/get.headers" "$(mcp_url)" -H "Authorization: Bearer $KEY" -H 'Accept: text/event-stream' -H "Mcp-Session-Id: $SESSION" >"$T/get.body" &
listener=$!
sleep 1.5
legacy "$KEY" tools/call '{"name": "fixture__test_trigger_tool_change"}'
wait $listener
if [ "$HOST_SPAWNS" = fixed ]; then
	like 'GET: a stream' "$(cat "$T/get.headers")" '200.*text/event-stream'
	like 'GET: it has the change of a list' "$(cat "$T/get.body")" 'notifications/tools/list_changed'
else
	like 'GET: none is offered' "$(head -n 1 "$T/get.headers")" ' 405'
fi

# DELETE.
request "$(mcp_url)" -X DELETE -H "Authorization: Bearer $KEY" -H "Mcp-Session-Id: $SESSION"
like 'DELETE ends the session' "$STATUS" '^20[04]$'
legacy "$KEY" ping
is 'and then it is gone' "$STATUS" 404

# Large messages: as large as the host and the gateway let in, and larger.
initialize "$KEY"
large() { # bytes
	printf '{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"fixture__test_simple_text","arguments":{"a":"%0*d"}}}' $(($1 - 113)) 0 >"$T/large"
	is "the message has $1 bytes" "$(wc -c <"$T/large")" "$1"
	request "$(mcp_url)" -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' -H "Mcp-Session-Id: $SESSION" \
	    -H 'Accept: application/json, text/event-stream' --data-binary "@$T/large"
}
large "${HOST_MCP_MAX:-$BODY_MAX}"
is 'as large as allowed' "$STATUS" 200
like 'as large as allowed: the result' "$BODY" 'simple text'
large $((BODY_MAX + 1))
is 'larger' "$STATUS" "${HOST_MCP_TOO_LARGE:-413}"
large $((BODY_MAX * 2))
is 'twice as large' "$STATUS" "${HOST_MCP_TOO_LARGE:-413}"

# A call that waits for a person: the stream begins at once, and its end comes with the decision.
pending() { sqlite3 "$S/enforgate.db" "SELECT id FROM approval WHERE state = 'pending'"; }
counter='{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{"name":"fixture__test_counter","arguments":{"label":"held"},"_meta":{"progressToken":1}}}'
curl -sN -m 40 "$(mcp_url)" -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' -H "Mcp-Session-Id: $SESSION" \
    -H 'Accept: application/json, text/event-stream' -d "$counter" >"$T/held" &
held=$!
for _ in $(seq 50); do
	[ -z "$(pending)" ] || break
	sleep 0.1
done
id=$(pending)
like 'a call waits' "$id" '^apr_|^[A-Za-z0-9_-]+$'
sleep 2
[ -z "$HOST_STREAMS" ] || isnt 'something of its answer is here already' "$(wc -c <"$T/held")" 0
is 'it has not run' "$(counted fixture held)" 0
ctl approval approve "$id" >"$T/approve" 2>&1
start=$(date +%s%N)
wait $held
like 'it ends soon after the decision' "$((($(date +%s%N) - start) / 1000000))" '^[0-9]{1,3}$|^[12][0-9]{3}$'
like 'with the result' "$(cat "$T/held")" 'count 1'
is 'it ran once' "$(counted fixture held)" 1

# Neither keys nor sessions are in a log of the web server.
# shellcheck disable=SC2046 # a list of paths
is 'no key and no session in a log' "$(grep -clE "$KEY|$SESSION" $(host_logs "$S" "$HOST_DIR") "$S"/*.log 2>/dev/null)" ''
verified() { exits "$1" 0 ctl audit verify; }
verified 'the log verifies'
finish
