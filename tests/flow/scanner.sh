#!/bin/bash
# What looks into messages decides nothing: every link of every message is fetched as scanners, previews and prefetching
# browsers do, and all approvals are still open.
. tests/lib.sh
. tests/approve_lib.sh
. tests/sinks/lib.sh
. tests/sinks/messages.sh

new_state main
setting base_url "$GATE"
policy mail "$MAIL_POLICY"
kinds='slack teams telegram webhook'
for kind in $kinds; do
	start_sink $kind
	eval "$kind=http://127.0.0.1:$SINK_PORT"
done
start_mail_sink email --tls none
# shellcheck disable=SC2154 # set by eval
{
	ctl channel add slack slack --allow-private --url-file - <<<"$slack"
	ctl channel add teams teams --allow-private --url-file - <<<"$teams"
	ctl channel add telegram telegram --allow-private --token-file - --chat 1 --api "$telegram" <<<1:x
	ctl channel add webhook webhook --allow-private --approver --url "$webhook"
	ctl channel add email email --plain --smtp "smtp://localhost:$SINK_PORT" --from gate@example.com --to ops@example.com
	ctl channel add console console
} >"$T/add.out" 2>&1
plain=$(new_key plain --policy mail --channel slack --channel teams --channel telegram --channel webhook --channel email \
    --channel console)
start_server 2

TOOLS='send_a send_b send_c'
declare -A ids
count=0
for tool in $TOOLS; do
	ask "$plain" $tool '{"n":1}'
	ids[$tool]=$APPROVAL
	count=$((count + 1))
	for kind in $kinds; do receives "$tool: $kind" $kind $count; done
	gets "$tool: email" email $count
done
# Every link that is anywhere in a message, as a scanner finds them: decoded where that takes a mail program.
{
	for kind in $kinds; do
		jq -r '.body | fromjson | .. | strings' "$T/$kind/requests"
	done
	for file in "$T"/email/messages/*.eml; do python3 "$SINKS/mail.py" "$file" | jq -r '.text, .links[]'; done
	cat "$S/console.log"
} | grep -oE "${GATE}[^ \"<>|]*" | sort -u >"$T/links"
is 'links found: one for each message' "$(grep -c . "$T/links")" 18
cut -d '#' -f 1 "$T/links" | sort -u >"$T/bare"

scans=0
# scan NAME CURL-ARGUMENT...: of all links; none may decide.
scan() {
	local name=$1 link statuses=
	shift
	while read -r link; do
		request "$link" --connect-to "::127.0.0.1:$PORT" "$@"
		statuses+="$STATUS "
		scans=$((scans + 1))
	done <"$T/bare"
	unlike "$name: answered" "$statuses" '(000|none|5[0-9][0-9])'
	for tool in $TOOLS; do
		is "$name: $tool is still open" "$(state "${ids[$tool]}")" pending
	done
}
scan GET
scan HEAD -I
scan OPTIONS -X OPTIONS
scan 'GET, redirects followed' -L
scan 'a prefetching browser' -H 'Purpose: prefetch' -H 'X-Moz: prefetch'
scan 'a prefetching browser, as of now' -H 'Sec-Purpose: prefetch;prerender' -H 'Accept: text/html'
scan 'HEAD of a prefetching browser' -I -H 'Sec-Purpose: prefetch'
scan 'a preview' -A 'Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)' -H 'Range: bytes=0-32768'
scan 'another preview' -A 'TelegramBot (like TwitterBot)'
scan 'JSON' -H 'Accept: application/json'
scan 'with the referrer of mail' -e https://mail.example.com/ --compressed
scan 'PUT' -X PUT --data-raw 'action=approve'
scan 'DELETE' -X DELETE
scan 'the whole link, fragment as a query' --get --data-urlencode 'action=approve'
is 'no decision is in the log' "$(for tool in $TOOLS; do outcomes "${ids[$tool]}"; done | grep -c .)" 0
is 'no token is used up' "$(while read -r link; do
	request "$link" --connect-to "::127.0.0.1:$PORT"
	echo "$STATUS"
done <"$T/bare" | sort -u)" 200

# A form that a scanner fills in without its button says nothing of approving.
while read -r link; do
	request "$link" --connect-to "::127.0.0.1:$PORT" -X POST
	request "$link" --connect-to "::127.0.0.1:$PORT" --data-raw 'duration=once'
done <"$T/bare"
for tool in $TOOLS; do is "a POST without an action: $tool is still open" "$(state "${ids[$tool]}")" pending; done

# A direct deny link is an option that scanners make use of, and the manual says so; what only looks ahead does not.
ctl channel set webhook --deny-link >"$T/set.out" 2>&1 || fatal "channel set: $(cat "$T/set.out")"
ask "$plain" send_deny '{"n":1}'
ids[send_deny]=$APPROVAL
receives 'a message with a deny link' webhook 4
request_of webhook '.body | fromjson | .link, .denyLink' | cut -d '#' -f 1 >"$T/bare.deny"
is 'both links' "$(grep -c . "$T/bare.deny")" 2
mv "$T/bare" "$T/bare.first"
cp "$T/bare.deny" "$T/bare"
TOOLS=send_deny
scan 'HEAD of a deny link' -I
scan 'a prefetching browser at a deny link' -H 'Purpose: prefetch'
scan 'the same, as of now' -H 'Sec-Purpose: prefetch;prerender'
request "$(grep action=deny "$T/bare.deny")" --connect-to "::127.0.0.1:$PORT"
is 'a GET of a deny link denies' "$STATUS $(state "$APPROVAL")" '200 denied'
mv "$T/bare.first" "$T/bare"

# And the agent, which asked, is still told to wait.
ask "$plain" send_a '{"n":1}'
is 'the agent still waits' "$(member decision) $(jq -r .approval.status <<<"$BODY")" 'require_approval pending'
verified 'the audit log is whole'
# A person can still decide, with any of the links.
request "$(head -n 1 "$T/bare")" --connect-to "::127.0.0.1:$PORT" --data-raw 'action=approve'
is 'a person decides' "$STATUS" 200
is 'exactly one is decided' "$(sql "SELECT count(*) FROM approval WHERE state = 'approved'")" 1
measured "$scans requests by scanners, none decided"
finish
