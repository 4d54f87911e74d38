# Every refusal of a check: status, headers, body, and the same request id in the log. Design 3.1.
. tests/lib.sh

new_state state
policy default '{"defaultDecision": "allow", "rules": []}'
key=$(new_key agent --policy default)
revoked=$(new_key revoked --policy default)
ctl key revoke revoked >"$T/out" 2>&1
expired=$(new_key expired --policy default --expires 1s)
expired_by=$((SECONDS + 2))
start_server
good='{"serverName": "s", "toolName": "t"}'

# refused NAME STATUS CODE [MESSAGE-PATTERN]: judges the last request.
refused() {
	is "$1: status" "$STATUS" "$2"
	is "$1: members" "$(members)" 'error message requestId'
	is "$1: error" "$(member error)" "$3"
	like "$1: message" "$(member message)" "${4:-[a-z]}"
	is "$1: request id is in the header too" "$(header X-Request-Id)" "$(member requestId)"
	if grep -qF " $(member requestId) " "$S"/*.log; then
		ok "$1: request id is in the log"
	else
		not_ok "$1: request id is in the log" "$(member requestId) is not there"
	fi
	unlike "$1: no verdict" "$BODY" decision
}
bad() { # name body [message-pattern]
	post "$key" "$2"
	refused "$1" 400 bad_request "${3:-}"
}
long() { printf "%0*d" "$1" 0; }
levels() { # how many: arrays inside args, inside the body
	printf '{"serverName":"s","toolName":"t","args":{"a":%s%s}}' \
	    "$(printf '[%.0s' $(seq $(($1 - 2))))" "$(printf ']%.0s' $(seq $(($1 - 2))))"
}

# 400: the body.
bad 'not JSON' 'hello'
bad 'empty body' ''
bad 'cut body' '{"serverName": "s", "toolName": "t", "args": {"a": 1'
bad 'text behind the document' "$good x"
bad 'two documents' "$good$good"
bad 'an array' '[1]' object
bad 'null' 'null' object
bad 'serverName missing' '{"toolName": "t"}' serverName
bad 'toolName missing' '{"serverName": "s"}' toolName
bad 'serverName is a number' '{"serverName": 1, "toolName": "t"}' serverName
bad 'toolName is null' '{"serverName": "s", "toolName": null}' toolName
bad 'serverName is empty' '{"serverName": "", "toolName": "t"}' serverName
bad 'toolName is empty' '{"serverName": "s", "toolName": ""}' toolName
bad 'toolName is too long' "{\"serverName\": \"s\", \"toolName\": \"$(long 257)\"}" toolName
bad 'control character in a name' '{"serverName": "s", "toolName": "a\u0007b"}' toolName
bad 'line end in a name' '{"serverName": "a\nb", "toolName": "t"}' serverName
bad 'NUL in a name' '{"serverName": "s", "toolName": "a\u0000b"}' toolName
bad 'raw control character' "$(printf '{"serverName": "s\001", "toolName": "t"}')"
bad 'args is an array' '{"serverName": "s", "toolName": "t", "args": []}' args
bad 'args is null' '{"serverName": "s", "toolName": "t", "args": null}' args
bad 'args is text' '{"serverName": "s", "toolName": "t", "args": "{}"}' args
bad 'approval is null' '{"serverName": "s", "toolName": "t", "approval": null}' approval
bad 'approval.request is no boolean' '{"serverName": "s", "toolName": "t", "approval": {"request": 1}}' approval.request
bad 'approval.waitSeconds is text' '{"serverName": "s", "toolName": "t", "approval": {"request": true, "waitSeconds": "5"}}' waitSeconds
bad 'approval.waitSeconds alone' '{"serverName": "s", "toolName": "t", "approval": {"waitSeconds": 5}}' approval.request
bad 'not UTF-8' "$(printf '{"serverName": "s", "toolName": "t\377"}')" UTF-8
bad 'overlong UTF-8' "$(printf '{"serverName": "s", "toolName": "t\300\257"}')" UTF-8
bad 'lone surrogate' '{"serverName": "s", "toolName": "t\ud800"}'
bad 'byte order mark' "$(printf '\357\273\277%s' "$good")"
bad 'single quotes' "{'serverName': 's', 'toolName': 't'}"
bad 'comment' '{"serverName": "s", /* c */ "toolName": "t"}'
bad 'trailing comma' '{"serverName": "s", "toolName": "t",}'
bad 'NaN' '{"serverName": "s", "toolName": "t", "args": {"a": NaN}}'
bad 'leading zero' '{"serverName": "s", "toolName": "t", "args": {"a": 01}}'
bad 'NUL in a member name' '{"serverName": "s", "toolName": "t", "args": {"a\u0000b": 1}}'
bad 'nesting of 65' "$(levels 65)" '64|nest|level'
bad 'members over the cap' "{\"serverName\":\"s\",\"toolName\":\"t\",\"args\":{\"a\":[$(seq -s, 20001)]}}" '20000|member'
post "$key" "$(levels 64)"
is 'nesting of 64 is fine' "$STATUS" 200
post "$key" "{\"serverName\": \"s\", \"toolName\": \"$(long 256)\"}"
is 'a name of 256 bytes is fine' "$STATUS" 200
post "$key" '{"serverName": "s", "toolName": "t", "args": {"id": 9223372036854775807}}'
is 'a 64-bit number is fine' "$STATUS" 200
post "$key" '{"serverName": "x", "serverName": "s", "toolName": "t", "args": {"a": 1, "a": 2}}'
like 'members given twice: refused, or the last one counts' "$STATUS" '^(200|400)$'
is 'members given twice: what was judged is what is logged' \
    "$(sqlite3 "$S/enforgate.db" "SELECT count(*) FROM audit WHERE server = 'x'")" 0

# A number outside 64 bits is kept exactly or refused; it is never altered.
post "$key" '{"serverName": "s", "toolName": "t", "args": {"id": 18446744073709551617}}'
like 'a number beyond 64 bits: exact or refused' "$STATUS" '^(200|400)$'

# 401: one answer for all reasons.
while [ $SECONDS -lt $expired_by ]; do sleep 0.1; done
unauthorized() { # name curl-argument...
	local name=$1
	shift
	request "$URL" -H 'Content-Type: application/json' -d "$good" "$@"
	refused "$name" 401 unauthorized
	is "$name: WWW-Authenticate" "$(header WWW-Authenticate)" Bearer
	printf '%s\n%s\n' "$HEADERS" "$BODY" | sed -E -e 's/^Date: .*//I' \
	    -e "s/$(member requestId)//" >"$T/answer"
	if [ ! -e "$T/first" ]; then
		cp "$T/answer" "$T/first"
	elif cmp -s "$T/first" "$T/answer"; then
		ok "$name: looks like the others"
	else
		not_ok "$name: looks like the others" "$(diff "$T/first" "$T/answer")"
	fi
}
unauthorized 'no key'
unauthorized 'unknown key' -H "Authorization: Bearer bwb_$(long 43)"
unauthorized 'revoked key' -H "Authorization: Bearer $revoked"
unauthorized 'expired key' -H "Authorization: Bearer $expired"
unauthorized 'two values joined' -H "Authorization: Bearer $key, Bearer $key"
if [ "${HOST_TWO_KEYS:-}" = refused ]; then # by the web server itself
	post "$key" "$good" -H "Authorization: Bearer $key"
	is 'two headers: refused by the web server' "$STATUS" 400
else
	unauthorized 'two headers' -H "Authorization: Bearer $key" -H "Authorization: Bearer $key"
fi
unauthorized 'wrong scheme' -H "Authorization: Basic $key"
unauthorized 'key without scheme' -H "Authorization: $key"
unauthorized 'key cut short' -H "Authorization: Bearer ${key%?}"
unauthorized 'key with a tail' -H "Authorization: Bearer ${key}x"
unauthorized 'empty' -H 'Authorization: Bearer '
unauthorized 'key in another case' -H "Authorization: Bearer $(printf '%s' "$key" | tr 'a-zA-Z' 'A-Za-z')"
unauthorized 'very long' -H "Authorization: Bearer $(long 6000)"
request "$URL" -H 'Content-Type: application/json' -d 'not json'
is 'a stranger learns nothing about his body' "$STATUS" 401
request "$URL?key=$key" -H 'Content-Type: application/json' -d "$good"
is 'a key in the query is no key' "$STATUS" 401

# 404: lighttpd passes on what decodes to the path; only the path itself is ours.
request "http://127.0.0.1:$PORT/v1/%63heck" -H "Authorization: Bearer $key" \
    -H 'Content-Type: application/json' -d "$good"
refused 'encoded path' 404 not_found
for path in / /v1/checks /v1/check/ /v1 /enforgate.db /../enforgate.db /enforgate.conf; do
	request --path-as-is "http://127.0.0.1:$PORT$path" -H "Authorization: Bearer $key" \
	    -H 'Content-Type: application/json' -d "$good"
	like "no such path: $path" "$STATUS" '^40[034]$' # 400: out of the root, for Apache
done

# 405, 413, 415.
for method in GET HEAD PUT DELETE PATCH OPTIONS; do
	if [ $method = HEAD ]; then request -I "$URL"; else request -X $method "$URL"; fi
	is "$method: status" "$STATUS" 405
	is "$method: Allow" "$(header Allow)" POST
done
request "$URL"
refused GET 405 method_not_allowed POST
printf '{"serverName":"s","toolName":"t","args":{"a":"%s"}}' "$(long 262144)" >"$T/large"
request "$URL" -H "Authorization: Bearer $key" -H 'Content-Type: application/json' \
    --data-binary "@$T/large"
refused 'body over the cap' 413 too_large
request "$URL" -H "Authorization: Bearer $key" -H 'Content-Type: application/json' \
    -H 'Transfer-Encoding: chunked' --data-binary "@$T/large"
refused 'chunked body over the cap' 413 too_large
printf '{"serverName":"s","toolName":"t","args":{"a":"%s"}}' "$(long 262000)" >"$T/nearly"
request "$URL" -H "Authorization: Bearer $key" -H 'Content-Type: application/json' \
    --data-binary "@$T/nearly"
is 'body just under the cap' "$STATUS" 200
for type in text/plain application/x-www-form-urlencoded application/jsonp 'application/json2' ''; do
	request "$URL" -H "Authorization: Bearer $key" -H "Content-Type:${type:+ $type}" -d "$good"
	refused "type '$type'" 415 unsupported_media_type application/json
done
is 'verdicts leave an entry each, refusals none' "$(audit_count)" "$VERDICTS"
finish
