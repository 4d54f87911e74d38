# /v1/approve/TOKEN through each web server: pages and refusals as the responder wrote them, the client's address, a base
# path, and nothing of a link in a log.
. tests/lib.sh
. tests/approve_lib.sh

new_state state
setting base_url http://127.0.0.1:1
policy mail "$MAIL_POLICY"
key=$(new_key agent --policy mail)
start_server
directories=("$HOST_DIR")

page() { # name status
	is "$1: status" "$STATUS" "$2"
	is "$1: a page" "$(header Content-Type)" 'text/html; charset=utf-8'
	like "$1: the responder's own" "$BODY" "$3"
	like "$1: its policy, once" "$(header Content-Security-Policy)" "^default-src 'none'; [^
]*\$"
	is "$1: other headers, each once" "$(header Cache-Control) $(header X-Content-Type-Options) $(header X-Frame-Options) $(header Referrer-Policy)" \
	    'no-store nosniff DENY no-referrer'
}
error() { # name status code
	is "$1" "$STATUS $(member error)" "$2 $3"
	is "$1: the responder's own" "$(member requestId)" "$(header X-Request-Id)"
}

asked "$key" send_a
get "$TOKEN" approve
page 'a link' 200 'agent.*send_a'
get "$TOKEN" approve -H 'Accept-Encoding: gzip, br'
is 'a link: not compressed' "$STATUS $(header Content-Encoding)" '200 '
get "$TOKEN" approve -0
page 'HTTP/1.0' 200 'agent.*send_a'
raw "HEAD /v1/approve/$TOKEN?action=deny HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
is 'HEAD: status, and no body' "$STATUS $(grep -c '[<{]' <<<"$RAW")" '200 0'
get "$TOKEN" deny -H 'Purpose: prefetch'
is 'a prefetch changes nothing' "$STATUS $(state)" '200 pending'
get "$TOKEN" none
page 'no action' 400 '<html'
json "$TOKEN" '{"action":'
error 'half a document' 400 bad_request
json "$TOKEN" "{\"action\":\"approve\",\"x\":\"$(printf '%09000d' 0)\"}"
error 'too long for the responder' 413 too_large
json "$TOKEN" "{\"action\":\"approve\",\"x\":\"$(printf '%070000d' 0)\"}"
is 'too long for anybody' "$STATUS" 413
for method in PUT DELETE PATCH; do
	json "$TOKEN" '{"action":"approve"}' -X $method
	error "$method" 405 method_not_allowed
	is "$method: Allow" "$(header Allow)" 'GET, HEAD, POST'
done
request "$(approve_url "$TOKEN")" -H 'Content-Type: text/plain' -d 'action=approve'
error 'another type' 415 unsupported_media_type
is 'none of that decided' "$(state)" pending
for target in "//v1/approve/$TOKEN" "/v1//approve/$TOKEN" "/v1/approve//$TOKEN" "/v1/./approve/$TOKEN" "/v1/approve/$TOKEN/" \
    "/v1/approve/x/../$TOKEN" "/v1/%61pprove/$TOKEN" "/v1/approve%2f$TOKEN" "/V1/approve/$TOKEN" "/v1/approve/$TOKEN/x" \
    "/v1/approve/${TOKEN:0:42}" "/v1/approve/$TOKEN." "/v1/approve/%00$TOKEN" "/v1/approve/$TOKEN;x" /v1/approve/ /v1/approve \
    "/approve.fcgi/v1/approve/$TOKEN" /approve.fcgi; do
	request --path-as-is "http://127.0.0.1:$PORT$target?action=deny"
	like "${target//$TOKEN/TOKEN}: not there" "$STATUS" '^(301|40[034])$'
	request --path-as-is "http://127.0.0.1:$PORT$target" -H 'Content-Type: application/json' -d '{"action":"approve"}'
	like "POST ${target//$TOKEN/TOKEN}: not there" "$STATUS" '^(301|40[0345])$'
done
is 'nor did another path' "$(state)" pending

json "$TOKEN" '{"action":"approve"}'
is 'approved' "$STATUS $(state)" '200 approved'
get "$TOKEN" approve
page 'used' 410 '<html'
json "$TOKEN" '{"action":"deny"}'
error 'used, in JSON' 410 gone
get "$(printf 'x%.0s' $(seq 43))" approve
page 'unknown' 404 '<html'
json "$(printf 'x%.0s' $(seq 43))" '{"action":"deny"}'
error 'unknown, in JSON' 404 not_found
asked "$key" send_b
form "$TOKEN" 'action=deny'
page 'denied by a form' 200 'denied'
is 'denied by a form' "$(state)" denied

# A responder that dies with a link in its hands: what web servers say of such a request often has its whole URL.
asked "$key" send_c
# shellcheck disable=SC2046 # process ids
kill -STOP $(responders '' approve)
{
	sleep 0.7
	# shellcheck disable=SC2046 # process ids
	kill -KILL $(responders '' approve)
} &
get "$TOKEN" approve -m 10 -e "$(approve_url "$TOKEN")"
wait $!
for _ in $(seq 50); do
	get "$TOKEN" approve
	[ "$STATUS" != 200 ] || break
	sleep 0.1
done
page 'another responder' 200 send_c
stop_server

# Below a path, with a limit per address: that of the client, where the proxy that says so is trusted.
HOST_BASE=/gate
setting base_url http://127.0.0.1:1/gate
setting approve_per_minute 3
setting trusted_proxies 127.0.0.1
start_server
directories+=("$HOST_DIR")
get "$TOKEN" approve -H 'X-Forwarded-For: 203.0.113.5'
page 'below a path' 200 send_c
like 'below a path: a form that leads there' "$BODY" '<form'
for _ in $(seq 7); do # a new minute may begin meanwhile
	get "$TOKEN" approve -H 'X-Forwarded-For: 203.0.113.5'
	[ "$STATUS" != 429 ] || break
done
page 'over the limit' 429 '<html'
like 'over the limit: Retry-After' "$(header Retry-After)" '^[0-9]+$'
json "$TOKEN" '{"action":"approve"}' -H 'X-Forwarded-For: 203.0.113.5'
error 'over the limit, in JSON' 429 too_many_requests
get "$TOKEN" approve -H 'X-Forwarded-For: 198.51.100.1, 203.0.113.6'
is 'another client of the same proxy' "$STATUS" 200
request "http://127.0.0.1:$PORT/v1/approve/$TOKEN?action=approve"
is 'without the path: not there' "$STATUS" 404
stop_server
sed -i '/^trusted_proxies/d' "$S/enforgate.conf"
start_server
directories+=("$HOST_DIR")
said=
for i in 1 2 3 4 5 6 7; do # from an address that has not asked before
	get "$TOKEN" approve --interface 127.0.0.9 -H "X-Forwarded-For: 203.0.113.$i"
	said="$said$STATUS "
done
like 'a proxy that is not trusted: its clients count as one' "$said" '^200 200 200 .*429 '
stop_server
SERVERS=()

for directory in "${directories[@]}"; do
	# shellcheck disable=SC2046 # a list of paths
	cat $(host_logs "$S" "$directory") 2>/dev/null
done >"$T/all.log"
like 'the access log has method and status' "$(cat "$T/all.log")" '"GET [^"]*" 200 '
if [ -z "${HOST_LOG_KEEPS_PATHS:-}" ]; then
	is 'no token in a log of the web server' "$(grep -aFf "$T/tokens" -m 3 "$T/all.log")" ''
	is 'no query either' "$(grep -aE -m 3 'action=' "$T/all.log")" ''
	like 'the route is' "$(cat "$T/all.log")" '"GET /v1/approve/\.\.\.'
else
	for directory in "${directories[@]}"; do rm -f "$directory"/*.log; done # the host's
fi
tokens_are_nowhere
verified 'the chain verifies'
finish
