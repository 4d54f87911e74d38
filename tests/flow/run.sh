# `make run` as a newcomer uses it, and what it leaves behind: nothing.
. tests/lib.sh
. tests/mcp_lib.sh

MAKE=$(command -v make)
free_port
state="$T/a state's dir"
output=$T/run.out

begin() { # state [variable=value]...
	local state=$1
	shift
	: >"$output"
	(
		cd "$ROOT" || exit 1
		exec env STATE="$state" PORT="$PORT" BUILD="$BUILD" "$@" setsid "$MAKE" run 3>&-
	) >"$output" 2>&1 &
	maker=$!
	echo $maker >>"$TEST_PIDS"
	for _ in $(seq 300); do
		grep -q '^curl ' "$output" && return 0
		kill -0 $maker 2>/dev/null || return 1
		sleep 0.1
	done
	return 1
}
# Those with the generated configuration in their command line or the state directory in their environment.
processes() { # state
	{
		grep -lF "$1/lighttpd.conf" /proc/[0-9]*/cmdline
		grep -lF "ENFORGATE_CONF=$1/enforgate.conf" /proc/[0-9]*/environ
	} 2>/dev/null | cut -d / -f 3 | sort -u | while read -r pid; do
		[ ! -d "/proc/$pid" ] || echo "$pid"
	done
}
end() { # signal
	local i
	kill "-$1" "${2:-$maker}"
	for i in $(seq 100); do
		kill -0 "$maker" 2>/dev/null || break
		sleep 0.1
	done
	wait "$maker" 2>/dev/null
}
curl_line() { grep '^curl ' "$output" | sed -n "${1:-1}p"; }
base_url() { sed -n 's/^base_url = //p' "$state/enforgate.conf"; }

# Somebody may have taken the port since it was looked at.
for _ in 1 2 3; do
	begin "$state" && break
	grep -q 'is taken' "$output" || break
	free_port
done
if kill -0 "$maker" 2>/dev/null; then ok 'make run gets ready'; else fatal "make run: $(cat "$output")"; fi
is 'the curl lines are two lines' "$(grep -c '^curl ' "$output")" 2
BODY=$(cd / && sh -c "$(curl_line)")
is 'the curl line works as it is, from any directory' "$(member decision)" allow
BODY=$(cd / && sh -c "$(curl_line | sed 's/read_file/delete_file/')")
is 'the demo policy denies delete_file' "$(member decision)" deny
BODY=$(cd / && sh -c "$(curl_line | sed 's/read_file/send_mail/')")
is 'the demo policy asks for send_mail' "$(member decision)" require_approval
BODY=$(cd / && sh -c "$(curl_line | sed 's/notes.txt/..\/.env/')")
is 'the demo policy looks at the path' "$(member decision)" deny
is 'the key file is private' "$(stat -c %a "$state/demo.key")" 600
is 'the key file holds the key alone' "$(grep -cE '^bwb_[0-9A-Za-z]{43}$' "$state/demo.key") $(grep -c . "$state/demo.key")" '1 1'
is 'the state directory is private' "$(stat -c %a "$state")" 700
is 'it has its configuration' "$([ -f "$state/enforgate.conf" ] && echo yes)" yes
exits 'enforgatectl finds it' 0 env ENFORGATE_CONF="$state/enforgate.conf" "$BUILD/enforgatectl" key list
like 'only 127.0.0.1 listens' "$(awk -v p="$(printf ':%04X' "$PORT")" '$4 == "0A" && index($2, p) { print $2 }' /proc/net/tcp)" '^0100007F:[0-9A-F]+$'
is 'the unix sockets are private' "$(stat -c %a "$state"/*.sock* | sort -u)" 700
key=$(cat "$state/demo.key")

# A person decides: the line waits, the link appears in the output of make, and one request to it ends the wait.
is 'links begin where the gateway is' "$(base_url)" "http://127.0.0.1:$PORT"
(cd / && sh -c "$(curl_line 2)" >"$T/asked" 2>&1) 3>&- &
asked=$!
link=
for _ in $(seq 100); do
	link=$(grep -oE "http://127.0.0.1:$PORT/v1/approve/[0-9A-Za-z]{43}" "$output" | head -n 1)
	[ -z "$link" ] || break
	sleep 0.1
done
like 'the link of an approval is shown' "$link" '^http://127.0.0.1:'
is 'it is still waited for' "$(kill -0 $asked 2>/dev/null && echo yes)" yes
request "$link?action=approve" -H 'Accept: text/html'
like 'the link leads to a page' "$STATUS $BODY" '^200 .*send_mail'
request "$link" -H 'Content-Type: application/json' -d '{"action":"approve"}'
is 'it resolves' "$STATUS" 200
wait $asked
BODY=$(cat "$T/asked")
is 'the line that waited has the answer' "$(member decision)" allow
is 'console.log is private' "$(stat -c %a "$state/console.log")" 600

# The tools of the demo server, through the gateway.
modern "$key" tools/list
is 'MCP: its tools are listed, but the one that is always denied' \
    "$(response '[.result.tools[].name] | join(" ")')" 'demo__echo demo__add demo__time demo__send_postcard'
modern "$key" tools/call '{"name":"demo__add","arguments":{"a":40,"b":2}}'
is 'MCP: adding is allowed' "$(said)" 42
modern "$key" tools/call '{"name":"demo__echo","arguments":{"text":"my password"}}'
like 'MCP: passwords are not echoed' "$(response .result.isError) $(said)" '^true .*no passwords'
like 'MCP: the line for Claude Code has this address' "$(cat "$output")" "claude mcp add .*http://127.0.0.1:$PORT/mcp "
modern "$key" tools/call '{"name":"demo__send_postcard","arguments":{"to":"Ann","message":"Hi"}}' >"$T/card" 3>&- &
card=$!
asks='Agent "demo" wants demo/send_postcard'
for _ in $(seq 100); do
	grep -q "$asks" "$output" && break
	sleep 0.1
done
like 'MCP: a postcard waits for a person' "$(cat "$output")" "$asks"
exits 'MCP: who approves it' 0 env ENFORGATE_CONF="$state/enforgate.conf" "$BUILD/enforgatectl" approval approve \
    "$(grep -A 3 "$asks" "$output" | grep -o 'apr_[A-Za-z0-9]*')"
wait $card
is 'MCP: it was carried out' "$(sqlite3 "$state/enforgate.db" \
    "SELECT count(*) FROM audit WHERE tool = 'send_postcard' AND kind = 'outcome' AND decision = 'completed'")" 1

other=$maker
PORT_KEPT=$PORT
begin "$T/second" && end TERM
like 'a taken port is named, with the way out' "$(cat "$output")" "port $PORT is taken.*PORT="
is 'a run that found its port taken leaves nothing' "$(processes "$T/second")" ''
PORT=$((PORT + 1))
begin "$state" && end TERM
like 'a state directory in use is refused' "$(cat "$output")" 'in use'
PORT=$PORT_KEPT
maker=$other
is 'the first one still answers' "$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$PORT/v1/check")" 405

is 'lighttpd, three responders, what shows the links, and the host of the demo server with its keeper run' "$(processes "$state" | grep -c .)" 7
end TERM
is 'SIGTERM to make leaves no process' "$(processes "$state")" ''
is 'SIGTERM leaves no socket' "$(ls "$state" | grep -c sock)" 0

free_port
begin "$state" || not_ok 'second run' "$(cat "$output")"
is 'the second run has another port: links follow' "$(base_url)" "http://127.0.0.1:$PORT"
unlike 'the second run shows no old links' "$(cat "$output")" /v1/approve/
is 'the second run keeps the key' "$(cat "$state/demo.key")" "$key"
BODY=$(sh -c "$(curl_line)")
is 'the second run answers to it' "$(member decision)" allow
exits 'the second run keeps the audit log' 0 env ENFORGATE_CONF="$state/enforgate.conf" "$BUILD/enforgatectl" audit verify
is 'entries of both runs' "$(sqlite3 "$state/enforgate.db" "SELECT count(*) FROM audit WHERE kind = 'verdict'")" 11
unlike 'nothing is said of a stop' "$(cat "$output")" STOPPED
# Ctrl-C: SIGINT to the whole foreground group.
end INT "-$maker"
is 'Ctrl-C leaves no process' "$(processes "$state")" ''

touch "$state/stop"
sed -i 's|^base_url = .*|base_url = https://gate.example.org|' "$state/enforgate.conf"
"$BUILD/enforgatectl" --conf "$state/enforgate.conf" channel rm console >/dev/null 2>&1
begin "$state" || not_ok 'a stopped one starts' "$(cat "$output")"
sleep 0.5 # it says so behind the curl line
like 'a stopped one says so, with the way out' "$(cat "$output")" 'STOPPED.*resume'
is 'a base_url of the user stays' "$(base_url)" https://gate.example.org
is 'a channel that was removed stays away' "$("$BUILD/enforgatectl" --conf "$state/enforgate.conf" channel list --json)" '[]'
end TERM
rm "$state/stop"
echo 'no_such_setting = 1' >>"$state/enforgate.conf"
if begin "$state"; then not_ok 'a configuration that cannot be used' 'make run says that it is ready'; fi
like 'a configuration that cannot be used is told' "$(cat "$output")" 'enforgate.conf:[0-9]+:.*no_such_setting'
sed -i '/^no_such_setting/d' "$state/enforgate.conf"

# A state directory whose socket path would be too long for the system.
deep=$T/$(printf 'd%.0s' $(seq 120))
if begin "$deep"; then ok 'a long STATE'; else not_ok 'a long STATE' "$(cat "$output")"; fi
BODY=$(sh -c "$(curl_line)")
is 'a long STATE: answers' "$(member decision)" allow
end TERM
is 'a long STATE: leaves no process' "$(processes "$deep")" ''

# The first run was cut off between key and key file: the next one mends it.
rm "$deep/demo.key"
begin "$deep" || not_ok 'a lost key file' "$(cat "$output")"
BODY=$(sh -c "$(curl_line)")
is 'a lost key file: there is a new key that works' "$(member decision)" allow
end TERM

PORT=99999
begin "$T/third"
like 'a port that is none' "$(cat "$output")" 'PORT'
finish
