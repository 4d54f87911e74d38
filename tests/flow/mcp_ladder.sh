# POST /mcp: the order of checks, and the answer to each fault, for both eras of the protocol.
. tests/lib.sh

new_state state
policy default '{"defaultDecision": "allow", "rules": []}'
key=$(new_key agent --policy default)
setting mcp_body_max 4K
setting allowed_hosts 'agents.example.net, exact.example.net:8443'
setting base_url https://gate.example.org/
start_server
MCP=${URL%/v1/check}/mcp

META='"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}'
AUTH=(-H "Authorization: Bearer $key")
TYPES=(-H 'Content-Type: application/json' -H 'Accept: application/json, text/event-stream')
MODERN=(-H 'MCP-Protocol-Version: 2026-07-28')
# said: status, JSON-RPC code and id of the last answer.
said() {
	printf '%s' "$STATUS $(jq -r '[(.error.code // "none"), (if has("id") then (.id | tojson) else "-" end)] | join(" ")' <<<"$BODY" 2>/dev/null)"
}
# fault NAME EXPECTED BODY CURL-ARGUMENT...
fault() {
	local name=$1 expected=$2 body=$3
	shift 3
	request "$MCP" "${AUTH[@]}" "${TYPES[@]}" "$@" --data-binary "$body"
	is "$name" "$(said)" "$expected"
}
# modern NAME EXPECTED METHOD PARAMS-WITHOUT-BRACES CURL-ARGUMENT...
modern() {
	local name=$1 expected=$2 method=$3 params=$4
	shift 4
	fault "$name" "$expected" "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"$method\",\"params\":{$META$params}}" "${MODERN[@]}" "$@"
}

# Paths: nothing but /mcp, and never a page.
for path in /mcp/ /mcpx /.well-known/oauth-protected-resource /.well-known/oauth-protected-resource/mcp \
    /.well-known/oauth-authorization-server /mcp/.well-known/openid-configuration /register; do
	request "${MCP%/mcp}$path"
	is "$path: not found" "$STATUS" 404
	unlike "$path: no page for people who log in" "$(header content-type)" 'html.*login'
done

# Row 1.
ping='{"jsonrpc":"2.0","id":1,"method":"ping"}'
for origin in http://evil.example null https://gate.example.org.evil.example file://localhost \
    https://exact.example.net https://localhost:1@evil.example 'http://127.0.0.1.evil.example' ''; do
	request "$MCP" "${AUTH[@]}" "${TYPES[@]}" -d "$ping" -H "Origin: $origin" ${origin:+-H "Origin: $origin"}
	is "Origin ${origin:-empty}: forbidden" "$STATUS" "$([ -n "$origin" ] && echo 403 || echo 400)"
done
for origin in http://localhost:5173 https://gate.example.org https://AGENTS.example.net:99 https://exact.example.net:8443 'http://[::1]:8080'; do
	request "$MCP" "${AUTH[@]}" "${TYPES[@]}" -d "$ping" -H "Origin: $origin"
	is "Origin $origin: allowed" "$STATUS" 400
done
request "$MCP" "${AUTH[@]}" "${TYPES[@]}" -d "$ping" -H 'Host: evil.example'
is 'Host of somebody else: forbidden' "$STATUS" 403
request "$MCP" "${AUTH[@]}" "${TYPES[@]}" -d "$ping" -H 'Host: evil.example' -H 'Authorization: nothing'
is 'Host before key' "$STATUS" 403
request "$MCP" "${AUTH[@]}" "${TYPES[@]}" -d "$ping" -H 'Host: gate.example.org:444'
is 'Host of base_url: allowed' "$STATUS" 400

# Row 2, for every method.
for method in POST GET DELETE PUT; do
	body=(-d '{}')
	[ "$method" != GET ] || body=() # lighttpd refuses one with a body itself
	request "$MCP" -X "$method" "${TYPES[@]}" "${body[@]}"
	is "$method without a key" "$STATUS $(header www-authenticate)" '401 Bearer realm="enforgate"'
	request "$MCP" -X "$method" "${TYPES[@]}" "${body[@]}" -H 'Authorization: Bearer bwb_nonsense'
	is "$method with a wrong key" "$STATUS $(header www-authenticate)" '401 Bearer realm="enforgate", error="invalid_token"'
done

# Rows 3 to 6.
request "$MCP" "${AUTH[@]}" -X PUT -d '{}'
is 'another method' "$STATUS $(header allow)" '405 GET, POST, DELETE'
head -c 5000 /dev/zero | tr '\0' ' ' >"$T/large"
request "$MCP" "${AUTH[@]}" -H 'Content-Type: text/plain' --data-binary "@$T/large"
is 'too large, before the type' "$STATUS" 413
request "$MCP" "${AUTH[@]}" -H 'Content-Type: text/plain' -d '{'
is 'another type, before Accept' "$STATUS" 415
for accept in application/json text/event-stream text/html 'application/jsonx, text/event-stream' ''; do
	request "$MCP" "${AUTH[@]}" -H 'Content-Type: application/json' -H "Accept: $accept" -d '{'
	is "Accept ${accept:-nothing}" "$STATUS" 406
done
for accept in '*/*' 'text/event-stream;q=0.9 , application/json' 'application/*, text/*' 'Application/JSON,Text/Event-Stream'; do
	request "$MCP" "${AUTH[@]}" -H 'Content-Type: application/json; charset=utf-8' -H "Accept: $accept" -d '{'
	is "Accept $accept: goes on" "$(said)" '400 -32700 -'
done

# Rows 7 to 9.
fault 'no JSON' '400 -32700 -' '{"jsonrpc":'
fault 'no UTF-8' '400 -32700 -' "$(printf '{"jsonrpc":"2.0","id":1,"method":"p\xffng"}')"
fault 'a batch without a session' '400 -32600 -' "[$ping]"
fault 'an empty batch' '400 -32600 -' '[]'
for body in '"text"' '{}' '{"id":3}' '{"jsonrpc":"1.0","id":3,"method":"ping"}' '{"jsonrpc":"2.0","id":3,"method":4}' \
    '{"jsonrpc":"2.0","id":3,"method":"ping","params":[]}'; do
	fault "no message: $body" "400 -32600 $(grep -q '"id":3' <<<"$body" && echo 3 || echo -)" "$body"
done
for id in null 1.5 '{}' '[]' true; do
	fault "id $id" '400 -32600 -' "{\"jsonrpc\":\"2.0\",\"id\":$id,\"method\":\"ping\"}"
done

# Rows 10 to 14 and 16, 17: the modern era.
fault 'modern: no meta at all' '400 -32602 7' '{"jsonrpc":"2.0","id":7,"method":"tools/list"}' "${MODERN[@]}"
fault 'modern: no capabilities' '400 -32602 7' \
    '{"jsonrpc":"2.0","id":7,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}' "${MODERN[@]}"
fault 'modern: the header is missing' '400 -32020 7' "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/list\",\"params\":{$META}}"
fault 'modern: another version in the header' '400 -32020 7' "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/list\",\"params\":{$META}}" \
    -H 'MCP-Protocol-Version: 2025-11-25'
fault 'modern: a version that is not served' '400 -32022 7' "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/list\",\"params\":{${META/2026-07-28/2099-01-01}}}" \
    -H 'MCP-Protocol-Version: 2099-01-01'
is 'modern: which are served' "$(jq -c '.error.data' <<<"$BODY")" \
    '{"supported":["2026-07-28","2025-11-25","2025-06-18","2025-03-26"],"requested":"2099-01-01"}'
modern 'modern: no Mcp-Method' '400 -32020 7' server/discover ''
modern 'modern: another Mcp-Method' '400 -32020 7' server/discover '' -H 'Mcp-Method: Server/Discover'
modern 'modern: no Mcp-Name' '400 -32020 7' tools/call ',"name":"x"' -H 'Mcp-Method: tools/call'
modern 'modern: another Mcp-Name' '400 -32020 7' tools/call ',"name":"x"' -H 'Mcp-Method: tools/call' -H 'Mcp-Name: y'
modern 'modern: Mcp-Name in bad Base64' '400 -32020 7' tools/call ',"name":"x"' -H 'Mcp-Method: tools/call' -H 'Mcp-Name: =?base64?e?='
modern 'modern: blanks around values are not part of them' '200 -32602 7' tools/call ',"name":"x"' -H 'Mcp-Method:   tools/call  ' -H 'Mcp-Name:  x '
for method in initialize ping logging/setLevel resources/subscribe resources/unsubscribe tasks/result tasks/list nonsense; do
	modern "modern: $method is not served" '404 -32601 7' "$method" '' -H "Mcp-Method: $method"
done
modern 'modern: a capability was not declared' '400 -32021 7' tasks/get ',"taskId":"t"' -H 'Mcp-Method: tasks/get' -H 'Mcp-Name: t'
modern 'modern: a session id is ignored' '200 none 7' server/discover '' -H 'Mcp-Method: server/discover' -H 'Mcp-Session-Id: nonsense'
is 'modern: and none is given' "$(header mcp-session-id)" ''
like 'discover: what it says' "$(jq -c '.result | [.resultType, .cacheScope, (.ttlMs | type), (.supportedVersions | index("2026-07-28") | type)]' <<<"$BODY")" \
    '\["complete","private","number","number"\]'
fault 'modern: a posted response' '400 -32600 7' "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{}}" "${MODERN[@]}"
fault 'modern: a notification is dropped' '202 ' "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{$META}}" "${MODERN[@]}"
fault 'modern: initialize with the modern header alone' '400 -32020 7' \
    '{"jsonrpc":"2.0","id":7,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{}}}' "${MODERN[@]}"

# Rows 18 to 21 and 23: the legacy era.
initialize() { # version
	request "$MCP" "${AUTH[@]}" "${TYPES[@]}" \
	    -d "{\"jsonrpc\":\"2.0\",\"id\":\"i\",\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"$1\",\"capabilities\":{},\"clientInfo\":{\"name\":\"t\",\"version\":\"1\"}}}"
	SESSION=(-H "Mcp-Session-Id: $(header mcp-session-id)")
}
fault 'legacy: no session' '400 -32000 1' "$ping"
fault 'legacy: an unknown session' '404 -32000 1' "$ping" -H 'Mcp-Session-Id: nonsense'
for version in 2025-11-25 2025-06-18 2025-03-26; do
	initialize $version
	is "initialize: $version" "$STATUS $(jq -r '.result.protocolVersion' <<<"$BODY")" "200 $version"
done
batch=("${SESSION[@]}")
for version in 2026-07-28 1999-01-01; do
	initialize $version
	is "initialize: $version is not served that way" "$STATUS $(jq -r '.result.protocolVersion' <<<"$BODY")" '200 2025-11-25'
done
like 'initialize: a session id of visible characters' "$(header mcp-session-id)" '^[A-Za-z0-9]{43}$'
fault 'legacy: ping' '200 none 1' "$ping" "${SESSION[@]}"
fault 'legacy: a version that is not served' '400 -32000 1' "$ping" "${SESSION[@]}" -H 'MCP-Protocol-Version: 1999-01-01'
fault 'legacy: a method that is not served' '200 -32601 1' '{"jsonrpc":"2.0","id":1,"method":"server/discover"}' "${SESSION[@]}"
fault 'legacy: an unknown tool' '200 -32602 1' '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"no__tool"}}' "${SESSION[@]}"
fault 'legacy: an unknown prompt' '200 -32602 1' '{"jsonrpc":"2.0","id":1,"method":"prompts/get","params":{"name":"no__prompt"}}' "${SESSION[@]}"
fault 'legacy: an unknown resource' '200 -32002 1' '{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"no+file:///x"}}' "${SESSION[@]}"
is 'legacy: an unknown resource is named' "$(jq -r '.error.data.uri' <<<"$BODY")" 'no+file:///x'
fault 'legacy: a call without a name' '200 -32602 1' '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{}}' "${SESSION[@]}"
fault 'legacy: a bad level' '200 -32602 1' '{"jsonrpc":"2.0","id":1,"method":"logging/setLevel","params":{"level":"loud"}}' "${SESSION[@]}"
fault 'legacy: a bad cursor' '200 -32602 1' '{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"cursor":1}}' "${SESSION[@]}"
fault 'legacy: a text as id comes back' '200 none "a"' '{"jsonrpc":"2.0","id":"a","method":"ping"}' "${SESSION[@]}"
fault 'legacy: a notification' '202 ' '{"jsonrpc":"2.0","method":"notifications/initialized"}' "${SESSION[@]}"
fault 'legacy: an answer to nobody' '202 ' '{"jsonrpc":"2.0","id":"q","result":{}}' "${SESSION[@]}"
modern 'modern: unknown resource' '200 -32602 7' resources/read ',"uri":"no+file:///x"' -H 'Mcp-Method: resources/read' -H 'Mcp-Name: no+file:///x'

# Batches: of one revision only.
fault 'a batch in a newer session' '400 -32600 -' "[$ping]" "${SESSION[@]}"
fault 'a batch' '200 ' "[$ping,{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"},{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"nonsense\"},3]" "${batch[@]}"
is 'a batch: an answer to each request' "$(jq -c '[.[] | [.id, .error.code]]' <<<"$BODY")" '[[1,null],[2,-32601],[null,-32600]]'
fault 'a batch of notifications' '202 ' '[{"jsonrpc":"2.0","method":"notifications/initialized"}]' "${batch[@]}"
fault 'a batch that is too long' '400 -32600 -' "[$(for _ in $(seq 16); do printf '%s,' "$ping"; done)$ping]" "${batch[@]}"
finish
