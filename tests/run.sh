#!/bin/bash
# Runs suites of tests and counts: bash tests/run.sh unit cases laws flow httpd browser mcp
#
# unit: the cmocka programs, every test function counts. The other suites are scripts in tests/SUITE, and each of
# their checks counts (see lib.sh). TESTS="flow laws/law_3" picks suites and tests by the beginning of their
# names. A test that ends early, without a word or too late counts as failed. The closing line is
# "N passed, N failed"; the exit code is 1 where any failed.
set -u
cd "$(dirname "$0")/.." || exit 2
BUILD=$(cd "${BUILD:-build}" && pwd) || exit 2
export BUILD
unset MAKEFLAGS MAKELEVEL MFLAGS
# Seconds for one script. Sanitizers are slow, and so is test-long.
case ${TEST_KIND:-test} in
asan | tsan) limit=600 ;;
test-long) limit=1200 ;;
*) limit=180 ;;
esac
measured=
[ "${TEST_KIND:-test}" != test-long ] || measured='|measured'

dir=$(mktemp -d "${TMPDIR:-/tmp}/enforgate-tests.XXXXXX") || exit 2
export TEST_PIDS=$dir/pids
passed=0
failed=0

# Servers of a test that did not get to stop them itself.
reap() {
	local pid
	[ -e "$TEST_PIDS" ] || return 0
	while read -r pid; do
		kill -KILL -- "-$pid" 2>/dev/null
	done <"$TEST_PIDS"
	rm -f "$TEST_PIDS"
}
finish() {
	reap
	rm -rf "$dir"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

show() { # progress, on a terminal only
	[ ! -t 1 ] || printf '\r\033[K%s' "$1"
}
line() {
	[ ! -t 1 ] || printf '\r\033[K'
	printf '%s\n' "$1"
}

# Adds up the lines of one test: "ok NAME" and "not ok NAME: why".
count() { # test seconds
	local good bad
	good=$(grep -c '^ok ' "$dir/results")
	bad=$(grep -c '^not ok ' "$dir/results")
	passed=$((passed + good))
	failed=$((failed + bad))
	sed -n "s|^not ok |FAILED $1: |p" "$dir/results" >"$dir/lines"
	[ ! -s "$dir/lines" ] || line "$(cat "$dir/lines")"
	if [ "$bad" != 0 ] && [ -s "$dir/output" ]; then
		sed 's/^/    | /' "$dir/output" | tail -n 15
	fi
	! grep -E "^(not run$measured): " "$dir/output" >"$dir/lines" || line "$(cat "$dir/lines")"
	line "$(printf '%-28s %4d ok  %3d s' "$1" "$good" "$2")"
}

run_unit() { # program
	local name=${1##*/test_} code=0 start=$SECONDS plan seen
	show "unit/$name"
	CMOCKA_MESSAGE_OUTPUT=TAP timeout -k 5 "$limit" "$1" >"$dir/tap" 2>"$dir/output" || code=$?
	sed -n -E -e 's/^ok [0-9]+ - /ok /p' -e 's/^not ok [0-9]+ - /not ok /p' "$dir/tap" >"$dir/results"
	grep '^#' "$dir/tap" >>"$dir/output"
	plan=$(sed -n 's/^1\.\.\([0-9]*\).*/\1/p' "$dir/tap" | awk '{ n += $1 } END { print n + 0 }')
	seen=$(grep -c . "$dir/results")
	if [ "$seen" = 0 ] || [ "$seen" != "$plan" ]; then
		echo "not ok program: $seen of $plan tests came to an end, exit code $code" >>"$dir/results"
	elif [ $code != 0 ] && ! grep -q '^not ok ' "$dir/results"; then
		echo "not ok program: exit code $code though every test passed" >>"$dir/results"
	fi
	count "unit/$name" $((SECONDS - start))
}

run_script() { # suite file
	local name code=0 start=$SECONDS
	name=$1/$(basename "$2" .sh)
	show "$name"
	: >"$dir/results"
	TEST_NAME=$name timeout -k 10 "$limit" bash "$2" 3>"$dir/results" >"$dir/output" 2>&1 \
	    </dev/null || code=$?
	reap
	if [ "$code" = 124 ] || [ "$code" = 137 ]; then
		echo "not ok time: no end after $limit s" >>"$dir/results"
	elif ! grep -q '^end$' "$dir/results"; then
		echo "not ok end: the script ended early, exit code $code" >>"$dir/results"
	fi
	count "$name" $((SECONDS - start))
}

wanted() { # suite/name
	local pick
	[ -n "${TESTS:-}" ] || return 0
	for pick in $TESTS; do
		[[ $1 != "$pick"* ]] || return 0
	done
	return 1
}

any=
for suite in "$@"; do
	if [ "$suite" = unit ]; then
		for source in tests/unit/test_*.c; do
			name=$(basename "$source" .c)
			wanted "unit/${name#test_}" || continue
			any=1
			run_unit "$BUILD/tests/$name"
		done
		continue
	fi
	for script in tests/"$suite"/*.sh; do
		case $script in */host_*) continue ;; esac # parts of lib.sh
		wanted "$suite/$(basename "$script" .sh)" || continue
		any=1
		run_script "$suite" "$script"
	done
done
if [ -z "$any" ]; then
	line "FAILED: no test is called ${TESTS:-$*}"
	failed=$((failed + 1))
fi
line "$passed passed, $failed failed"
[ "$failed" = 0 ]
