# Law 7 on /mcp: any process can serve any request, and responders killed at any instruction lose nothing that they had answered: what a
# client was told ran is in the log, what ran was recorded before, and a session goes on. Ten kills; KILLS=n for more.
KILLS=${KILLS:-10}
. tests/lib.sh
. tests/mcp_lib.sh
. tests/mcp_law_lib.sh

place '{"defaultDecision": "allow", "rules": []}'
start_server 3
initialize "$KEY"
count_up() { # lane: calls until told to stop; each answer is kept
	local n=0
	T=$(mktemp -d "$T/lane.XXXX")
	while [ ! -e "${T%/*}/enough" ]; do
		n=$((n + 1))
		tool_call "$2" "$KEY" test_counter "{\"label\": \"lane $1 call $n\"}"
		[[ $SAID != count* ]] || echo "lane $1 call $n" >>"${T%/*}/answered"
		[ "$STATUS" = 200 ] || sleep 0.2
	done
}
count_up 1 modern &
lanes=$!
count_up 2 legacy &
lanes="$lanes $!"
killed=0
for _ in $(seq $((KILLS * 20))); do
	[ $killed -lt "$KILLS" ] || break
	sleep 0.$((RANDOM % 5))$((RANDOM % 10))
	victim=$(responders "$SERVER" mcp | shuf -n 1)
	[ -n "$victim" ] && kill -KILL "$victim" 2>/dev/null && killed=$((killed + 1))
done
sleep 1
: >"$T/enough"
# shellcheck disable=SC2086 # process ids
wait $lanes
is "killed $KILLS times" "$killed" "$KILLS"
sort -u "$T/answered" >"$T/acknowledged"
jq -r 'select(.event == "counted") | .label' "$T/fixture.log" | sort >"$T/ran"
number=$(wc -l <"$T/acknowledged")
like "many calls were answered ($number)" "$((number > KILLS))" 1
is 'what was answered did run' "$(comm -23 "$T/acknowledged" <(sort -u "$T/ran"))" ''
is 'no call ran twice' "$(uniq -d "$T/ran")" ''
verdicts=$(sql "SELECT count(*) FROM audit WHERE kind = 'verdict' AND decision = 'allow'")
like 'whatever ran has its verdict' "$((verdicts >= $(wc -l <"$T/ran")))" 1
completed=$(sql "SELECT count(*) FROM audit WHERE kind = 'outcome' AND decision = 'completed'")
like 'whatever was answered has its outcome' "$((completed >= number))" 1
exits 'the chain verifies' 0 ctl audit verify
is 'the database is sound' "$(sql 'PRAGMA integrity_check')" ok

# The session, over the death of every process there was.
for _ in $(seq 50); do
	legacy "$KEY" ping
	[ "$STATUS" != 503 ] && break
	sleep 0.1
done
is 'the session goes on' "$STATUS $(response '.result | length')" '200 0'
stop_server
SERVERS=()
start_server
tool_call legacy "$KEY" test_simple_text
like 'and over a restart of everything' "$STATUS $SAID" '^200 This is'
# Answers of a client to questions reach the process that asked, whichever gets them.
legacy "$KEY" logging/setLevel '{"level": "debug"}'
is 'what was set in a session holds in every process' "$STATUS" 200
tool_call legacy "$KEY" test_logging_tool
like 'the level that was set' "$(jq -r 'select(.method == "notifications/message") | .params.level' <<<"$MESSAGES" | tr '\n' ' ')" '^debug info'
finish
