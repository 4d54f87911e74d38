#!/bin/bash
# /v1/approve/TOKEN: pages, decisions, refusals, and that nothing but a decision decides. Design 3.3.
. tests/lib.sh
. tests/approve_lib.sh

new_state state
setting base_url http://127.0.0.1:1
setting approve_per_minute 0
setting database_deadline_ms 300
policy mail "$MAIL_POLICY"
key=$(new_key agent --policy mail)
strict=$(new_key strict --policy mail --no-allowances)
hasty=$(new_key hasty --policy mail --approval-timeout 2s)
start_server 2

page() { # name pattern: of the last body, which is a page
	like "$1: type" "$(header Content-Type)" '^text/html; charset=utf-8$'
	like "$1: says" "$BODY" "$2"
}
unchanged() { # name
	is "$1: nothing changed" "$STATUS $(state)" "${2:-200} pending"
}
error() { # name status code: the last answer, in JSON
	is "$1: status" "$STATUS" "$2"
	is "$1: type" "$(header Content-Type)" application/json
	is "$1: error" "$(member error)" "$3"
	is "$1: request id" "$(member requestId)" "$(header X-Request-Id)"
}

# The page, and what does not decide.
asked "$key" 'send_<script>alert(1)</script>' '{"to": "secret-argument"}'
get "$TOKEN" approve
unchanged 'page'
page 'page' 'agent.*send_&lt;script&gt;alert\(1\)&lt;/script&gt;.*mail.*a person looks'
like 'page: the picker' "$BODY" 'value="24h"'
unlike 'page: nothing of the arguments' "$BODY" secret-argument
unlike 'page: nothing of the token' "$BODY$HEADERS" "$TOKEN"
is 'page: no-store' "$(header Cache-Control)" no-store
is 'page: no-referrer' "$(header Referrer-Policy)" no-referrer
is 'page: nosniff' "$(header X-Content-Type-Options)" nosniff
is 'page: not in a frame' "$(header X-Frame-Options)" DENY
is 'page: not in a search' "$(header X-Robots-Tag)" noindex
like 'page: policy' "$(header Content-Security-Policy)" "^default-src 'none'; .*frame-ancestors 'none'"
unlike 'page: policy without inline' "$(header Content-Security-Policy)" 'unsafe|\*|http'
length=$(header Content-Length)
for action in approve deny; do
	get "$TOKEN" $action -I
	unchanged "HEAD of $action"
	is "HEAD of $action: the headers of the page" "$(header Content-Length)" "$length"
	raw "HEAD /v1/approve/$TOKEN?action=$action HTTP/1.0\r\n\r\n"
	is "HEAD of $action: no body" "$STATUS $(grep -c '<' <<<"$RAW")" '200 0'
	for header in 'Purpose: prefetch' 'Sec-Purpose: prefetch' 'Sec-Purpose: prefetch;prerender' \
	    'X-Purpose: preview' 'X-Moz: prefetch'; do
		get "$TOKEN" $action -H "$header"
		unchanged "$header of $action"
		page "$header of $action" 'value="approve"'
	done
done
for query in '' '?' '?action=' '?action=Approve' '?action=approve&action=approve' '?action=approve&action=deny' \
    '?action=deny%zz' '?action=%' '?action' '?actions=deny' '?action=deny;x' '?x=approve' '#action=deny'; do
	request "$(approve_url "$TOKEN")$query"
	error "query '$query'" 400 bad_request
	unchanged "query '$query'" 400
done
request "$(approve_url "$TOKEN")" -H 'Accept: text/html'
page 'no action, in a browser' 'Action must be approve or deny'
request "$(approve_url "$TOKEN")?utm_source=mail&action=approve&x=1"
unchanged 'other members of the query'

# Bodies that are none.
bad() { # name body
	json "$TOKEN" "$2"
	error "$1" 400 bad_request
	unchanged "$1" 400
}
bad 'no JSON' 'action=approve'
bad 'empty body' ''
bad 'array' '["approve"]'
bad 'text' '"approve"'
bad 'no action' '{}'
bad 'unknown action' '{"action":"spend"}'
bad 'action in capitals' '{"action":"APPROVE"}'
bad 'action twice' '{"action":"deny","action":"approve"}'
bad 'action with NUL' '{"action":"approve\u0000"}'
bad 'unknown duration' '{"action":"approve","duration":"2h"}'
bad 'empty duration' '{"action":"approve","duration":""}'
bad 'duration as number' '{"action":"approve","duration":1}'
bad 'PIN as number' '{"action":"approve","pin":4711}'
bad 'argumentsOnly as text' '{"action":"approve","duration":"1h","argumentsOnly":"no"}'
bad 'maxCalls 0' '{"action":"approve","duration":"1h","maxCalls":0}'
bad 'maxCalls below' '{"action":"approve","duration":"1h","maxCalls":-1}'
bad 'maxCalls above' '{"action":"approve","duration":"1h","maxCalls":1000001}'
bad 'maxCalls half' '{"action":"approve","duration":"1h","maxCalls":1.5}'
bad 'two documents' '{"action":"approve"}{"action":"approve"}'
bad_form() { # name fields
	form "$TOKEN" "$2"
	is "$1: status" "$STATUS" 400
	page "$1" 'Open the link'
	unchanged "$1" 400
}
bad_form 'form: no action' 'duration=once'
bad_form 'form: empty' ''
bad_form 'form: action twice' 'action=deny&action=approve'
bad_form 'form: escape' 'action=approve&pin=%4'
bad_form 'form: duration' 'action=approve&duration=forever'
bad_form 'form: these_args' 'action=approve&these_args=no'
bad_form 'form: calls' 'action=approve&calls=1e3'
bad_form 'form: too many calls' 'action=approve&calls=1000001'
bad_form 'form: fields' "action=approve$(printf '&f%d=' $(seq 40))"
json "$TOKEN" "{\"action\":\"approve\",\"x\":\"$(printf '%09000d' 0)\"}"
error 'long body' 413 too_large
unchanged 'long body' 413
for type in text/plain multipart/form-data application/jsonp ''; do
	request "$(approve_url "$TOKEN")" -H "Content-Type:${type:+ $type}" --data-raw '{"action":"approve"}'
	error "type '$type'" 415 unsupported_media_type
	unchanged "type '$type'" 415
done
for method in PUT DELETE PATCH OPTIONS; do
	request "$(approve_url "$TOKEN")?action=approve" -X $method
	error $method 405 method_not_allowed
	is "$method: Allow" "$(header Allow)" 'GET, HEAD, POST'
	unchanged $method 405
done
is 'after all this' "$(outcomes)" ''

# Unknown links.
for token in "$(printf '%043d' 7)" "${TOKEN%?}" "${TOKEN}x" "$TOKEN/" "$TOKEN/x" "%$(printf '%x' "'${TOKEN:0:1}")${TOKEN:1}" \
    '' x "$(printf '%01200d' 7)"; do
	json "$token" '{"action":"approve"}'
	is "unknown link '${token:0:50}'" "$STATUS" 404
done
json "$(printf '%043d' 7)" '{"action":"approve"}'
error 'unknown link' 404 not_found
get "$(printf '%043d' 7)" approve
page 'unknown link, in a browser' 'This link is not known'
is 'unknown link, in a browser: status' "$STATUS" 404
is 'unknown link: no-referrer' "$(header Referrer-Policy)" no-referrer
get "$(printf '%043d' 7)" deny -I
is 'unknown link: HEAD' "$STATUS" 404

# Decisions, and what a link says afterwards.
gone() { # name token status pattern
	json "$2" '{"action":"approve"}'
	error "$1: JSON" 410 gone
	is "$1: JSON: status" "$(member status)" "$3"
	json "$2" '{"action":"deny"}'
	is "$1: deny" "$STATUS" 410
	for action in approve deny; do
		get "$2" $action
		is "$1: page of $action" "$STATUS" 410
		page "$1: page of $action" "$4"
		get "$2" $action -I
		is "$1: HEAD of $action" "$STATUS" 410
	done
	form "$2" action=approve
	page "$1: form" "$4"
}
second=$(link "$ID" chat)
get "$TOKEN" deny
is 'deny by link' "$STATUS $(state) $(outcomes)" '200 denied denied'
page 'deny by link' '>Denied<'
gone 'denied' "$TOKEN" denied 'Already denied'
gone 'denied, another link' "$second" denied 'Already denied.*by the link sent to ops'
is 'denied: once' "$(outcomes)" denied
ask "$key" 'send_<script>alert(1)</script>' '{"to": "secret-argument"}'
is 'denied: the agent is told' "$(member decision)" deny

asked "$key" send_a
json "$TOKEN" '{"action":"approve"}'
is 'approve' "$STATUS $(state) $(outcomes)" '200 approved approved'
is 'approve: members' "$(members)" 'duration expiresAt id status'
is 'approve: values' "$(member id) $(member status) $(member duration)" "$ID approved once"
gone 'approved' "$TOKEN" approved 'Already approved'
old=$TOKEN
ask "$key" send_a
is 'approve: the call is allowed' "$(member decision)" allow
gone 'spent' "$old" spent 'let through'
ask "$key" send_a
is 'approve: once' "$(member decision)" require_approval

asked "$key" send_b
form "$TOKEN" 'action=approve&duration=once&calls=&pin='
is 'form' "$STATUS $(state)" '200 approved'
page 'form' 'this one call'
asked "$key" send_b2
form "$TOKEN" 'action=deny&duration=8h'
is 'form: deny' "$STATUS $(state)" '200 denied'
asked "$key" send_b3
request "$(approve_url "$TOKEN")?action=deny"
is 'deny without Accept: a page all the same' "$STATUS $(header Content-Type)" '200 text/html; charset=utf-8'
asked "$key" send_b4
request "$(approve_url "$TOKEN")" -H 'Content-Type: application/json; charset=utf-8' -H 'Accept: text/html' \
    --data-raw '{"action":"deny","duration":"once"}'
is 'JSON in, JSON out' "$STATUS $(member status) $(members)" '200 denied id status'

# Allowances.
asked "$key" send_c '{"n":1}'
json "$TOKEN" '{"action":"approve","duration":"8h","argumentsOnly":true,"maxCalls":3}'
is 'allowance: answer' "$STATUS $(member duration) $(member argumentsOnly) $(member maxCalls)" '200 8h true 3'
is 'allowance: row' "$(sql "SELECT (expires_ms - created_ms) / 3600000, args_digest != '', calls_left FROM allowance WHERE approval_id = '$ID'")" '8|1|2'
asked "$key" send_d '{"n":1}'
form "$TOKEN" 'action=approve&duration=24h&these_args=1&calls=5'
is 'allowance: form' "$STATUS $(sql "SELECT (expires_ms - created_ms) / 3600000, args_digest != '', calls_left FROM allowance WHERE approval_id = '$ID'")" '200 24|1|4'
page 'allowance: form' 'for 24 hours.*with these arguments only; at most 5 calls'
asked "$key" send_e
json "$TOKEN" '{"action":"approve","duration":"1h","maxCalls":null}'
is 'allowance: any number' "$STATUS $(member maxCalls) $(sql "SELECT calls_left IS NULL, args_digest FROM allowance WHERE approval_id = '$ID'")" '200 null 1|'
asked "$key" send_f
json "$TOKEN" '{"action":"approve","duration":"once","argumentsOnly":true,"maxCalls":3}'
is 'once: no allowance' "$STATUS $(sql "SELECT count(*) FROM allowance WHERE approval_id = '$ID'")" '200 0'
asked "$strict" send_g
get "$TOKEN" approve
unlike 'no allowances: no picker' "$BODY" 'value="(1h|8h|24h)"'
for duration in 1h 8h 24h; do
	json "$TOKEN" "{\"action\":\"approve\",\"duration\":\"$duration\"}"
	error "no allowances: $duration" 400 bad_request
	unchanged "no allowances: $duration" 400
done
form "$TOKEN" 'action=approve&duration=once'
is 'no allowances: once' "$STATUS $(state)" '200 approved'

# Time.
asked "$hasty" send_h
expired=$TOKEN
asked "$hasty" send_i
json "$TOKEN" '{"action":"approve"}'
lapsed=$TOKEN
sleep 2.1
gone 'expired' "$expired" expired 'Too late'
gone 'approved, and expired' "$lapsed" expired 'Already approved'

# What would deny at the release: approving is refused, denying is not.
off() { # name tool pattern command...: the command makes it so
	local name=$1 pattern=$3
	asked "$key" "$2"
	shift 3
	"$@" >"$T/off.out" 2>&1 || not_ok "$name" "$(cat "$T/off.out")"
	get "$TOKEN" approve
	page "$name: page" "$pattern"
	unlike "$name: page: no way to approve" "$BODY" 'value="approve"'
	like "$name: page: a way to deny" "$BODY" 'value="deny"'
	form "$TOKEN" action=approve
	unchanged "$name: form" 410
	page "$name: form" "$pattern"
	json "$TOKEN" '{"action":"approve"}'
	unchanged "$name: JSON" 410
	like "$name: JSON" "$(member message)" "$pattern"
}
off 'stopped' send_j 'stopped' ctl stop
ctl resume >"$T/out" 2>&1
get "$TOKEN" approve
page 'resumed' 'value="approve"'
off 'key stopped by a file' send_k 'stopped' touch "$S/stop.agent"
rm "$S/stop.agent"
form "$TOKEN" action=approve
is 'file taken away' "$STATUS $(state)" '200 approved'
sql "UPDATE api_key SET expires_ms = 1 WHERE name = 'hasty'"
asked "$key" send_l
sql "UPDATE approval SET key_id = (SELECT id FROM api_key WHERE name = 'hasty') WHERE id = '$ID'"
json "$TOKEN" '{"action":"approve"}'
error 'key expired' 410 key_ended
off 'key revoked' send_m 'revoked' ctl key revoke agent
form "$TOKEN" action=deny
is 'key revoked: deny' "$STATUS $(state)" '200 denied'

# A locked database, a broken template.
key=$(new_key other --policy mail)
asked "$key" send_n
flock "$S/enforgate.lock" sleep 1 &
sleep 0.1
json "$TOKEN" '{"action":"approve"}'
error 'locked' 503 busy
like 'locked: Retry-After' "$(header Retry-After)" '^[0-9]+$'
is 'locked: nothing changed' "$(state)" pending
wait $!
json "$TOKEN" '{"action":"approve"}'
is 'no longer locked' "$STATUS $(state)" '200 approved'

# One winner of fifty, in two processes, by two links.
first=$URL
start_server 1
SECOND_URL=$(approve_url '')
URL=$first
race() { # round
	local i url pids=()
	asked "$key" "send_race$1"
	mkdir "$T/race$1"
	second=$(link "$ID" chat)
	for i in $(seq 50); do
		url=$(approve_url "$([ $((i % 3)) = 0 ] && echo "$second" || echo "$TOKEN")")
		[ $((i % 2)) = 0 ] || url=$SECOND_URL${url##*/}
		curl -s -m 20 -o "$T/race$1/$i.body" -w '%{http_code}\n' -H 'Content-Type: application/json' \
		    -d "{\"action\":\"$([ $((i % 4)) -lt 2 ] && echo approve || echo deny)\"}" "$url" >"$T/race$1/$i" 3>&- &
		pids+=($!)
	done
	wait "${pids[@]}"
	is "race $1: one winner" "$(cat "$T/race$1"/[0-9]* | grep -c '^200$') $(cat "$T/race$1"/[0-9]* | grep -c '^410$')" '1 49'
	is "race $1: the winner's word counts" "$(jq -r 'select(.requestId == null) | .status' "$T/race$1"/*.body)" "$(state)"
	is "race $1: one entry" "$(outcomes)" "$(state)"
}
for round in 1 2 3; do race $round; done

verified 'the audit log is whole'
tokens_are_nowhere
finish
