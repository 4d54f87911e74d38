# Hostile policies and calls: bounded, denied where they cannot be evaluated, and nobody else is held up.
. tests/lib.sh

new_state state
setting body_max 2097152
policy steep '{"rules":[{"tool":"mail","decision":"deny","where":[{"path":"to","matches":"^(a+)+$"}]},
    {"tool":"*","decision":"allow"}]}'
awk 'BEGIN {
	printf "{\"rules\":["
	for (i = 0; i < 9999; i++)
		printf "{\"tool\":\"tool_%d_*\",\"decision\":\"deny\",\"where\":[{\"path\":\"a.b\",\"equals\":%d}]},", i, i
	print "{\"tool\":\"*\",\"decision\":\"allow\"}]}"
}' >"$T/many.json"
is '10,000 rules are taken' "$(ctl policy put many "$T/many.json" >"$T/many.out" 2>&1; echo $?)" 0
awk 'BEGIN { printf "["; for (i = 0; i < 10001; i++) printf "%s{\"tool\":\"t\",\"decision\":\"deny\"}", i ? "," : ""; print "]" }' >"$T/over.json"
is '10,001 rules are refused' "$(ctl policy put over "$T/over.json" >"$T/over.out" 2>&1; echo $?)" 2
like 'and told why' "$(cat "$T/over.out")" '10000|10,000'
steep=$(new_key steep --policy steep)
many=$(new_key many --policy many)
start_server 1

long=$(printf 'a%.0s' $(seq 3000))
before=$SECONDS
call "$steep" mail "{\"to\":\"${long}b\"}"
is 'a catastrophic pattern above an allow rule denies' "$STATUS $(member decision)" '200 deny'
like 'and says which condition' "$(member reason)" 'policy "steep" rule 0 condition 0 .*cannot be evaluated'
call "$steep" mail '{"to":"bob"}'
is 'the same pattern on other text is evaluated' "$(member decision)" allow
call "$many" read_file '{"a":{"b":1}}'
is 'the last of 10,000 rules decides' "$(member decision) $(member reason)" 'allow matched rule 9999 of policy "many"'

deep=$(printf '[%.0s' $(seq 100))$(printf ']%.0s' $(seq 100))
call "$steep" read "{\"x\":$deep}"
is 'arguments of 100 levels are refused' "$STATUS" 400
like 'and told why' "$(member message)" 'nest|level'

awk 'BEGIN { printf "{\"serverName\":\"s\",\"toolName\":\"mail\",\"args\":{\"to\":\""; for (i = 0; i < 900000; i++) printf "a"; printf "b\"}}" }' >"$T/long.json"
post "$steep" "$(cat "$T/long.json")"
is 'one string of 900 KB that cannot be searched within the limits denies' "$STATUS $(member decision)" '200 deny'
awk 'BEGIN { printf "{\"serverName\":\"s\",\"toolName\":\"read\",\"args\":{\"l\":[0"; for (i = 1; i < 19000; i++) printf ",%d.5e10", i; for (i = 0; i < 700000; i++) printf " "; print "]}}" }' >"$T/wide.json"
post "$steep" "$(cat "$T/wide.json")"
is 'a wide call of 900 KB is answered' "$STATUS $(member decision)" '200 allow'
is 'all of that within seconds' "$((SECONDS - before <= 10))" 1

# Somebody sends the worst all the time; others still get their answers.
(
	while [ ! -e "$T/enough" ]; do
		curl -s -m 30 -o /dev/null -H "Authorization: Bearer $steep" -H 'Content-Type: application/json' \
		    --data-binary "@$T/long.json" "$URL"
	done
) &
worst=$!
answered=0
for _ in $(seq 20); do
	call "$many" read_file
	[ "$STATUS $(member decision)" = '200 allow' ] && answered=$((answered + 1))
done
: >"$T/enough"
wait $worst
is 'meanwhile others are answered' "$answered" 20
finish
