# host_apache-fcgid.sh - Apache with mod_fcgid in the server configuration: httpd-examples/apache-fcgid.conf.
# shellcheck source=tests/httpd/host_apache.sh
. "$ROOT/tests/httpd/host_apache.sh"
HOST_SPAWNS=demand # when all are busy

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
			Define ENFORGATE_WITHOUT_TLS
			Include "$ROOT/httpd-examples/apache-fcgid.conf"
		END
	} >"$HOST_DIR/apache.conf"
	apache_run
}
host_logs() { # state dir
	echo "$2/enforgate_access.log" "$2/enforgate_error.log" "$2/main_error.log"
}
