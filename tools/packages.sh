#!/bin/sh
# Installs the Debian packages that are missing for a purpose: sh tools/packages.sh build|run|test|lint
#
# Says nothing when all is there. Otherwise it names the packages first and installs them as root or with sudo,
# and leaves no system service started or enabled that was not there before: `make run` starts a web
# server of its own, and the machine's owner did not ask for another one.
set -eu

build='gcc libc6-dev make pkg-config libfcgi-dev libjson-c-dev libsqlite3-dev libssl-dev libpcre2-dev
libinih-dev libcurl4-openssl-dev libscrypt-dev'
run="$build lighttpd curl"
# The web servers of httpd-examples with what they use there, and what stands in for systemd.
servers='apache2 apache2-suexec-custom libapache2-mod-fcgid libapache2-mod-security2 nginx-light lighttpd-mod-openssl lighttpd-modules-lua
spawn-fcgi logrotate openssl'
test="$run libcmocka-dev sqlite3 jq iproute2 python3 python3-aiosmtpd chromium fonts-dejavu-core nodejs $servers"
# A package of its own in Debian; others have it in nodejs.
command -v npm >/dev/null || test="$test npm"
lint="$run libcmocka-dev clang-format clang-tidy cppcheck mandoc"
POLICY_RC=${PACKAGES_POLICY_RC:-/usr/sbin/policy-rc.d} # the tests use another one
MARK='Removed again by enforgate tools/packages.sh.'
PATH=$PATH:/usr/sbin:/sbin

say() {
	echo "packages: $*" >&2
}

# The ones of "$@" that are not installed, one a line.
missing() {
	dpkg-query -W -f='${db:Status-Status} ${Package}\n' "$@" 2>/dev/null |
	    awk -v wanted="$*" '$1 == "installed" { have[$2] = 1 }
	    END { n = split(wanted, w, " "); for (i = 1; i <= n; i++) if (!(w[i] in have)) print w[i] }'
}

apt() {
	DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 "$@"
}

# Services that a package brings, as systemd units and as scripts in /etc/init.d.
units_of() {
	dpkg-query -L "$1" 2>/dev/null |
	    sed -n -E 's|^(/usr)?/lib/systemd/system/([^/@]+\.(service\|socket\|timer\|path))$|\2|p'
}
scripts_of() {
	dpkg-query -L "$1" 2>/dev/null | sed -n 's|^/etc/init\.d/\([^/]*\)$|\1|p'
}

# Turns off what freshly installed packages have enabled. Without systemd (a chroot) only its links go.
disable_services() {
	for package in "$@"; do
		for unit in $(units_of "$package"); do
			if [ -d /run/systemd/system ]; then
				systemctl -q disable --now "$unit" || true
			else
				deb-systemd-helper disable "$unit" >/dev/null 2>&1 || true
			fi
		done
		for script in $(scripts_of "$package"); do
			update-rc.d "$script" disable >/dev/null 2>&1 || true
		done
	done
}

# Nothing may start a service while this script installs; an administrator's own rule is left alone.
forbid_starts() {
	if [ -e "$POLICY_RC" ] || [ -L "$POLICY_RC" ]; then
		grep -qsF "$MARK" "$POLICY_RC" || return 0
	fi
	trap 'rm -f "$POLICY_RC"' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	printf '#!/bin/sh\n# %s\nexit 101\n' "$MARK" >"$POLICY_RC"
	chmod 755 "$POLICY_RC"
}

install_as_root() {
	# Package lists may be absent (a fresh system) or older than what the archive still has.
	if ! plan=$(apt install --no-install-recommends -s "$@" 2>/dev/null); then
		apt update >&2
		plan=$(apt install --no-install-recommends -s "$@")
	fi
	fresh=$(printf '%s\n' "$plan" | sed -n 's/^Inst \([^ ]*\) (.*/\1/p')
	forbid_starts
	if ! apt install --no-install-recommends "$@" >&2; then
		apt update >&2
		apt install --no-install-recommends "$@" >&2
	fi
	# shellcheck disable=SC2086 # a list of names
	disable_services $fresh
}

if [ "${1-}" = --install ]; then
	shift
	install_as_root "$@"
	exit 0
fi

case ${1-} in
build) wanted=$build ;;
run) wanted=$run ;;
test) wanted=$test ;;
lint) wanted=$lint ;;
*)
	say 'usage: sh tools/packages.sh build|run|test|lint'
	exit 2
	;;
esac
if ! command -v dpkg-query >/dev/null; then
	say "this is not a Debian system; have the likes of these installed: $(echo $wanted)"
	exit 0
fi
# shellcheck disable=SC2086 # a list of names
absent=$(missing $wanted)
[ -n "$absent" ] || exit 0
absent=$(echo $absent)
say "to be installed: $absent"
if [ "$(id -u)" = 0 ]; then
	sh "$0" --install $absent
elif command -v sudo >/dev/null; then
	sudo sh "$0" --install $absent
else
	say "not root and no sudo here; as root: apt-get install --no-install-recommends $absent"
	exit 1
fi
