# mcp_lib.sh - upstreams and requests for tests of POST /mcp; sourced after lib.sh by bash.
MCP_DIR=$ROOT/tests/mcp
MODERN=2026-07-28
LEGACY=2025-11-25

# npm_packages: the suite, clients and servers of tests/mcp, as package-lock.json has them.
npm_packages() {
	(
		flock 9
		if [ ! "$MCP_DIR/node_modules/.package-lock.json" -nt "$MCP_DIR/package-lock.json" ]; then
			cd "$MCP_DIR" && npm ci >"$T/npm" 2>&1 &&
			    # The command line of the Inspector looks there for the name of the whole Inspector.
			    echo '{"name": "@modelcontextprotocol/inspector", "version": "1.0.3"}' >node_modules/@modelcontextprotocol/package.json &&
			    touch node_modules/.package-lock.json
		fi
	) 9<"$MCP_DIR/package.json" || fatal "npm ci: $(tail -n 5 "$T/npm")"
}
# background FILE COMMAND...: runs it until the end of the test with its output in FILE; sets BACKGROUND, its process id and group.
background() {
	local file=$1
	shift
	setsid "$@" 3>&- >"$file" 2>&1 </dev/null &
	BACKGROUND=$!
	echo $BACKGROUND >>"$TEST_PIDS"
}
# first_line FILE: waits for it.
first_line() {
	for _ in $(seq 200); do
		if [ -s "$1" ] && read -r line <"$1"; then
			echo "$line"
			return 0
		fi
		sleep 0.05
	done
	return 1
}
# upstream NAME [OPTION...]: tests/mcp/upstream over HTTP; sets UPSTREAM, its URL, and UPSTREAM_PID; its log is $T/NAME.log.
upstream() {
	local name=$1
	shift
	background "$T/$name.out" node "$MCP_DIR/upstream/server.mjs" --log "$T/$name.log" "$@"
	UPSTREAM_PID=$BACKGROUND
	UPSTREAM=$(first_line "$T/$name.out") || fatal "no upstream $name: $(cat "$T/$name.out")"
}
# of_log NAME JQ-FILTER: of everything that an upstream received.
of_log() { jq -c "$2" "$T/$1.log"; }
counted() { # name [label]: how often test_counter ran
	jq -s --arg wanted "${2:-}" '[.[] | select(.event == "counted" and ($wanted == "" or .label == $wanted))] | length' "$T/$1.log"
}
# add_upstream KEY NAME OPTION... (see `enforgatectl upstream add`)
add_upstream() {
	ctl upstream add "$@" >"$T/add.out" 2>&1 || fatal "upstream add $*: $(cat "$T/add.out")"
}
mcp_url() { echo "http://127.0.0.1:$PORT${HOST_BASE:-}/mcp"; }

# ---- Requests. Both set STATUS, BODY, HEADERS as request does, and MESSAGES: one JSON message a line, of a stream or not. ----
MCP_ID=0
send_mcp() { # key body curl-argument...
	local key=$1 body=$2
	shift 2
	printf '%s' "$body" >"$T/request"
	request "$(mcp_url)" -H "Authorization: Bearer $key" -H 'Content-Type: application/json' \
	    -H 'Accept: application/json, text/event-stream' --data-binary "@$T/request" "$@"
	case $(header Content-Type) in
	text/event-stream*) MESSAGES=$(tr -d '\r' <<<"$BODY" | sed -n 's/^data: *//p' | grep .) ;;
	*) MESSAGES=$BODY ;;
	esac
}
# modern KEY METHOD [PARAMS [CURL-ARGUMENT...]]; $CAPABILITIES of the client, {} unless set.
modern() {
	local key=$1 method=$2 params=${3:-'{}'} name
	shift $(($# < 3 ? $# : 3))
	MCP_ID=$((MCP_ID + 1))
	name=$(jq -r 'if type == "object" then .name // .uri // .taskId // empty else empty end' <<<"$params")
	send_mcp "$key" "$(jq -cn --arg method "$method" --argjson params "$params" --argjson id $MCP_ID --argjson able "${CAPABILITIES:-{\}}" '
	    {jsonrpc: "2.0", $id, $method, params: ($params + {_meta: (($params._meta // {}) + {
	      "io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": $able})})}')" \
	    -H "MCP-Protocol-Version: $MODERN" -H "Mcp-Method: $method" ${name:+-H "Mcp-Name: $name"} "$@"
}
# initialize KEY [VERSION]: sets SESSION. legacy KEY METHOD [PARAMS [CURL-ARGUMENT...]]: in it.
initialize() {
	SESSION=
	legacy "$1" initialize "{\"protocolVersion\":\"${2:-$LEGACY}\",\"capabilities\":${CAPABILITIES:-{\}},\"clientInfo\":{\"name\":\"test\",\"version\":\"1\"}}"
	SESSION=$(header Mcp-Session-Id)
	[ -z "$SESSION" ] || send_mcp "$1" '{"jsonrpc":"2.0","method":"notifications/initialized"}' -H "Mcp-Session-Id: $SESSION"
}
legacy() {
	local key=$1 method=$2 params=${3:-'{}'}
	shift $(($# < 3 ? $# : 3))
	MCP_ID=$((MCP_ID + 1))
	send_mcp "$key" "{\"jsonrpc\":\"2.0\",\"id\":$MCP_ID,\"method\":\"$method\",\"params\":$params}" \
	    ${SESSION:+-H "Mcp-Session-Id: $SESSION"} "$@"
}
# response [JQ-FILTER]: of the last request, from the message that answers it.
response() { jq -r "select(.id == $MCP_ID and (has(\"result\") or has(\"error\"))) | ${1:-.}" <<<"$MESSAGES" 2>/dev/null; }
# said: the texts of a result of tools/call.
said() { response '.result.content[]?.text'; }
