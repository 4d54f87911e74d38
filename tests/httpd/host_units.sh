# host_units.sh - responders with external sockets, as httpd-examples/systemd describes them; sourced by the set-ups that
# use them. As root the responders have a user of their own, so that a web server which needs the state directory fails.
WEB_USER=
if [ "$(id -u)" = 0 ]; then
	HOST_USER=nobody
	WEB_USER=www-data
fi
UNITS=$ROOT/httpd-examples/systemd
HOST_SPAWNS=fixed

socket_value() { sed -n "s/^$1=//p" "$UNITS/enforgate-check.socket"; }
# units_start STATE PROCESSES: the socket is $HOST_DIR/sockets/check.sock.
units_start() {
	local owner=
	[ -z "$WEB_USER" ] || owner="-u $HOST_USER -U $HOST_USER -G $(id -gn "$WEB_USER")"
	mkdir -m 755 "$HOST_DIR/sockets" "$HOST_DIR/units"
	# Where HOST_USER can read them, which may not be so for $ROOT.
	install -m 755 "$ROOT/tests/httpd/host_unit.sh" "$UNITS/enforgate-check.service" "$HOST_DIR/units"
	# shellcheck disable=SC2086 # options
	setsid spawn-fcgi -n -s "$HOST_DIR/sockets/$(basename "$(socket_value ListenStream)")" $owner \
	    -M "$(socket_value SocketMode)" -b "$(socket_value Backlog)" \
	    -- "$HOST_DIR/units/host_unit.sh" "$HOST_DIR/units/enforgate-check.service" "$2" "$1" "$BUILD" \
	    3>&- >"$HOST_DIR/units.log" 2>&1 &
	echo $! >"$HOST_DIR/units.pid"
	echo $! >>"$TEST_PIDS"
	for _ in $(seq 100); do
		[ ! -S "$HOST_DIR/sockets/check.sock" ] || return 0
		sleep 0.02
	done
	fatal "no socket: $(cat "$HOST_DIR/units.log")"
}
units_pid() { # pid of the web server
	cat "${HOST_DIRS[$1]:-$HOST_DIR}/units.pid" 2>/dev/null
}
host_stop() {
	local units
	units=$(units_pid "$1")
	end_group "$1"
	[ -z "$units" ] || end_group "$units"
}
host_responders() { children_of "$(units_pid "$1")"; }
host_reload() { kill -USR1 "$1"; }
