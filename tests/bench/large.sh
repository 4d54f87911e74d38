#!/bin/sh
# large.sh [--json] - `make bench-large`: check over an audit log of five million entries against an
# empty one, in one lighttpd, in turn. The filling takes minutes and about 3 GB under BENCH_DIR.
#
# BENCH_ROWS (5000000), BENCH_PAIRS (9), BENCH_SECONDS (3), BENCH_DIR (BUILD/bench).
set -eu
here=$(dirname "$0")
. "$here/lib.sh"
rows=${BENCH_ROWS:-5000000}
pairs=${BENCH_PAIRS:-9}
seconds=${BENCH_SECONDS:-3}
connections=16
format=text
[ "${1:-}" != --json ] || format=json

# The key file of an installation, known by its first words.
key_file() {
	grep -ls '^enforgate-key-1 ' "$1"/* || fail "no key file in $1"
}

one_side() {
	figures=$(measure "$1" $connections "$seconds" "$(cat "$dir/$1.api-key")")
	echo "$1 $2 $figures" >>"$dir/results"
}

prepare_dir
trap stop_lighttpd EXIT
trap 'exit 130' INT TERM
for side in empty full; do
	prepare_state "$dir/$side"
	add_responder $side "$programs/check.fcgi" ENFORGATE_CONF "$dir/$side/enforgate.conf"
done
begin=$(date +%s)
"$tools/fill" "$rows" "$dir/full" "$(key_file "$dir/full")"
filled=$(($(date +%s) - begin))
sync
start_lighttpd
: >"$dir/results"
for side in empty full; do
	measure $side $connections 1 "$(cat "$dir/$side.api-key")" >/dev/null
done
pair=1
while [ "$pair" -le "$pairs" ]; do
	echo "bench: pair $pair of $pairs" >&2
	first=empty
	second=full
	[ $((pair % 2)) = 1 ] || { first=full; second=empty; }
	one_side $first "$pair"
	one_side $second "$pair"
	pair=$((pair + 1))
done
stop_lighttpd
size=$(du -m "$dir/full" | tail -n 1 | cut -f 1)
awk -f "$here/median.awk" -f "$here/large.awk" -v format=$format -v machine="$(machine)" \
	-v rows="$rows" -v size="$size" -v filled="$filled" -v connections=$connections "$dir/results"
