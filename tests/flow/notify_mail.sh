#!/bin/bash
# Mail: a real SMTP server with TLS and AUTH, what it is sent and refused, and that the link in a mail opens the page.
. "$(dirname "$0")/../lib.sh"
. "$ROOT/tests/approve_lib.sh"
. "$ROOT/tests/sinks/sinks.sh"

certificate good localhost
certificate other localhost
certificate elsewhere mail.example.com
printf 'pass-word-of-mail\n' >"$T/password"
login=(--user gate --password pass-word-of-mail)
sink smtps smtp_sink.py --tls smtps --cert "$T/good.pem" --key "$T/good.key" "${login[@]}"
smtps=$SINK_PORT
sink starttls smtp_sink.py --tls starttls --cert "$T/good.pem" --key "$T/good.key" "${login[@]}"
starttls=$SINK_PORT
sink bare smtp_sink.py --tls none
bare=$SINK_PORT
sink elsewhere smtp_sink.py --tls smtps --cert "$T/elsewhere.pem" --key "$T/elsewhere.key" "${login[@]}"
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
is 'one sample each, and no other' "$(received smtps 1) $(received starttls 1) $(received bare 1) $(received elsewhere 0)" '1 1 1 0'
facts() { # sink number members: of the envelope and of the message
	{
		cat "$T/$1/messages/$2.json"
		"$PYTHON" "$SINKS/mail.py" "$T/$1/messages/$2.eml"
	} | jq -s -r "add | $3"
}
is 'sample: TLS from the start, and the login' "$(facts smtps 1 '"\(.tls) \(.user)"')" 'true gate'
is 'sample: STARTTLS, and the login' "$(facts starttls 1 '"\(.tls) \(.user)"')" 'true gate'
is 'sample: without TLS only where that is asked for' "$(facts bare 1 '"\(.tls) \(.user)"')" 'false null'
is 'without STARTTLS nothing is sent' "$(grep -c '^plain' "$T/bare/sessions")" 2
is 'sample: no faults' "$(facts smtps 1 '.faults | join("; ")')" ''
is 'sample: envelope' "$(facts smtps 1 '[.from, .to] | tostring')" '["Enforgate <gate@example.com>","ops@example.com, boss@example.org"]'
is 'sample: to all of them' "$(jq -c '[.from, .to]' "$T/smtps/messages/1.json")" '["gate@example.com",["ops@example.com","boss@example.org"]]'
is 'sample: subject' "$(facts smtps 1 .subject)" 'Test message of channel "smtps"'
like 'sample: says that it is one' "$(facts smtps 1 .text)" 'sample'

# A call that needs a person.
for name in nologin bare plain other system elsewhere; do ctl channel rm $name >/dev/null; done
ctl channel set smtps --events approval.created,approval.resolved >/dev/null 2>&1
key=$(new_key crawler --policy mail --channel smtps --channel starttls)
start_server 2
ask "$key" send_mail '{"to":"secret-recipient@example.com","text":"secret-text"}'
first=$ID
is 'a mail to each channel' "$(received smtps 2) $(received starttls 2)" '2 2'
is 'mail: no faults' "$(facts smtps 2 '.faults | join("; ")')$(facts starttls 2 '.faults | join("; ")')" ''
is 'mail: subject' "$(facts smtps 2 .subject)" 'Approval needed: agent "crawler" wants mail/send_mail'
for part in text words; do
	like "mail: who, what, why ($part)" "$(facts smtps 2 ".$part" | tr '\n' ' ')" 'crawler.*send_mail.*mail.*a person looks'
	like "mail: how long still ($part)" "$(facts smtps 2 ".$part")" '15 minutes'
done
is 'mail: one link' "$(facts starttls 2 '.links | length')" 1
is 'mail: and one that denies, where that was set' "$(facts smtps 2 '.links | length')" 2
is 'mail: the deny link' "$(facts smtps 2 '.links[1] | test("^'"$GATE"'/v1/approve/[0-9A-Za-z]{43}\\?action=deny$")')" true
is 'mail: threads are kept together' "$(facts smtps 2 .references)" "<$first@example.com>"
link=$(facts smtps 2 '.links[0]')
second=$(facts starttls 2 '.links[0]')
isnt 'each mail has a link of its own' "${link%%\?*}" "${second%%\?*}"
like 'the link is the page' "$link" "^$GATE/v1/approve/[0-9A-Za-z]{43}\\?action=approve#a=[0-9A-Za-z_-]+$"
is 'its fragment has the arguments' "$(arguments "$link")" '{"text":"secret-text","to":"secret-recipient@example.com"}'
is 'the arguments are nowhere else' "$(grep -c secret- "$T"/*/messages/*.eml | grep -v ':0$')" ''
follow "$link"
is 'the link opens the page' "$STATUS" 200
like 'the page is about that call' "$BODY" 'send_mail'
is 'opening it decides nothing' "$(state "$first")" pending
follow "$link" --data-raw 'action=approve&duration=once'
is 'its form approves' "$STATUS $(state "$first")" '200 approved'
is 'the decision is told to who subscribed' "$(received smtps 3) $(received starttls 2)" '3 2'
is 'told: no faults, no link' "$(facts smtps 3 '.faults + .links | join("; ")')" ''
is 'told: subject' "$(facts smtps 3 .subject)" 'Approved: mail/send_mail of agent "crawler"'
like 'told: by which way' "$(facts smtps 3 .text)" 'by the link sent to smtps'
is 'told: in the same thread' "$(facts smtps 3 .references)" "<$first@example.com>"
follow "$second"
is 'the other link is used up' "$STATUS" 410

# Names that are hostile, as an agent may make them.
ctl channel set starttls --events approval.created,call.blocked >/dev/null 2>&1
hostile=$'send_<script>alert(1)</script>\u202e"&amp;=?UTF-8?Q?x?= {{reason}} https://evil.example/'
post "$key" "$(jq -nc --arg t "$hostile" '{serverName: "<b>\u200b", toolName: $t, approval: {request: true}}')"
is 'hostile: asked' "$(member decision)" require_approval
is 'hostile: sent' "$(received smtps 4)" 4
is 'hostile: no faults' "$(facts smtps 4 '.faults | join("; ")')" ''
like 'hostile: the subject is one line of text' "$(facts smtps 4 .subject)" '^Approval needed: agent "crawler" wants <b>.*/send_<script>alert'
is 'hostile: two links, ours' "$(facts smtps 4 '.links | map(startswith("'"$GATE"'/v1/approve/")) | tostring')" '[true,true]'

# A server that is not there for a while: the mail comes when it is back, and nothing else waits for it.
echo '451 come again' >"$T/smtps/refuse"
before=$(received starttls 1)
ask "$key" send_later '{"n":1}'
is 'a server that refuses does not delay the others' "$(received starttls $((before + 1)) 3)" $((before + 1))
sleep 1
is 'nothing was taken' "$(received smtps 4)" 4
rm "$T/smtps/refuse"
is 'it comes when the server is back' "$(received smtps 5 20)" 5
is 'it comes whole' "$(facts smtps 5 '.faults | join("; ")') $(arguments "$(facts smtps 5 '.links[0]')")" ' {"n":1}'
touch "$T/smtps/hang"
before=$(received starttls 1)
ask "$key" send_hang '{"n":2}'
is 'a server that hangs does not delay the others' "$(received starttls $((before + 1)) 3)" $((before + 1))
rm "$T/smtps/hang"
is 'the log has no link, no token and no password' "$(log_text | grep -cE 'v1/approve/[0-9A-Za-z]{43}|pass-word|secret-')" 0
finish
