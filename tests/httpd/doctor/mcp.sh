# enforgatectl doctor: the way of MCP clients, and upstreams, each wrong in one way.
. tests/lib.sh
. tests/httpd/doctor/lib.sh

if sanitized; then
	not_run 'upstreams that are programs' 'sanitizers need more memory than a program of an upstream gets'
	finish
fi
MCP_RIGHT="\$HTTP[\"url\"] =~ \"^/mcp\$\" { server.stream-response-body = 2 fastcgi.server = ( \"\" => (( @mcp )) ) }"
# with_mcp [CONFIGURATION]: the route of MCP clients with what is wrong about it, and the rest.
with_mcp() {
	W_MCP=$(mktemp -d "$T/mcp.XXXX")
	W=$W_MCP printf -v MCP_WAY '%s' "$(W=$W_MCP lighttpd_fcgi mcp "$BUILD/mcp.fcgi")"
	ROUTE="$ROUTE_RIGHT
${1-$MCP_RIGHT}"
	ROUTE=${ROUTE//@mcp/$MCP_WAY}
	here
	start_lighttpd "${2:-}"
}
# wrong_mcp NAME ID LEVEL ROUTE [CONFIGURATION]
wrong_mcp() {
	with_mcp "$4" "${5:-}"
	examine
	named "$1" "$2" "$3"
	stop_server
}

new_state state
policy p '{"defaultDecision": "allow", "rules": []}'
new_key agent --policy p >"$T/key"

# Where nobody has an upstream nothing has to lead there.
here
start_lighttpd
examine
fine 'no route, and no upstream'
stop_server

install -D -m 755 "$BUILD/enforgate-demo" "$T/programs/enforgate-demo"
ctl upstream add agent demo --trust -- "$T/programs/enforgate-demo" 2>/dev/null
with_mcp
examine
fine 'a right configuration'
is 'a right configuration: what was looked at' \
    "$(for id in mcp-body mcp-streaming mcp-methods-both mcp-names mcp-no-login programs tools; do level $id; done | sort -u)" ok
is 'upstreams are not connected to unless asked' "$(level upstream)" none
examine --upstreams
fine 'a right upstream'
is 'an upstream that answers' "$(level upstream)" ok
stop_server

unset ROUTE
here
start_lighttpd
examine
named 'no route' mcp-missing
stop_server
wrong_mcp 'another program there' routes-crossed wrong "${MCP_RIGHT/@mcp/$(W=$T lighttpd_fcgi other "$BUILD/check.fcgi")}"
wrong_mcp 'a program that is not there' mcp-down wrong \
    "${MCP_RIGHT/@mcp/\"socket\" => \"$T/nobody\", \"check-local\" => \"disable\"}"
wrong_mcp 'small messages only' mcp-body-limit wrong "${MCP_RIGHT/server.stream/server.max-request-size = 1024 server.stream}"
wrong_mcp 'answers in one piece' mcp-buffering notice "${MCP_RIGHT/server.stream-response-body = 2/server.stream-response-body = 0}"
wrong_mcp 'POST only' mcp-methods wrong \
    "\$HTTP[\"request-method\"] == \"POST\" { $MCP_RIGHT }"
wrong_mcp 'a page for every path' mcp-discovery wrong "$MCP_RIGHT" \
    '$HTTP["url"] =~ "^/(\.well-known|register)" { url.redirect = ( "" => "/welcome" ) }'

# The name that clients use is not the one that the responder knows.
with_mcp
curl -s -o /dev/null "http://127.0.0.1:$PORT/mcp" # from its first request on it has its settings
setting base_url "http://gate.localhost:$PORT"
examine
named 'a name that the responder does not know' mcp-host
setting base_url "http://127.0.0.1:$PORT"
stop_server

# Upstreams.
with_mcp
ctl upstream add agent dead --url http://127.0.0.1:1/mcp 2>/dev/null
examine --upstreams
named 'an upstream that is not there' upstream-down
is 'an upstream that is not there: the other one is well' "$(level upstream)" ok
ctl upstream rm agent dead 2>/dev/null
sqlite3 "$S/enforgate.db" "UPDATE upstream SET pinning = 'quarantine'; UPDATE tool_pin SET changed_ms = 1, seen = '{}', seen_digest = 'x'
    WHERE rowid = (SELECT min(rowid) FROM tool_pin)"
if [ "$(sqlite3 "$S/enforgate.db" 'SELECT count(*) FROM tool_pin')" = 0 ]; then
	ctl upstream test agent demo >/dev/null 2>&1
	sqlite3 "$S/enforgate.db" "UPDATE tool_pin SET changed_ms = 1, seen = '{}', seen_digest = 'x'
	    WHERE rowid = (SELECT min(rowid) FROM tool_pin)"
fi
examine
named 'a tool in quarantine' tools-changed notice
sqlite3 "$S/enforgate.db" 'DELETE FROM tool_pin'
mkdir -p "$S/run"
chmod 755 "$S/run"
examine
named 'a directory of sockets that is open' run-directory
chmod 700 "$S/run"
cp "$S/enforgate.db" "$T/kept.db"
sqlite3 "$S/enforgate.db" "UPDATE upstream SET settings = '1:AAAA'"
examine
named 'settings that do not open' upstream-sealed
cp "$BUILD/enforgatectl" "$T/programs/enforgatectl"
ENFORGATE_CONF=$S/enforgate.conf "$T/programs/enforgatectl" doctor --offline --json >"$T/doctor.json" 2>/dev/null
CODE=$?
if [ -x "$T/programs/enforgate-stdio" ] || [ -x /usr/local/lib/enforgate/enforgate-stdio ]; then
	not_run 'programs that are not there' 'they are installed on this machine'
else
	named 'programs that are not there' programs-missing
fi
stop_server
finish
