# Law 5: a decision of a person is spent at most once, by the call it was made for: same key, server, tool and arguments. What
# the policy, the key and the kill switch say at the release wins over it, and the repeat of a released call is told so.
. tests/lib.sh

new_state state
setting base_url http://127.0.0.1:1
open='{"rules": [{"tool": "*", "decision": "require_approval"}]}'
shut='{"rules": [{"tool": "*", "decision": "deny", "reason": "shut"}]}'
policy mail "$open"
key=$(new_key agent --policy mail)
twin=$(new_key twin --policy mail)
start_server 2

# body_of TOOL [ARGS [SERVER [SECONDS]]]: a check that asks for an approval and waits that long.
body_of() {
	printf '{"serverName":"%s","toolName":"%s","args":%s,"approval":{"request":true,"waitSeconds":%s}}' \
	    "${3:-mail}" "$1" "${2:-{\}}" "${4:-0}"
}
# ask KEY TOOL ...: sets VERDICT and ID.
ask() {
	local asker=$1
	shift
	post "$asker" "$(body_of "$@")" -m 60
	VERDICT=$(member decision)
	ID=$(jq -r '.approval.id // empty' <<<"$BODY")
}
approve() { # id [option...]
	ctl approval approve "$@" >"$T/approve.out" 2>&1 || not_ok "approve $*" "$(cat "$T/approve.out")"
}
# approved KEY TOOL ...: a call that was asked for and approved; sets ID.
approved() {
	ask "$@"
	approve "$ID"
}
pending() { # tool: id of its pending approval, as soon as there is one
	local id
	for _ in $(seq 100); do
		id=$(ctl approval list --json | jq -r "[.[] | select(.tool == \"$1\" and .state == \"pending\")][0].id // empty")
		[ -z "$id" ] || break
		sleep 0.05
	done
	echo "$id"
}
state_of() { ctl approval list --all --json | jq -r ".[] | select(.id == \"$1\").state"; }
releases() { # id: how many verdicts let a call through by it
	as_host_user sqlite3 "$S/enforgate.db" \
	    "SELECT count(*) FROM audit WHERE kind = 'verdict' AND decision = 'allow' AND approval_id = '$1'"
}
# at_once COUNT KEY BODY: so many of the same at the same moment; prints how many are allowed.
at_once() {
	local i
	mkdir -p "$T/at_once"
	rm -f "$T"/at_once/*
	printf '%s' "$3" >"$T/at_once/body"
	for i in $(seq "$1"); do
		[ "$i" = 1 ] || echo next
		printf 'url = "%s"\noutput = "%s/at_once/answer.%s"\nheader = "Authorization: Bearer %s"\n' "$URL" "$T" "$i" "$2"
		printf 'header = "Content-Type: application/json"\ndata-binary = "@%s/at_once/body"\n' "$T"
	done >"$T/at_once/curl"
	curl -s --no-progress-meter -Z --parallel-immediate -K "$T/at_once/curl"
	cat "$T"/at_once/answer.* | grep -c '"decision":"allow"'
}
# waiting NAME KEY TOOL ...: a check in the background, in a directory of its own; sets WAITING.
waiting() {
	local name=$1
	shift
	(
		mkdir -p "$T/$name"
		T=$T/$name
		ask "$@"
		printf '%s' "$BODY" >"$T/answer"
	) 3>&- &
	WAITING=$!
}

# ---- By the call it was made for. ----
approved "$key" send '{"to":"ann","n":1}'
first=$ID
ask "$twin" send '{"to":"ann","n":1}'
is 'another key: not' "$VERDICT" require_approval
isnt 'another key: an approval of its own' "$ID" "$first"
ask "$key" send_all '{"to":"ann","n":1}'
is 'another tool: not' "$VERDICT" require_approval
ask "$key" send '{"to":"ann","n":1}' post
is 'another server: not' "$VERDICT" require_approval
ask "$key" send '{"to":"ann","n":2}'
is 'other arguments: not' "$VERDICT" require_approval
ask "$key" send '{"to":"ann","n":1,"cc":null}'
is 'more arguments: not' "$VERDICT" require_approval
call "$key" send '{"to":"ann","n":1}' mail
is 'the call without asking: not' "$(member decision)" require_approval
is 'nothing of that has spent it' "$(state_of "$first") $(releases "$first")" 'approved 0'
ask "$key" send '{ "n": 1.0, "to": "\u0061nn" }'
is 'the same arguments, written otherwise: allowed' "$VERDICT $ID" "allow $first"
is 'that has spent it' "$(state_of "$first") $(releases "$first")" 'spent 1'

# ---- Once. ----
ask "$key" send '{"to":"ann","n":1}'
isnt 'the repeat: a new approval' "$ID" "$first"
like 'the repeat: says that the call was let through before' "$VERDICT $(member reason)" \
    '^require_approval .*the same call was let through at 20[0-9T:.-]+Z, its outcome is not known here$'
approve "$ID"
second=$ID
ask "$key" send '{"to":"ann","n":1}'
is 'the repeat, approved: allowed by its own' "$VERDICT $ID" "allow $second"
is 'each was spent once' "$(releases "$first") $(releases "$second")" '1 1'
right=0
for round in $(seq 10); do
	approved "$key" "race$round"
	[ "$(at_once 12 "$key" "$(body_of "race$round")") $(releases "$ID")" = '1 1' ] && right=$((right + 1))
done
is 'twelve at once, ten times: one of them is allowed' $right 10
right=0
for round in 1 2 3; do
	at_once 6 "$key" "$(body_of "waits$round" '' '' 10)" >"$T/allowed" 3>&- &
	waiter=$!
	id=$(pending "waits$round")
	approve "$id"
	wait $waiter
	[ "$(cat "$T/allowed") $(releases "$id")" = '1 1' ] && right=$((right + 1))
done
is 'six that wait for one decision: one of them is allowed' $right 3

# ---- What wins over it. ----
approved "$key" later
held=$ID
policy mail "$shut"
ask "$key" later
is 'the policy denies by now' "$VERDICT $(member reason)" 'deny matched rule 0 of policy "mail": shut'
policy mail "$open"
ctl policy disable mail >"$T/out" 2>&1
ask "$key" later
is 'the policy is off by now' "$VERDICT" deny
ctl policy enable mail >"$T/out" 2>&1
for option in '' '--key agent'; do
	# The row alone: `stop` makes a file as well.
	# shellcheck disable=SC2086 # two words
	ctl stop $option >"$T/out" 2>&1
	as_host_user rm -f "$S"/stop "$S"/stop.agent
	ask "$key" later
	is "stopped $option" "$VERDICT $(member reason)" 'deny stopped'
	# shellcheck disable=SC2086
	ctl resume $option >"$T/out" 2>&1
done
for file in stop stop.agent; do
	as_host_user touch "$S/$file"
	ask "$key" later
	is "the file $file" "$VERDICT $(member reason)" 'deny stopped'
	as_host_user rm -f "$S/$file"
done
is 'none of them has spent it' "$(state_of "$held") $(releases "$held")" 'approved 0'
ask "$key" later
is 'afterwards it is there' "$VERDICT" allow

# The same while the call waits: it is judged again at its release.
waiting denied "$key" meanwhile1 '' '' 20
id=$(pending meanwhile1)
policy mail "$shut"
approve "$id"
wait $WAITING
is 'waiting, and the policy denies by now' "$(jq -r '.decision + " " + .reason' "$T/denied/answer")" 'deny matched rule 0 of policy "mail": shut'
is 'waiting, and the policy denies by now: not spent' "$(state_of "$id") $(releases "$id")" 'approved 0'
policy mail "$open"
waiting stopped "$key" meanwhile2 '' '' 20
id=$(pending meanwhile2)
ctl stop >"$T/out" 2>&1
as_host_user rm -f "$S/stop"
approve "$id"
wait $WAITING
is 'waiting, and stopped' "$(jq -r '.decision + " " + .reason' "$T/stopped/answer")" 'deny stopped'
ctl resume >"$T/out" 2>&1
waiting filed "$key" meanwhile3 '' '' 20
id=$(pending meanwhile3)
as_host_user touch "$S/stop"
approve "$id"
wait $WAITING
is 'waiting, and the file stop' "$(jq -r '.decision + " " + .reason' "$T/filed/answer")" 'deny stopped'
as_host_user rm -f "$S/stop"

# ---- Not longer than it lasts; a no is a no. ----
hasty=$(new_key hasty --policy mail --approval-timeout 1s)
approved "$hasty" slow
id=$ID
sleep 1
ask "$hasty" slow
is 'after its time: no' "$VERDICT $(state_of "$id") $(releases "$id")" 'deny expired 0'
ask "$key" refused
ctl approval deny "$ID" >"$T/out" 2>&1
ask "$key" refused
is 'denied: no' "$VERDICT $(releases "$ID")" 'deny 0'
exits 'denied: cannot be approved any more' 1 ctl approval approve "$ID"

approved "$twin" last
id=$ID
waiting revoked "$twin" meanwhile4 '' '' 20
meanwhile=$(pending meanwhile4)
ctl key revoke twin >"$T/out" 2>&1
ask "$twin" last
is 'the key is revoked by now' "$STATUS" 401
ctl approval approve "$meanwhile" >"$T/out" 2>&1
wait $WAITING
is 'waiting, and the key is revoked by now' "$(jq -r '(.decision // "none") + " " + .error' "$T/revoked/answer")" 'none unauthorized'
is 'the key is revoked by now: nothing was spent' "$(releases "$id") $(releases "$meanwhile")" '0 0'

spent_twice=$(as_host_user sqlite3 "$S/enforgate.db" "SELECT count(*) FROM (SELECT 1 FROM audit
	WHERE kind = 'verdict' AND decision = 'allow' GROUP BY approval_id HAVING count(*) > 1)")
is 'in the whole log: no decision was spent twice' "$spent_twice" 0
exits 'the chain verifies' 0 ctl audit verify
finish
