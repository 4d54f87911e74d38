# approve_kill_lib.sh - calls, decisions and messages of responders that are killed; sourced after lib.sh by bash. The responders
# run under tests/faults/kill_at.c: a number in $T/kill.check or $T/kill.approve kills one of that program before so many calls.
LEASE_S=2
programs=$BUILD
mkdir "$T/programs"
for program in check approve; do
	cat >"$T/programs/$program.fcgi" <<END
#!/bin/sh
KILL_AT_FILE=$T/kill.$program LD_PRELOAD=$programs/tests/kill_at.so exec $programs/$program.fcgi
END
	chmod 755 "$T/programs/$program.fcgi"
done
ln -s "$programs/enforgatectl" "$T/programs/"
BUILD=$T/programs

new_state state
setting base_url https://gate.example.org
setting delivery_lease_s $LEASE_S
setting approvals_per_key 100000
policy mail '{"rules": [{"tool": "*", "decision": "require_approval"}]}'
ctl channel add desk console >"$T/out" 2>&1 || fatal "channel add: $(cat "$T/out")"
key=$(new_key agent --policy mail --channel desk --approval-timeout 1h)
sql() { sqlite3 -cmd '.timeout 10000' "$S/enforgate.db" "$1"; }

# until_answered TOOL SECONDS: a check that asks and waits, again and again until a whole answer comes; sets SAID: allowed, told
# (the same call was let through before), pending, or the decision.
until_answered() {
	local n
	for n in $(seq 100); do
		post "$key" "{\"serverName\":\"mail\",\"toolName\":\"$1\",\"approval\":{\"request\":true,\"waitSeconds\":$2}}" -m 60
		SAID=$(jq -r 'select(.decision != null) | if .decision == "allow" then "allowed"
		    elif .decision != "require_approval" then .decision
		    elif (.reason | test("was let through at 20")) then "told" else "pending" end' <<<"$BODY" 2>/dev/null)
		[ -z "$SAID" ] || return 0
		sleep 0.1
	done
	SAID="no answer in $n tries"
}
# token_of ID: from the first message about it.
token_of() {
	grep -A 2 -F "$1" "$S/console.log" 2>/dev/null | sed -n 's|.*/approve/\([A-Za-z0-9]*\)?.*|\1|p' | head -n 1
}
# decide TOKEN ACTION: until a whole answer comes; sets SAID: its status.
decide() {
	local n
	for n in $(seq 100); do
		request "$APPROVE/$1" -H 'Content-Type: application/json' -d "{\"action\":\"$2\"}"
		SAID=$STATUS
		case $SAID in 200 | 410) return 0 ;; esac
		sleep 0.1
	done
}
settle() { # until all messages are out, and leases that the dead had are over
	for _ in $(seq 300); do
		[ "$(sql "SELECT count(*) FROM delivery WHERE state = 'due'")" != 0 ] || break
		sleep 0.1
	done
}
count_links() { # the number of approvals by how often they were told: in $T/links
	sql 'SELECT id FROM approval' | sort >"$T/all"
	grep -o 'Approval apr_[A-Za-z0-9]*' "$S/console.log" | cut -d ' ' -f 2 | sort >"$T/told"
	sort "$T/all" "$T/told" | uniq -c | awk '{ print $1 - 1 }' | sort -n | uniq -c >"$T/links"
}
