# Law 8, as far as check goes: a key sees nothing of another key.
. tests/lib.sh

new_state state
policy for-a '{"defaultDecision": "allow", "rules": []}'
policy for-b '{"defaultDecision": "deny", "rules": []}'
a=$(new_key a --policy for-a)
b=$(new_key b --policy for-b)
start_server
right=0
for _ in 1 2 3 4 5 6 7 8; do
	call "$a" t
	[ "$(member decision) $(member reason)" = 'allow default decision of policy "for-a"' ] && right=$((right + 1))
	call "$b" t
	[ "$(member decision) $(member reason)" = 'deny default decision of policy "for-b"' ] && right=$((right + 1))
done
is 'in turn: each by its own policy' $right 16

# At once, as the threads of one process mix them.
printf '{"serverName":"s","toolName":"t"}' >"$T/body"
for i in $(seq 40); do
	name=a
	key=$a
	[ $((i % 2)) = 0 ] || { name=b && key=$b; }
	printf 'url = "%s"\noutput = "%s/answer.%s.%s"\nheader = "Authorization: Bearer %s"\n' "$URL" "$T" $name "$i" "$key"
	printf 'header = "Content-Type: application/json"\ndata-binary = "@%s/body"\nnext\n' "$T"
done | sed '$d' >"$T/many"
curl -s --no-progress-meter -Z --parallel-immediate -K "$T/many"
is 'at once: a is allowed' "$(cat "$T"/answer.a.* | grep -c '"allow".*for-a')" 20
is 'at once: b is denied' "$(cat "$T"/answer.b.* | grep -c '"deny".*for-b')" 20
is 'entries are in the chain of their key' "$(sqlite3 "$S/enforgate.db" "SELECT count(*) FROM audit JOIN api_key ON chain = api_key.id
	WHERE kind = 'verdict' AND (name <> key_name OR policy_name <> 'for-' || name)")" 0
is 'each chain has its own count' "$(sqlite3 "$S/enforgate.db" "SELECT count(*) FROM (SELECT chain FROM audit GROUP BY chain
	HAVING max(chain_seq) <> count(*))")" 0
ctl stop --key b >"$T/out" 2>&1
call "$a" t
is 'stopping b leaves a alone' "$(member decision)" allow
ctl key revoke b >"$T/out" 2>&1
call "$a" t
is 'revoking b leaves a alone' "$STATUS" 200
call "$b" t
unlike 'the refusal says nothing about keys' "$BODY" 'revoked|"a"|"b"'
finish
