# host_lighttpd.sh - lighttpd that spawns the responders: httpd-examples/lighttpd.conf. See "Servers" in lib.sh.
HOST_SPAWNS=fixed # all at the start
HOST_NAME=lighttpd # as doctor calls it
HOST_LONG_HEADER=431
HOST_LONG_QUERY=431
HOST_MANY_HEADERS=200
HOST_BODY_MAX=1048576 # server.max-request-size of the example
HOST_TOO_LARGE=413
HOST_TOO_LARGE_CHUNKED=413
HOST_RELOAD_LOSES=0 # requests without an answer
HOST_RELOAD_STALLS=5000 # ms
HOST_STREAMS=1
HOST_LEAVES=2
HOST_BAD_CHUNK='400 0' # status and number of verdicts

host_start() { # state processes
	sh "$ROOT/tools/lighttpd-conf.sh" "$(example lighttpd.conf)" "state=$1" \
	    "port=$PORT" "programs=$BUILD" "sockets=$HOST_DIR" "processes=$2" \
	    >"$HOST_DIR/lighttpd.conf" || fatal 'lighttpd.conf cannot be made'
	# Most hosts need one for people's decisions; a test may want several.
	[ -z "${APPROVERS:-}" ] || sed -i "/approve.sock/,/}/ s/\"max-procs\" .*/\"max-procs\" => $APPROVERS,/" "$HOST_DIR/lighttpd.conf"
	host_run lighttpd -D -f "$HOST_DIR/lighttpd.conf"
}
host_stop() { end_group "$1"; }
host_responders() { children_of "$1"; }
host_reload() { kill -USR1 "$1"; }
host_logs() { # state
	echo "$1/access.log" "$1/lighttpd.log" "$1/responder.log"
}
