#!/bin/sh
# Behind `make dist-bin`: sh tools/dist-bin.sh VERSION DIRECTORY ACCOUNT writes enforgate-VERSION-MACHINE.tar.gz there.
# ACCOUNT is the home directory on the host.
#
# Builds with STATIC=1 for ACCOUNT/enforgate, with the state directory ACCOUNT/enforgate/state unless STATEDIR names another
# one, and packs what `make install` would put there. The examples in it have these paths filled in, and so do the programs.
set -eu
cd "$(dirname "$0")/.."
account=$3
case $account in
/*[!/]) ;;
*)
	echo 'dist-bin: which account? make dist-bin ACCOUNT=/home/you, the home directory as `pwd` prints it on the host' >&2
	exit 2
	;;
esac
state=${STATEDIR:-/var/lib/enforgate}
[ "$state" != /var/lib/enforgate ] || state=$account/enforgate/state # the default of `make install` is for servers
BUILD=${BUILD:-build}/account
case $BUILD in
/*) ;;
*) BUILD=$PWD/$BUILD ;;
esac
archive=$(cd "$2" && pwd)/enforgate-$1-$(uname -m).tar.gz
rm -rf "$BUILD/root"
"${MAKE:-make}" -s --no-print-directory install "BUILD=$BUILD" STATIC=1 "DESTDIR=$BUILD/root" \
    "PREFIX=$account/enforgate" "STATEDIR=$state"
tar -C "$BUILD/root$account" --sort=name --owner=0 --group=0 --numeric-owner -czf "$archive" enforgate
echo "made ${archive##*/}; on the host: cd $account && tar xzf ${archive##*/}"
