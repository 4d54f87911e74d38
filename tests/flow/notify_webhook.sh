#!/bin/bash
# Webhooks: the documented body, the signature as openssl and the examples of enforgate(7) compute it, and who gets a link.
. tests/lib.sh
. tests/approve_lib.sh
. tests/sinks/lib.sh
. tests/sinks/messages.sh

start_sink monitor
monitor=http://127.0.0.1:$SINK_PORT/hooks/1
start_sink approver
approver=http://127.0.0.1:$SINK_PORT/
new_state main
setting base_url "$GATE"
policy mail '{"rules": [{"tool": "send_*", "decision": "require_approval", "reason": "a person looks"},
    {"tool": "rm*", "decision": "deny", "reason": "nothing is removed"}, {"tool": "*", "decision": "allow"}]}'
webhook monitor "$monitor" --allow-private
webhook approver "$approver" --allow-private --approver --events approval.created,approval.resolved
key=$(new_key crawler --policy mail --channel monitor --channel approver)

# The examples of the manual page, as it prints them.
printed() { # first-line
	awk -v first="$1" '/^\.Bd/ { inside = 1; text = ""; next }
	    /^\.Ed/ { if (index(text, first) == 1) printf "%s", text; inside = 0 }
	    inside { text = text $0 "\n" }' "$ROOT/man/enforgate.7" | sed 's/\\e/\\/g'
}
{
	printed '# verified SECRET-FILE'
	echo 'verified "$@"'
} >"$T/verified.sh"
{
	printed 'import hashlib'
	cat <<'END'
import sys
secret = open(sys.argv[1]).read().strip()
headers = {"x-enforgate-timestamp": sys.argv[2], "x-enforgate-signature": sys.argv[3]}
sys.exit(0 if verified(secret, headers, sys.stdin.buffer.read()) else 1)
END
} >"$T/verified.py"
by_shell() { sh "$T/verified.sh" "$@"; }
by_python() { python3 "$T/verified.py" "$@"; }
stamp() { request_of "$1" '.headers["x-enforgate-timestamp"]'; }
signature() { request_of "$1" '.headers["x-enforgate-signature"]'; }
# signed NAME: the last request, by openssl under the secret that was printed, and by both examples.
signed() {
	local time given
	request_of "$1" .body | head -c -1 >"$T/signed"
	time=$(stamp "$1")
	given=$(signature "$1")
	is "$2: signed" "$given" "$({ printf '%s.' "$time"; cat "$T/signed"; } |
	    openssl dgst -sha256 -hmac "$(cat "$T/$1.secret")" -r | cut -d ' ' -f 1)"
	like "$2: signed now" "$(($(date +%s%3N) - time))" '^[0-9]{1,4}$'
	for check in by_shell by_python; do
		exits "$2: verified $check" 0 $check "$T/$1.secret" "$time" "$given" <"$T/signed"
	done
}
body() { request_of "$1" ".body | fromjson | $2"; }

for name in monitor approver; do
	exits "$name: sample" 0 ctl channel test $name
	faults "$name: sample: the documented form" webhook $name
	signed $name "$name: sample"
done

# What must not verify.
good=("$T/monitor.secret" "$(stamp monitor)" "$(signature monitor)")
request_of monitor .body | head -c -1 >"$T/signed"
echo whsec_0123456789012345 >"$T/other.secret"
printf ' ' | cat "$T/signed" - >"$T/more"
for check in by_shell by_python; do
	exits "$check: another secret" 1 $check "$T/other.secret" "${good[@]:1}" <"$T/signed"
	exits "$check: another body" 1 $check "${good[@]}" <"$T/more"
	exits "$check: another time" 1 $check "${good[0]}" $((good[1] + 1)) "${good[2]}" <"$T/signed"
	exits "$check: no signature" 1 $check "${good[@]:0:2}" '' <"$T/signed"
	old=$((good[1] - 301000))
	mac=$({ printf '%s.' $old; cat "$T/signed"; } | openssl dgst -sha256 -hmac "$(cat "${good[0]}")" -r | cut -d ' ' -f 1)
	exits "$check: an old one" 1 $check "${good[0]}" $old "$mac" <"$T/signed"
done

start_server 2
ask "$key" send_mail '{"to":"secret-recipient@example.com"}'
receives 'monitor: a request' monitor 2
receives 'approver: a request' approver 2
for name in monitor approver; do
	faults "$name: a request: the documented form" webhook $name
	signed $name "$name: a request"
	is "$name: where it was sent" "$(request_of $name '"\(.method) \(.path)"')" \
	    "POST $([ $name = monitor ] && echo /hooks/1 || echo /)"
	is "$name: what it says" "$(body $name '[.event, .key, .server, .tool, .state] | join(" ")')" \
	    'approval.created crawler mail send_mail pending'
	is "$name: about which" "$(body $name .approvalId) $(body $name .toolCallId)" "$APPROVAL $(member toolCallId)"
	is "$name: until when" "$(body $name .expiresAt)" "$(jq -r .approval.expiresAt <<<"$BODY")"
done
isnt 'each has an id of its own' "$(body monitor .id)" "$(body approver .id)"
is 'a monitor gets no link' "$(body monitor '[has("link"), has("denyLink")] | tostring')" '[false,false]'
unlike 'not even in disguise' "$(request_of monitor .body)" 'v1/approve|gate.example.com'
is 'an approver gets one' "$(body approver '[has("link"), has("denyLink")] | tostring')" '[true,false]'
is 'with the arguments' "$(arguments "$(body approver .link)")" '{"to":"secret-recipient@example.com"}'
is 'which are nowhere else' "$(cat "$T"/monitor/requests "$T"/approver/requests | grep -c secret-recipient)" 0
follow "$(body approver .link)"
is 'the link opens the page' "$STATUS $(state "$APPROVAL")" '200 pending'

# A program may decide with what it got.
link=$(body approver .link)
request "${link%%\?*}" --connect-to "::127.0.0.1:$PORT" -H 'Content-Type: application/json' \
    --data-raw '{"action":"approve","duration":"1h"}'
is 'a program approves' "$STATUS $(state "$APPROVAL")" '200 approved'
for name in monitor approver; do
	receives "$name: the decision" $name 3
	faults "$name: the decision: the documented form" webhook $name
	signed $name "$name: the decision"
	is "$name: what was decided" "$(body $name '[.event, .state, .decidedBy, .duration, .approvalId] | join(" ")')" \
	    "approval.resolved approved approver 1h $APPROVAL"
done
call "$key" rm_all '{}' files
receives 'monitor: a blocked call' monitor 4
faults 'monitor: a blocked call: the documented form' webhook monitor
is 'monitor: what was blocked' "$(body monitor '[.event, .key, .server, .tool] | join(" ")')" 'call.blocked crawler files rm_all'
like 'monitor: why' "$(body monitor .reason)" 'nothing is removed'
is 'an approver who did not subscribe is not told' "$(received approver)" 3

# Repeats have the same id, a new time and a new link; the receiver can tell.
answers approver 500
ask "$key" send_again '{}'
receives 'repeat: the first try' approver 4
first=$(body approver .id)
first_link=$(body approver .link)
first_time=$(stamp approver)
answers approver 200
receives 'repeat: the second try' approver 5 true 20
is 'repeat: the same id' "$(body approver .id)" "$first"
isnt 'repeat: another time' "$(stamp approver)" "$first_time"
signed approver repeat
isnt 'repeat: another link' "$(body approver .link)" "$first_link"
receives 'repeat: only there' monitor 5

# Names as they are, whatever is in them.
name=$'\u202e<!channel>"\\\u200b\U0001f600'
post "$key" "$(jq -nc --arg n "$name" '{serverName: $n, toolName: ("send_" + $n), approval: {request: true}}')"
receives 'hostile names' monitor 6
is 'hostile names come as they are' "$(body monitor '.server + " " + .tool')" "$name send_$name"
faults 'all of them have the documented form' webhook monitor
faults 'likewise' webhook approver
is 'no secret and no link is in the log' "$(log_text | grep -cE 'whsec_|v1/approve/[0-9A-Za-z]{43}')" 0
finish
