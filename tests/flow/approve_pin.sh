#!/bin/bash
# The PIN of an approver: asked for on approve, tried five times for an approval and so often a day for a key. Design 3.3.
. tests/lib.sh
. tests/approve_lib.sh

# The PIN 4711 under parameters that are no longer good enough (N 16, r 1, p 1), so that it is hashed anew when it is right.
OLD='$s1$040101$AAAAAAAAAAAAAAAAAAAAAA==$N8yNfnY6psmYkQg52EKF9NlkQB1gfqd0fxgGBqiQU5gJdfgsFhFgDUUKie64dwCcGX/EGlftYo1ef5Wf6V90eg=='
DAY_MAX=20

new_state state
setting base_url http://127.0.0.1:1
setting approve_per_minute 0
policy mail "$MAIL_POLICY"
key=$(new_key agent --policy mail)
set_pin() { # key-name
	sql "INSERT OR REPLACE INTO approver_pin SELECT id, '$OLD', 0, 0, 0, 0 FROM api_key WHERE name = '$1'"
}
pin_row() { sql "SELECT failures, locked FROM approver_pin JOIN api_key ON id = key_id WHERE name = '${1:-agent}'"; }
reset_pin() { sql "UPDATE approver_pin SET failures = 0, locked = 0"; }
failures() { sql "SELECT pin_failures FROM approval WHERE id = '${1:-$ID}'"; }
start_server 1
FIRST_URL=$URL
set_pin agent

# The page.
asked "$key" send_a
get "$TOKEN" approve
like 'page: asks for it' "$BODY" 'name="pin"'
unlike 'page: says nothing of a wrong one' "$BODY" 'role="alert"'

# Wrong and missing ones are counted, each with an entry; five deny.
try=0
for body in '{"action":"approve"}' '{"action":"approve","pin":""}' '{"action":"approve","pin":"4712"}'; do
	try=$((try + 1))
	json "$TOKEN" "$body"
	is "wrong $try: status" "$STATUS $(member error) $(state)" '403 wrong_pin pending'
	is "wrong $try: counted" "$(failures) $(pin_row)" "$try $try|0"
	like "wrong $try: tries left" "$(member message)" "$((5 - try)) tries are left"
done
form "$TOKEN" 'action=approve&pin=%3Cb%3E47110&duration=8h&these_args=1&calls=7'
is 'wrong 4, a form: status' "$STATUS $(state)" '403 pending'
like 'wrong 4, a form: says so' "$BODY" 'That PIN is wrong. 1 try is left.'
like 'wrong 4, a form: keeps the choices' "$BODY" 'value="8h"[^>]* checked.*these_args" value="1" checked.*value="7"'
unlike 'wrong 4, a form: not the PIN' "$BODY" '47110'
form "$TOKEN" "action=approve&pin=$(printf '%0200d' 0)"
is 'wrong 5: denied' "$STATUS $(state) $(failures)" '410 denied 5'
like 'wrong 5: a page' "$BODY" 'Already denied'
is 'wrong 5: entries' "$(outcomes)" 'wrong_pin,wrong_pin,wrong_pin,wrong_pin,wrong_pin,denied'
is 'wrong 5: why' "$(sql "SELECT reason FROM audit WHERE approval_id = '$ID' AND decision = 'denied' AND kind = 'outcome'")" 'five wrong PINs'
like 'wrong 5: reason of the entries' "$(sql "SELECT reason FROM audit WHERE approval_id = '$ID' AND decision = 'wrong_pin' ORDER BY seq LIMIT 1")" '^wrong PIN, 1 of 5, by channel "ops"$'
json "$TOKEN" '{"action":"approve","pin":"4711"}'
is 'the right one comes too late' "$STATUS $(member error) $(member status)" '410 gone denied'
json "$(link "$ID" chat)" '{"action":"approve","pin":"4711"}'
is 'also by another link' "$STATUS" 410

# The right one approves, is not counted, and is hashed anew.
reset_pin
asked "$key" send_b
json "$TOKEN" '{"action":"approve","pin":"0000"}'
json "$TOKEN" '{"action":"approve","pin":"4711"}'
is 'right: approved' "$STATUS $(member status) $(state)" '200 approved approved'
is 'right: only the wrong one is counted' "$(failures) $(pin_row)" '1 1|0'
is 'right: entries' "$(outcomes)" 'wrong_pin,approved'
like 'right: hashed anew' "$(sql 'SELECT hash FROM approver_pin')" '^\$s1\$0e0801\$'
asked "$key" send_c
form "$TOKEN" 'action=approve&pin=4711&duration=1h'
is 'right, after that: approved' "$STATUS $(state)" '200 approved'
asked "$key" send_d
json "$TOKEN" '{"action":"deny"}'
is 'deny needs none' "$STATUS $(state)" '200 denied'
asked "$key" send_e
json "$TOKEN" '{"action":"deny","pin":"0000"}'
is 'deny with a wrong one' "$STATUS $(state) $(failures)" '200 denied 0'
asked "$key" send_f
get "$TOKEN" deny
is 'deny by link needs none' "$STATUS $(state)" '200 denied'
is 'a duration that does not exist costs no try' "$(asked "$key" send_g; json "$TOKEN" '{"action":"approve","duration":"2h","pin":"0000"}'; echo "$STATUS $(failures)")" '400 0'

# One that an administrator has set.
exits 'set by the administrator' 0 ctl key set agent --pin <<<'new pin!'
asked "$key" send_set
json "$TOKEN" '{"action":"approve","pin":"4711"}'
is 'set: the old one is wrong' "$STATUS $(state)" '403 pending'
form "$TOKEN" 'action=approve&pin=new+pin%21'
is 'set: the new one is right' "$STATUS $(state)" '200 approved'
sql "DELETE FROM approver_pin"
set_pin agent

# A key without one, one whose PIN is damaged.
plain=$(new_key plain --policy mail)
asked "$plain" send_a
get "$TOKEN" approve
unlike 'no PIN: none is asked for' "$BODY" 'name="pin"'
json "$TOKEN" '{"action":"approve","pin":"0000"}'
is 'no PIN: approved whatever is sent' "$STATUS $(state)" '200 approved'
broken=$(new_key broken --policy mail)
set_pin broken
sql "UPDATE approver_pin SET hash = 'damaged' WHERE key_id = (SELECT id FROM api_key WHERE name = 'broken')"
asked "$broken" send_a
json "$TOKEN" '{"action":"approve","pin":"4711"}'
is 'damaged: not approved, not counted' "$STATUS $(state) $(failures) $(pin_row broken)" '500 pending 0 0|0'

# The day is full: approving by link is off until it is reset, denying is not.
reset_pin
sql "UPDATE approver_pin SET day = CAST(strftime('%s') AS INTEGER) / 86400, failures = $((DAY_MAX - 1))"
asked "$key" send_h
json "$TOKEN" '{"action":"approve","pin":"0000"}'
is 'day full: off' "$STATUS $(member error) $(state) $(pin_row)" "403 pin_locked pending $DAY_MAX|1"
like 'day full: the entry says so' "$(sql "SELECT reason FROM audit WHERE approval_id = '$ID' AND decision = 'wrong_pin'")" 'off until the PIN is reset'
json "$TOKEN" '{"action":"approve","pin":"4711"}'
is 'day full: the right one does not help' "$STATUS $(member error) $(state) $(failures)" '403 pin_locked pending 1'
asked "$key" send_i
get "$TOKEN" approve
like 'day full: the page says so' "$BODY" 'approving by link is off'
unlike 'day full: no way to approve' "$BODY" 'value="approve"'
form "$TOKEN" 'action=approve&pin=4711'
is 'day full: a form' "$STATUS $(state)" '403 pending'
sql "UPDATE approver_pin SET day = day - 3"
json "$TOKEN" '{"action":"approve","pin":"4711"}'
is 'day full: also on another day' "$STATUS $(state)" '403 pending'
json "$TOKEN" '{"action":"deny"}'
is 'day full: deny' "$STATUS $(state)" '200 denied'
asked "$key" send_j
exits 'reset: by the administrator' 0 ctl key set agent --pin-reset
json "$TOKEN" '{"action":"approve","pin":"4711"}'
is 'reset: approved' "$STATUS $(state)" '200 approved'

# A process died between counting and comparing, five times: nobody can tell whether one was right.
asked "$key" send_k
sql "UPDATE approval SET pin_failures = 5 WHERE id = '$ID'"
json "$TOKEN" '{"action":"approve","pin":"4711"}'
is 'tries used up by dead processes: denied' "$STATUS $(state) $(failures) $(outcomes)" '410 denied 5 denied'

# Two hundred guesses at once, in two processes: five tries.
start_server 1
SECOND_URL=$URL
reset_pin
asked "$key" send_l
guesses() { # how many: each in a process of its own, the right one among them never
	local i pids=()
	mkdir -p "$T/guess"
	for i in $(seq "$1"); do
		URL=$([ $((i % 2)) = 0 ] && echo "$FIRST_URL" || echo "$SECOND_URL")
		curl -s -m 30 -o /dev/null -w '%{http_code}\n' -H 'Content-Type: application/json' \
		    -d "{\"action\":\"approve\",\"pin\":\"$((5000 + i))\"}" "$(approve_url "$TOKEN")" >"$T/guess/$i" 3>&- &
		pids+=($!)
		[ $((i % 50)) != 0 ] || sleep 0.2
	done
	wait "${pids[@]}"
}
guesses 200
measured "200 guesses at once: $(sort "$T"/guess/* | uniq -c | tr -s ' \n' ' ')"
is 'guesses: denied' "$(state) $(failures) $(pin_row)" 'denied 5 5|0'
is 'guesses: entries' "$(outcomes)" 'wrong_pin,wrong_pin,wrong_pin,wrong_pin,wrong_pin,denied'
is 'guesses: four were told that they were wrong' "$(cat "$T"/guess/* | grep -c 403)" 4
is 'guesses: nothing else was said' "$(cat "$T"/guess/* | grep -vcE '^(403|410|503)$')" 0

# Wrong and missing cost the same, and what is no link costs nothing.
reset_pin
took() { # pin: the least milliseconds of four
	local least=1000000 ms
	for _ in 1 2 3 4; do
		json "$TOKEN" "{\"action\":\"approve\",\"pin\":\"$1\"}" -w '%{http_code} %{time_total}'
		ms=$(awk '{ print int($2 * 1000) }' <<<"$STATUS")
		[ "$ms" -ge "$least" ] || least=$ms
	done
	echo "$least"
}
asked "$key" send_m
wrong=$(took 0000)
asked "$key" send_n
missing=$(took '')
TOKEN=$(printf '%043d' 7)
unknown=$(took 0000)
measured "a wrong PIN $wrong ms, a missing one $missing ms, an unknown link $unknown ms"
if [ "$missing" -gt $((wrong / 4)) ] && [ "$wrong" -gt $((missing / 4)) ]; then
	ok 'wrong and missing cost the same'
else
	not_ok 'wrong and missing cost the same' "$wrong ms and $missing ms"
fi

is 'no PIN in any file' "$(grep -rlE 'b(>|%3E|&gt;)47110|"4712"|pin=' "$S" --include='*.log' --include='enforgate.db*' 2>/dev/null)" ''
verified 'the audit log is whole'
exits 'audit list takes the entries' 0 ctl audit list --json
like 'audit list shows them' "$OUT" wrong_pin
exits 'export takes them' 0 ctl audit export --format jsonl
like 'export shows them' "$OUT" '"decision":"wrong_pin"'
tokens_are_nowhere
finish
