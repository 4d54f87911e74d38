# What is written down of a call over MCP: the verdict before it goes on, the outcome before its answer goes out, linked by the call.
. tests/lib.sh
. tests/mcp_lib.sh

new_state state
setting calls_per_key 1
policy all '{"rules": [{"tool": "test_error_handling", "decision": "deny", "where": [{"path": "no", "equals": true}]}, {"tool": "*", "decision": "allow"}]}'
upstream fixture
key=$(new_key agent --policy all)
add_upstream agent fixture --url "$UPSTREAM" --timeout 2s
start_server

sql() { sqlite3 -cmd '.timeout 10000' "$S/enforgate.db" "$1"; }
# last_call: kind and decision of each entry of the call that was judged last.
last_call() {
	sql "SELECT kind || ' ' || decision FROM audit WHERE call_id = (SELECT call_id FROM audit WHERE kind = 'verdict' ORDER BY seq DESC LIMIT 1)
	    ORDER BY seq" | tr '\n' ',' | sed 's/,$//'
}
last_reason() { sql "SELECT reason FROM audit WHERE kind = 'outcome' ORDER BY seq DESC LIMIT 1"; }
tool() { echo "{\"name\":\"fixture__$1\",\"arguments\":${2:-{\}}}"; }

for client in modern legacy; do
	[ $client = modern ] || initialize "$key"
	$client "$key" tools/call "$(tool test_simple_text)"
	like "$client: a call that is allowed" "$(said)" .
	is "$client: verdict, then outcome" "$(last_call)" 'verdict allow,outcome completed'
	$client "$key" tools/call "$(tool test_error_handling)"
	is "$client: an error of the tool is told as one" "$(response .result.isError)" true
	is "$client: and recorded as one" "$(last_call)" 'verdict allow,outcome error'
	$client "$key" tools/call "$(tool test_error_handling '{"no":true}')"
	is "$client: a denied call has no outcome" "$(last_call)" 'verdict deny'
	$client "$key" resources/read '{"uri":"fixture+test://static-text"}'
	is "$client: a resource passes the gate by its name" "$(sql "SELECT tool FROM audit WHERE kind = 'outcome' ORDER BY seq DESC LIMIT 1")" 'resource:test://static-text'
	$client "$key" prompts/get '{"name":"fixture__test_simple_prompt"}'
	is "$client: so does a prompt" "$(last_call) $(sql "SELECT tool FROM audit WHERE kind = 'outcome' ORDER BY seq DESC LIMIT 1")" \
	    'verdict allow,outcome completed prompt:test_simple_prompt'
	$client "$key" tools/call "$(tool test_silent)"
	like "$client: silent for too long: may have run" "$(response .result.isError) $(said)" '^true .*2 s.*may have run'
	is "$client: silent for too long: unknown" "$(last_call)" 'verdict allow,outcome unknown'
done

# One at a time is what this key may have under way.
(
	T=$(mktemp -d "$T/slow.XXXX")
	modern "$key" tools/call "$(tool test_slow '{"seconds":1.5,"steps":3}')"
) 3>&- &
slow=$!
sleep 0.6
modern "$key" tools/call "$(tool test_counter '{"label":"second"}')"
like 'too many at once' "$(response .result.isError) $(said)" '^true Not executed: too many calls at once'
is 'too many at once: blocked' "$(last_call)" 'verdict allow,outcome blocked'
is 'too many at once: it did not run' "$(counted fixture second)" 0
wait $slow

# The kill switch: a recorded deny.
: >"$S/stop"
modern "$key" tools/call "$(tool test_counter '{"label":"stopped"}')"
like 'stopped' "$(said)" 'stopped'
is 'stopped: the deny is recorded' "$(last_call)" 'verdict deny'
rm "$S/stop"
is 'stopped: it did not run' "$(counted fixture stopped)" 0

# Its upstream is not there: nothing was sent, and that is what is said.
kill -KILL -- -$UPSTREAM_PID
sleep 0.3
modern "$key" tools/call "$(tool test_simple_text)"
is 'no upstream: an error for the model' "$(response .result.isError)" true
like 'no upstream: which one' "$(said)" 'upstream "fixture"'
unlike 'no upstream: it did not run' "$(said)" 'may have run'
is 'no upstream: recorded' "$(last_call)" 'verdict allow,outcome error'

# A responder that is killed while a call is under way leaves a verdict without an outcome.
upstream again
ctl upstream set agent fixture --url "$UPSTREAM" --timeout 20s >/dev/null 2>&1
(
	T=$(mktemp -d "$T/killed.XXXX")
	modern "$key" tools/call "$(tool test_slow '{"seconds":5,"steps":2}')"
	printf '%s' "$STATUS$BODY" >"$T/../killed"
) 3>&- &
killed=$!
for _ in $(seq 100); do
	if grep -q test_slow "$T/again.log"; then break; fi
	sleep 0.05
done
for pid in $(responders "$SERVER" mcp); do kill -KILL "$pid"; done
wait $killed
unlike 'killed: no result is told' "$(cat "$T/killed")" '"isError": *false|took'
is 'killed: no outcome, which reads as unknown' "$(last_call)" 'verdict allow'
like 'killed: audit list says so' "$(ctl audit list 2>/dev/null | tail -n 1)" 'test_slow'

# What cannot be recorded is neither done nor told: the append of a verdict, and that of an outcome, fail.
sql "CREATE TRIGGER broken BEFORE INSERT ON audit WHEN NEW.kind = 'outcome' BEGIN SELECT RAISE(ABORT, 'no'); END"
modern "$key" tools/call "$(tool test_counter '{"label":"unrecorded"}')"
is 'an outcome that cannot be recorded: 500' "$STATUS $(jq -r .error.code <<<"$BODY")" '500 -32603'
unlike 'an outcome that cannot be recorded: no result' "$BODY" '"content"'
is 'an outcome that cannot be recorded: it ran' "$(counted again unrecorded)" 1
sql "DROP TRIGGER broken; CREATE TRIGGER broken BEFORE INSERT ON audit WHEN NEW.kind = 'verdict' BEGIN SELECT RAISE(ABORT, 'no'); END"
modern "$key" tools/call "$(tool test_counter '{"label":"unjudged"}')"
is 'a verdict that cannot be recorded: 500' "$STATUS" 500
is 'a verdict that cannot be recorded: it did not run' "$(counted again unjudged)" 0
sql 'DROP TRIGGER broken'
exits 'the log verifies' 0 ctl audit verify
secret=$(grep -rlE 'unrecorded|static text resource' "$S" --include='*.log' --include='enforgate.db*' 2>/dev/null)
is 'no argument and no result is in the database or the log' "$secret" ''
finish
