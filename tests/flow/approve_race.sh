# 200 simultaneous decisions with one token, some approving and some denying, across several responders: exactly one is taken, the
# others are told so; one entry records it, and one of as many identical calls spends it. ROUNDS of them.
. tests/lib.sh

ROUNDS=${ROUNDS:-10}
AT_ONCE=200
PROCESSES=4
CALLS=8
APPROVERS=$PROCESSES # of the web server

new_state state
setting base_url https://gate.example.org
policy mail '{"rules": [{"tool": "*", "decision": "require_approval"}]}'
ctl channel add desk console >"$T/out" 2>&1 || fatal "channel add: $(cat "$T/out")"
key=$(new_key agent --policy mail --channel desk)
start_server 2
is "$PROCESSES responders of approvals" "$(responders '' approve | wc -l)" $PROCESSES

sql() { as_host_user sqlite3 -cmd '.timeout 5000' "$S/enforgate.db" "$1"; }
check() { printf '{"serverName":"mail","toolName":"send","args":{"round":%s},"approval":{"request":true}}' "$1"; }
# The token of a new approval: sets ID and TOKEN.
ask() { # round
	post "$key" "$(check "$1")"
	ID=$(jq -r '.approval.id // empty' <<<"$BODY")
	TOKEN=
	for _ in $(seq 200); do
		TOKEN=$(grep -A 1 -F "$ID" "$S/console.log" | sed -n 's|.*/approve/\([A-Za-z0-9]*\)?.*|\1|p')
		[ -z "$TOKEN" ] || return 0
		sleep 0.02
	done
	fatal "no message about $ID: $BODY"
}
# decide_at_once TOKEN ROUND: AT_ONCE decisions, every second one an approval, every third one as a form; who begins, changes.
decide_at_once() {
	local i action
	for i in $(seq $AT_ONCE); do
		action=approve
		[ $(((i + $2 / 2) % 2)) = 0 ] || action=deny
		printf 'url = "%s/%s"\noutput = "/dev/null"\nwrite-out = "%%{http_code} %s\\n"\n' "$APPROVE" "$1" $action
		if [ $((i % 3)) = 0 ]; then
			printf 'data = "action=%s&duration=once"\nnext\n' $action
		else
			printf 'header = "Content-Type: application/json"\ndata = "{\\"action\\":\\"%s\\"}"\nnext\n' $action
		fi
	done | sed '$d' >"$T/decide"
	curl -s --no-progress-meter -m 60 -Z --parallel-immediate --parallel-max $AT_ONCE -K "$T/decide" >"$T/decided"
}
# call_at_once ROUND: CALLS identical calls; prints how many are allowed.
call_at_once() {
	local i
	check "$1" >"$T/check"
	for i in $(seq $CALLS); do
		printf 'url = "%s"\nheader = "Authorization: Bearer %s"\nheader = "Content-Type: application/json"\n' "$URL" "$key"
		printf 'data-binary = "@%s/check"\nnext\n' "$T"
	done | sed '$d' >"$T/calls"
	curl -s --no-progress-meter -m 60 -Z --parallel-immediate -K "$T/calls" | grep -c '"decision":"allow"'
}

approved=0
wrong=0
start=$(date +%s%3N)
for round in $(seq "$ROUNDS"); do
	ask "$round"
	# In every second round nobody can write until all have come, so that they meet at the lock.
	holder=
	if [ $((round % 2)) = 0 ]; then
		as_host_user flock "$S/enforgate.lock" sleep 0.7 &
		holder=$!
		sleep 0.1
	fi
	decide_at_once "$TOKEN" "$round"
	[ -z "$holder" ] || wait "$holder"
	won=$(sed -n 's/^200 //p' "$T/decided")
	entries=$(sql "SELECT group_concat(decision) FROM audit WHERE kind = 'outcome' AND approval_id = '$ID'")
	spent=0
	expected=0
	if [ "$won" = approve ]; then
		approved=$((approved + 1))
		expected=1
	fi
	spent=$(call_at_once "$round")
	said="$(cut -c 1-3 "$T/decided" | sort | uniq -c | tr -s ' ' | tr '\n' ';') $won; recorded: $entries; spent: $spent"
	case "$won $entries $(grep -c '^410' "$T/decided") $spent" in
	"approve approved $((AT_ONCE - 1)) $expected" | "deny denied $((AT_ONCE - 1)) $expected") ;;
	*)
		wrong=$((wrong + 1))
		not_ok "round $round" "$said"
		;;
	esac
done
took=$(($(date +%s%3N) - start))
is "$ROUNDS rounds of $AT_ONCE decisions: one 200, $((AT_ONCE - 1)) times 410, one entry, one spend" $wrong 0
isnt 'both sides won at times' "$approved" 0
isnt 'both sides won at times, as said' "$approved" "$ROUNDS"
is 'decisions in the log' "$(sql "SELECT count(*) FROM audit WHERE surface = 'approve'")" "$ROUNDS"
is 'releases in the log' "$(sql "SELECT count(*) FROM audit WHERE kind = 'verdict' AND decision = 'allow'")" $approved
pids=$(sed -n -E 's/.* approve\[([0-9]+)\] .*410.*/\1/p' "$S/enforgate.log" | sort -u | wc -l)
is 'every responder had its share' "$pids" $PROCESSES
exits 'the audit log verifies' 0 ctl audit verify
measured "$ROUNDS rounds of $AT_ONCE decisions in $took ms; $approved approved, $((ROUNDS - approved)) denied"
finish
