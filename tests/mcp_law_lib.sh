# mcp_law_lib.sh - a gateway with one upstream and calls of it in both eras, for tests of the laws on /mcp; sourced after mcp_lib.sh.
sql() { as_host_user sqlite3 -cmd '.timeout 5000' "$S/enforgate.db" "$@"; }
# place POLICY: a state, a key `agent` with that policy and the upstream `fixture`; sets KEY.
place() {
	new_state state
	setting base_url http://127.0.0.1:1
	policy main "$1"
	ctl channel add desk console >"$T/channel" 2>&1 || fatal "channel add: $(cat "$T/channel")"
	upstream fixture
	KEY=$(agent agent)
}
# agent NAME [OPTION...]: a key behind which the upstream is.
agent() {
	local name=$1
	shift
	new_key "$name" --policy main --channel desk "$@"
	add_upstream "$name" fixture --url "$UPSTREAM"
}
# tool_call ERA KEY TOOL [ARGS [META]]: sets what send_mcp sets, and SAID.
tool_call() {
	local params
	params="{\"name\":\"fixture__$3\",\"arguments\":${4:-{\}}${5:+,\"_meta\":$5}}"
	if [ "$1" = modern ]; then
		modern "$2" tools/call "$params"
	else
		legacy "$2" tools/call "$params"
	fi
	SAID=$(said)
}
calls_seen() { # [tool]: calls that reached the upstream
	jq -s --arg tool "${1:-}" '[.[] | select(.event == "call" and ($tool == "" or .tool == $tool))] | length' "$T/fixture.log"
}
pending_of() { # tool [key]: id of its pending approval, as soon as there is one
	local id
	for _ in $(seq 100); do
		id=$(sql "SELECT approval.id FROM approval JOIN api_key ON key_id = api_key.id WHERE tool = '$1' AND state = 'pending'
		    AND api_key.name = '${2:-agent}' LIMIT 1")
		[ -z "$id" ] || break
		sleep 0.05
	done
	echo "$id"
}
# in_background FILE FUNCTION...: as a client of its own; its SAID goes to FILE.
in_background() {
	local file=$1
	shift
	(
		T=$(mktemp -d "$T/one.XXXX")
		"$@"
		printf '%s %s\n' "$STATUS" "${SAID:-}" >"$file"
	) &
}
