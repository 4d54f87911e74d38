#!/bin/bash
# Slack, Microsoft Teams and Telegram: what a server of each kind is sent has its documented form, and the buttons lead to
# the page.
. tests/lib.sh
. tests/approve_lib.sh
. tests/sinks/lib.sh
. tests/sinks/messages.sh

chats='slack teams telegram'
declare -A url
for chat in $chats; do
	start_sink $chat
	url[$chat]=http://127.0.0.1:$SINK_PORT
done
start_sink monitor
new_state main
setting base_url "$GATE"
policy mail '{"rules": [{"tool": "send_*", "decision": "require_approval", "reason": "a person looks"},
    {"tool": "rm*", "decision": "deny", "reason": "nothing is removed"}, {"tool": "*", "decision": "allow"}]}'
add() { # name kind option...
	ctl channel add "$@" --allow-private >"$T/add.out" 2>&1 || fatal "channel add $1: $(cat "$T/add.out")"
}
all=(--deny-link --events call.blocked,approval.created,approval.resolved)
add slack slack "${all[@]}" --url-file - <<<"${url[slack]}/services/T0/B0/secretOfSlack"
add teams teams "${all[@]}" --url-file - <<<"${url[teams]}/workflows/1?sig=secretOfTeams"
add telegram telegram "${all[@]}" --token-file - --chat -100123 --api "${url[telegram]}" <<<123456:secretOfTelegram
add monitor slack --monitor --url-file - <<<"http://127.0.0.1:$SINK_PORT/services/T0/B1/y"

for chat in $chats; do
	exits "$chat: sample" 0 ctl channel test $chat
	is "$chat: sample: sent once" "$(received $chat)" 1
	faults "$chat: sample: the documented form" $chat $chat
done
is 'where it was sent' "$(request_of slack .path) $(request_of teams .path) $(request_of telegram .path)" \
    '/services/T0/B0/secretOfSlack /workflows/1?sig=secretOfTeams /bot123456:secretOfTelegram/sendMessage'

body() { request_of "$1" ".body | fromjson | $2"; }
# Everything that a person reads, in one line.
words() { request_of "$1" '.body | fromjson | [.. | strings] | join(" ")' | tr '\n' ' '; }
declare -A page=(
	[slack]='.blocks[-1].elements[0].url'
	[teams]='.attachments[0].content.actions[0].url'
	[telegram]='.reply_markup.inline_keyboard[0][0].url'
)
declare -A deny=(
	[slack]='.blocks[-1].elements[1].url'
	[teams]='.attachments[0].content.actions[1].url'
	[telegram]='.reply_markup.inline_keyboard[1][0].url'
)
key=$(new_key crawler --policy mail --channel slack --channel teams --channel telegram --channel monitor)
start_server 2

# A person is needed.
ask "$key" send_mail '{"to":"secret-recipient@example.com"}'
links=
for chat in $chats; do
	receives "$chat: told" $chat 2
	faults "$chat: told: the documented form" $chat $chat
	like "$chat: who, what, where, why, how long" "$(words $chat)" 'crawler.*mail/send_mail.*a person looks.*15 minutes'
	like "$chat: the button leads to the page" "$(body $chat "${page[$chat]}")" \
	    "^$GATE/v1/approve/[0-9A-Za-z]{43}\\?action=approve#a="
	like "$chat: the other one denies" "$(body $chat "${deny[$chat]}")" "^$GATE/v1/approve/[0-9A-Za-z]{43}\\?action=deny$"
	is "$chat: the arguments are in the link" "$(arguments "$(body $chat "${page[$chat]}")")" \
	    '{"to":"secret-recipient@example.com"}'
	unlike "$chat: and nowhere else" "$(words $chat)" 'secret-recipient'
	links+="$(body $chat "${page[$chat]}" | grep -o 'approve/[0-9A-Za-z]*') "
done
is 'each has a link of its own' "$(tr ' ' '\n' <<<"$links" | sort -u | grep -c .)" 3
receives 'a monitor is told' monitor 1
unlike 'a monitor gets no link' "$(words monitor)" "$GATE"
follow "$(body telegram "${page[telegram]}")"
is 'the page opens' "$STATUS $(state "$APPROVAL")" '200 pending'
like 'the page is about that call' "$BODY" send_mail
follow "$(body telegram "${page[telegram]}")" --data-raw 'action=approve&duration=8h'
is 'its form approves' "$STATUS $(state "$APPROVAL")" '200 approved'
for chat in $chats; do
	receives "$chat: the decision is told" $chat 3
	faults "$chat: the decision: the documented form" $chat $chat
	like "$chat: the decision, by which way and for how long" "$(words $chat)" 'approved.*telegram.*8 hours'
	unlike "$chat: no link" "$(words $chat)" "$GATE"
done
call "$key" rm '{}' files
for chat in $chats; do
	receives "$chat: a blocked call is told" $chat 4
	like "$chat: a blocked call, and why" "$(words $chat)" 'Call blocked.*files/rm.*nothing is removed'
	unlike "$chat: a blocked call has no link" "$(words $chat)" "$GATE"
done

# A deny link, where it was asked for.
ask "$key" send_other '{}'
receives 'asked again' slack 5
follow "$(body slack "${deny[slack]}")"
is 'the deny link denies at once' "$STATUS $(state "$APPROVAL")" '200 denied'
receives 'and that is told' slack 6
like 'denied, and by which way' "$(words slack)" 'denied.*slack'

# Names that are hostile, and long ones.
count=$(received slack)
long=$(printf 'x%.0s' {1..250})
for name in '<!channel> @channel <https://evil.example/|ok> &amp; *x*' '<b></code>[x](https://evil.example/) /start #t' \
    $'\u202egnp.\u200b"\\ {{TIME(2026-01-01T00:00:00Z)}} <at>Boss</at>' "$long" "$(printf '<%.0s' {1..250})" \
    "$(printf '\U0001f600%.0s' {1..60})"; do
	post "$key" "$(jq -nc --arg t "send_$name" --arg s "$name" '{serverName: $s, toolName: $t, approval: {request: true}}')"
	count=$((count + 1))
	is "hostile: asked: ${name:0:20}" "$(member decision)" require_approval
	for chat in $chats; do
		receives "hostile: $chat: told" $chat $count
	done
done
for chat in $chats; do faults "hostile: $chat: the documented form, all of them" $chat $chat; done

# Arguments that do not fit in a link of a chat: the link is whole, and the message says what it lacks.
ask "$key" send_long "{\"text\":\"$(printf 'long-%.0s' {1..800})\"}"
count=$((count + 1))
for chat in $chats; do
	receives "long arguments: $chat: told" $chat $count
	like "long arguments: $chat: the link says that they are missing" "$(body $chat "${page[$chat]}")" \
	    'v1/approve/[0-9A-Za-z]{43}\?action=approve#cut$'
	like "long arguments: $chat: and so does the message" "$(words $chat)" 'too long'
	faults "long arguments: $chat: the documented form" $chat $chat
done
ctl approval deny "$APPROVAL" >/dev/null 2>&1

# The same call once more after it was let through: the person is told.
ask "$key" send_twice '{"n":1}'
count=$((count + 2))
receives 'once: told' teams $count
ctl approval approve "$APPROVAL" >/dev/null 2>&1
# What is told of the decision may overtake what is asked next.
for chat in $chats; do receives "once: $chat: the decision is told" $chat $((count + 1)); done
ask "$key" send_twice '{"n":1}'
is 'once: let through' "$(member decision)" allow
ask "$key" send_twice '{"n":1}'
for chat in $chats; do
	receives "twice: $chat: told" $chat $((count + 2))
	like "twice: $chat: that it was let through before" "$(words $chat)" 'let through before.*once more'
done
is 'no secret is in a log or was printed' \
    "$(cat "$S"/*.log "$T/out" "$T/err" 2>/dev/null | grep -cE 'secretOf|v1/approve/[0-9A-Za-z]{43}|secret-recipient')" 0
finish
