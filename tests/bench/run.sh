#!/bin/sh
# run.sh [--json] - `make bench`: the check responder beside a bare FastCGI responder, in one lighttpd.
#
# Then fairness among processes, see fair.sh.
#
# BENCH_ROUNDS (5), BENCH_SECONDS (3), BENCH_FAIR_SECONDS (5), BENCH_HELLO_THREADS ("4 8 16": the fastest is the yardstick),
# BENCH_DIR (BUILD/bench; must be on a disk). A missed goal is printed, it is not a failure.
set -eu
here=$(dirname "$0")
. "$here/lib.sh"
rounds=${BENCH_ROUNDS:-5}
seconds=${BENCH_SECONDS:-3}
threads=${BENCH_HELLO_THREADS:-4 8 16}
format=text
[ "${1:-}" != --json ] || format=json

resident_kb() {
	awk '/^VmRSS/ { print $2 }' "/proc/$1/status"
}

# Which yardstick is the fastest at this many connections: the better of two short runs each.
fastest_hello() {
	best=
	best_rate=0
	for count in $threads $threads; do
		figures=$(measure "hello$count" "$1" 0.7 none)
		rate=${figures%% *}
		if awk -v a="$rate" -v b="$best_rate" 'BEGIN { exit !(a > b) }'; then
			best=$count
			best_rate=$rate
		fi
	done
	echo "$best"
}

# Each figure through a variable: a failed run must end the script, also inside $( ).
one_round() {
	others=$(cores_of_others)
	disk=$("$tools/disk" --json --seconds 0.7 "$dir")
	figures=
	for name in fdatasync commit; do
		for kind in p50_us p99_us per_second; do
			figures="$figures $(echo "$disk" | field "${name}_$kind")"
		done
	done
	echo "others $1 $others" >>"$dir/results"
	echo "disk $1$figures" >>"$dir/results"
	for c in 1 16 64; do
		hello=$(cat "$dir/fastest.$c")
		figures=$(measure "hello$hello" $c "$seconds" "$key")
		echo "hello $1 $c $figures" >>"$dir/results"
		figures=$(measure check $c "$seconds" "$key")
		echo "check $1 $c $figures" >>"$dir/results"
	done
}

# Lines of bench_policy: "RULES rules NANOSECONDS ns per call".
evaluation() {
	[ -x "$tools/bench_policy" ] || fail "$tools/bench_policy is missing"
	"$tools/bench_policy" >"$dir/evaluation"
	sed -n 's/^\([0-9]*\) rules\{0,1\} *\([0-9.]*\) ns per call.*/evaluation \1 \2/p' \
		"$dir/evaluation" >>"$dir/results"
	grep -q '^evaluation' "$dir/results" || fail "bench_policy said: $(cat "$dir/evaluation")"
}

prepare_dir
trap stop_lighttpd EXIT
trap 'exit 130' INT TERM
prepare_state "$dir/state"
key=$(cat "$dir/state.api-key")
for count in $threads; do
	add_responder "hello$count" "$tools/hello" HELLO_THREADS "$count"
done
add_responder check "$programs/check.fcgi" ENFORGATE_CONF "$dir/state/enforgate.conf"
start_lighttpd
: >"$dir/results"
check_pid=$(responder_pid "$programs/check.fcgi")
measure check 1 0.1 "$key" >/dev/null
idle_kb=$(resident_kb "$check_pid")
for c in 1 16 64; do
	fastest_hello $c >"$dir/fastest.$c"
done
round=1
while [ "$round" -le "$rounds" ]; do
	echo "bench: round $round of $rounds" >&2
	one_round "$round"
	round=$((round + 1))
done
echo "memory $idle_kb $(resident_kb "$check_pid")" >>"$dir/results"
stop_lighttpd
evaluation
echo "bench: eight processes behind Apache" >&2
BUILD=$programs bash "$here/fair.sh" "$dir" "${BENCH_FAIR_SECONDS:-5}" >>"$dir/results"
for c in 1 16 64; do
	echo "threads $c $(cat "$dir/fastest.$c")" >>"$dir/results"
done
awk -f "$here/median.awk" -f "$here/report.awk" -v format=$format -v machine="$(machine)" -v rounds="$rounds" \
	-v seconds="$seconds" -v filesystem="$filesystem" "$dir/results"
