# host_units.sh - responders with external sockets, as httpd-examples/systemd describes them; sourced by the set-ups that
# use them. As root the responders have a user of their own, so that a web server which needs the state directory fails.
WEB_USER=
if [ "$(id -u)" = 0 ]; then
	HOST_USER=nobody
	WEB_USER=www-data
fi
UNITS=$ROOT/httpd-examples/systemd
HOST_SPAWNS=fixed

# unit_start PROGRAM STATE PROCESSES: the socket is $HOST_DIR/sockets/PROGRAM.sock.
unit_start() {
	local name=enforgate-$1 owner=
	socket_value() { sed -n "s/^$1=//p" "$UNITS/$name.socket"; }
	[ -z "$WEB_USER" ] || owner="-u $HOST_USER -U $HOST_USER -G $(id -gn "$WEB_USER")"
	install -m 755 "$UNITS/$name.service" "$HOST_DIR/units"
	# shellcheck disable=SC2086 # options
	setsid spawn-fcgi -n -s "$HOST_DIR/sockets/$(basename "$(socket_value ListenStream)")" $owner \
	    -M "$(socket_value SocketMode)" -b "$(socket_value Backlog)" \
	    -- "$HOST_DIR/units/host_unit.sh" "$HOST_DIR/units/$name.service" "$3" "$2" "$BUILD" \
	    3>&- >>"$HOST_DIR/units.log" 2>&1 &
	echo $! >"$HOST_DIR/units/$1.pid"
	echo $! >>"$TEST_PIDS"
	for _ in $(seq 100); do
		[ ! -S "$HOST_DIR/sockets/$1.sock" ] || return 0
		sleep 0.02
	done
	fatal "no socket: $(cat "$HOST_DIR/units.log")"
}
# units_start STATE PROCESSES: of checks and of MCP; one process serves the approve pages.
units_start() {
	mkdir -m 755 "$HOST_DIR/sockets" "$HOST_DIR/units"
	# Where HOST_USER can read it, which may not be so for $ROOT.
	install -m 755 "$ROOT/tests/httpd/host_unit.sh" "$HOST_DIR/units"
	unit_start check "$1" "$2"
	unit_start mcp "$1" "$2"
	unit_start approve "$1" 1
}
unit_pid() { # pid-of-the-web-server program
	cat "${HOST_DIRS[$1]:-$HOST_DIR}/units/$2.pid" 2>/dev/null
}
host_stop() {
	local server=$1 unit pids=()
	for unit in check mcp approve; do pids+=($(unit_pid "$server" $unit)); done
	for unit in "$server" ${pids[@]+"${pids[@]}"}; do end_group "$unit"; done
}
host_responders() {
	local unit pid
	for unit in check mcp approve; do
		pid=$(unit_pid "$1" $unit)
		[ -z "$pid" ] || children_of "$pid"
	done
}
host_reload() { kill -USR1 "$1"; }
