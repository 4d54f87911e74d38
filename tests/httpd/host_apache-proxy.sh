# host_apache-proxy.sh - Apache with mod_proxy_fcgi to external sockets: httpd-examples/apache-proxy.conf.
# shellcheck source=tests/httpd/host_apache.sh
. "$ROOT/tests/httpd/host_apache.sh"
# shellcheck source=tests/httpd/host_units.sh
. "$ROOT/tests/httpd/host_units.sh"
HOST_NAME="Apache mod_proxy_fcgi" # as doctor calls it
HOST_LONG_HEADER=400
HOST_LONG_QUERY=414
HOST_MANY_HEADERS=400
HOST_BODY_MAX=1048576 # where the length is told
HOST_TOO_LARGE=413
HOST_TOO_LARGE_CHUNKED=200 # left to body_max
HOST_RELOAD_LOSES=0
HOST_RELOAD_STALLS=5000 # ms
HOST_DEATH='proxy_fcgi:error' # in the error log
HOST_STREAMS=1
HOST_LEAVES=25 # the second piece of white space after it cannot be written
HOST_BAD_CHUNK='400 0'

host_start() { # state processes
	units_start "$1" "$2"
	{
		HOST_USER=$WEB_USER apache_main proxy proxy_fcgi
		cat <<-END
			Define ENFORGATE_SOCKETS "$HOST_DIR/sockets"
			Define ENFORGATE_NAME localhost
			Define ENFORGATE_PORT $PORT
			Define ENFORGATE_LOGS "$HOST_DIR"
			${HOST_APACHE_EXTRA:-Define ENFORGATE_WITHOUT_TLS}
			Include "$(example apache-proxy.conf)"
		END
	} >"$HOST_DIR/apache.conf"
	apache_run
}
host_logs() { # state dir
	echo "$2/enforgate_access.log" "$2/enforgate_error.log" "$2/main_error.log" "$2/units.log"
}
