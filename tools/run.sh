#!/bin/sh
# `make run`: a gateway to try out, on 127.0.0.1:$PORT with its state in $STATE, until Ctrl-C.
#
# The first run makes the state directory, a policy and a key, both called demo, a channel called console, which writes the
# links of approvals to console.log, and an upstream of the key, the demo server of MCP; later runs keep what is there. lighttpd, the responders and what shows
# console.log are a process group of their own: Ctrl-C reaches only this script, which ends them in order and leaves
# none behind.
set -eu
cd "$(dirname "$0")/.."
STATE=${STATE:-./run}
PORT=${PORT:-8080}
BUILD=${BUILD:-build}
PATH=$PATH:/usr/sbin:/sbin
SOCKET_PATH_MAX=88 # a socket's path may have 107 bytes, "/approve.sock-N" included
START_TRIES=100    # of a tenth of a second
STOP_TRIES=30

say() {
	echo "run: $*"
}
fail() {
	echo "run: $*" >&2
	exit 1
}
quoted() { # for a shell
	printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")"
}

case $PORT in
*[!0-9]* | '') fail "PORT is not a number: $PORT" ;;
esac
[ "$PORT" -ge 1 ] && [ "$PORT" -le 65535 ] || fail "PORT is not between 1 and 65535: $PORT"

sh tools/packages.sh run
case " ${MAKEFLAGS-} " in
*" -j"* | *jobserver*) jobs= ;;
*) jobs=-j$(nproc) ;;
esac
"${MAKE:-make}" -s --no-print-directory $jobs all

umask 077
mkdir -p -- "$STATE" || exit 1
STATE=$(cd -- "$STATE" && pwd)
case $STATE in
*[\"\\]* | *"
"*) fail "STATE must not hold quotation marks, backslashes or line ends: $STATE" ;;
esac
BUILD=$(cd -- "$BUILD" && pwd)
ctl=$BUILD/enforgatectl
export ENFORGATE_CONF="$STATE/enforgate.conf"

# The lock is inherited by the server: also one that was left behind holds it.
exec 9>"$STATE/run.lock"
flock -n 9 || fail "$STATE is in use by another \`make run\`, or by a lighttpd or responder that one left behind"

# Runs enforgatectl; what it says besides its output is shown only where it fails.
administer() {
	"$ctl" "$@" 2>"$STATE/ctl.err" && return
	cat "$STATE/ctl.err" >&2
	fail "enforgatectl $1 did not succeed; what it said is above"
}
first_run() {
	administer init --state "$STATE" >/dev/null
	"$ctl" policy show demo >/dev/null 2>&1 || administer policy put demo policies/demo.json >/dev/null
	# A key that is there without its file: the first run was interrupted in between, its text is lost.
	if "$ctl" key show demo >/dev/null 2>&1; then
		administer key rotate demo >"$STATE/demo.key.new"
	else
		administer key add demo --policy demo >"$STATE/demo.key.new"
	fi
	mv "$STATE/demo.key.new" "$STATE/demo.key"
	say "made the state directory $STATE with a policy and a key called demo"
}
# Once: who takes the channel away again wants it so. The file is the mark that it was made.
add_console() {
	"$ctl" channel list 2>/dev/null | grep -q '^console ' || administer channel add console console >/dev/null
	administer key set demo --channel console >/dev/null
	: >>"$STATE/console.log"
}
# Once, likewise. Where the kernel has no sandbox for it, it runs without: it is a program of ours.
add_demo() {
	set -- "$ctl" upstream add demo demo
	"$@" -- "$BUILD/enforgate-demo" >/dev/null 2>&1 || "$@" --trust -- "$BUILD/enforgate-demo" >/dev/null 2>"$STATE/ctl.err" ||
	    say "no demo upstream: $(tail -n 1 "$STATE/ctl.err")"
	: >"$STATE/demo.upstream"
}
# Links are built from base_url. One that somebody has set to another address stays.
set_base_url() {
	ours='^base_url = http://127\.0\.0\.1:[0-9]*$'
	conf=$STATE/enforgate.conf
	if grep -q "$ours" "$conf"; then
		sed -i "s|$ours|base_url = http://127.0.0.1:$PORT|" "$conf"
	elif ! grep -q '^ *base_url *=' "$conf"; then
		sed -i "s|^#base_url = .*|&\\nbase_url = http://127.0.0.1:$PORT|" "$conf"
		grep -q "$ours" "$conf" || echo "base_url = http://127.0.0.1:$PORT" >>"$conf"
	fi
}
if [ -s "$STATE/demo.key" ]; then
	say "the state directory is $STATE, as the last run left it"
else
	first_run
fi
set_base_url
administer key list >/dev/null # a configuration that was changed and cannot be used is told here
[ -e "$STATE/console.log" ] || add_console
[ -e "$STATE/demo.upstream" ] || add_demo
rm -f "$STATE/ctl.err"

sockets=$STATE
temporary=
if [ "$(printf '%s' "$STATE" | wc -c)" -gt "$SOCKET_PATH_MAX" ]; then
	temporary=$(mktemp -d /tmp/enforgate.XXXXXX)
	sockets=$temporary
fi
server=
# Hosts of stdio upstreams are no children of lighttpd, and outlive a restart of it.
stop_hosts() {
	for process in /proc/[0-9]*; do
		tr '\0' '\n' <"$process/cmdline" 2>/dev/null | sed -n '1{/enforgate-stdio$/!q;};2p' |
		    grep -qxF -- "$ENFORGATE_CONF" || continue
		kill -TERM "${process#/proc/}" 2>/dev/null || true
	done
}
stop() {
	trap '' INT TERM HUP
	if [ -n "$server" ]; then
		kill -TERM "$server" 2>/dev/null || true
		tries=0
		while kill -0 "-$server" 2>/dev/null && [ $tries -lt $STOP_TRIES ]; do
			sleep 0.1
			tries=$((tries + 1))
		done
		kill -KILL "-$server" 2>/dev/null || true
		wait "$server" 2>/dev/null || true
	fi
	stop_hosts
	rm -f "$sockets"/check.sock* "$sockets"/approve.sock* "$sockets"/mcp.sock*
	[ -z "$temporary" ] || rmdir "$temporary"
}
trap stop EXIT
trap 'echo; say stopped; exit 0' INT TERM HUP

mkdir -p "$STATE/htdocs"
sh tools/lighttpd-conf.sh httpd-examples/lighttpd.conf "port=$PORT" "state=$STATE" \
    "programs=$BUILD" "sockets=$sockets" >"$STATE/lighttpd.conf"
: >"$STATE/lighttpd.out"
# shellcheck disable=SC2016 # expanded by the inner shell, whose number becomes that of lighttpd
setsid sh -c 'tail -n 0 -s 0.2 -F --pid=$$ "$1/console.log" 2>/dev/null &
exec lighttpd -D -f "$1/lighttpd.conf" >"$1/lighttpd.out" 2>&1' sh "$STATE" &
server=$!

explain_failure() {
	if cat "$STATE/lighttpd.out" "$STATE/lighttpd.log" 2>/dev/null | tail -n 5 |
	    grep -q 'Address already in use'; then
		fail "port $PORT is taken; choose another one: PORT=$((PORT % 65535 + 1)) make run"
	fi
	tail -n 5 "$STATE/lighttpd.out" "$STATE/lighttpd.log" >&2 || true
	fail "lighttpd did not start; its last words are above"
}
url=http://127.0.0.1:$PORT/v1/check
tries=0
until curl -s -o /dev/null -m 2 "$url"; do
	kill -0 "$server" 2>/dev/null || explain_failure
	[ $tries -lt $START_TRIES ] || fail "no answer from $url; look into $STATE/lighttpd.log"
	tries=$((tries + 1))
	sleep 0.1
done
kill -0 "$server" 2>/dev/null || explain_failure

ask() { # members of the body in front of args
	echo "curl -s $url -H \"Authorization: Bearer \$(cat $(quoted "$STATE/demo.key"))\"" \
	    "-H 'Content-Type: application/json' -d '{\"serverName\":\"files\",$1}'"
}
say "ready. Ask for a verdict, in another terminal:"
echo
ask '"toolName":"read_file","args":{"path":"notes.txt"}'
echo
say "try also delete_file. This one waits for a person, for a minute: open the link that appears here, and decide:"
echo
ask '"toolName":"send_mail","args":{"to":"ann@example.org","subject":"Friday"},"approval":{"request":true,"waitSeconds":60}'
echo
say "MCP clients find the tools of a demo server at http://127.0.0.1:$PORT/mcp, with the key as Bearer token. In Claude Code:"
say "  claude mcp add --transport http enforgate http://127.0.0.1:$PORT/mcp --header \"Authorization: Bearer \$(cat $(quoted "$STATE/demo.key"))\""
say "demo__add is allowed, demo__send_postcard waits for a person, and demo__delete_everything is not even listed."
say "Keys, policies, approvals and the audit log:"
say "  ENFORGATE_CONF=$(quoted "$ENFORGATE_CONF") $(quoted "$ctl") audit list"
if "$ctl" key show demo 2>/dev/null | grep -q '^STATE *stopped'; then
	say "the gateway is STOPPED, or the key demo is: its calls are denied until"
	say "  ENFORGATE_CONF=$(quoted "$ENFORGATE_CONF") $(quoted "$ctl") resume    (and resume --key demo)"
fi
say "Ctrl-C ends the run."
status=0
wait "$server" || status=$?
say "lighttpd ended by itself (status $status); look into $STATE/lighttpd.log" >&2
exit 1
