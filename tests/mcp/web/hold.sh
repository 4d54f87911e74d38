# Calls that wait for a person, by real clients with default options, behind the web server in front: decided after 5 and 70 s (and
# $LONGEST), denied, run out of time, and left alone. The upstream counts how often each ran.
. tests/lib.sh
. tests/mcp_lib.sh
npm_packages

new_state state
[ "$HOST_SPAWNS" = fixed ] || setting streams_max 0
setting base_url http://127.0.0.1:1
policy ask '{"rules": [{"tool": "test_counter", "decision": "require_approval", "reason": "a person looks"}, {"tool": "*", "decision": "allow"}]}'
ctl channel add desk console >"$T/channel" 2>&1 || fatal "channel add: $(cat "$T/channel")"
upstream fixture
start_server

printf '#!/bin/sh\nENFORGATE_CONF="%s" exec "%s" "$@"\n' "$S/enforgate.conf" "$BUILD/enforgatectl" >"$T/ctl"
[ -z "${HOST_USER:-}" ] || printf '#!/bin/sh\nENFORGATE_CONF="%s" exec setpriv --reuid=%s --regid=%s --clear-groups "%s" "$@"\n' \
    "$S/enforgate.conf" "$HOST_USER" "$(id -g "$HOST_USER")" "$BUILD/enforgatectl" >"$T/ctl"
chmod 755 "$T/ctl"
# What kills: all responders of /mcp, one after the other where there are several.
cat >"$T/kill" <<END
#!/bin/bash
for pid in \$(pgrep -g "$SERVER" -x mcp.fcgi); do kill -KILL \$pid; done
END
chmod 755 "$T/kill"

CASES=()
# add KIND CASE DECISION AFTER [MEMBERS]: "label" is KIND-CASE, and so is the key.
add() {
	local label=$1-$2 key timeout=15m
	[ "$3" != none ] || timeout=${4}s
	key=$(new_key "$label" --policy ask --channel desk --approval-timeout "$timeout") || exit
	add_upstream "$label" fixture --url "$UPSTREAM"
	CASES+=("$(jq -cn --arg name "$label" --arg key "$key" --arg decide "$3" --argjson after "$4" --argjson more "${5:-{\}}" \
	    '{label: $name, keyName: $name, $key, $decide, $after} + $more')")
}
clients=()
for kind in v1 v2 v2-legacy; do
	CASES=()
	if [ -z "${HOLD_KILLS:-}" ]; then
		add $kind approved-5 approve 5
		add $kind approved-70 approve 70
		[ -z "${LONGEST:-}" ] || add $kind "approved-$LONGEST" approve "$LONGEST"
		add $kind denied deny 5
		add $kind expired none 12
		# Behind Apache it takes two signs of life until a client that left is noticed.
		add $kind left approve 45 '{"leave": 6}'
	else
		for at in $HOLD_KILLS; do add $kind "killed-$at" approve 20 "{\"kill\": $at}"; done
	fi
	printf '%s\n' "${CASES[@]}" | jq -cs . >"$T/$kind.cases"
	CTL=$T/ctl KILL=$T/kill CASES=$(cat "$T/$kind.cases") node "$MCP_DIR/hold_run.mjs" "$(mcp_url)" $kind >"$T/$kind.out" 2>&1 &
	clients+=($!)
done
wait "${clients[@]}"
grep -h . "$T"/*.out

for kind in v1 v2 v2-legacy; do
	for label in $(jq -r '.[].label' "$T/$kind.cases"); do
		case $label in
		*approved*) is "$label: it ran exactly once" "$(counted fixture "$label")" 1 ;;
		*killed*) like "$label: it ran at most once" "$(counted fixture "$label")" '^[01]$' ;;
		*) is "$label: it did not run" "$(counted fixture "$label")" 0 ;;
		esac
	done
done
exits 'the log verifies' 0 ctl audit verify
finish
