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

# Plants one mistake in a tree of its own; the rules must find what was planted.
planted() { # expected-words file, the text on standard input
	mkdir -p "$plants/$(dirname "$2")"
	cat >"$plants/$2"
	found=$(cd "$plants" && awk -f "$rules" "$2")
	rm -f "$plants/$2"
	case $found in
	*"$1"*) ;;
	*)
		echo "the rules do not say \"$1\" of a file planted as $2, but: $found"
		return 1
		;;
	esac
}
rules_find_mistakes() {
	rules=$PWD/tests/lint/rules.awk
	plants=$(mktemp -d) || return 1
	good=0
	{
		echo 'strcpy(a, b);' | planted 'a banned call' shared/keys.c &&
		    echo '/* TO''DO: later */' | planted 'left-over mark' ctl/key.c &&
		    echo '#include "request.h"' | planted 'not of shared/' shared/gate.c &&
		    echo '#include "gate.h"' | planted 'above this file' shared/buf.c &&
		    echo '#include <sqlite3.h>' | planted 'by its owner only' shared/keys.c &&
		    echo 'snprintf(sql, sizeof(sql), "SELECT %s FROM api_key", column);' |
		    planted 'SQL is constant' shared/keys.c &&
		    awk 'BEGIN { for (i = 0; i < 401; i++) print "int a;" }' |
		    planted 'more than 400 lines' ctl/key.c &&
		    awk 'BEGIN { print "int\nlong_one(void)\n{"; for (i = 0; i < 60; i++) print "\tstep();"; print "}" }' |
		    planted 'a function of 63 lines' ctl/key.c
	} || good=1
	rm -rf "$plants"
	return $good
}
pages() {
	found=$(mandoc -T lint -W warning man/*.[157] 2>&1) || true
	[ -z "$found" ] || printf '%s\n' "$found"
	[ -z "$found" ]
}
marks() {
	! grep -nE '(^|[^A-Za-z0-9_])(TO[D]O|FIX[M]E|X[X]X)([^A-Za-z0-9_]|$)' README.md INSTALL CHANGELOG.md Makefile man/* sql/* tools/* \
	    httpd-examples/* policies/* templates/* tests/*.sh tests/browser/*.* tests/mcp/*.* tests/mcp/upstream/* tests/fuzz/* tests/flow/* tests/laws/* tests/long/* 2>/dev/null
}
tidy() {
	flags=$(pkg-config --cflags json-c sqlite3 libcrypto libpcre2-8 inih libcurl)
	# shellcheck disable=SC2086 # flags, and files without spaces
	# One file each: version 14 mixes up va_list between files.
	printf '%s\n' $sources | xargs -P "$(nproc)" -n 1 sh -c 'flags=$1; shift
	    clang-tidy --quiet "$@" -- -std=gnu11 -D_GNU_SOURCE -DENFORGATE_VERSION=\"0\" \
	    -DENFORGATE_DEFAULT_CONF=\"/x\" -I. -Ishared -Ifcgi -Ictl -Itests/unit $flags 2>/dev/null' sh "$flags"
}

sources=$(ls shared/*.c shared/mcp/*.c stdio/*.c fcgi/*.c ctl/*.c tests/bench/*.c tests/faults/*.c 2>/dev/null)
all=$(ls shared/*.[ch] shared/mcp/*.[ch] stdio/*.[ch] fcgi/*.[ch] ctl/*.[ch] tests/bench/*.[ch] tests/unit/*.[ch] tests/faults/*.[ch] tests/fuzz/*.[ch] 2>/dev/null)
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
