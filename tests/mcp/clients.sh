#!/bin/bash
# The clients that agents are built on, as they come, at a gateway with real servers behind it: the four of npm over stdio, one of
# them over HTTP as well, and the tests' own.
. tests/lib.sh
. tests/mcp_lib.sh
npm_packages
SERVERS=$MCP_DIR/node_modules/@modelcontextprotocol
NODE=$(command -v node)

new_state state
policy all '{"rules": [{"tool": "*", "decision": "allow"}]}'
setting calls_per_key 64
KEY=$(new_key agent --policy all)
start_server
mkdir "$T/files" "$T/memory"
# Programs that may be read but for what is given: the packages, and for some a directory to write to.
stdio() { # name option... -- argument...
	local name=$1
	shift
	add_upstream agent "$name" --read "$MCP_DIR" "$@"
}
upstream fixture
add_upstream agent fixture --url "$UPSTREAM"
stdio every -- "$NODE" "$SERVERS/server-everything/dist/index.js" stdio
stdio files --write "$T/files" -- "$NODE" "$SERVERS/server-filesystem/dist/index.js" "$T/files"
stdio memory --write "$T/memory" --env MEMORY_FILE_PATH="$T/memory/graph.jsonl" -- "$NODE" "$SERVERS/server-memory/dist/index.js"
stdio thinking -- "$NODE" "$SERVERS/server-sequential-thinking/dist/index.js"
web=$(
	free_port
	echo "$PORT"
)
PORT=$web background "$T/web.out" node --import "$MCP_DIR/loopback.mjs" "$SERVERS/server-everything/dist/index.js" streamableHttp
for _ in $(seq 100); do
	(: <>"/dev/tcp/127.0.0.1/$web") 2>/dev/null && break
	sleep 0.1
done
add_upstream agent web --url "http://127.0.0.1:$web/mcp"

export ENFORGATE_KEY=$KEY FILES=$T/files REMOTE_DIR=$T/remote
for kind in v1 v2 v2-legacy remote-v1 remote-v2; do
	timeout 100 node "$MCP_DIR/clients_run.mjs" "$(mcp_url)" $kind || not_ok "$kind" "clients_run.mjs ended with exit code $?"
done

# The Inspector's command line: one session for each command.
inspector() { # name expected argument...
	local name=$1 expected=$2
	shift 2
	timeout 60 node "$SERVERS/inspector-cli/build/cli.js" --cli "$(mcp_url)" --transport http \
	    --header "Authorization: Bearer $KEY" "$@" >"$T/out" 2>"$T/err"
	like "Inspector: $name" "$(cat "$T/out" "$T/err")" "$expected"
}
inspector 'tools/list' '"thinking__sequentialthinking"' --method tools/list
inspector 'tools/call' 'hello there' --method tools/call --tool-name every__echo --tool-arg message='hello there'
inspector 'a tool that waits and tells of its progress' 'took 0.5' --method tools/call --tool-name fixture__test_slow --tool-arg seconds=0.5
inspector 'resources/list' 'every\+demo://' --method resources/list
inspector 'resources/read' 'static text resource' --method resources/read --uri fixture+test://static-text
inspector 'prompts/get' 'Oslo' --method prompts/get --prompt-name every__args-prompt --prompt-args city=Oslo

# Nothing of all that was let through unrecorded.
exits 'the log verifies' 0 ctl audit verify
is 'no call is without an outcome' "$(sqlite3 "$S/enforgate.db" "SELECT count(*) FROM audit v WHERE v.kind = 'verdict' AND v.surface = 'mcp' AND
    NOT EXISTS (SELECT 1 FROM audit o WHERE o.kind = 'outcome' AND o.call_id = v.call_id)")" 0
finish
