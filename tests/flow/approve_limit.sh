#!/bin/bash
# A flood on /v1/approve/: 429 by client address across processes, nothing written; whose X-Forwarded-For is believed.
. tests/lib.sh
. tests/approve_lib.sh

MOST=10
FLOOD=3000

new_state state
setting base_url http://127.0.0.1:1
setting approve_per_minute $MOST
policy mail "$MAIL_POLICY"
key=$(new_key agent --policy mail)
start_server 1
FIRST_URL=$URL
start_server 1
SECOND_URL=$URL

# No phase may straddle the end of a minute.
within_a_minute() { while [ "$((10#$(date +%S)))" -gt 40 ]; do sleep 0.5; done; }
# visit ADDRESS [CURL-ARGUMENT...]: an unknown link, from an address of this machine.
visit() {
	local from=$1
	shift
	json "$(printf '%043d' 7)" '{"action":"approve"}' --interface "$from" "$@"
}
# statuses COUNT ADDRESS [CURL-ARGUMENT...]: of so many visits, each once.
statuses() {
	local count=$1 i
	shift
	for i in $(seq "$count"); do
		visit "$@"
		echo "$STATUS"
	done | sort | uniq -c | tr -s ' \n' ' '
}

# The limit: one for both processes, whatever is asked for.
within_a_minute
URL=$FIRST_URL
is 'up to the limit' "$(statuses $((MOST / 2)) 127.0.0.1)" " $((MOST / 2)) 404 "
URL=$SECOND_URL
is 'up to the limit, in another process' "$(statuses $((MOST / 2)) 127.0.0.1)" " $((MOST / 2)) 404 "
visit 127.0.0.1
is 'beyond the limit' "$STATUS $(member error)" '429 too_many_requests'
like 'beyond the limit: Retry-After' "$(header Retry-After)" '^([1-9]|[1-5][0-9]|60)$'
URL=$FIRST_URL
asked "$key" send_a
for action in approve deny; do
	get "$TOKEN" $action
	is "beyond the limit: a page of $action" "$STATUS $(state)" '429 pending'
	like "beyond the limit: a page of $action says so" "$BODY" 'Too many requests'
	get "$TOKEN" $action -I
	is "beyond the limit: HEAD of $action" "$STATUS" 429
done
for body in '{"action":"approve"}' 'nonsense' ''; do
	json "$TOKEN" "$body"
	is "beyond the limit: '$body'" "$STATUS $(state)" '429 pending'
done
form "$TOKEN" action=approve
is 'beyond the limit: a form' "$STATUS $(state)" '429 pending'
request "$(approve_url "$TOKEN")" -X DELETE
is 'beyond the limit: another method' "$STATUS" 429
visit 127.0.0.1 -H 'X-Forwarded-For: 198.51.100.1' -H 'Forwarded: for=198.51.100.1' -H 'X-Real-IP: 198.51.100.1'
is 'beyond the limit: no header helps' "$STATUS" 429
call "$key" read_a '{}' mail
is 'beyond the limit: checks go on' "$STATUS $(member decision)" '200 allow'
visit 127.0.0.2
is 'beyond the limit: another address is served' "$STATUS" 404
json "$TOKEN" '{"action":"approve"}' --interface 127.0.0.3
is 'beyond the limit: another address decides' "$STATUS $(state)" '200 approved'

# The flood: nothing grows but the log of what was refused, which is limited.
size_of() { # files...
	local file total=0
	for file in "$@"; do total=$((total + $(stat -c %s "$file" 2>/dev/null || echo 0))); done
	echo $total
}
database() { echo "$(size_of "$S"/enforgate.db*) $(size_of "$S/limits") $(sql 'SELECT (SELECT count(*) FROM approval_token), (SELECT count(*) FROM audit)')"; }
before=$(database)
log_before=$(size_of "$S/enforgate.log")
started=$SECONDS
flood() { # address prefix
	curl -s -o /dev/null -w '%{http_code}\n' --interface "$1" -H 'Content-Type: application/json' -d '{"action":"approve"}' \
	    "$(approve_url "$2$(printf '%036d' 0)[000001-$(printf '%06d' $FLOOD)]")" >"$T/flood.$2" 3>&-
}
flood 127.0.0.4 1 &
first=$!
flood 127.0.0.5 2 &
wait $first $!
is 'flood: every visit answered' "$(cat "$T"/flood.* | wc -l)" $((2 * FLOOD))
is 'flood: nothing but 404 and 429' "$(cat "$T"/flood.* | grep -vcE '^(404|429)$')" 0
minutes=$(((SECONDS - started) / 60 + 2))
served=$(grep -c 404 "$T/flood.1")
if [ "$served" -ge $MOST ] && [ "$served" -le $((minutes * MOST)) ]; then
	ok 'flood: as many served as the limit says'
else
	not_ok 'flood: as many served as the limit says' "$served"
fi
is 'flood: the database and the counters are as before' "$(database)" "$before"
if [ $(($(size_of "$S/enforgate.log") - log_before)) -lt $(((SECONDS - started + 2) * 10000)) ]; then
	ok 'flood: the log is limited'
else
	not_ok 'flood: the log is limited' "$(($(size_of "$S/enforgate.log") - log_before)) bytes in $((SECONDS - started)) s"
fi
measured "a flood of $((2 * FLOOD)) visits took $((SECONDS - started)) s"

# Trusted proxies: 127.0.0.9 and 127.0.1.0/24 say who the client is.
for server in "${SERVERS[@]}"; do stop_server "$server"; done
SERVERS=()
setting trusted_proxies '127.0.0.9, 127.0.1.0/24'
start_server 1
within_a_minute
used_up() { # name curl-arguments...: uses up the limit of whoever that is
	local name=$1
	shift
	is "$name: up to the limit" "$(statuses $MOST "$@")" " $MOST 404 "
	visit "$@"
	is "$name: beyond" "$STATUS" 429
}
is_other() { # name curl-arguments...
	local name=$1
	shift
	visit "$@"
	is "$name" "$STATUS" 404
}
is_same() { # name curl-arguments...
	local name=$1
	shift
	visit "$@"
	is "$name" "$STATUS" 429
}
used_up 'one client' 127.0.0.9 -H 'X-Forwarded-For: 198.51.100.1'
is_other 'another client by the same proxy' 127.0.0.9 -H 'X-Forwarded-For: 198.51.100.2'
is_same 'the client by another proxy' 127.0.1.7 -H 'X-Forwarded-For: 198.51.100.1'
is_same 'the client by two proxies' 127.0.0.9 -H 'X-Forwarded-For: 198.51.100.1, 127.0.1.200'
is_same 'what the client invents does not help' 127.0.0.9 -H 'X-Forwarded-For: 203.0.113.5, 198.51.100.1'
is_same 'two headers' 127.0.0.9 -H 'X-Forwarded-For: 203.0.113.6' -H 'X-Forwarded-For: 198.51.100.1'
is_same 'the client with a port' 127.0.0.9 -H 'X-Forwarded-For: 198.51.100.1:4711'
is_same 'the client as IPv6' 127.0.0.9 -H 'X-Forwarded-For: ::ffff:198.51.100.1'
is_other 'a stranger is not believed' 127.0.0.10 -H 'X-Forwarded-For: 198.51.100.1'
used_up 'a malformed header is as none' 127.0.0.9 -H 'X-Forwarded-For: unknown'
is_same 'no header' 127.0.0.9
used_up 'a stranger' 127.0.2.1 -H 'X-Forwarded-For: 198.51.100.77'
is_other 'a stranger: nobody else has to suffer' 127.0.0.9 -H 'X-Forwarded-For: 198.51.100.77'
setting failed_keys_per_minute 3
restart() {
	for server in "${SERVERS[@]}"; do stop_server "$server"; done
	SERVERS=()
	start_server 1
}
restart
within_a_minute
for i in 1 2 3; do
	request "$URL" -H 'Content-Type: application/json' -d '{}' --interface 127.0.0.9 -H 'X-Forwarded-For: 198.51.100.3'
done
is 'checks: up to the limit' "$STATUS" 401
request "$URL" -H 'Content-Type: application/json' -d '{}' --interface 127.0.0.9 -H 'X-Forwarded-For: 198.51.100.3'
is 'checks: beyond' "$STATUS" 429
request "$URL" -H 'Content-Type: application/json' -d '{}' --interface 127.0.0.9 -H 'X-Forwarded-For: 198.51.100.4'
is 'checks: another client by the same proxy' "$STATUS" 401
like 'the log names the client' "$(log_text)" '401 for 198\.51\.100\.3'

# 0 sets no limit.
setting approve_per_minute 0
restart
is 'no limit' "$(statuses $((2 * MOST)) 127.0.0.1)" " $((2 * MOST)) 404 "
tokens_are_nowhere
finish
