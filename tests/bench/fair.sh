#!/bin/bash
# fair.sh - part of `make bench`: eight check processes that write at once, behind Apache with mod_fcgid as shipped.
#
# fair.sh DIR SECONDS; DIR is on a disk. Prints result lines for report.awk:
#   fair together|apart SLOWEST FASTEST PER-SECOND P50 P99 MAX BUSY   (microseconds), or   fair none WHY
# together: one set of eight processes, eight connections, as it is used. The audit log does not know processes, so each one's
#   share is told by its write calls (/proc/PID/io), which every entry takes about as many of.
# apart: each process has a web server, a connection and a key of its own, so that the audit log tells exactly, and the web
#   server has no choice whom to give the next request.
set -u
PROCESSES=8
TMPDIR=$1
seconds=$2
export TMPDIR
none() {
	echo "fair none $1"
	exit 0
}
[ -e /usr/lib/apache2/modules/mod_fcgid.so ] || none 'Apache with mod_fcgid is not installed'
[ "$(id -u)" != 0 ] || setpriv --reuid=www-data --regid=www-data --clear-groups test -x "$TMPDIR" ||
    none "$TMPDIR cannot be reached by www-data: name another directory with BENCH_DIR"
export HTTPD=apache-fcgid
exec 3>&2
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

load() { # key connections [option...]
	local key=$1 connections=$2
	shift 2
	"$BUILD/tests/load" --json -c "$connections" -d "$seconds" --warmup 0.5 --body "$T/request" "$@" \
	    --header 'Content-Type: application/json' --header "Authorization: Bearer $key" "$URL"
}
# figures FILE...: of all of these runs; the worst of their percentiles. Anything but verdicts and 503 ends it.
figures() {
	jq -s -r 'if any(.[]; .connect_failed + .lost + .broken + .unfinished + .not_200 - (.status["503"] // 0) != 0)
	    then error("not only verdicts") else . end |
	    [(map(.requests_per_second) | add), (map(.p50_us) | max), (map(.p99_us) | max), (map(.max_us) | max),
	    (map(.status["503"] // 0) | add)] | map(tostring) | join(" ")' "$@" || fatal "$(cat "$@")"
}
write_calls() {
	local pid
	for pid in $(responders); do
		echo "$pid $(sed -n 's/^syscw: //p' "/proc/$pid/io")"
	done
}
extremes() { sort -n | sed -n '1p;$p' | tr '\n' ' '; }

together() {
	start_server
	# mod_fcgid starts another process for a request that finds the others busy for a whole second.
	flock "$S/enforgate.lock" sleep 1.5 &
	sleep 0.1
	seconds=2 load "$key" $PROCESSES >"$T/warm"
	wait $!
	write_calls >"$T/before"
	load "$key" $PROCESSES >"$T/run"
	write_calls >"$T/after"
	[ "$(grep -c . "$T/after")" = $PROCESSES ] || fatal "not $PROCESSES processes: $(cat "$T/after")"
	echo "fair together $(awk 'NR == FNR { before[$1] = $2; next } { print $2 - before[$1] }' "$T/before" "$T/after" |
	    extremes)$(figures "$T/run")"
	stop_server
}
apart() {
	local i last jobs=()
	for i in $(seq $PROCESSES); do
		new_key "process$i" --policy default >"$T/key.$i"
		start_server
		echo "$URL" >"$T/url.$i"
	done
	last=$(sqlite3 "$S/enforgate.db" 'SELECT max(seq) FROM audit')
	for i in $(seq $PROCESSES); do
		URL=$(cat "$T/url.$i") load "$(cat "$T/key.$i")" 1 >"$T/run.$i" &
		jobs+=($!)
	done
	wait "${jobs[@]}"
	sqlite3 "$S/enforgate.db" "SELECT count(*) FROM audit WHERE seq > $last AND kind = 'verdict' GROUP BY key_name" >"$T/counts"
	[ "$(grep -c . "$T/counts")" = $PROCESSES ] || fatal "not $PROCESSES keys: $(cat "$T/counts")"
	echo "fair apart $(extremes <"$T/counts")$(figures "$T"/run.?)"
}

new_state state
policy default '{"defaultDecision": "allow", "rules": []}'
key=$(new_key agent --policy default)
printf '{"serverName":"s","toolName":"t"}' >"$T/request"
together
apart
