# enforgatectl approval, grant and sweep, with real calls: what an administrator sees and decides, and what it does.
. tests/lib.sh

new_state state
setting base_url http://gate.example.org
rules='{"rules": [
  {"tool": "send_*", "decision": "require_approval", "reason": "a person looks"},
  {"tool": "read_*", "decision": "allow"}]}'
policy mail "$rules"
key=$(new_key agent --policy mail)
other=$(new_key other --policy mail)
strict=$(new_key strict --policy mail --no-allowances)
hasty=$(new_key hasty --policy mail --approval-timeout 4s)
ctl channel add desk console >"$T/channel.out" 2>&1 || fatal "channel add: $(cat "$T/channel.out")"
ctl key set agent --channel desk >"$T/channel.out" 2>&1 || fatal "key set: $(cat "$T/channel.out")"
start_server 2

# ask KEY TOOL [ARGS [SERVER]]: a check that asks for an approval and does not wait; sets ID.
ask() {
	post "$1" "{\"serverName\":\"${4:-mail}\",\"toolName\":\"$2\",\"args\":${3:-{\}},\"approval\":{\"request\":true}}"
	ID=$(jq -r '.approval.id // empty' <<<"$BODY")
}
verdict() { member decision; }
j() { jq -r "$1" <<<"$OUT"; }
# state_of ID: as list has it.
state_of() { ctl approval list --all --json | jq -r ".[] | select(.id == \"$1\").state"; }
entries() { ctl audit export --format jsonl 2>/dev/null | jq -r "select($1) | $2"; }
acts() { entries ".kind == \"admin\" and .tool == \"$1\"" .reason; } # what the administrator did
sql() { as_host_user sqlite3 "$S/enforgate.db" "$1"; }

# ---- What is seen ----
exits 'list: nothing yet' 0 ctl approval list --json
is 'list: nothing yet is an empty list' "$(j length)" 0
ask "$key" send_a '{"to":"zebra"}'
first=$ID
call_id=$(member toolCallId)
exits 'list' 0 ctl approval list
like 'list: the call that waits' "$OUT" "$first +pending +agent +mail +send_a +[0-9]+s +1[0-9]+m +desk (due|sent)"
unlike 'list: no arguments' "$OUT" zebra
ask "$key" send_done
ctl approval approve "$ID" 2>/dev/null
ask "$other" send_late
exits 'list: pending ones come first' 0 ctl approval list --json
is 'list: pending ones come first, newest on top' "$(j '[.[] | .tool + " " + .state] | join(", ")')" \
    'send_late pending, send_a pending, send_done approved'
is 'list: members' "$(j '.[0] | keys_unsorted | join(" ")')" 'id state key server tool reason argsDigest shownDigest policyId policyName policyVersion rule toolCallId createdAt expiresAt decidedAt decidedBy duration endedAt toldAt releasedBefore allowances keyRevoked wrongPins notifications'
exits 'show' 0 ctl approval show "$first"
like 'show: the call' "$OUT" 'STATE +pending.*KEY +agent.*TOOL +send_a.*REASON .*a person looks.*POLICY +mail, version 1, rule 0'
like 'show: its entry of the audit log' "$OUT" "verdict +check +require_approval +$call_id"
for _ in $(seq 50); do
	shown=$(ctl approval show "$first" --json)
	[ "$(jq -r '.notifications[0].state' <<<"$shown")" != sent ] || break
	sleep 0.1
done
OUT=$shown
is 'show --json: the notification' "$(j '.notifications[0] | [.channel, .event, .state, .error] | join(" ")')" 'desk approval.created sent '
is 'show --json: one link, one entry' "$(j '[.tokens, .auditEntries, .audit[0].toolCallId] | join(" ")')" "1 1 $call_id"
is 'show --json: a digest of the arguments, as in the audit log' "$(j .argsDigest)" "$(j '.audit[0].argsDigest')"
# Who decides must not be shown another name than the one that is called: U+202E turns what is behind it, U+200B is not seen.
ask "$key" 'send_\u202egnp\u200b\u2028x'
exits 'list: names that would show as others' 0 ctl approval list
like 'list: what is not seen, or turns the text, is made visible' "$OUT" 'send_\?+gnp\?+x'
exits 'show: names that would show as others' 0 ctl approval show "$ID"
like 'show: what is not seen, or turns the text, is made visible' "$OUT" 'TOOL +send_\?+gnp\?+x'
ctl approval deny "$ID" 2>/dev/null
exits 'show: a shortened id' 0 ctl approval show "${first:0:12}" --json
is 'show: a shortened id is the one' "$(j .id)" "$first"
exits 'show: too short an id' 2 ctl approval show "${first:0:6}"
like 'show: too short an id: the way out' "$ERR" 'at least 4 characters'
exits 'show: no such id' 2 ctl approval show apr_nothing
like 'show: no such id: the way out' "$ERR" 'approval list --all'
exits 'show: not an id' 2 ctl approval show send_a
ask "$other" send_twin1
sql "UPDATE approval SET id = 'apr_twin1' WHERE id = '$ID'"
ask "$other" send_twin2
sql "UPDATE approval SET id = 'apr_twin2' WHERE id = '$ID'"
exits 'approve: an id that could be two decides nothing' 2 ctl approval approve apr_twin
like 'approve: both are named' "$ERR" 'apr_twin[12], apr_twin[12]'
is 'approve: both still wait' "$(state_of apr_twin1) $(state_of apr_twin2)" 'pending pending'
exits 'approve: a whole id that another one begins with' 0 ctl approval approve apr_twin1

# ---- Deciding ----
exits 'approve' 0 ctl approval approve "${first:0:10}"
like 'approve: says what' "$ERR" "$first approved \\(once\\): send_a of mail, asked by agent"
exits 'approve: twice' 1 ctl approval approve "$first"
like 'approve: twice: how it was decided' "$ERR" 'decided already: approved by enforgatectl at 20'
exits 'deny: too late' 1 ctl approval deny "$first"
ask "$key" send_a '{"to":"zebra"}'
is 'approved: the call' "$(verdict) $(member reason)" 'allow approved by the administrator'
exits 'approve: used' 1 ctl approval approve "$first"
like 'approve: used: says so' "$ERR" 'and used'
is 'list --all: spent' "$(state_of "$first")" spent
exits 'list: without what is over' 0 ctl approval list --json
is 'list: without what is over, as said' "$(j "[.[] | select(.id == \"$first\")] | length")" 0
is 'audit: verdict, decision and release name the approval' "$(entries ".approvalId == \"$first\"" '[.kind, .surface, .decision, .key] | join(" ")')" \
    'verdict check require_approval agent
outcome ctl approved agent
verdict check allow agent'
is 'audit: the decision names the call that asked' "$(entries ".approvalId == \"$first\" and .kind == \"outcome\"" .toolCallId)" "$call_id"
like 'audit: an act of the administrator' "$(acts approval.approve)" "$first: send_a of mail for key agent, once"
exits 'show: who decided' 0 ctl approval show "$first"
like 'show: who decided, as said' "$OUT" 'DECIDED BY +enforgatectl'
ask "$key" send_b
exits 'deny' 0 ctl approval deny "$ID" --json
is 'deny --json' "$(j '[.id, .state, .decidedBy] | join(" ")')" "$ID denied enforgatectl"
exits 'deny: twice' 1 ctl approval deny "$ID"
exits 'approve: denied' 1 ctl approval approve "$ID" --duration 8h
is 'denied for good: no allowance' "$(ctl grant list --json | jq length)" 0
ask "$key" send_b
is 'denied: the call' "$(verdict) $(member reason)" 'deny denied by the administrator'
ask "$key" send_c
exits 'approve: no such duration' 2 ctl approval approve "$ID" --duration 2h
exits 'approve: calls without a time' 2 ctl approval approve "$ID" --calls 3
like 'approve: calls without a time: the way out' "$ERR" '--duration 1h'
exits 'approve: no calls at all' 2 ctl approval approve "$ID" --duration 1h --calls 0
exits 'approve: no id' 2 ctl approval approve
is 'approve: nothing was decided by that' "$(state_of "$ID")" pending

# ---- Allowances ----
ask "$key" send_c
lasting=$ID
exits 'approve for an hour' 0 ctl approval approve "$ID" --duration 1h
ask "$key" send_c
is 'allowance: the call itself is approved' "$(member reason)" 'approved by the administrator'
call "$key" send_c '{"to":"others"}' mail
like 'allowance: other arguments' "$(verdict) $(member reason)" '^allow temporarily allowed until 20'
is 'allowance: the entry names the approval' "$(entries ".toolCallId == \"$(member toolCallId)\"" .approvalId)" "$lasting"
call "$key" send_d '{}' mail
is 'allowance: not another tool' "$(verdict)" require_approval
call "$key" send_c '{}' post
is 'allowance: not another server' "$(verdict)" require_approval
call "$other" send_c '{}' mail
is 'allowance: not another key' "$(verdict)" require_approval
exits 'grant list' 0 ctl grant list --json
is 'grant list: all about it' "$(j '.[0] | [.state, .key, .server, .tool, .argsDigest, .callsLeft, .approvalId] | map(. // "null" | tostring) | join(" ")')" \
    "in force agent mail send_c null null $lasting"
grant=$(j '.[0].id')
exits 'grant list: for people' 0 ctl grant list
like 'grant list: for people, as said' "$OUT" "$grant +in force +agent +mail +send_c +any +any .*$lasting"
policy mail '{"rules": [{"tool": "send_c", "decision": "deny"}, {"tool": "*", "decision": "require_approval"}]}'
call "$key" send_c '{}' mail
is 'allowance: a deny rule wins' "$(verdict)" deny
policy mail "$rules"
call "$key" send_c '{}' mail
is 'allowance: in force again' "$(verdict)" allow
exits 'grant revoke: no such id' 2 ctl grant revoke grt_nothing
exits 'grant revoke' 0 ctl grant revoke "${grant:0:12}"
call "$key" send_c '{}' mail
is 'revoked: the next call needs a person' "$(verdict)" require_approval
exits 'grant revoke: twice' 0 ctl grant revoke "$grant"
like 'grant revoke: twice: says so' "$ERR" 'revoked already'
is 'grant list: gone' "$(ctl grant list --json | jq length)" 0
is 'grant list --all: revoked' "$(ctl grant list --all --json | jq -r ".[] | select(.id == \"$grant\").state")" revoked
is 'audit: grant.revoke, once' "$(acts grant.revoke | grep -c "$grant")" 1

ask "$key" send_e '{"to":"ann","copies":2}'
exits 'approve: these arguments' 0 ctl approval approve "$ID" --duration 8h --these-arguments
ask "$key" send_e '{"to":"ann","copies":2}'
call "$key" send_e '{"copies":2.0,"to":"ann"}' mail
is 'these arguments: the same, written otherwise' "$(verdict)" allow
call "$key" send_e '{"to":"bob","copies":2}' mail
is 'these arguments: no others' "$(verdict)" require_approval

ask "$key" send_f
exits 'approve: five calls' 0 ctl approval approve "$ID" --duration 24h --calls 5
ask "$key" send_f
is 'five calls: the first' "$(verdict)" allow
for n in $(seq 12); do
	(
		mkdir "$T/n$n"
		T=$T/n$n
		call "$key" send_f "{\"n\":$n}" mail
		verdict
	) 3>&- &
done >"$T/verdicts"
wait $(jobs -p | grep -v "^$SERVER\$")
is 'five calls: four more of twelve at once' "$(grep -c allow "$T/verdicts") $(grep -c require "$T/verdicts")" '4 8'
is 'five calls: used up' "$(ctl grant list --all --json | jq -r '.[] | select(.tool == "send_f") | [.state, .callsLeft] | join(" ")')" 'used up 0'

ask "$strict" send_a
exits 'no allowances for this key' 2 ctl approval approve "$ID" --duration 1h
like 'no allowances: why' "$ERR" 'allowance|once'
is 'no allowances: it still waits' "$(state_of "$ID")" pending
exits 'no allowances: once' 0 ctl approval approve "$ID"
is 'no allowances: none was made' "$(ctl grant list --all --json | jq '[.[] | select(.key == "strict")] | length')" 0

# ---- The end of time ----
ask "$hasty" send_a
overdue=$ID
stop_server # responders do it as well
sleep 4.1
is 'overdue: no longer waits, without a sweep' "$(ctl approval list --json | jq "[.[] | select(.id == \"$overdue\")] | length") $(state_of "$overdue")" '0 expired'
exits 'approve: overdue' 1 ctl approval approve "$overdue"
like 'approve: overdue: says so' "$ERR" 'its time was over'
exits 'sweep' 0 ctl sweep --json
is 'sweep: what is overdue expires' "$(j '[.expired, .removed, .roll] | map(. // "null" | tostring) | join(" ")')" '1 0 null'
is 'sweep: an entry of its own' "$(entries ".approvalId == \"$overdue\" and .kind == \"outcome\"" '[.surface, .decision, .toolCallId] | join(" ")')" \
    "sweep expired $(entries ".approvalId == \"$overdue\" and .kind == \"verdict\"" .toolCallId)"
start_server 2
exits 'sweep: nothing left' 0 ctl sweep
like 'sweep: nothing left, as said' "$OUT" 'expired: 0, removed: 0'
ask "$hasty" send_a
is 'swept: the caller is told' "$(verdict) $(member reason)" 'deny nobody decided in time'

# Links of an approval say 410 until it is removed.
approve_url=${URL%/check}/approve
link() { request "$approve_url/$token?action=approve"; }
ask "$key" send_link
for _ in $(seq 50); do
	token=$(sed -n -E 's|.*/v1/approve/([0-9A-Za-z]{43}).*|\1|p' "$S/console.log" 2>/dev/null | tail -n 1)
	[ "$(ctl approval show "$ID" --json | jq .tokens)" != 1 ] || break
	sleep 0.1
done
link
is 'link: works' "$STATUS" 200
ctl approval deny "$ID" 2>/dev/null
link
is 'link: decided by the administrator' "$STATUS" 410
day=86400000
ended() { sql "UPDATE approval SET ended_ms = ended_ms - $1 * $day, expires_ms = expires_ms - $1 * $day WHERE id = '$ID'"; }
ended 29
ctl sweep >/dev/null 2>&1
link
is 'link: 29 days later' "$STATUS" 410
ended 2
rows=$(sql 'SELECT count(*) FROM approval')
exits 'sweep: 31 days later' 0 ctl sweep --json
is 'sweep: removed' "$(j .removed) $(sql 'SELECT count(*) FROM approval')" "1 $((rows - 1))"
is 'sweep: with links and messages' "$(sql "SELECT (SELECT count(*) FROM approval_token WHERE approval_id = '$ID') + (SELECT count(*) FROM delivery WHERE approval_id = '$ID')")" 0
is 'sweep: said in the audit log' "$(acts sweep | grep -c '^1 approvals removed')" 1
link
is 'link: removed' "$STATUS" 404
exits 'show: removed' 2 ctl approval show "$ID"

# Many at once, while calls are answered.
template=$(ctl approval list --all --json | jq -r '.[0].id')
sql "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400)
     INSERT INTO approval SELECT 'apr_many' || i, key_id, server, tool, 'many' || i, shown_digest, policy_id, policy_name,
     policy_version, rule, reason, call_id, 'pending', created_ms, created_ms + 1, NULL, '', '', NULL, NULL, released_ms, 0
     $(sql "SELECT CASE count(*) WHEN 0 THEN '' ELSE ', ''''' END FROM pragma_table_info('approval') WHERE name = 'asker'") FROM approval, n WHERE id = '$template'" 2>"$T/many.err" || fatal "$(cat "$T/many.err")"
ctl sweep --json >"$T/sweep.out" 2>&1 &
sweeping=$!
good=0 asked=0
while kill -0 $sweeping 2>/dev/null; do
	call "$key" read_a '{}' mail
	asked=$((asked + 1))
	[ "$STATUS" != 200 ] || good=$((good + 1))
done
wait $sweeping
is 'sweep beside calls: all are answered' "$good" "$asked"
like 'sweep beside calls: what it did' "$(jq .expired "$T/sweep.out")" '^[1-9][0-9]*$'
is 'sweep beside calls: all have expired, once' "$(sql "SELECT count(*) FROM approval WHERE id LIKE 'apr_many%' AND state = 'expired'") $(entries '(.approvalId | startswith("apr_many")) and .decision == "expired"' .approvalId | sort -u | wc -l) $(entries '(.approvalId | startswith("apr_many")) and .decision == "expired"' .approvalId | wc -l)" '400 400 400'
setting audit_keep_bytes 4K
exits 'sweep: rolls the audit log' 0 ctl sweep --json
like 'sweep: rolled' "$(j '.roll.removed')" '^[1-9][0-9]+$'
is 'sweep: the export is there' "$(as_host_user test -s "$(j .roll.file)" && echo yes)" yes
exits 'the audit log verifies' 0 ctl audit verify
finish
