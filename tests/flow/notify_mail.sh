#!/bin/bash
# Mail: a real SMTP server with TLS and AUTH, what it is sent and refused, and that the link in a mail opens the page.
. tests/lib.sh
. tests/approve_lib.sh
. tests/sinks/lib.sh
. tests/sinks/messages.sh

self_signed good localhost
self_signed other localhost
self_signed elsewhere mail.example.com
printf '%s\n' "$MAIL_PASSWORD" >"$T/password"
login=(--user gate --password "$MAIL_PASSWORD")
start_mail_sink smtps --tls smtps --cert "$T/good.pem" --key "$T/good.key" "${login[@]}"
smtps=$SINK_PORT
start_mail_sink starttls --tls starttls --cert "$T/good.pem" --key "$T/good.key" "${login[@]}"
starttls=$SINK_PORT
start_mail_sink bare --tls none
bare=$SINK_PORT
start_mail_sink elsewhere --tls smtps --cert "$T/elsewhere.pem" --key "$T/elsewhere.key" "${login[@]}"
elsewhere=$SINK_PORT

new_state main
setting base_url "$GATE"
policy mail "$MAIL_POLICY"
# channel NAME SERVER [OPTION...]
channel() {
	local name=$1 server=$2
	shift 2
	ctl channel add "$name" email --smtp "$server" --from gate@example.com --to 'ops@example.com,boss@example.org' "$@" \
	    >"$T/channel.out" 2>&1 || fatal "channel add $name: $(cat "$T/channel.out")"
}
with=(--user gate --password-file "$T/password" --ca "$T/good.pem")
channel smtps "smtps://localhost:$smtps" "${with[@]}" --deny-link
channel starttls "smtp://localhost:$starttls" "${with[@]}"
channel nologin "smtps://localhost:$smtps" --ca "$T/good.pem"
channel bare "smtp://localhost:$bare" "${with[@]}"
channel plain "smtp://localhost:$bare" --plain
channel other "smtps://localhost:$smtps" "${with[@]:0:4}" --ca "$T/other.pem"
channel system "smtps://localhost:$smtps" "${with[@]:0:4}"
channel elsewhere "smtps://localhost:$elsewhere" "${with[@]:0:4}" --ca "$T/elsewhere.pem"

# channel test: what may be sent and what not.
for name in smtps starttls plain; do exits "a sample by $name" 0 ctl channel test $name; done
for name in nologin bare other system elsewhere; do
	exits "refused: $name" 1 ctl channel test $name
	isnt "refused: $name: why" "$OUT$ERR" ''
	unlike "refused: $name: no secret" "$OUT$ERR" 'pass-word'
done
is 'one sample each, and no other' "$(mails smtps) $(mails starttls) $(mails bare) $(mails elsewhere)" '1 1 1 0'
is 'sample: TLS from the start, and the login' "$(mail smtps 1 '"\(.tls) \(.user)"')" 'true gate'
is 'sample: STARTTLS, and the login' "$(mail starttls 1 '"\(.tls) \(.user)"')" 'true gate'
is 'sample: without TLS only where that is asked for' "$(mail bare 1 '"\(.tls) \(.user)"')" 'false null'
is 'without STARTTLS nothing is sent' "$(grep -c '^plain' "$T/bare/sessions")" 2
is 'sample: no faults' "$(mail smtps 1 '.faults | join("; ")')" ''
is 'sample: envelope' "$(mail smtps 1 '[.from, .to] | tostring')" '["Enforgate <gate@example.com>","ops@example.com, boss@example.org"]'
is 'sample: to all of them' "$(jq -c '[.from, .to]' "$T/smtps/messages/1.json")" '["gate@example.com",["ops@example.com","boss@example.org"]]'
is 'sample: subject' "$(mail smtps 1 .subject)" 'Test message of channel "smtps"'
like 'sample: says that it is one' "$(mail smtps 1 .text)" 'sample'

# A call that needs a person.
for name in nologin bare plain other system elsewhere; do ctl channel rm $name >/dev/null; done
ctl channel set smtps --events approval.created,approval.resolved >/dev/null 2>&1
key=$(new_key crawler --policy mail --channel smtps --channel starttls)
start_server 2
ask "$key" send_mail '{"to":"secret-recipient@example.com","text":"secret-text"}'
gets 'a mail to one channel' smtps 2
gets 'and to the other' starttls 2
is 'mail: no faults' "$(mail smtps 2 '.faults | join("; ")')$(mail starttls 2 '.faults | join("; ")')" ''
is 'mail: subject' "$(mail smtps 2 .subject)" 'Approval needed: agent "crawler" wants mail/send_mail'
for part in text words; do
	like "mail: who, what, why ($part)" "$(mail smtps 2 ".$part" | tr '\n' ' ')" 'crawler.*send_mail.*mail.*a person looks'
	like "mail: how long still ($part)" "$(mail smtps 2 ".$part")" '15 minutes'
done
is 'mail: one link' "$(mail starttls 2 '.links | length')" 1
is 'mail: and one that denies, where that was set' "$(mail smtps 2 '.links | length')" 2
is 'mail: the deny link' "$(mail smtps 2 '.links[1] | test("^'"$GATE"'/v1/approve/[0-9A-Za-z]{43}\\?action=deny$")')" true
is 'mail: threads are kept together' "$(mail smtps 2 .references)" "<$APPROVAL@example.com>"
link=$(mail smtps 2 '.links[0]')
second=$(mail starttls 2 '.links[0]')
isnt 'each mail has a link of its own' "${link%%\?*}" "${second%%\?*}"
like 'the link is the page' "$link" "^$GATE/v1/approve/[0-9A-Za-z]{43}\\?action=approve#a=[0-9A-Za-z_-]+$"
is 'its fragment has the arguments' "$(arguments "$link")" '{"text":"secret-text","to":"secret-recipient@example.com"}'
is 'the arguments are nowhere else' "$(grep -c secret- "$T"/*/messages/*.eml | grep -v ':0$')" ''
follow "$link"
is 'the link opens the page' "$STATUS" 200
like 'the page is about that call' "$BODY" 'send_mail'
is 'opening it decides nothing' "$(state "$APPROVAL")" pending
follow "$link" --data-raw 'action=approve&duration=once'
is 'its form approves' "$STATUS $(state "$APPROVAL")" '200 approved'
gets 'the decision is told to who subscribed' smtps 3
gets 'and to nobody else' starttls 2
is 'told: no faults, no link' "$(mail smtps 3 '.faults + .links | join("; ")')" ''
is 'told: subject' "$(mail smtps 3 .subject)" 'Approved: mail/send_mail of agent "crawler"'
like 'told: by which way' "$(mail smtps 3 .text)" 'by the link sent to smtps'
is 'told: in the same thread' "$(mail smtps 3 .references)" "<$APPROVAL@example.com>"
follow "$second"
is 'the other link is used up' "$STATUS" 410

# Names that are hostile, as an agent may make them.
ctl channel set starttls --events approval.created,call.blocked >/dev/null 2>&1
hostile=$'send_<script>alert(1)</script>\u202e"&amp;=?UTF-8?Q?x?= {{reason}} https://evil.example/'
post "$key" "$(jq -nc --arg t "$hostile" '{serverName: "<b>\u200b", toolName: $t, approval: {request: true}}')"
is 'hostile: asked' "$(member decision)" require_approval
gets 'hostile: sent' smtps 4
gets 'hostile: sent to both' starttls 3
is 'hostile: no faults' "$(mail smtps 4 '.faults | join("; ")')" ''
like 'hostile: the subject is one line of text' "$(mail smtps 4 .subject)" '^Approval needed: agent "crawler" wants <b>.*/send_<script>alert'
is 'hostile: two links, ours' "$(mail smtps 4 '.links | map(startswith("'"$GATE"'/v1/approve/")) | tostring')" '[true,true]'

# A server that is not there for a while: the mail comes when it is back, and nothing else waits for it.
echo '451 come again' >"$T/smtps/refuse"
ask "$key" send_later '{"n":1}'
gets 'a server that refuses does not delay the others' starttls 4 3
is 'nothing was taken' "$(mails smtps)" 4
rm "$T/smtps/refuse"
gets 'it comes when the server is back' smtps 5 20
is 'it comes whole' "$(mail smtps 5 '.faults | join("; ")') $(arguments "$(mail smtps 5 '.links[0]')")" ' {"n":1}'
touch "$T/smtps/hang"
ask "$key" send_hang '{"n":2}'
gets 'a server that hangs does not delay the others' starttls 5 3
rm "$T/smtps/hang"
is 'the log has no link, no token and no password' "$(log_text | grep -cE 'v1/approve/[0-9A-Za-z]{43}|pass-word|secret-')" 0
finish
