# host_apache-fcgid.sh - Apache with mod_fcgid in the server configuration: httpd-examples/apache-fcgid.conf.
# shellcheck source=tests/httpd/host_apache.sh
. "$ROOT/tests/httpd/host_apache.sh"
HOST_SPAWNS=demand # when all are busy
HOST_NAME="Apache mod_fcgid, in the server's" # as doctor calls it
HOST_LONG_HEADER=400
HOST_LONG_QUERY=414
HOST_MANY_HEADERS=400 # more than 100
HOST_BODY_MAX=1048576 # where the length is told
HOST_TOO_LARGE=413
HOST_TOO_LARGE_CHUNKED=200 # left to body_max: FcgidMaxRequestLen is that of /mcp
# A request that waits for a free responder while Apache is reloaded hangs: mod_fcgid has asked its process manager for
# one more and the manager is gone (seen about once in ten reloads under load). Its client has to give up and ask again.
HOST_RELOAD_LOSES=2 # requests without an answer, for each reload
HOST_RELOAD_STALLS=5000 # ms
HOST_DEATH='fcgid:warn' # in the error log
HOST_STREAMS=1
HOST_LEAVES=25 # the second piece of white space after it cannot be written
HOST_BAD_CHUNK='400 0' # mod_fcgid hands the damaged body on as a whole one; only strict reading of JSON refuses it

host_start() { # state processes
	{
		apache_main fcgid
		cat <<-END
			FcgidIPCDir "$HOST_DIR/run"
			FcgidProcessTableFile "$HOST_DIR/run/table"
			Define ENFORGATE_STATE "$1"
			Define ENFORGATE_PROGRAMS "$BUILD"
			Define ENFORGATE_NAME localhost
			Define ENFORGATE_PORT $PORT
			Define ENFORGATE_LOGS "$HOST_DIR"
			${HOST_APACHE_EXTRA:-Define ENFORGATE_WITHOUT_TLS}
			Include "$(example apache-fcgid.conf)"
		END
	} >"$HOST_DIR/apache.conf"
	apache_run
}
host_logs() { # state dir
	echo "$2/enforgate_access.log" "$2/enforgate_error.log" "$2/main_error.log"
}
