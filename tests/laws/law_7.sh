# Law 7: responders killed at any instruction lose nothing that they had answered. Ten kills; tests/long has 200.
KILLS=${KILLS:-10}
. tests/lib.sh

new_state state
policy default '{"defaultDecision": "allow", "rules": []}'
key=$(new_key agent --policy default)
start_server 2
printf '{"serverName":"s","toolName":"t","args":{"n":1}}' >"$T/body.json"

# Each load client writes down every complete answer that it received.
load() {
	while [ ! -e "$T/enough" ]; do
		"$BUILD/tests/load" -c 4 -d 2 --header "Authorization: Bearer $key" \
		    --header 'Content-Type: application/json' --body "$T/body.json" --log "$T/log.$1.$SECONDS.$RANDOM" \
		    "$URL" >"$T/load.$1" 2>&1
	done
}
load a &
one=$!
load b &
two=$!
killed=0
for _ in $(seq $((KILLS * 20))); do
	[ $killed -lt "$KILLS" ] || break
	sleep 0.$((RANDOM % 3))$((RANDOM % 10))
	victim=$(responders | shuf -n 1)
	[ -n "$victim" ] && kill -KILL "$victim" 2>/dev/null && killed=$((killed + 1))
done
is "killed $KILLS times" "$killed" "$KILLS"
: >"$T/enough"
wait $one $two
cat "$T"/log.* >"$T/answers" 2>/dev/null
grep -oE 'call_[0-9A-Za-z]+' "$T/answers" | sort -u >"$T/acknowledged"
number=$(grep -c . "$T/acknowledged")
is "many verdicts were received ($number)" "$((number > KILLS * 10))" 1
sqlite3 "$S/enforgate.db" "SELECT call_id FROM audit WHERE kind = 'verdict'" | sort -u >"$T/recorded"
lost=$(comm -23 "$T/acknowledged" "$T/recorded")
is 'every verdict that was received is in the log' "$lost" ''
exits 'the chain verifies' 0 ctl audit verify
is 'the database is sound' "$(sqlite3 "$S/enforgate.db" 'PRAGMA integrity_check')" ok
# The web server rests a responder that was killed for a second before it starts it anew.
for _ in $(seq 50); do
	call "$key" t
	[ "$STATUS" != 503 ] && break
	sleep 0.1
done
is 'the gateway still answers' "$STATUS $(member decision)" '200 allow'
finish
