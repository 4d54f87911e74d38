#!/bin/bash
# Notifications and the processes that send them: each once, whoever dies, and nothing secret on disk.
. "$(dirname "$0")/../lib.sh"
. "$ROOT/tests/sinks/lib.sh"

LEASE_S=4
new_state main
setting base_url https://gate.example.org
setting delivery_lease_s $LEASE_S
policy mail '{"rules": [{"tool": "send_*", "decision": "require_approval", "reason": "a person looks"}]}'
make_ca "$T/ca"
start_sink tls --cert "$T/ca/cert.pem" --key "$T/ca/key.pem"
TLS=https://127.0.0.1:$SINK_PORT
webhook people "$TLS/people" --allow-private --approver --ca "$T/ca/ca.pem"
key=$(new_key agent --policy mail --channel people)
kill_server() { # at once, all of it
	kill -KILL -- "-$SERVER"
	wait "$SERVER" 2>/dev/null
	SERVERS=()
}
maps_curl() { # pid
	grep -q libcurl "/proc/$1/maps"
}

# What a process has that has sent nothing.
start_server 1
sleep 1.5 # the first look is over
idle=
for pid in $(responders "$SERVER" check) $(responders "$SERVER" approve); do ! maps_curl "$pid" || idle="$idle $pid"; done
is 'idle: libcurl is not there' "$idle" ''
ask "$key" send_first
receives 'first: sent' tls 1
pid=$(responders)
maps_curl "$pid" && ok 'first: now it is' || not_ok 'first: now it is' "process $pid"
measured "resident memory of a responder that has sent: $(awk '/VmRSS/ { print $2 }' "/proc/$pid/status") KiB"

# Killed between the claim and the arrival: the server accepts connections, but answers nothing.
kill -STOP $SINK_PID
ask "$key" send_killed '{"marker":"Zaunkoenig"}'
for _ in $(seq 100); do
	[ "$(delivery attempts "approval_id = '$APPROVAL'")" != 1 ] || break
	sleep 0.02
done
lease_end=$(delivery lease_ms "approval_id = '$APPROVAL'")
is 'killed: it was claimed' "$(delivery "state || attempts" "approval_id = '$APPROVAL'")" due1
kill_server
kill -CONT $SINK_PID
exits 'killed: nobody takes it before the lease ends' 0 ctl deliver --json
is 'killed: it waits' "$(jq -c . <<<"$OUT")" '{"sent":0,"failed":0,"dropped":0,"waiting":1}'
exits 'killed: deliver waits for it' 0 ctl deliver --wait 10 --json
is 'killed: it is sent then' "$(jq -c . <<<"$OUT")" '{"sent":1,"failed":0,"dropped":0,"waiting":0}'
now=$(date +%s%3N)
[ "$now" -ge "$lease_end" ] && ok 'killed: after the lease' || not_ok 'killed: after the lease' "$((lease_end - now)) ms early"
receives 'killed: once' tls 1 ".body | contains(\"$APPROVAL\")"
like 'killed: the arguments are gone, and the link says nothing of them' "$(request_of tls .body | jq -r .link)" '\?action=approve$'
[ $((now - lease_end)) -lt 2000 ] && ok 'killed: soon after' || not_ok 'killed: soon after' "$((now - lease_end)) ms late"

# A responder takes over as well.
start_server 1
kill -STOP $SINK_PID
ask "$key" send_over
until [ "$(delivery attempts "approval_id = '$APPROVAL'")" = 1 ]; do sleep 0.02; done
kill -KILL "$(responders)"
kill -CONT $SINK_PID
receives 'taken over: by another responder' tls 1 ".body | contains(\"$APPROVAL\")" $((LEASE_S + 7))
is 'taken over: the second try' "$(delivery "state || attempts" "approval_id = '$APPROVAL'")" sent2

# SIGTERM: at once, and what was on its way is everybody's without waiting for the lease.
stop_server
sed -i '/^delivery_lease_s/d' "$S/enforgate.conf"
start_server 1
kill -STOP $SINK_PID
ask "$key" send_term
until [ "$(delivery attempts "approval_id = '$APPROVAL'")" = 1 ]; do sleep 0.02; done
pid=$(responders)
began=$(date +%s%3N)
kill -TERM "$pid"
while kill -0 "$pid" 2>/dev/null; do sleep 0.02; done
took=$(($(date +%s%3N) - began))
[ $took -lt $END_MS ] && ok 'SIGTERM: gone soon' || not_ok 'SIGTERM: gone soon' "$took ms"
is 'SIGTERM: it stays due' "$(delivery "state || holder || lease_ms" "approval_id = '$APPROVAL'")" due0
kill -CONT $SINK_PID
receives 'SIGTERM: another responder sends it' tls 1 ".body | contains(\"$APPROVAL\")" 8
stop_server

# Four processes and two of enforgatectl: each request exactly once.
setting delivery_lease_s 30
setting approvals_per_key 100
start_server 4
before=$(received tls)
first=$(delivery rowid)
for i in $(seq 50); do
	(
		mkdir "$T/ask$i" && T=$T/ask$i
		ask "$key" "send_$i" "{\"marker\":\"Zaunkoenig\",\"n\":$i}"
	) 3>&- &
	asking[i]=$!
	[ $((i % 10)) != 0 ] || ctl deliver --wait 1 >/dev/null 2>&1 3>&- &
done
wait "${asking[@]}"
receives 'many: all arrive' tls $((before + 50)) true 20
is 'many: each once' "$(jq -rs ".[$before:] | map(.body | fromjson | .approvalId) | unique | length" "$T/tls/requests")" 50
is 'many: noted' "$(sqlite3 "$S/enforgate.db" "SELECT count(*), min(state), max(state), max(attempts) FROM delivery WHERE rowid > $first")" '50|sent|sent|1'
stop_server

# What is sent with secrets is kept nowhere.
tokens=$(jq -r '.body | fromjson | .link' "$T/tls/requests" | sed -E 's|.*/approve/([^?]*).*|\1|')
is 'secrets: tokens were seen' "$(grep -cE '^[A-Za-z0-9]{43}$' <<<"$tokens")" "$(received tls)"
is 'secrets: no two alike' "$(sort -u <<<"$tokens" | wc -l)" "$(received tls)"
cat "$S"/* >"$T/everything" 2>/dev/null
: >"$T/kept"
grep -aoFf <(printf '%s\n' "$tokens") "$T/everything" >>"$T/kept"
grep -ao Zaunkoenig "$T/everything" >>"$T/kept"
grep -aoFf <(jq -r '.body | fromjson | .link | capture("#a=(?<a>.{20,})").a' "$T/tls/requests" 2>/dev/null) "$T/everything" >>"$T/kept"
grep -aoF "$(cat "$T/people.secret")" "$T/everything" >>"$T/kept"
is 'secrets: none of them in the state directory' "$(wc -l <"$T/kept")" 0
grep -aq "$APPROVAL" "$T/everything" && ok 'secrets: what was looked through is what there is' ||
    not_ok 'secrets: what was looked through is what there is' 'no approval in it'

finish
