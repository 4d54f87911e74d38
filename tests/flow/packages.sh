# tools/packages.sh: quiet and fast where all is there; what it does with services, by stand-ins for dpkg and apt.
. tests/lib.sh

exits 'all there: run' 0 sh tools/packages.sh run
is 'all there: says nothing' "$OUT$ERR" ''
exits 'all there: build' 0 sh tools/packages.sh build
start=$(date +%s%N)
sh tools/packages.sh test
took=$((($(date +%s%N) - start) / 1000000))
is "all there: under 0.3 s ($took ms)" "$((took < 300))" 1
exits 'an unknown purpose' 2 sh tools/packages.sh everything
unlike 'no registry host is named' "$(cat tools/packages.sh)" 'https?://|\.(org|com|net)'

# Stand-ins that write down what they were asked; on PATH before the real ones.
mkdir "$T/bin"
stand_in() { # name text
	printf '#!/bin/sh\necho "%s $*" >>"%s/asked"\n%s\n' "$1" "$T" "$2" >"$T/bin/$1"
	chmod 755 "$T/bin/$1"
}
stand_in dpkg-query 'case $* in
*-L*lighttpd*) printf "/etc/init.d/lighttpd\n/lib/systemd/system/lighttpd.service\n" ;;
*-L*) ;;
*) for p in gcc libc6-dev make pkg-config libfcgi-dev libjson-c-dev libsqlite3-dev libssl-dev libpcre2-dev libinih-dev libcurl4-openssl-dev libscrypt-dev
do echo "installed $p"; done ;;
esac'
stand_in apt-get 'case $* in
*" -s "*) printf "Inst curl [1] (2 Debian)\nInst lighttpd (1.4 Debian)\n" ;;
*) cp '"$T/policy-rc.d $T/during"' 2>/dev/null; [ ! -e '"$T/break"' ] ;;
esac'
stand_in deb-systemd-helper ''
stand_in systemctl ''
stand_in update-rc.d ''
stand_in id 'echo 0'
export PACKAGES_POLICY_RC=$T/policy-rc.d
exits 'something missing' 0 env PATH="$T/bin:$PATH" sh tools/packages.sh run
like 'names the missing ones first' "$ERR" 'to be installed: lighttpd curl'
asked=$(cat "$T/asked")
like 'installs without recommended packages' "$asked" 'apt-get [^
]*install --no-install-recommends lighttpd curl'
unlike 'does not fetch the lists unless it must' "$asked" 'apt-get [^
]*update'
like 'turns the fresh service off' "$asked" '(deb-systemd-helper disable|systemctl -q disable --now) lighttpd.service'
like 'turns the fresh init script off' "$asked" 'update-rc.d lighttpd disable'
is 'no service could start meanwhile' "$(sh "$T/during" >/dev/null; echo $?)" 101
is 'policy-rc.d is gone again' "$([ -e "$T/policy-rc.d" ] || echo gone)" gone
: >"$T/break"
: >"$T/asked"
exits 'a failed installation' 100 sh -c "PATH=$T/bin:\$PATH sh tools/packages.sh run || exit 100"
like 'a failed installation: tries with fresh lists' "$(cat "$T/asked")" 'apt-get [^
]*update'
is 'a failed installation: policy-rc.d is gone again' "$([ -e "$T/policy-rc.d" ] || echo gone)" gone
rm "$T/break"
echo 'exit 104' >"$T/policy-rc.d"
exits "an administrator's own policy-rc.d" 0 env PATH="$T/bin:$PATH" sh tools/packages.sh run
is "an administrator's own policy-rc.d is left alone" "$(cat "$T/policy-rc.d")" 'exit 104'
finish
