# Law 1 on /mcp: what cannot be recorded is not answered and not forwarded. The append is made to fail in the database itself.
. tests/lib.sh
. tests/mcp_lib.sh
. tests/mcp_law_lib.sh

place '{"rules": [{"tool": "test_error_handling", "decision": "deny"}, {"tool": "test_slow", "decision": "require_approval"}], "defaultDecision": "allow"}'
start_server
initialize "$KEY"
for era in modern legacy; do
	tool_call $era "$KEY" test_counter
	like "$era: before, a result" "$STATUS $SAID" '^200 count'
done
broken() { sql "CREATE TRIGGER broken BEFORE $1 BEGIN SELECT RAISE(FAIL, 'cannot'); END"; }
mended() { sql 'DROP TRIGGER broken'; }
# not_forwarded NAME ERA TOOL
not_forwarded() {
	local count
	count=$(calls_seen)
	tool_call "$2" "$KEY" "$3"
	is "$1, $2: status" "$STATUS" 500
	unlike "$1, $2: no result in the answer" "$BODY" 'result|count|content'
	is "$1, $2: nothing reached the upstream" "$(calls_seen)" "$count"
}
for era in modern legacy; do
	broken 'INSERT ON audit'
	not_forwarded 'the entry cannot be written, allow' $era test_counter
	not_forwarded 'the entry cannot be written, deny' $era test_error_handling
	mended
	broken 'UPDATE ON audit_head'
	not_forwarded 'the head of the chain cannot be written' $era test_counter
	mended
	# The call runs, and nobody is told what came of it but that it may have run.
	broken "INSERT ON audit WHEN NEW.kind = 'outcome'"
	tool_call $era "$KEY" test_counter
	is "$era: the outcome cannot be written: status" "$STATUS" 500
	unlike "$era: the outcome cannot be written: no result" "$BODY" 'count [0-9]'
	mended
done

# The release of a call that waited.
in_background "$T/held" tool_call legacy "$KEY" test_slow '{"seconds": 0.1}'
id=$(pending_of test_slow)
broken "INSERT ON audit WHEN NEW.decision = 'allow'"
ctl approval approve "$id" >"$T/approve" 2>&1
wait $!
is 'the release cannot be written: nothing reached the upstream' "$(calls_seen test_slow)" 0
mended
tool_call modern "$KEY" test_counter
like 'mended: a result again' "$STATUS $SAID" '^200 count'
exits 'the chain verifies' 0 ctl audit verify
finish
