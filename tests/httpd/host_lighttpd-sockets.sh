# host_lighttpd-sockets.sh - lighttpd to external sockets: httpd-examples/lighttpd-sockets.conf.
# shellcheck source=tests/httpd/host_units.sh
. "$ROOT/tests/httpd/host_units.sh"
HOST_NAME=lighttpd # as doctor calls it
HOST_LONG_HEADER=431
HOST_LONG_QUERY=431
HOST_MANY_HEADERS=200
HOST_BODY_MAX=1048576
HOST_TOO_LARGE=413
HOST_TOO_LARGE_CHUNKED=413
HOST_RELOAD_LOSES=0
HOST_RELOAD_STALLS=5000 # ms
HOST_STREAMS=1
HOST_LEAVES=2
HOST_BAD_CHUNK='400 0'

host_start() { # state processes
	mkdir -m 755 "$HOST_DIR/logs" "$HOST_DIR/empty"
	units_start "$1" "$2"
	sh "$ROOT/tools/lighttpd-conf.sh" "$(example lighttpd-sockets.conf)" "port=$PORT" \
	    "sockets=$HOST_DIR/sockets" "logs=$HOST_DIR/logs" "empty=$HOST_DIR/empty" \
	    >"$HOST_DIR/lighttpd.conf" || fatal 'lighttpd.conf cannot be made'
	if [ -n "$WEB_USER" ]; then
		sed -i -E 's/^#(server\.(username|groupname))/\1/' "$HOST_DIR/lighttpd.conf"
		chown "$WEB_USER:" "$HOST_DIR/logs"
	fi
	host_run lighttpd -D -f "$HOST_DIR/lighttpd.conf"
}
host_logs() { # state dir
	echo "$2/logs/enforgate-access.log" "$2/logs/enforgate-error.log" "$2/units.log"
}
