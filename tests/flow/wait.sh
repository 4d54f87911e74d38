#!/bin/bash
# A check that waits for a person's decision: design 3.1, the extension `approval`.
. "$(dirname "$0")/../lib.sh"

HELD_MAX=3
new_state main
setting base_url http://127.0.0.1:1
setting held_max $HELD_MAX
policy mail '{"rules": [
  {"tool": "send_*", "decision": "require_approval", "reason": "a person looks"},
  {"tool": "read_*", "decision": "allow"}]}'
key=$(new_key agent --policy mail)
short=$(new_key hasty --policy mail --approval-timeout 2s)
start_server 2

# asking KEY TOOL SECONDS [ARGS]: a check that may wait.
asking() {
	post "$1" "{\"serverName\":\"mail\",\"toolName\":\"$2\",\"args\":${4:-{\}},\"approval\":{\"request\":true,\"waitSeconds\":$3}}" -m 60
}
# waiting NAME KEY TOOL SECONDS [ARGS]: the same in the background, in a directory of its own.
waiting() {
	local name=$1
	shift
	(
		mkdir -p "$T/$name"
		T=$T/$name
		asking "$@"
		now_ms >"$T/ended"
		printf '%s' "$BODY" >"$T/answer"
		echo "$STATUS" >"$T/status"
	) 3>&- &
	WAITING=$!
}
now_ms() { date +%s%3N; }
# answer NAME MEMBERS: of the answer that a waiting check got.
answer() { jq -r "$2" "$T/$1/answer"; }
pending() { # tool: id of its pending approval, as soon as there is one
	local id tries=0
	until [ $tries = 100 ]; do
		id=$(ctl approval list --json | jq -r "[.[] | select(.tool == \"$1\" and .state == \"pending\")][0].id // empty")
		[ -z "$id" ] || break
		sleep 0.05
		tries=$((tries + 1))
	done
	echo "$id"
}
decide() { # verb id
	ctl approval "$@" >"$T/decide.out" 2>&1 || not_ok "approval $1" "$(cat "$T/decide.out")"
}

# Not waiting.
asking "$key" send_a 0
is 'asked: the verdict' "$STATUS $(member decision)" '200 require_approval'
first=$(jq -r .approval.id <<<"$BODY")
like 'asked: the approval' "$(jq -c .approval <<<"$BODY")" '^\{"id":"apr_[A-Za-z0-9]+","status":"pending","expiresAt":"20[0-9TZ:.-]+"\}$'
asking "$key" send_a 0
is 'asked again: the same approval' "$(jq -r .approval.id <<<"$BODY")" "$first"
call "$key" send_a '{}' mail
is 'not asked: no approval in the answer' "$(member decision) $(member approval)" 'require_approval absent'
asking "$key" read_a 5
is 'allowed: no approval' "$(member decision) $(member approval)" 'allow absent'

# Nobody decides.
start=$(now_ms)
asking "$key" send_b 2
took=$(($(now_ms) - start))
is 'waited in vain: the verdict' "$STATUS $(member decision) $(jq -r .approval.status <<<"$BODY")" '200 require_approval pending'
like 'waited in vain: as long as asked for' "$took" '^(2[0-9]{3}|3[0-4][0-9]{2})$'
is 'waited for: no exact time' "$(header server-timing)" ''

# Somebody does.
waiting allow "$key" send_c 20 '{"to":"a@example.org"}'
id=$(pending send_c)
decide approve "$id"
decided=$(now_ms)
wait $WAITING
is 'approved: allow' "$(answer allow '[.decision, .reason, .approval.status, .approval.id] | join(" ")')" "allow approved by the administrator approved $id"
took=$(($(cat "$T/allow/ended") - decided))
# How fast is for `make bench-approvals`; here only that the wait does not go on.
if [ $took -lt 5000 ]; then ok 'approved: told before the wait is over'; else not_ok 'approved: told before the wait is over' "$took ms"; fi
is 'approved: entries of the verdict, the decision and the release are linked' \
    "$(ctl audit export --format jsonl 2>/dev/null | jq -r "select(.approvalId == \"$id\") | [.kind, .decision, .toolCallId] | join(\" \")" | sed "s/$(answer allow .toolCallId)/CALL/")" \
    'verdict require_approval CALL
outcome approved CALL
verdict allow CALL'
waiting deny "$key" send_d 20
decide deny "$(pending send_d)"
wait $WAITING
is 'denied: deny' "$(answer deny '[.decision, .reason, .approval.status] | join(" ")')" 'deny denied by the administrator denied'
waiting late "$short" send_e 20
wait $WAITING
is 'time over: deny' "$(answer late '[.decision, .reason, .approval.status] | join(" ")')" 'deny nobody decided in time expired'

# Nobody comes to ask what became of it.
asking "$short" send_alone 0
id=$(jq -r .approval.id <<<"$BODY")
for _ in $(seq 30); do
	sleep 0.5
	expired=$(sqlite3 "$S/enforgate.db" "SELECT count(*) FROM audit WHERE approval_id = '$id' AND decision = 'expired'")
	[ "$expired" = 0 ] || break
done
is 'time over, nobody asks: recorded by a responder' "$expired" 1

# The newest of identical calls has the decision.
waiting old "$key" send_f 20
old=$WAITING
id=$(pending send_f)
waiting new "$key" send_f 20
new=$WAITING
wait $old
is 'a newer request: the older one ends undecided' "$(answer old '[.decision, .approval.status] | join(" ")')" 'require_approval pending'
decide approve "$id"
wait $new
is 'a newer request: has the decision' "$(answer new .decision)" allow

# What wins over an approval while the call waits.
waiting gone "$short" send_g 20
id=$(pending send_g)
ctl key revoke hasty >/dev/null 2>&1
ctl approval approve "$id" >/dev/null 2>&1
wait $WAITING
is 'key revoked: no decision' "$(cat "$T/gone/status") $(answer gone '[.decision // "none", .error] | join(" ")')" '200 none unauthorized'
waiting stopped "$key" send_h 20
id=$(pending send_h)
as_host_user touch "$S/stop"
decide approve "$id"
wait $WAITING
as_host_user rm -f "$S/stop"
is 'stopped: deny' "$(answer stopped '[.decision, .reason] | join(" ")')" 'deny stopped'
asking "$key" send_h 0
is 'stopped: the decision was not spent' "$(member decision)" allow

# Waiting is bounded.
many=()
for n in $(seq 1 $((2 * HELD_MAX + 1))); do
	waiting "many$n" "$key" "send_many$n" 4
	many+=("$WAITING")
done
sleep 2
ended=$(cat "$T"/many*/ended 2>/dev/null | wc -l)
if [ "$ended" -ge 1 ]; then ok 'more than held_max: answered at once'; else not_ok 'more than held_max: answered at once' "$ended of them"; fi
call "$key" read_a '{}' mail
is 'others are served meanwhile' "$(member decision)" allow
wait "${many[@]}"
is 'more than held_max: undecided' "$(cat "$T"/many*/answer | jq -r '[.decision, .approval.status] | join(" ")' | sort -u)" 'require_approval pending'

# A client that left; a responder that ends.
timeout 1 curl -s -o /dev/null "$URL" -H "Authorization: Bearer $key" -H 'Content-Type: application/json' \
    --data-binary '{"serverName":"mail","toolName":"send_left","approval":{"request":true,"waitSeconds":20}}'
decide approve "$(pending send_left)"
sleep 0.3
if [ "$(ctl approval list --all --json | jq -r '[.[] | select(.tool == "send_left")][0].state')" = approved ]; then
	asking "$key" send_left 0
	is 'the client left: the decision waits for it' "$(member decision)" allow
else
	ok 'the client left: this web server does not tell'
fi
# It leaves, and somebody decides, before the responder looks at either; where the connection tells at once.
if [ "${HOST_LEAVES:-99}" -lt 10 ]; then
	curl -s -o /dev/null "$URL" -H "Authorization: Bearer $key" -H 'Content-Type: application/json' \
	    --data-binary '{"serverName":"mail","toolName":"send_both","approval":{"request":true,"waitSeconds":20}}' &
	client=$!
	id=$(pending send_both)
	sleep 0.2
	for pid in $(responders); do kill -STOP "$pid"; done
	kill $client
	wait $client
	sleep "$HOST_LEAVES"
	decide approve "$id"
	for pid in $(responders); do kill -CONT "$pid"; done
	sleep 0.5
	is 'the client left, then somebody decided: not spent' \
	    "$(ctl approval list --all --json | jq -r '[.[] | select(.tool == "send_both")][0].state')" approved
fi
waiting ending "$key" send_end 20
id=$(pending send_end)
for pid in $(responders); do kill -TERM "$pid"; done
start=$(now_ms)
wait $WAITING
took=$(($(cat "$T/ending/ended") - start))
is 'SIGTERM: answered undecided' "$(cat "$T/ending/status") $(answer ending '[.decision, .approval.status] | join(" ")')" '200 require_approval pending'
if [ $took -lt $END_MS ]; then ok 'SIGTERM: within a second'; else not_ok 'SIGTERM: within a second' "$took ms"; fi
decide approve "$id"
for _ in $(seq 50); do # until the web server has started others
	asking "$key" send_end 0
	[ "$STATUS" != 200 ] || break
	sleep 0.1
done
is 'SIGTERM: the next request has the decision' "$(member decision)" allow
exits 'the audit log verifies' 0 ctl audit verify
finish
