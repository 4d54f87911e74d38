# When a verdict cannot be recorded there is none: 429, 500 and 503 of design 3.1, law 1.
. tests/lib.sh

good='{"serverName": "s", "toolName": "t"}'
new_state state
policy default '{"defaultDecision": "allow", "rules": []}'
key=$(new_key agent --policy default)
setting database_deadline_ms 400
setting failed_keys_per_minute 5
start_server
call "$key" t
is 'before: a verdict' "$STATUS" 200

# locked SECONDS COMMAND...: runs the command while another program has the lock.
locked_database() {
	mkfifo "$T/sql"
	sqlite3 "$S/enforgate.db" <"$T/sql" >"$T/sql.out" 2>&1 &
	local pid=$!
	exec 4>"$T/sql"
	echo 'PRAGMA busy_timeout = 5000; BEGIN IMMEDIATE; SELECT 1;' >&4
	for _ in $(seq 100); do
		[ ! -s "$T/sql.out" ] || grep -q '^1$' "$T/sql.out" && break
		sleep 0.02
	done
	"$@"
	echo 'ROLLBACK;' >&4
	exec 4>&-
	wait "$pid"
	rm -f "$T/sql"
}
busy() { # name
	local start count
	count=$(audit_count)
	start=$(date +%s%N)
	post "$key" "$good"
	took=$((($(date +%s%N) - start) / 1000000))
	is "$1: status" "$STATUS" 503
	is "$1: error" "$(member error)" busy
	like "$1: Retry-After" "$(header Retry-After)" '^[1-9][0-9]*$'
	unlike "$1: no verdict" "$BODY" decision
	is "$1: not before the deadline, not much later ($took ms)" "$((took >= 350 && took < 3000))" 1
	is "$1: nothing recorded" "$(audit_count)" "$count"
}
locked_database busy 'database locked by another program'
call "$key" t
is 'after the lock: a verdict again' "$STATUS $(member decision)" '200 allow'

flock "$S/enforgate.lock" sleep 2 &
sleep 0.2
busy "another writer holds the queue"
wait $!
call "$key" t
is 'after the queue: a verdict again' "$STATUS $(member decision)" '200 allow'

# The database stops being writable under way. As root only a trigger can do that; it fails the insert the same way.
count=$(audit_count)
sqlite3 "$S/enforgate.db" "CREATE TRIGGER broken BEFORE INSERT ON audit BEGIN SELECT RAISE(FAIL, 'disk I/O'); END"
post "$key" "$good"
is 'a failed append: status' "$STATUS" 500
is 'a failed append: error' "$(member error)" audit_failed
unlike 'a failed append: no verdict' "$BODY" decision
is 'a failed append: no Retry-After' "$(header Retry-After)" ''
is 'a failed append: nothing recorded' "$(audit_count)" "$count"
if log_text | grep -q " $(member requestId) "; then
	ok 'a failed append: the log knows the request'
else
	not_ok 'a failed append: the log knows the request' "$(log_text | tail -n 2)"
fi
sqlite3 "$S/enforgate.db" 'DROP TRIGGER broken'
call "$key" t
is 'once it works again: a verdict' "$STATUS $(member decision)" '200 allow'
exits 'the chain verifies after all that' 0 ctl audit verify

# 429 after so many failed keys from one address; a valid key is answered all the same.
for _ in 1 2 3 4 5 6 7; do
	post bwb_nobody "$good"
done
is 'too many failed keys: status' "$STATUS" 429
like 'too many failed keys: Retry-After' "$(header Retry-After)" '^[1-9][0-9]?$'
is 'too many failed keys: error' "$(member error)" too_many_requests
call "$key" t
is 'too many failed keys: a valid key still works' "$STATUS $(member decision)" '200 allow'
finish
