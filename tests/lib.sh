# lib.sh - what the scripts of tests/flow, laws and long share; sourced by bash.
#
# A script makes checks (ok, not_ok, is, like, ...) and ends with `finish`; tests/run.sh reads the results from descriptor
# 3. `T` is a directory of its own, removed at the end. Servers are real and run the shipped configurations; the
# variable HTTPD says which.
set -u
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
BUILD=${BUILD:-$ROOT/build}
PATH=$PATH:/usr/sbin:/sbin
export LC_ALL=C.UTF-8
umask 022
T=$(mktemp -d "${TMPDIR:-/tmp}/enforgate-test.XXXXXX") || exit 2
TEST_PIDS=${TEST_PIDS:-$T/pids}
{ true >&3; } 2>/dev/null || exec 3>&1 # run by hand

SERVERS=()
sanitized() { [ "${TEST_KIND:-}" = asan ] || [ "${TEST_KIND:-}" = tsan ]; }
# What a responder may take to end. Thread sanitizers sleep for a second in exit, and are slow.
END_MS=1000
[ "${TEST_KIND:-}" != tsan ] || END_MS=3000

# ---- Checks ----
ok() { echo "ok $1" >&3; }
not_ok() { # name why
	echo "not ok $1: $(printf '%s' "$2" | tr '\n\r' '  ' | cut -c 1-600)" >&3
}
is() { # name got expected
	if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "expected \"$3\", got \"$2\""; fi
}
isnt() { # name got unwanted
	if [ "$2" != "$3" ]; then ok "$1"; else not_ok "$1" "got \"$2\", which it must not be"; fi
}
like() { # name got regular-expression
	if [[ $2 =~ $3 ]]; then ok "$1"; else not_ok "$1" "expected something like /$3/, got \"$2\""; fi
}
unlike() { # name got regular-expression
	if [[ $2 =~ $3 ]]; then not_ok "$1" "expected nothing like /$3/, got \"$2\""; else ok "$1"; fi
}
# exits NAME CODE COMMAND...: its output is left in $OUT and $ERR.
exits() {
	local name=$1 expected=$2 code=0
	shift 2
	"$@" >"$T/out" 2>"$T/err" || code=$?
	OUT=$(cat "$T/out")
	ERR=$(cat "$T/err")
	if [ "$code" = "$expected" ]; then
		ok "$name"
	else
		not_ok "$name" "expected exit code $expected, got $code; said: $OUT $ERR"
	fi
}
# fatal WHY: the rest of the script makes no sense.
fatal() {
	not_ok fatal "$1"
	exit 1
}
finish() {
	sanitizer_reports
	echo end >&3
	exit 0
}

# repeat SCRIPT...: other scripts of tests, such as flow/ctl, behind the web server of this one; their checks count here.
# HOST:SCRIPT is behind another one. They mostly wait, so LANES of them, two unless said, run at a time: name the long
# ones first.
repeat() {
	local lanes=() lane script dir host
	for lane in $(seq 0 $((${LANES:-2} - 1))); do
		repeat_lane "$lane" "$@" &
		lanes+=($!)
	done
	wait "${lanes[@]}"
	for script in "$@"; do
		dir=$T/repeat.${script//\//_}
		host=$HTTPD
		[ "$script" = "${script#*:}" ] || host=${script%%:*}
		sed -n -E "s|^((not )?ok) |\\1 $host ${script##*/}: |p" "$dir/results" >&3
		grep -E '^(not run|measured): ' "$dir/output"
		grep -q '^end$' "$dir/results" || not_ok "$script" "ended early: $(tail -n 5 "$dir/output")"
	done
	rm -rf "$T"/repeat.*
}
repeat_lane() { # number script...: those that the other lanes have not taken
	local script dir host
	export TEST_LANE=$1
	shift
	for script in "$@"; do
		dir=$T/repeat.${script//\//_}
		mkdir "$dir" 2>/dev/null || continue
		host=$HTTPD
		[ "$script" = "${script#*:}" ] || host=${script%%:*}
		HTTPD=$host bash "$ROOT/tests/${script#*:}.sh" 3>"$dir/results" >"$dir/output" 2>&1 </dev/null
	done
}
# not_run WHAT WHY: said on the output, not counted.
not_run() { echo "not run: $1: $2"; }
# measured FIGURES: shown by `make test-long`.
measured() { echo "measured: $1"; }

# ---- State directories ----
# What has to be done by the user of the responders.
as_host_user() {
	if [ -n "${HOST_USER:-}" ]; then
		setpriv --reuid="$HOST_USER" --regid="$(id -g "$HOST_USER")" --clear-groups "$@"
	else
		"$@"
	fi
}
ctl() { as_host_user env ENFORGATE_CONF="$S/enforgate.conf" "$BUILD/enforgatectl" "$@"; }
ctl_in() { # state command...
	local S=$1
	shift
	ctl "$@"
}
# new_state NAME: an initialised state directory, which becomes the present one, $S.
new_state() {
	S=$T/$1
	install -d -m 700 ${HOST_USER:+-o "$HOST_USER"} "$S"
	ctl init --state "$S" >"$T/init.out" 2>&1 || fatal "init: $(cat "$T/init.out")"
	mkdir -p "$S/htdocs"
	# The tests' own requests must not run into the limits by accident.
	setting failed_keys_per_minute 100000
	setting approve_per_minute 100000
}
setting() { # name value: in the present configuration
	sed -i -E "/^#?$1 = /d" "$S/enforgate.conf"
	echo "$1 = $2" >>"$S/enforgate.conf"
}
# policy NAME JSON [OPTION...]: puts it.
policy() {
	local name=$1
	printf '%s' "$2" >"$T/policy.json"
	shift 2
	ctl policy put "$name" "$T/policy.json" "$@" >"$T/put.out" 2>&1 ||
	    fatal "policy put $name: $(cat "$T/put.out")"
}
# new_key NAME [OPTION...]: prints the key.
new_key() { ctl key add "$@" 2>"$T/key.err" || fatal "key add $1: $(cat "$T/key.err")"; }
log_text() { cat "$S"/*.log 2>/dev/null; }
audit_count() { sqlite3 "$S/enforgate.db" "SELECT count(*) FROM audit WHERE kind = 'verdict'"; }

# ---- Servers ----
# Which web server stands in front of the responders: tests/httpd/host_$HTTPD.sh, which has these functions:
#   host_start STATE PROCESSES  begins to serve STATE on 127.0.0.1:$PORT by host_run, with files of its own in $HOST_DIR,
#                               below the path HOST_BASE (unset: none), like "/gate". PROCESSES: as many responders of checks as that, where the set-up can
#                               say so.
#   host_stop PID               ends server and responders
#   host_responders PID         process ids of its responders, of every program
#   host_reload PID             what the system does after a change of the configuration or a log rotation
#   host_logs STATE DIR         paths of its access and error logs
# and variables: HOST_NAME and HOST_DOCTOR (what doctor calls it, and what it finds even where all is right), how it
# answers what is too much (see the files), HOST_STREAMS (empty: an answer comes in one piece), HOST_LEAVES (seconds until
# a client that has left is noticed while its call waits; empty: never), HOST_SPAWNS (fixed, or demand: PROCESSES is not kept
# to) and, where the responders are not run by the user of the tests, HOST_USER: the state directories belong to that user
# then, and enforgatectl is run as that user.
HTTPD=${HTTPD:-lighttpd}
# example FILE: prints the path of a shipped configuration, where need be of a copy with HOST_BASE in front of each route.
example() {
	local file=$ROOT/httpd-examples/$1
	if [ -n "${HOST_BASE:-}" ]; then
		sed -E -e "s#(^|[^A-Za-z0-9_/])/v1/#\\1$HOST_BASE/v1/#g" -e "s#([(|!])v1/#\\1${HOST_BASE#/}/v1/#g" \
		    -e "s#(^|[^A-Za-z0-9_/.])/mcp(\\\$|[\" ;)]|\$)#\\1$HOST_BASE/mcp\\2#g" -e "s#[|]mcp\\\$#|${HOST_BASE#/}/mcp\$#g" "$file" >"$HOST_DIR/example"
		file=$HOST_DIR/example
	fi
	echo "$file"
}
declare -A HOST_DIRS # of each server, by process id
# free_port: sets PORT to one that nobody listens on, below the range from which the kernel takes ports for clients. Each of
# up to eight lanes has ports of its own.
free_port() {
	local tries
	for tries in $(seq 100); do
		PORT=$((20000 + RANDOM % 1500 * 8 + ${TEST_LANE:-0}))
		(: <>"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null || return 0
	done
	fatal "no free port after $tries tries"
}
# host_run COMMAND...: in a process group of its own, which becomes $SERVER. 3 is closed: a server that outlives the
# script would keep its reader waiting.
host_run() {
	setsid "$@" 3>&- >"$HOST_DIR/out" 2>&1 &
	SERVER=$!
	echo $SERVER >>"$TEST_PIDS"
}
# start_server [PROCESSES] [STATE]: sets PORT, SERVER (process id and group of the web server), URL of a check, and APPROVE:
# what stands in front of a token.
start_server() {
	local processes=${1:-1} state=${2:-$S} tries
	for tries in 1 2 3 4 5 6 7 8; do
		free_port
		URL=http://127.0.0.1:$PORT${HOST_BASE:-}/v1/check
		HOST_DIR=$(mktemp -d "$T/s.XXXX")
		chmod 755 "$HOST_DIR"
		host_start "$state" "$processes"
		for _ in $(seq 200); do
			if ! kill -0 $SERVER 2>/dev/null; then break; fi
			if curl -s -o /dev/null -m 5 "$URL"; then
				APPROVE=${URL%/check}/approve
				SERVERS+=("$SERVER")
				HOST_DIRS[$SERVER]=$HOST_DIR
				return 0
			fi
			sleep 0.05
		done
		host_stop "$SERVER"
	done
	# shellcheck disable=SC2046 # a list of paths
	fatal "no server: $(cat "$HOST_DIR/out" $(host_logs "$state" "$HOST_DIR") 2>/dev/null | tail -n 5)"
}
# responders [PID] [PROGRAM]: process ids; "" for those of every program.
responders() {
	local pid program=${2-check}
	for pid in $(host_responders "${1:-$SERVER}"); do
		[ -n "$program" ] && [ "$(cat "/proc/$pid/comm" 2>/dev/null)" != "$program.fcgi" ] || echo "$pid"
	done
}
stop_server() { # [pid]
	host_stop "${1:-$SERVER}"
	wait "${1:-$SERVER}" 2>/dev/null
}
children_of() { # pid
	grep -h . /proc/[0-9]*/stat 2>/dev/null | sed 's/^\([0-9]*\) (.*) . /\1 /' |
	    awk -v parent="$1" '$2 == parent { print $1 }'
}
# Whether any process of a group runs. Those that have ended and wait to be looked after, which may take init a while, do not.
group_runs() { # pid
	kill -0 -- "-$1" 2>/dev/null && grep -qhsE "^[0-9]+ \(.*\) [^ZX] [0-9]+ $1 " /proc/[0-9]*/stat
}
end_group() { # pid: SIGTERM to the leader, three seconds later SIGKILL to all of the group
	kill -TERM "$1" 2>/dev/null
	for _ in $(seq 60); do
		group_runs "$1" || return 0
		sleep 0.05
	done
	kill -KILL -- "-$1" 2>/dev/null
}
# As root: programs that HOST_USER can reach, and a directory for its files.
share_with_host_user() {
	chmod 755 "$T"
	mkdir "$T/programs"
	cp "$BUILD"/*.fcgi "$BUILD"/enforgate* "$T/programs/" || exit 2
	install -D "$BUILD/tests/load" "$T/programs/tests/load" || exit 2
	BUILD=$T/programs
}
# shellcheck source=tests/httpd/host_lighttpd.sh
. "$ROOT/tests/httpd/host_$HTTPD.sh"
[ -z "${HOST_USER:-}" ] || share_with_host_user

# What ASan, UBSan and TSan had to say, in programs run here and in responders.
sanitizer_reports() {
	local pid file
	for pid in ${SERVERS[@]+"${SERVERS[@]}"}; do
		stop_server "$pid"
	done
	SERVERS=()
	for file in "$T"/*/*.log*; do # also those that a rotation moved away
		! grep -qE 'Sanitizer|runtime error:' "$file" 2>/dev/null ||
		    not_ok sanitizer "$(grep -hE -A 12 -m 1 'Sanitizer|runtime error:' "$file")"
	done
}
leave() {
	local pid
	for pid in ${SERVERS[@]+"${SERVERS[@]}"}; do
		stop_server "$pid"
	done
	# shellcheck disable=SC2046 # process ids
	kill $(jobs -p) 2>/dev/null
	rm -rf "$T"
}
trap leave EXIT
trap 'exit 143' TERM INT HUP

# ---- Requests ----
VERDICTS=0 # answers with status 200 so far
# request CURL-ARGUMENT...: sets STATUS, BODY and HEADERS.
request() {
	: >"$T/headers"
	: >"$T/body"
	STATUS=$(curl -s -m 30 -D "$T/headers" -o "$T/body" -w '%{http_code}' "$@") || STATUS=none
	HEADERS=$(<"$T/headers")
	HEADERS=${HEADERS//$'\r'/}
	BODY=$(tr -d '\000' <"$T/body")
	[ "$STATUS" != 200 ] || VERDICTS=$((VERDICTS + 1))
}
# post KEY BODY [CURL-ARGUMENT...]
post() {
	local key=$1 body=$2
	shift 2
	printf '%s' "$body" >"$T/request"
	request "$URL" -H "Authorization: Bearer $key" -H 'Content-Type: application/json' \
	    --data-binary "@$T/request" "$@"
}
# call KEY TOOL [ARGS [SERVER]]
call() {
	post "$1" "{\"serverName\":\"${4:-files}\",\"toolName\":\"$2\",\"args\":${3:-{\}}}"
}
# raw PIECE...: bytes (backslash escapes as in printf %b) over one connection, with a pause behind each; sets STATUS, and
# RAW: what came back until the server closed. raw_cut: the client leaves instead.
raw_send() {
	local piece
	exec 5<>"/dev/tcp/127.0.0.1/$PORT" || return
	trap '' PIPE # a server that has heard enough closes
	for piece in "$@"; do
		printf '%b' "$piece" >&5
		sleep 0.05
	done 2>/dev/null
	trap - PIPE
}
raw() {
	raw_send "$@"
	RAW=$(timeout 10 cat <&5 2>/dev/null | tr -d '\000\r')
	exec 5>&-
	STATUS=$(printf '%s\n' "$RAW" | sed -n -E '1s|^HTTP/[0-9.]+ ([0-9]+).*|\1|p')
	[ "$STATUS" != 200 ] || VERDICTS=$((VERDICTS + 1))
}
raw_cut() {
	raw_send "$@"
	exec 5>&-
}
header() { # name
	local line name
	while IFS= read -r line; do
		name=${line%%:*}
		[ "${name,,}" != "${1,,}" ] || sed 's/^[^:]*: *//' <<<"$line"
	done <<<"$HEADERS"
}
# What is in $BODY, an object: $MEMBERS names and values in turn. jq takes long to start, so once for each body.
read_members() {
	local names='select(type == "object") | keys[] as $name | $name, "\u0000", (.[$name] | if . == null then "null" elif type == "string" then . else tojson end), "\u0000"'
	mapfile -d '' MEMBERS 2>/dev/null <"$T/members"
	if [ "${MEMBERS[0]-}" != "$BODY" ]; then
		{
			printf '%s\0' "$BODY"
			jq -j "$names" <<<"$BODY" 2>/dev/null
		} >"$T/members"
		mapfile -d '' MEMBERS <"$T/members"
	fi
	MEMBERS=("${MEMBERS[@]:1}")
}
member() { # name: of the last body, "absent" where there is none
	local i
	read_members
	for ((i = 0; i < ${#MEMBERS[@]}; i += 2)); do
		[ "${MEMBERS[i]}" != "$1" ] || break
	done
	[ ${#MEMBERS[@]} = 0 ] || echo "${MEMBERS[i + 1]-absent}"
}
members() { # the names, sorted
	local i names=
	read_members
	for ((i = 0; i < ${#MEMBERS[@]}; i += 2)); do names="$names ${MEMBERS[i]}"; done
	echo "${names# }"
}

# ---- Terminals ----
# typed PROMPT COMMAND [LINE...]: runs enforgatectl COMMAND (words of the shell) on a terminal; each line is typed when one
# more prompt like the regular expression is there. Prints what the terminal showed, then the exit code.
typed() {
	local prompt=$1 command=$2
	shift 2
	: >"$T/typed"
	script -qfc "ENFORGATE_CONF='$S/enforgate.conf' '$BUILD/enforgatectl' $command; echo exit code \$?" "$T/typed" \
	    < <(type_lines "$prompt" "$@") >"$T/typed.out"
	tr -d '\r' <"$T/typed"
}
type_lines() {
	local prompt=$1 count=0 line
	shift
	for line in "$@"; do
		count=$((count + 1))
		type_after "$prompt" $count || return
		printf '%s\n' "$line"
	done
	type_after 'exit code' 1
}
type_after() { # pattern count
	for _ in $(seq 200); do
		[ "$(grep -oE -- "$1" "$T/typed" | grep -c .)" -lt "$2" ] || return 0
		sleep 0.05
	done
	return 1
}
