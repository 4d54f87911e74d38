#!/bin/bash
# host_unit.sh SERVICE COUNT STATE PROGRAMS - what systemd does with a .service whose listening socket is descriptor 0: reads
# the shipped file, starts the responder with the socket, and starts it again whenever it ends. The socket stays open.
# MemoryDenyWriteExecute is put in force as well, by prctl(2) in place of a filter, where the kernel has it (6.3).
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
start=("$program")
case $(value MemoryDenyWriteExecute),$(uname -m) in
yes,x86_64) prctl=157 ;;
yes,aarch64) prctl=167 ;;
*) prctl= ;;
esac
# PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN
[ -z "$prctl" ] || start=(perl -e "syscall($prctl, 65, 1, 0, 0, 0); exec { \$ARGV[0] } @ARGV" "$program")
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
		"${start[@]}" <&5 5<&- &
		running[$!]=1
	done
	gone=
	wait -n -p gone "${!running[@]}"
	[ -z "$gone" ] || unset "running[$gone]"
	sleep "$(printf '0.%03d' "${pause%ms}")"
done
