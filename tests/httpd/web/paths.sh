# What the web server in front passes on and what it keeps to itself: paths, methods, headers, and what its logs hold.
. tests/lib.sh

good='{"serverName": "s", "toolName": "t"}'
new_state state
policy default '{"defaultDecision": "allow", "rules": []}'
key=$(new_key agent --policy default)
start_server
base=${URL%/v1/check}
token=token$RANDOM$RANDOM$RANDOM

# try TARGET CURL-ARGUMENT...: with all that a check needs, so that reaching the responder by surprise would show.
try() {
	local target=$1
	shift
	request --path-as-is "$base$target" -H "Authorization: Bearer $key" -H 'Content-Type: application/json' "$@"
}
nothing_served() { # name
	like "$1: refused" "$STATUS" '^(400|403|404|405|414)$'
	unlike "$1: no file" "$BODY" 'ELF|state_dir|SQLite|RewriteRule'
}
for target in /v1/checkx /v1/check/ /v1/check/x //v1/check /v1//check /v1/./check /v1/x/../check /v1/check/../check \
    /v1/check/. /v1/check%2f /v1%2fcheck /%2fv1/check /v1/%63heck /v1/check%20 /v1/check%00 /v1/check%3fx /V1/check \
    '/v1/check;x' /v1/check.fcgi /check.fcgi /check.fcgi/v1/check /v1 /v1/ /; do
	try "$target" -d "$good"
	nothing_served "POST $target"
done
for target in /check.fcgi /enforgate.conf /enforgate.db /enforgate.key /enforgate.log /.htaccess /htaccess \
    /state/enforgate.conf /cgi-bin/check.fcgi /programs/check.fcgi /../enforgate.conf /%2e%2e/enforgate.conf \
    /v1/check/../../check.fcgi; do
	try "$target"
	nothing_served "GET $target"
done
is 'none of that is a verdict' "$(audit_count)" 0

try '/v1/check?secret=query1' -d "$good"
is 'a query changes nothing' "$STATUS $(member decision)" '200 allow'
try '/v1/check?' -d "$good"
is 'an empty query neither' "$STATUS $(member decision)" '200 allow'
request "$URL" --request-target "$URL" -H "Authorization: Bearer $key" -H 'Content-Type: application/json' -d "$good"
is 'a whole URL as the target' "$STATUS $(member decision)" '200 allow'
try /v1/check -d "$good" -H 'Accept-Encoding: gzip, br' -H 'Origin: https://elsewhere'
is 'a client that takes compressed answers' "$STATUS $(member decision)" '200 allow'
is 'gets an answer that is not compressed' "$(header Content-Encoding)" ''
is 'X-Content-Type-Options is there once' "$(header X-Content-Type-Options)" nosniff
is 'Cache-Control is there once' "$(header Cache-Control)" no-store
is 'no origin is let in' "$(printf '%s' "$HEADERS" | grep -ci '^Access-Control')" 0
try /v1/check -0 -d "$good"
is 'HTTP/1.0' "$STATUS $(member decision)" '200 allow'
try /v1/check -H 'Expect: 100-continue' -d "$good"
is 'Expect: 100-continue' "$STATUS $(member decision)" '200 allow'

# Methods.
raw 'HEAD /v1/check HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'
is 'HEAD: status' "$STATUS" 405
unlike 'HEAD: no body' "$RAW" requestId
count=$(audit_count)
for method in TRACE BREW PROPFIND post; do
	try /v1/check -X $method -d "$good"
	like "$method: refused" "$STATUS" '^(400|405|413|501)$' # 413: Apache takes no TRACE with a body
done
try /v1/check -X OPTIONS --request-target '*'
like 'OPTIONS *: no harm' "$STATUS" '^(200|400|404|405)$'
[ "$STATUS" != 200 ] || VERDICTS=$((VERDICTS - 1))
is 'no verdict by another method' "$(audit_count)" "$count"

# Headers up to their cap, and over it.
long() { printf "%0*d" "$1" 0; }
try /v1/check -H "X-Long: $(long 6000)" -d "$good"
is 'a header of 6000 bytes' "$STATUS" 200
try /v1/check -H "X-Long: $(long 9000)" -d "$good"
is 'a header of 9000 bytes' "$STATUS" "$HOST_LONG_HEADER"
try "/v1/check?$(long 9000)" -d "$good"
is 'a query of 9000 bytes' "$STATUS" "$HOST_LONG_QUERY"
# shellcheck disable=SC2046 # many arguments are meant
try /v1/check $(for i in $(seq 150); do echo -H "X-$i:$i"; done) -d "$good"
is '150 headers' "$STATUS" "$HOST_MANY_HEADERS"
try /v1/check -d "$good"
is 'after all that: a verdict' "$STATUS $(member decision)" '200 allow'

# Approval links are secrets that come in the path; what is asked for must not be written down, whatever becomes of it.
for target in "/v1/approve/$token" "//v1/approve/$token" "/v1/approve/$token/" "/v1/approve/$token?action=approve" \
    "/v1/approve/$token%2f" "/v1/approve/%00$token" "/v1/approve/../approve/$token" "/v1/check/$token" \
    "/../v1/approve/$token" "/v1/approve/$token.html"; do
	try "$target"
	like "${target//$token/TOKEN}: nothing there" "$STATUS" '^(40[034]|429)$' # 429: nginx has its limit on already
	try "$target" -d action=approve
done
try /v1/check -e "$base/v1/approve/$token" -d "$good"
try "/v1/approve/$token" -e "$base/v1/approve/$token" -H "X-Token: $token"
for line in "GET /v1/approve/$token HTTP/9.9" "GE<T /v1/approve/$token HTTP/1.1" "/v1/approve/$token" \
    "GET /v1/approve/$token HTTP/1.1 x" "GET  /v1/approve/$token\\t HTTP/1.1" "GET http://[/v1/approve/$token HTTP/1.1" \
    "CONNECT /v1/approve/$token HTTP/1.1" "GET v1/approve/$token HTTP/1.1" "GET /v1/approve/$token%zz HTTP/1.1"; do
	raw "$line\r\nHost: localhost\r\nConnection: close\r\n\r\n"
	unlike "${line//$token/TOKEN}: nothing there" "$STATUS" '^2'
done
raw "GET /v1/approve/$token HTTP/1.1\r\nConnection: close\r\n\r\n"
raw "GET /v1/approve/$token HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n"
raw "GET /v1/approve/$token HTTP/1.1\r\nHost: localhost\r\nX-$token\r\nConnection: close\r\n\r\n"
raw "GET /v1/approve/$token HTTP/1.1\r\nHost: localhost\r\n$token: \001\r\nConnection: close\r\n\r\n"
raw_cut "GET /v1/approve/$token HTTP/1.1\r\nHost: loc"
raw_cut "POST /v1/approve/$token HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nabc"
raw "POST /v1/check HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\nAuthorization: Bearer $key\r\nConnection: close\r\n\r\n"
is 'a length that is no number' "$STATUS" 400

# A responder that dies in the middle of a request: what web servers say of that one often has its whole URL.
# shellcheck disable=SC2046 # process ids
kill -STOP $(responders)
{
	sleep 1
	# shellcheck disable=SC2046 # process ids
	kill -KILL $(responders)
} &
killer=$!
try "/v1/check?secret=query1&/v1/approve/$token" -m 15 -d "$good" -e "$base/v1/approve/$token"
wait $killer

is 'each verdict is in the audit log' "$(audit_count)" "$VERDICTS"
directory=${HOST_DIRS[$SERVER]}
stop_server
SERVERS=()
# shellcheck disable=SC2207,SC2046 # paths without white space
logs=($(host_logs "$S" "$directory"))
cat "${logs[@]}" "$S"/*.log >"$T/all.log" 2>/dev/null
[ -n "${HOST_LOG_KEEPS_PATHS:-}" ] || secrets=("token:$token")
for secret in ${secrets[@]+"${secrets[@]}"} "key:$key" 'key in part:bwb_' 'query:query1'; do
	is "no ${secret%%:*} in any log" "$(grep -aF -m 3 "${secret#*:}" "$T/all.log")" ''
done
like 'the access log has method, path and status' "$(cat "${logs[0]}")" '"POST /v1/check[^ "]*( HTTP/1.1)?" 200 '
finish
