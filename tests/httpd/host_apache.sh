# host_apache.sh - what the Apache set-ups of the tests share; sourced by host_apache-*.sh.
#
# apache_main writes the main configuration that a Debian system would have around the shipped file: modules, port,
# user, places. What is tested comes from the shipped file alone, which is included, not copied. Apache does not run
# its children as root, so as root they become www-data, as in a Debian system.
[ "$(id -u)" != 0 ] || HOST_USER=www-data
APACHE_MODULES='mpm_event authz_core alias env setenvif headers reqtimeout deflate filter mime'

apache_main() { # further modules...
	local module
	mkdir "$HOST_DIR/run"
	[ -z "${HOST_USER:-}" ] || chown "$HOST_USER" "$HOST_DIR/run"
	cat <<-END
		ServerRoot "$HOST_DIR"
		ServerName localhost
		PidFile "$HOST_DIR/apache.pid"
		DefaultRuntimeDir "$HOST_DIR/run"
		Listen 127.0.0.1:$PORT
		ErrorLog "$HOST_DIR/main_error.log"
		TypesConfig /dev/null
		ServerLimit 8
		MaxRequestWorkers 200
		StartServers 2
	END
	for module in $APACHE_MODULES "$@"; do
		echo "LoadModule ${module}_module /usr/lib/apache2/modules/mod_$module.so"
	done
	# As Debian's deflate.conf has it, and JSON as well, which many add.
	echo 'AddOutputFilterByType DEFLATE text/html text/plain application/json'
	[ -z "${HOST_USER:-}" ] || printf 'User %s\nGroup %s\n' "$HOST_USER" "$(id -gn "$HOST_USER")"
}
apache_run() { host_run apache2 -D FOREGROUND -f "$HOST_DIR/apache.conf"; }
# Processes of this group that run a responder, whoever started them.
responders_of_group() { # pid
	ps -eo pid=,pgid=,state=,args= | awk -v group="$1" '$2 == group && $3 !~ /^Z/ && $4 ~ /\.fcgi$/ { print $1 }'
}
host_stop() { end_group "$1"; }
host_reload() { kill -USR1 "$1"; }
host_responders() { responders_of_group "$1"; }
