#!/bin/sh
# Behind `make test`, test-long, asan and tsan: packages, build, then tests/run.sh with the suites of that target.
set -eu
cd "$(dirname "$0")/.."
kind=$1
BUILD=${BUILD:-build}
sh tools/packages.sh test
case " ${MAKEFLAGS-} " in
*" -j"* | *jobserver*) jobs= ;;
*) jobs=-j$(nproc) ;;
esac
build() {
	"${MAKE:-make}" -s --no-print-directory $jobs "$@" all units "$BUILD/tests/load"
}
# Without _FORTIFY_SOURCE, whose checks would hide calls from the sanitizers.
case $kind in
asan)
	BUILD=$BUILD/asan
	build BUILD="$BUILD" OPT='-O1 -g -fno-omit-frame-pointer' HARDEN= HARDENLD= \
	    SANITIZE='-fsanitize=address,undefined -fno-sanitize-recover=all'
	;;
tsan)
	BUILD=$BUILD/tsan
	build BUILD="$BUILD" OPT='-O1 -g -fno-omit-frame-pointer' HARDEN= HARDENLD= \
	    SANITIZE='-fsanitize=thread'
	;;
*) build "$BUILD/tests/kill_at.so" ;;
esac
case $kind in
test-long) suites='long' ;;
test) suites='unit cases laws flow httpd browser mcp' ;;
*) suites='unit cases laws flow httpd mcp' ;;
esac
export BUILD
export TEST_KIND="$kind"
exec bash tests/run.sh $suites
