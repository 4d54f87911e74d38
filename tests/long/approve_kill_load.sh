# Responders killed with SIGKILL at random under load, while calls wait for decisions and decisions are made: at most one release for
# each decision, every call comes to its end, what was acknowledged is recorded, and every message arrives.
LOAD_S=${LOAD_S:-40}
CLIENTS=6
. tests/lib.sh
. tests/approve_kill_lib.sh
start_server 2

client() { # number
	local n=0
	mkdir "$T/client.$1"
	T=$T/client.$1
	while [ ! -e "$T/../enough" ]; do
		n=$((n + 1))
		SAID=pending
		while [ "$SAID" = pending ]; do until_answered "load-$1-$n" 5; done
		echo "load-$1-$n $SAID" >>"$T/calls"
	done
}
approver() {
	local token id
	mkdir "$T/approver"
	: >"$T/approver/done"
	while [ ! -e "$T/finished" ]; do
		grep -o 'Approval apr_[A-Za-z0-9]*\|/approve/[A-Za-z0-9]*?' "$S/console.log" 2>/dev/null | tr -d '?' |
		    awk '/^Approval/ { id = $2 } /^\/approve/ { print id, substr($0, 10) }' | grep -vFf "$T/approver/done" >"$T/approver/new"
		while read -r id token; do
			(T=$T/approver && decide "$token" approve && echo "$id $SAID" >>"$T/decided")
			echo "$token" >>"$T/approver/done"
		done <"$T/approver/new"
		sleep 0.05
	done
}
for n in $(seq $CLIENTS); do
	client "$n" 3>&- &
	clients="${clients:-} $!"
done
approver 3>&- &
approver=$!
killed=0
until=$((SECONDS + LOAD_S))
while [ $SECONDS -lt $until ]; do
	sleep 0.$((RANDOM % 7))$((RANDOM % 10))
	victim=$(responders '' '' | shuf -n 1)
	[ -n "$victim" ] && kill -KILL "$victim" 2>/dev/null && killed=$((killed + 1))
done
: >"$T/enough"
# shellcheck disable=SC2086 # process ids
wait $clients
: >"$T/finished"
wait $approver
settle
count_links
cat "$T"/client.*/calls >"$T/calls"
calls=$(wc -l <"$T/calls")
is "$killed kills, $calls calls" "$((killed > LOAD_S / 2 && calls > 5 * CLIENTS))" 1
is 'every call was let through, or told that it had been' "$(grep -vE ' (allowed|told)$' "$T/calls")" ''
is 'no decision was spent twice' "$(sql "SELECT count(*) FROM (SELECT 1 FROM audit WHERE kind = 'verdict'
    AND decision = 'allow' GROUP BY approval_id HAVING count(*) > 1)")" 0
sed -n 's/ allowed$//p; s/ told$//p' "$T/calls" | sort >"$T/ended"
sql "SELECT tool FROM audit WHERE kind = 'verdict' AND decision = 'allow' AND tool LIKE 'load-%'" | sort >"$T/released"
is 'every call was let through' "$(comm -3 "$T/ended" <(uniq "$T/released"))" ''
# Where the answer was lost the repeat is asked about anew, and a person who is told so may let it through once more.
is 'and more than once only where a person who knew of the first time decided again' "$(sql "SELECT tool FROM audit AS a
    WHERE kind = 'verdict' AND decision = 'allow' AND tool LIKE 'load-%' GROUP BY tool HAVING count(*) > 1 +
    (SELECT count(*) FROM approval WHERE tool = a.tool AND released_ms IS NOT NULL)")" ''
sed -n 's/ 200$//p' "$T/approver/decided" | sort >"$T/acknowledged"
is 'no decision was acknowledged twice' "$(uniq -d "$T/acknowledged")" ''
sql "SELECT approval_id FROM audit WHERE kind = 'outcome' AND decision = 'approved'" | sort >"$T/recorded"
is 'every decision that was acknowledged is recorded' "$(comm -23 "$T/acknowledged" "$T/recorded")" ''
is 'every decision is recorded once' "$(uniq -d "$T/recorded")" ''
is 'no message is left' "$(sql "SELECT state, error FROM delivery WHERE state NOT IN ('sent', 'dropped')")" ''
sql "SELECT id FROM approval WHERE tool LIKE 'load-%'" | sort >"$T/asked"
sort -u "$T/told" >"$T/told.once"
is 'every approval was told' "$(comm -23 "$T/asked" "$T/told.once")" ''
again=$(($(wc -l <"$T/told") - $(wc -l <"$T/told.once")))
is "no more than one told again for each kill ($again)" "$((again <= killed))" 1
exits 'the audit log verifies' 0 ctl audit verify
is 'the database is sound' "$(sql 'PRAGMA integrity_check')" ok
measured "$killed kills in $LOAD_S s, $calls calls, $(grep -c ' told$' "$T/calls") of them released and the answer lost, $again of $(wc -l <"$T/asked") messages sent again"
finish
