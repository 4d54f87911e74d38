#!/bin/bash
# Notifications to webhooks: what is sent, and how servers that misbehave are treated.
. "$(dirname "$0")/../lib.sh"
. "$ROOT/tests/sinks/lib.sh"

new_state main
setting base_url https://gate.example.org/
setting delivery_lease_s 6
policy mail '{"rules": [
  {"tool": "send_*", "decision": "require_approval", "reason": "a person looks"},
  {"tool": "read_*", "decision": "allow"}]}'
start_sink plain
PLAIN=http://127.0.0.1:$SINK_PORT
EVERY=call.blocked,approval.created,approval.resolved
webhook people "$PLAIN/people" --allow-private --approver --events approval.created
webhook monitor "$PLAIN/monitor" --allow-private --events $EVERY
uses() { # channel...: of the key, from now on
	ctl key set agent $(printf -- '--channel %s ' "$@") >"$T/set.out" 2>&1 || fatal "key set: $(cat "$T/set.out")"
}
key=$(new_key agent --policy mail)
uses people monitor
start_server 2

# What is sent.
ask "$key" send_a '{"to":"bob@example.org","text":"ünïcode <b>"}'
receives 'created: both channels are told' plain 2 '.headers["x-enforgate-event"] == "approval.created"'
cp "$T/plain/requests" "$T/created"
body_of() { # path
	jq -rs "[.[] | select(.path == \"/$1\")][-1].body" "$T/created"
}
link=$(body_of people | jq -r .link)
like 'created: the link is of base_url' "$link" '^https://gate\.example\.org/v1/approve/[A-Za-z0-9]{43}\?action=approve#a=[A-Za-z0-9_-]+$'
fragment=${link#*#a=}
padded=$(tr '_-' '/+' <<<"$fragment")
while [ $((${#padded} % 4)) != 0 ]; do padded=$padded=; done
is 'created: the arguments are in the fragment' "$(base64 -d <<<"$padded")" '{"text":"ünïcode <b>","to":"bob@example.org"}'
is 'created: a monitor gets no link' "$(body_of monitor | jq -c '[.link, .denyLink, .approvalId]')" "[null,null,\"$APPROVAL\"]"
request=$(jq -cs '[.[] | select(.path == "/people")][-1]' "$T/created")
mac=$(printf '%s.%s' "$(jq -r '.headers["x-enforgate-timestamp"]' <<<"$request")" "$(jq -rj .body <<<"$request")" |
    openssl dgst -sha256 -hmac "$(cat "$T/people.secret")" | sed 's/.* //')
is 'created: it is signed' "$(jq -r '.headers["x-enforgate-signature"]' <<<"$request")" "$mac"
ctl approval deny "$APPROVAL" >/dev/null 2>&1
receives 'resolved: the subscriber is told' plain 1 '.headers["x-enforgate-event"] == "approval.resolved" and .path == "/monitor"' 8
is 'resolved: it says how' "$(request_of plain .body | jq -r '.state + " " + .decidedBy + " " + .approvalId')" "denied enforgatectl $APPROVAL"
call "$key" rm_all '{}' files
receives 'blocked: the subscriber is told' plain 1 '.headers["x-enforgate-event"] == "call.blocked" and .path == "/monitor"'
is 'blocked: it says what' "$(request_of plain .body | jq -r '.server + " " + .tool + " " + .reason')" 'files rm_all no rule matched'
is 'all: nothing else was sent' "$(received plain)" 4
is 'all: noted' "$(sqlite3 "$S/enforgate.db" "SELECT group_concat(DISTINCT state || attempts) FROM delivery")" sent1

# A server that answers with 500 for a while.
uses people
answers plain.people 500
ask "$key" send_b
delivery_gets '500: noted' "approval_id = '$APPROVAL'" '^due 127\.0\.0\.1: HTTP 500$'
answers plain.people 200
delivery_gets '500: sent when the server is well again' "approval_id = '$APPROVAL'" '^sent $' 10
is '500: the second try' "$(delivery attempts "approval_id = '$APPROVAL'")" 2
is '500: each try has a token of its own' "$(jq -rs --arg id "$APPROVAL" \
    '[.[] | select(.body | contains($id)) | .body | fromjson | .link | sub("\\?.*"; "")] | (length | tostring) + " " + (unique | length | tostring)' \
    "$T/plain/requests")" '2 2'
is '500: with the arguments still' "$(request_of plain .body | jq -r '.link | contains("#a=e30")')" true

# One that hangs delays neither the others nor the caller.
webhook hanging "$PLAIN/hanging" --allow-private --approver
answers plain.hanging hang
uses hanging monitor
began=$(date +%s%3N)
ask "$key" send_c
took=$(($(date +%s%3N) - began))
receives 'hang: the others are told' plain 1 ".path == \"/monitor\" and (.body | contains(\"$APPROVAL\"))" 2
[ $took -lt 1000 ] && ok 'hang: the caller does not wait' || not_ok 'hang: the caller does not wait' "$took ms"
ask "$key" send_d
receives 'hang: nor do later ones' plain 1 ".path == \"/monitor\" and (.body | contains(\"$APPROVAL\"))" 2
delivery_gets 'hang: given up' "error <> '' AND approval_id = '$APPROVAL'" '^due 127\.0\.0\.1: no answer within 3 s$' 8
uses people

# Answers that are no confirmation, or one whatever follows.
refusal() { # check channel answer expected
	answers plain.people "$3"
	ask "$key" "send_$1"
	delivery_gets "$1" "approval_id = '$APPROVAL'" "$2"
}
webhook elsewhere "$PLAIN/elsewhere" --allow-private
refusal redirect '^due 127\.0\.0\.1: HTTP 302: a redirect, which is not followed$' "302 $PLAIN/elsewhere"
is 'redirect: not followed' "$(received plain '.path == "/elsewhere"')" 0
refusal closed '^due 127\.0\.0\.1: ' close
refusal accepted '^sent $' 202
refusal endless '^sent $' endless
refusal busy '^due 127\.0\.0\.1: HTTP 429$' '429 120'
wait_ms=$(delivery 'next_ms - created_ms' "approval_id = '$APPROVAL'")
[ "$wait_ms" -ge 120000 ] && [ "$wait_ms" -lt 125000 ] && ok 'busy: the server says when' ||
    not_ok 'busy: the server says when' "$wait_ms ms"
answers plain.people 200

# Where it must not go, by whatever name. `channel add` refuses what it sees through; the rest is found out on the way.
found_out=0
for host in "$(hostname)" localhost ip6-localhost 127.1 2130706433 0x7f000001 017700000001 '[::ffff:127.0.0.1]' '[::1]' 0; do
	number=$((${number:-0} + 1))
	if ! ctl channel add "inside$number" webhook --url "https://$host:$SINK_PORT/inside" --approver >/dev/null 2>&1; then
		ok "private: $host is refused when it is added"
		continue
	fi
	uses "inside$number"
	ask "$key" "send_inside$number"
	delivery_gets "private: $host" "approval_id = '$APPROVAL'" '^due [^ ]* has a private address; --allow-private allows it$'
	found_out=$((found_out + 1))
done
isnt 'private: some were found out on the way' $found_out 0
is 'private: nothing arrived' "$(received plain '.path == "/inside"')" 0

# Certificates.
make_ca "$T/ca"
make_ca "$T/other"
start_sink tls --cert "$T/ca/cert.pem" --key "$T/ca/key.pem"
TLS=https://127.0.0.1:$SINK_PORT
webhook trusted "$TLS/trusted" --allow-private --approver --ca "$T/ca/ca.pem"
webhook system "$TLS/system" --allow-private --approver
webhook wrong "$TLS/wrong" --allow-private --approver --ca "$T/other/ca.pem"
webhook name "https://localhost:$SINK_PORT/name" --allow-private --approver --ca "$T/ca/ca.pem"
for channel in trusted system wrong name; do
	uses $channel
	ask "$key" "send_$channel"
	case $channel in
	trusted) expected='^sent $' ;;
	system) expected='^due 127\.0\.0\.1: its certificate is not trusted; --ca names' ;;
	wrong | name) expected='^due [^ ]*: its certificate is not signed by one in the file of --ca$' ;;
	esac
	delivery_gets "certificate: $channel" "approval_id = '$APPROVAL'" "$expected"
done
is 'certificate: only the trusted one was used' "$(received tls) $(request_of tls .path)" '1 /trusted'

# The command. Proxies of the environment are not for messages.
stop_server
webhook broken "$PLAIN/broken" --allow-private --approver
answers plain.broken 500
uses people broken
sqlite3 "$S/enforgate.db" "UPDATE delivery SET state = 'failed' WHERE state = 'due';
    INSERT INTO delivery SELECT 'dlv_' || c.name, c.id, a.key_id, 'approval.created', a.id, a.call_id, '', '', '', 'due',
        a.created_ms, 0, a.created_ms, '', 0, NULL, '' FROM approval a, channel c
    WHERE a.id = '$APPROVAL' AND c.name IN ('people', 'broken')"
export http_proxy=http://127.0.0.1:1 https_proxy=http://127.0.0.1:1 all_proxy=http://127.0.0.1:1
exits 'deliver: exit code 1 where a try failed' 1 ctl deliver
is 'deliver: it counts' "$OUT" '1 sent, 1 failed, 0 no longer needed, 1 still waiting'
like 'deliver: it says why' "$ERR" "approval\.created of $APPROVAL to channel broken: 127\.0\.0\.1: HTTP 500"
answers plain.broken 200
exits 'deliver: waits for the next try' 0 ctl deliver --wait 10 --json
is 'deliver: and counts it' "$(jq -c . <<<"$OUT")" '{"sent":1,"failed":0,"dropped":0,"waiting":0}'
unset http_proxy https_proxy all_proxy
exits 'deliver: nothing to do' 0 ctl deliver --wait 10
is 'deliver: and no wait for it' "$OUT" '0 sent, 0 failed, 0 no longer needed, 0 still waiting'
exits 'deliver: seconds that are none' 2 ctl deliver --wait soon
like 'deliver: and what they are' "$ERR" '\-\-wait takes seconds from 0 to 86400, not "soon"'

finish
