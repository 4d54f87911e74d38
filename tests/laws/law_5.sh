# Law 5, as far as check goes: what the policy, the key and the kill switch say when a verdict is recorded wins over what
# they said when the call began; and asking again never turns require_approval into allow.
. tests/lib.sh

new_state state
policy default '{"defaultDecision": "allow", "rules": [{"tool": "hold", "decision": "require_approval"}]}'
key=$(new_key agent --policy default)
other=$(new_key other --policy default)
start_server 2
for i in 1 2 3 4 5; do
	call "$key" hold '{"same": true}'
	is "asked $i times" "$STATUS $(member decision)" '200 require_approval'
done

# Under load, policies flip and keys come and go. Afterwards the log itself must be consistent: no verdict after the entry of
# a change was decided under the older state.
printf '{"serverName":"s","toolName":"t"}' >"$T/body.json"
for k in "$key" "$other"; do
	"$BUILD/tests/load" -c 4 -d 4 --header "Authorization: Bearer $k" --header 'Content-Type: application/json' \
	    --body "$T/body.json" "$URL" >"$T/load.out" 2>&1 &
done
for i in $(seq 12); do
	decision=deny
	[ $((i % 2)) = 0 ] && decision=allow
	policy default "{\"defaultDecision\": \"$decision\", \"rules\": [], \"description\": \"$i\"}"
	sleep 0.1
done
ctl stop --key agent >"$T/out" 2>&1
sleep 0.2
ctl resume --key agent >"$T/out" 2>&1
sleep 0.2
ctl key revoke agent >"$T/out" 2>&1
wait $(jobs -p | tail -n 2)

many=$(sqlite3 "$S/enforgate.db" "SELECT count(*) FROM audit WHERE kind = 'verdict' AND tool = 't'")
is "there was load ($many verdicts)" "$((many > 100))" 1
puts=$(sqlite3 "$S/enforgate.db" "SELECT count(*) FROM audit WHERE tool = 'policy.put'")
is 'every put has its entry' "$puts" 13
stale=$(sqlite3 "$S/enforgate.db" "SELECT count(*) FROM (SELECT kind, tool, policy_version AS used,
	sum(tool = 'policy.put') OVER (ORDER BY seq) AS in_force FROM audit)
	WHERE kind = 'verdict' AND tool = 't' AND used > 0 AND used <> in_force")
is 'no verdict under a version that was not in force' "$stale" 0
after() { # act: seq of its last entry
	sqlite3 "$S/enforgate.db" "SELECT max(seq) FROM audit WHERE kind = 'admin' AND tool = '$1'"
}
is 'no verdict for the key after it was revoked' "$(sqlite3 "$S/enforgate.db" "SELECT count(*) FROM audit
	WHERE kind = 'verdict' AND key_name = 'agent' AND seq > $(after key.revoke)")" 0
is 'nothing allowed between stop and resume' "$(sqlite3 "$S/enforgate.db" "SELECT count(*) FROM audit WHERE kind = 'verdict'
	AND key_name = 'agent' AND reason <> 'stopped' AND seq > $(after stop) AND seq < $(after resume)")" 0
exits 'the chain verifies' 0 ctl audit verify
finish
