# Changes of keys, policies and the kill switch hold from the next request on, in every running process.
. tests/lib.sh

new_state state
policy default '{"rules": [{"tool": "t", "decision": "allow"}]}'
policy other '{"rules": [{"tool": "t", "decision": "require_approval"}]}' --priority 5
key=$(new_key agent --policy default)
start_server 2
first=$URL
start_server 1
second=$URL
# Both servers, and in the first one both processes: as long as one is busy, the other one is used.
many=6
at_once() { # key: many requests to the first server; prints their codes
	local i
	printf '{"serverName":"s","toolName":"t"}' >"$T/request"
	for i in $(seq $many); do
		printf 'url = "%s"\noutput = "%s/%s"\n' "$first" "$T" "many.$i"
		printf 'header = "Authorization: Bearer %s"\nheader = "Content-Type: application/json"\n' "$1"
		printf 'data-binary = "@%s/request"\nwrite-out = "%%{http_code} "\nnext\n' "$T"
	done | sed '$d' >"$T/many.conf"
	curl -s --no-progress-meter -Z --parallel-immediate -K "$T/many.conf"
}
# Where processes come on demand (mod_fcgid), a second one comes only to a request that finds the first one busy for a
# whole second; and more requests at once than processes would each wait for that second.
if [ $HOST_SPAWNS = demand ]; then
	many=2
	flock "$S/enforgate.lock" sleep 1.3 &
	sleep 0.1
	at_once "$key" >"$T/warm"
	wait $!
fi
is 'three responders in two servers' "$(for s in "${SERVERS[@]}"; do responders "$s"; done | grep -c .)" 3
everywhere() { # name key expected
	local seen name=$1 key=$2 expected=$3
	codes=$(at_once "$key")
	seen=$(cat "$T"/many.? | jq -r '.decision // .error' | sort | uniq -c | sed 's/^ *//')
	is "$name: first server ($codes)" "$seen" "$many $expected"
	rm -f "$T"/many.?
	URL=$second
	call "$key" t
	if [ "$STATUS" = 200 ]; then seen=$(member decision); else seen=$(member error); fi
	is "$name: second server" "$seen" "$expected"
}

everywhere 'at the start' "$key" allow
policy default '{"rules": [{"tool": "t", "decision": "deny"}]}'
everywhere 'another version is put' "$key" deny
policy default '{"rules": [{"tool": "t", "decision": "allow"}]}'
everywhere 'and the old one again' "$key" allow
is 'every version is kept' "$(ctl policy history default --json | grep -o '"version"' | grep -c .)" 3
is 'the entry names the version' \
    "$(sqlite3 "$S/enforgate.db" "SELECT policy_version FROM audit WHERE kind = 'verdict' ORDER BY seq DESC LIMIT 1")" 3

ctl policy disable default >"$T/out" 2>&1
everywhere 'policy disabled' "$key" deny
ctl policy enable default >"$T/out" 2>&1
everywhere 'policy enabled' "$key" allow

new=$(ctl key rotate agent)
isnt 'rotation gives another key' "$new" "$key"
everywhere 'the old key after rotation' "$key" unauthorized
everywhere 'the new key after rotation' "$new" allow
key=$new

# The kill switch: by command, by file, for all and for one key.
another=$(new_key another --policy default)
ctl stop >"$T/out" 2>&1
everywhere 'stopped' "$key" deny
is 'stopped: reason' "$(member reason)" stopped
is 'stopped: a recorded deny' "$(member decision) $(ctl audit list --json | grep -c "$(member toolCallId)")" 'deny 1'
ctl resume >"$T/out" 2>&1
everywhere 'resumed' "$key" allow
ctl stop --key agent >"$T/out" 2>&1
everywhere 'one key stopped' "$key" deny
everywhere 'the other key goes on' "$another" allow
ctl resume --key agent >"$T/out" 2>&1
everywhere 'one key resumed' "$key" allow
: >"$S/stop"
everywhere 'the file stop' "$key" deny
is 'the file stop: reason' "$(member reason)" stopped
rm "$S/stop"
everywhere 'the file stop removed' "$key" allow
: >"$S/stop.agent"
everywhere 'the file stop.agent' "$key" deny
everywhere 'the file stop.agent leaves others alone' "$another" allow
rm "$S/stop.agent"
everywhere 'the file stop.agent removed' "$key" allow

ctl policy rm default >"$T/out" 2>&1
everywhere 'policy removed' "$key" deny
ctl key revoke agent >"$T/out" 2>&1
everywhere 'key revoked' "$key" unauthorized

third=$(new_key third --policy other --expires 2s)
expired_by=$((SECONDS + 3))
everywhere 'before it expires' "$third" require_approval
while [ $SECONDS -lt $expired_by ]; do sleep 0.1; done
everywhere 'expired' "$third" unauthorized
finish
