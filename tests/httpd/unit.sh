#!/bin/bash
# unit.sh SERVICE COUNT STATE PROGRAMS - what systemd does with a .service whose listening socket is descriptor 0: reads
# the shipped file, starts the responder with the socket, and starts it again whenever it ends. The socket stays open.
# STATE and PROGRAMS stand in for the directories that the file names.
set -u
service=$1 count=$2 state=$3 programs=$4
value() { # name
	sed -n "s/^$1=//p" "$service" | sed -e "s|/var/lib/enforgate|$state|" -e "s|/usr/local/lib/enforgate|$programs|"
}
program=$(value ExecStart)
export "$(value Environment)"
umask "$(value UMask)"
ulimit -n "$(value LimitNOFILE)"
ulimit -c "$(value LimitCORE)"
pause=$(value RestartSec)
case $(value StandardInput),$(value Restart),$pause in
socket,always,*ms) ;;
*)
	echo "$service: not what this script can do: StandardInput, Restart or RestartSec" >&2
	exit 2
	;;
esac
exec 5<&0 # a command in the background would get /dev/null as its input
declare -A running=()
stop() {
	trap '' TERM INT
	kill -TERM "${!running[@]}" 2>/dev/null
	wait
	exit 0
}
trap stop TERM INT
while :; do
	while [ "${#running[@]}" -lt "$count" ]; do
		"$program" <&5 5<&- &
		running[$!]=1
	done
	gone=
	wait -n -p gone "${!running[@]}"
	[ -z "$gone" ] || unset "running[$gone]"
	sleep "$(printf '0.%03d' "${pause%ms}")"
done
