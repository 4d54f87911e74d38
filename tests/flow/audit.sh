# The audit log as an operator sees it: one entry a check, digests only, verified, exported, and tampering found.
. tests/lib.sh

new_state state
policy default '{"rules": [{"tool": "t*", "decision": "allow", "reason": "fine"}]}'
key=$(new_key agent --policy default)
second=$(new_key second --policy default)
start_server

before=$(audit_count)
for i in 1 2 3 4 5; do
	call "$key" "t$i" '{"secret": "canary-argument-4711"}'
	ids="${ids:-} $(member toolCallId)"
	is "check $i: its entry is there once it is answered" \
	    "$(sqlite3 "$S/enforgate.db" "SELECT count(*) FROM audit WHERE call_id = '$(member toolCallId)'")" 1
done
is 'one entry a check' "$(audit_count)" "$((before + 5))"
call "$second" nothing '{"canary-member-4711": true}'
post "$key" '{"serverName": "s", "toolName": "t", "args": {"secret": "canary-argument-4711"'
post "$key" '{"serverName": "s", "toolName": "t", "args": {"canary-member-4711": canary-argument-4711}}'
unlike 'error texts hold no argument' "$BODY" canary
post "$key" '{"serverName": "s", "toolName": 5, "canary-member-4711": "canary-argument-4711"}'
unlike 'error texts hold no member' "$BODY" canary

# Nothing of an argument or key anywhere in the state directory, also while everything runs.
found=$(grep -rlaE 'canary-(argument|member)-4711' "$S" "$T"/s.* 2>/dev/null)
is 'no argument in any file of the state directory' "$found" ''
found=$(grep -rlaF -e "${key#bwb_}" -e "${second#bwb_}" "$S" 2>/dev/null)
is 'no key in any file of the state directory' "$found" ''

# list, export, verify.
exits 'audit list' 0 ctl audit list
like 'audit list shows key, tool and decision' "$OUT" 'agent.*t5.*allow'
exits 'audit list of a decision' 0 ctl audit list --decision require_approval
exits 'audit list of what is no decision' 2 ctl audit list --decision denyed
like 'audit list of what is no decision says what there is' "$ERR" 'require_approval.*wrong_pin'
exits 'audit export of what is no decision' 2 ctl audit export --decision admin
exits 'audit list --json' 0 ctl audit list --json
is 'it is JSON, with every entry' "$(printf '%s' "$OUT" | jq -s 'flatten | length' 2>&1)" \
    "$(sqlite3 "$S/enforgate.db" 'SELECT count(*) FROM audit')"
exits 'audit export jsonl' 0 ctl audit export --format jsonl
cp "$T/out" "$T/export.jsonl"
is 'jsonl: a line each' "$(grep -c . "$T/export.jsonl")" \
    "$(sqlite3 "$S/enforgate.db" 'SELECT count(*) FROM audit')"
is 'jsonl: each line is JSON' "$(jq -s length "$T/export.jsonl")" "$(grep -c . "$T/export.jsonl")"
exits 'audit export csv' 0 ctl audit export --format csv
is 'csv: a head and a line each' "$(grep -c . "$T/out")" "$(($(grep -c . "$T/export.jsonl") + 1))"
exits 'audit export without a known format' 2 ctl audit export --format xml
exits 'audit tail' 0 timeout 20 "$BUILD/enforgatectl" --conf "$S/enforgate.conf" audit tail
exits 'audit verify' 0 ctl audit verify
is 'same arguments, same digest' \
    "$(sqlite3 "$S/enforgate.db" "SELECT count(DISTINCT args_digest) FROM audit WHERE kind = 'verdict' AND tool LIKE 't_'")" 1

# Append-only also for whoever writes SQL by hand.
like 'update is refused' "$(sqlite3 "$S/enforgate.db" "UPDATE audit SET decision = 'deny'" 2>&1)" 'append-only'
like 'delete is refused' "$(sqlite3 "$S/enforgate.db" 'DELETE FROM audit' 2>&1)" 'append-only'

stop_server
SERVERS=()
is 'the log of the web server has the request' "$(grep -c '"POST /v1/check"' "$S/access.log")" 9
# tampered NAME SQL [ENTRY]: in a copy, with the triggers out of the way and then put back; verify must say 1 and name the entry.
tampered() {
	local keep=$S
	rm -rf "$T/copy"
	cp -a "$S" "$T/copy"
	sed -i "s|^state_dir = .*|state_dir = $T/copy|" "$T/copy/enforgate.conf"
	local make drop
	make=$(sqlite3 "$T/copy/enforgate.db" "SELECT sql || ';' FROM sqlite_master WHERE type = 'trigger'")
	drop=$(sqlite3 "$T/copy/enforgate.db" "SELECT 'DROP TRIGGER ' || name || ';' FROM sqlite_master WHERE type = 'trigger'")
	sqlite3 "$T/copy/enforgate.db" "$drop $2; $make" || fatal "cannot tamper: $1"
	S=$T/copy
	exits "$1: verify says no" 1 ctl audit verify
	like "$1: verify names it" "$OUT$ERR" "${3:-[0-9]}"
	S=$keep
}
seq_of() { # tool
	sqlite3 "$S/enforgate.db" "SELECT seq FROM audit WHERE tool = '$1'"
}
three=$(seq_of t3)
last=$(sqlite3 "$S/enforgate.db" 'SELECT max(seq) FROM audit')
id=$(sqlite3 "$S/enforgate.db" "SELECT id FROM api_key WHERE name = 'agent'")
exits 'the untouched log verifies' 0 ctl audit verify
tampered 'decision changed' "UPDATE audit SET decision = 'deny' WHERE seq = $three" "(^|[^0-9])$three([^0-9]|$)"
tampered 'reason changed' "UPDATE audit SET reason = 'x' WHERE seq = $three" "(^|[^0-9])$three([^0-9]|$)"
tampered 'time changed' "UPDATE audit SET time_ms = time_ms + 1 WHERE seq = $three" "(^|[^0-9])$three([^0-9]|$)"
tampered 'entry removed' "DELETE FROM audit WHERE seq = $three"
tampered 'entry removed, the others moved up' "DELETE FROM audit WHERE seq = $three;
	UPDATE audit SET seq = seq - 1 WHERE seq > $three"
tampered 'two entries swapped' "UPDATE audit SET seq = 900000 WHERE seq = $three;
	UPDATE audit SET seq = $three WHERE seq = $three + 1; UPDATE audit SET seq = $three + 1 WHERE seq = 900000"
tampered 'entry inserted' "INSERT INTO audit SELECT $last + 1, chain, chain_seq + 1, kind, time_ms, call_id, key_name,
	surface, server, tool, args_digest, decision, policy_id, policy_name, policy_version, rule, reason, latency_us,
	approval_id, mac FROM audit WHERE seq = $last"
tampered 'the end cut off' "DELETE FROM audit WHERE seq = $last"
tampered 'the end cut off, heads put back' "DELETE FROM audit WHERE seq > $three;
	UPDATE audit_head SET (seq, mac) = (SELECT chain_seq, mac FROM audit WHERE seq = $three) WHERE chain = '$id'"
tampered 'the whole history of a key gone' "DELETE FROM audit WHERE chain = '$id'; DELETE FROM audit_head WHERE chain = '$id'"
tampered 'everything gone' 'DELETE FROM audit; DELETE FROM audit_head; DELETE FROM audit_checkpoint'
tampered 'a head changed' "UPDATE audit_head SET seq = seq + 1 WHERE chain = '$id'"
rm -rf "$T/copy"
cp -a "$S" "$T/copy"
sed -i "s|^state_dir = .*|state_dir = $T/copy|" "$T/copy/enforgate.conf"
sqlite3 "$T/copy/enforgate.db" 'DROP TRIGGER audit_no_delete'
exits 'a trigger dropped: verify says no' 1 ctl_in "$T/copy" audit verify
like 'a trigger dropped: verify names it' "$OUT" 'audit_no_delete'

# An older copy put back: the anchor beside the database is younger.
rm -rf "$T/old" "$T/copy"
cp -a "$S" "$T/old"
start_server
call "$key" t6
stop_server
SERVERS=()
cp -a "$S" "$T/copy"
rm -f "$T/copy"/enforgate.db*
cp -a "$T/old"/enforgate.db* "$T/copy"
sed -i "s|^state_dir = .*|state_dir = $T/copy|" "$T/copy/enforgate.conf"
S=$T/copy
exits 'an older copy put back: verify says no' 1 ctl audit verify
exits 'an older copy put back: roll refuses' 2 ctl audit roll --keep-bytes 1
like 'an older copy put back: roll says why' "$ERR" 'nothing was removed'
finish
