#!/bin/sh
# `make lint`: layout, the rules of the house, manual pages, cppcheck, clang-tidy. Goes on after a finding; the exit
# code says whether there was one.
set -u
cd "$(dirname "$0")/../.." || exit 2
sh tools/packages.sh lint || exit 2
BUILD=${BUILD:-build}
bad=0

step() { # name command...
	name=$1
	shift
	if "$@"; then
		echo "lint: $name: fine"
	else
		echo "lint: $name: see above" >&2
		bad=1
	fi
}

# What lint finds in a planted mistake, it finds: one of each kind.
rules_find_mistakes() {
	for planted in tests/lint/planted/*/*/*.[ch]; do
		place=${planted#tests/lint/planted/*/}
		dir=${planted%"/$place"}
		if (cd "$dir" && awk -f ../../rules.awk "$place") >/dev/null; then
			echo "$planted: the rules find nothing wrong with it"
			return 1
		fi
	done
}
pages() {
	found=$(mandoc -T lint -W warning man/*.[157] 2>&1) || true
	[ -z "$found" ] || printf '%s\n' "$found"
	[ -z "$found" ]
}
marks() {
	! grep -nE '(^|[^A-Za-z0-9_])(TODO|FIXME|XXX)([^A-Za-z0-9_]|$)' README.md INSTALL CHANGELOG.md Makefile man/* sql/* tools/* \
	    httpd-examples/* policies/* tests/*.sh tests/flow/* tests/laws/* tests/long/* 2>/dev/null
}
tidy() {
	flags=$(pkg-config --cflags json-c sqlite3 libcrypto libpcre2-8 inih)
	# shellcheck disable=SC2086 # flags, and files without spaces
	# One file each: version 14 mixes up va_list between files.
	printf '%s\n' $sources | xargs -P "$(nproc)" -n 1 sh -c 'flags=$1; shift
	    clang-tidy --quiet "$@" -- -std=gnu11 -D_GNU_SOURCE -DENFORGATE_VERSION=\"0\" \
	    -DENFORGATE_DEFAULT_CONF=\"/x\" -I. -Ishared -Ifcgi -Ictl -Itests/unit $flags 2>/dev/null' sh "$flags"
}

sources=$(ls shared/*.c fcgi/*.c ctl/*.c tests/bench/*.c 2>/dev/null)
all=$(ls shared/*.[ch] fcgi/*.[ch] ctl/*.[ch] tests/bench/*.[ch] tests/unit/*.[ch] 2>/dev/null)
# shellcheck disable=SC2086 # names without spaces
{
	step layout clang-format --dry-run -Werror $all
	step 'rules of the house' awk -f tests/lint/rules.awk $all
	step 'rules find planted mistakes' rules_find_mistakes
	step 'left-over marks' marks
	step 'manual pages' pages
	# The four are wrong more often than right here; the compiler, clang-tidy and the sanitizers look at the same.
	step cppcheck cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr \
	    --error-exitcode=1 --suppress=missingIncludeSystem --suppress=autoVariables \
	    --suppress=legacyUninitvar --suppress=ctuuninitvar --suppress=ctuPointerArith -j "$(nproc)" -I. -Ishared -D_GNU_SOURCE \
	    --cppcheck-build-dir="$(mkdir -p "$BUILD/cppcheck" && echo "$BUILD/cppcheck")" $sources
	step clang-tidy tidy
}
exit $bad
