#!/bin/sh
# Behind `make install` and `make uninstall`: sh tools/install.sh install|uninstall, with BUILD, PREFIX, STATEDIR, DESTDIR.
#
# What is made is written to share/enforgate/manifest below PREFIX: files, and directories with a / at the end. An
# upgrade removes what the older version had and this one has not. Uninstalling removes what is listed, directories
# only where they are empty then; the state directory is never touched.
set -eu
cd "$(dirname "$0")/.."
umask 022 # suexec refuses what others can write, whatever the umask of the user is
BUILD=${BUILD:-build}
PREFIX=${PREFIX:-/usr/local}
STATEDIR=${STATEDIR:-/var/lib/enforgate}
top=${DESTDIR:-}$PREFIX
manifest=$top/share/enforgate/manifest

fail() {
	echo "install: $*" >&2
	exit 1
}
# They go into configurations of four web servers and systemd, each with quotation rules of its own.
for path in "$PREFIX" "$STATEDIR"; do
	case $path in
	*[!A-Za-z0-9/._+@-]*) fail "PREFIX and STATEDIR may only have letters, digits and / . _ + @ -: $path" ;;
	/*/) fail "no / at the end, please: $path" ;;
	/*) ;;
	*) fail "not an absolute path: $path" ;;
	esac
done

directory() { # below PREFIX, "" for itself
	[ ! -d "$top/$1" ] || return 0
	case $1 in
	'') mkdir -p "$top" ;;
	*/*)
		directory "${1%/*}"
		mkdir "$top/$1"
		;;
	*)
		directory ''
		mkdir "$top/$1"
		;;
	esac
	echo "$1/" >>"$made"
}
# Beside it, then moved in its place: whoever runs or reads the old file never sees half of the new one.
put() { # mode path-below-PREFIX, the contents on standard input
	directory "${2%/*}"
	cat >"$top/$2.new"
	chmod "$1" "$top/$2.new"
	mv -f "$top/$2.new" "$top/$2"
	echo "$2" >>"$made"
}
# The examples are written for /usr/local and /var/lib/enforgate.
paths() {
	set -- -e "s#/usr/local/(bin|lib|share)/enforgate#$PREFIX/\\1/enforgate#g"
	if [ "$STATEDIR" != /var/lib/enforgate ]; then
		set -- "$@" -e "s#/var/lib/enforgate([^-A-Za-z0-9_]|\$)#$STATEDIR\\1#g" \
		    -e "s#/home/you/enforgate/state#$STATEDIR#g" \
		    -e '/^# A state directory at another place/d' -e '/^StateDirectoryMode=/d' \
		    -e "s#^StateDirectory=enforgate\$#ReadWritePaths=$STATEDIR#"
	fi
	sed -E "$@"
}

install_all() {
	put 755 bin/enforgatectl <"$BUILD/enforgatectl"
	for program in "$BUILD"/*.fcgi "$BUILD"/enforgate-*; do
		[ -f "$program" ] || continue
		put 755 "lib/enforgate/${program##*/}" <"$program"
	done
	for file in policies/* templates/* INSTALL CHANGELOG.md LICENSE; do
		put 644 "share/enforgate/$file" <"$file"
	done
	for file in $(find httpd-examples -type f | sort); do
		paths <"$file" | put 644 "share/enforgate/$file"
	done
	for page in man/*.[157]; do
		put 644 "share/man/man${page##*.}/${page##*/}" <"$page"
	done
}
remove() { # listed file
	case $1 in
	/* | ../* | */../* | */..) fail "$manifest lists what cannot be of this installation: $1" ;;
	esac
	rm -f -- "$top/$1"
}
# Children before parents.
remove_directories() { # list
	grep '/$' "$1" | sort -r | while read -r path; do
		rmdir -- "$top/${path%/}" 2>/dev/null || true
	done
}

made=$(mktemp)
trap 'rm -f "$made" "$made.all"' EXIT
case ${1-} in
install)
	[ -x "$BUILD/enforgatectl" ] || fail "there is no $BUILD/enforgatectl; run make first"
	directory share/enforgate
	install_all
	echo share/enforgate/manifest >>"$made"
	if [ -e "$manifest" ]; then
		grep -v '/$' "$manifest" | while read -r path; do
			grep -qxF -- "$path" "$made" || remove "$path"
		done
		grep '/$' "$manifest" >>"$made" || true
		remove_directories "$made"
	fi
	sort -u "$made" >"$made.all"
	put 644 share/enforgate/manifest <"$made.all"
	;;
uninstall)
	[ -e "$manifest" ] || fail "nothing is installed in $top: there is no $manifest"
	cat "$manifest" >"$made"
	grep -v '/$' "$made" | while read -r path; do
		remove "$path"
	done
	remove_directories "$made"
	;;
*) fail 'usage: sh tools/install.sh install|uninstall' ;;
esac
