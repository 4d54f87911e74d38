# Checks that wait for a person behind each web server: released and denied over the same web server, alive for 25 s, none
# in the way of others, ended when their client leaves.
. tests/lib.sh
. tests/approve_lib.sh

new_state state
setting base_url http://127.0.0.1:1
setting log "$S/enforgate.log"
policy mail "$MAIL_POLICY"
ctl channel add here console >"$T/channel.out" 2>&1 || fatal "channel add: $(cat "$T/channel.out")"
key=$(new_key agent --policy mail --channel here)
start_server 2
directory=${HOST_DIRS[$SERVER]}

now_ms() { date +%s%3N; }
# waiting NAME TOOL SECONDS: a check that waits, in the background; its answer is in $T/NAME.
waiting() {
	mkdir "$T/$1"
	curl -s -m 90 -o "$T/$1/body" -w '%{http_code} %{time_starttransfer} %{time_total}' "$URL" -H "Authorization: Bearer $key" \
	    -H 'Content-Type: application/json' \
	    -d "{\"serverName\":\"mail\",\"toolName\":\"$2\",\"args\":{\"to\":\"$1\"},\"approval\":{\"request\":true,\"waitSeconds\":$3}}" \
	    >"$T/$1/said" 3>&- &
	WAITING=$!
}
answer() { # name members: of one JSON document, whatever white space is around it
	jq -r -s "if length == 1 then .[0] | $2 else \"\(length) documents\" end" "$T/$1/body" 2>&1
}
# sent TOOL: TOKEN becomes that of the link which the console got.
sent() {
	local id token
	for _ in $(seq 100); do
		id=$(sql "SELECT id FROM approval WHERE tool = '$1'")
		for token in $(grep -hoE '/v1/approve/[A-Za-z0-9]{43}' "$S/console.log" 2>/dev/null); do
			TOKEN=${token##*/}
			[ "$(sql "SELECT approval_id FROM approval_token
			    WHERE hash = '$(printf '%s' "$TOKEN" | sha256sum | cut -d ' ' -f 1)'")" != "$id" ] || break 2
			TOKEN=
		done
		sleep 0.1
	done
	[ -n "${TOKEN:-}" ] || fatal "no link for $1: $(log_text | tail -n 3)"
	echo "$TOKEN" >>"$T/tokens"
}

waiting long send_long 25
long=$WAITING
waiting left send_left 80
left=$WAITING
sent send_left
sent send_long
kill "$left"
left_ms=$(now_ms)
{ # its call waits no longer
	until log_text | grep -q 'the client left'; do sleep 0.1; done
	now_ms >"$T/noticed"
} &
waiting one send_one 60
one=$WAITING
waiting two send_two 60
two=$WAITING
sent send_one
token=$TOKEN
sent send_two
before=$(now_ms)
call "$key" read_a '{}' mail
took=$(($(now_ms) - before))
is 'another call meanwhile: a verdict' "$STATUS $(member decision)" '200 allow'
is "another call meanwhile: soon ($took ms)" "$((took < 5000))" 1 # mod_fcgid thinks for a second before it starts one more

# The page, from this web server, and a form that is sent to it.
get "$token" approve
is 'the page' "$STATUS" 200
like 'the page: who asks for what' "$BODY" 'agent.*send_one'
form "$token" 'action=approve&duration=once'
decided=$(now_ms)
is 'approved by the form' "$STATUS" 200
wait $one
took=$(($(now_ms) - decided))
is 'approved: the call that waited is allowed' "$(cut -d ' ' -f 1 "$T/one/said") $(answer one '[.decision, .approval.status] | join(" ")')" '200 allow approved'
is "approved: at once ($took ms)" "$((took < 1000))" 1
json "$TOKEN" '{"action":"deny"}'
is 'denied by JSON' "$STATUS" 200
wait $two
is 'denied: the call that waited is denied' "$(cut -d ' ' -f 1 "$T/two/said") $(answer two '[.decision, .approval.status] | join(" ")')" '200 deny denied'

# Nobody decides for 25 s.
wait $long
if [ -n "$HOST_LEAVES" ]; then
	noticed=$(cat "$T/noticed" 2>/dev/null)
	is "a client that left: noticed ($((${noticed:-0} - left_ms)) ms)" \
	    "$((${noticed:-0} > 0 && noticed - left_ms <= HOST_LEAVES * 1000))" 1
else
	is 'a client that left: not noticed' "$(log_text | grep -c 'the client left')" 0
fi
read -r status first total <"$T/long/said"
is '25 s: the verdict, in one whole document' "$status $(answer long '[.decision, .approval.status] | join(" ")')" '200 require_approval pending'
like "25 s: not cut short ($total s)" "$total" '^2[56]\.'
if [ -n "$HOST_STREAMS" ]; then
	like "25 s: its beginning comes at once ($first s)" "$first" '^[0-4]\.'
	is '25 s: white space every 10 s' "$(head -c 3 "$T/long/body" | tr ' ' s)" sss
fi

# A reload while a call waits: it goes on, or ends with a whole answer or none, and then the same call asked again gets the
# decision. Others wait for a few seconds at most.
waiting held send_held 30
held=$WAITING
sent send_held
token=$TOKEN
host_reload "$SERVER"
sleep 0.2
before=$(now_ms)
for _ in $(seq 20); do
	call "$key" read_a '{}' mail -m 10
	[ "$STATUS" != 200 ] || break
	sleep 0.2
done
took=$(($(now_ms) - before))
is "a reload: another call ($took ms)" "$STATUS $((took < 10000))" '200 1'
json "$token" '{"action":"approve"}'
is 'a reload: approved' "$STATUS" 200
wait $held
kept=no
if [ "$(answer held .decision)" = allow ]; then
	kept=yes
	ok 'a reload: the call that waited has its decision'
else
	like 'a reload: the call that waited ended undecided' "$(answer held .decision)" '^(require_approval|0 documents)$'
	post "$key" '{"serverName":"mail","toolName":"send_held","args":{"to":"held"},"approval":{"request":true}}'
	# Spent on a connection whose end was not seen in time, it is not spent again: the repeat is told so (law 5).
	case "$(member decision) $(member reason)" in
	allow* | 'require_approval '*'let through at'*) ok 'a reload: asked again, it has its decision, or is told that it was given' ;;
	*) not_ok 'a reload: asked again, it has its decision, or is told that it was given' "$BODY" ;;
	esac
fi
measured "$HTTPD: a reload while a call waits: others wait $took ms, its connection stays: $kept"
stop_server
SERVERS=()
[ -z "${HOST_LOG_KEEPS_PATHS:-}" ] || rm -f "$directory"/*.log # the log is the host's
rm "$S/console.log"
tokens_are_nowhere
exits 'the chain verifies' 0 ctl audit verify
finish
