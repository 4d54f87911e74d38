# host_apache-htaccess.sh - Apache with mod_fcgid on a shared host: httpd-examples/apache-htaccess/htaccess.
#
# The main configuration is what such a host has: AllowOverride FileInfo and nothing more, ExecCGI, large limits of
# mod_fcgid as panels set them (HOST_FCGID: further lines). As root the account is another user than Apache's and
# programs run under suexec, whose configuration (which directories it may be used in) and log are replaced in a
# mount namespace of the server alone. Otherwise there is one user, and no suexec.
# shellcheck source=tests/httpd/host_apache.sh
. "$ROOT/tests/httpd/host_apache.sh"
HOST_SPAWNS=demand # when all are busy
HOST_NAME="Apache mod_fcgid, in .htaccess" # as doctor calls it
HOST_DOCTOR='buffering links-in-log'
HOST_LONG_HEADER=400
HOST_LONG_QUERY=414
HOST_MANY_HEADERS=400  # more than 100
HOST_BODY_MAX=1048576  # here; it is the host that decides
HOST_MCP_MAX=1000000
HOST_MCP_TOO_LARGE=500
HOST_TOO_LARGE=500     # mod_fcgid knows no other status
HOST_TOO_LARGE_CHUNKED=500
HOST_LOG_KEEPS_PATHS=1 # the log is the host's
HOST_STREAMS=          # so is the buffer of answers
HOST_LEAVES=           # and what is not sent cannot fail
HOST_RELOAD_LOSES=2    # see host_apache-fcgid.sh
HOST_RELOAD_STALLS=5000 # ms
HOST_BAD_CHUNK='400 0' # mod_fcgid hands the damaged body on as a whole one; only strict reading of JSON refuses it

SUEXEC=/usr/lib/apache2/suexec-custom
if [ -n "${HOST_USER:-}" ] && [ -x $SUEXEC ] && unshare -m true 2>/dev/null; then
	ACCOUNT_SUEXEC=1
	HOST_USER=nobody # suexec takes no user below 100, so not root and no www-data
elif [ -n "${HOST_USER:-}" ]; then
	not_run 'suexec' 'needs root, the package apache2-suexec-custom and mount namespaces'
else
	not_run 'suexec' 'needs root'
fi

# The account: documents with programs and .htaccess, edited as its first line says; HOST_BASE: in a directory below them.
host_start() { # state processes
	local documents=$HOST_DIR/account/gate place
	place=$documents${HOST_BASE:-}
	mkdir -p "$place"
	cp "$BUILD/check.fcgi" "$BUILD/mcp.fcgi" "$BUILD/approve.fcgi" "$place/"
	sed "s|^SetEnv ENFORGATE_CONF .*|SetEnv ENFORGATE_CONF $1/enforgate.conf|" \
	    "$ROOT/httpd-examples/apache-htaccess/htaccess" >"$place/.htaccess"
	chmod -R go-w "$HOST_DIR/account"
	[ -z "${HOST_USER:-}" ] || chown -R "$HOST_USER:$(id -gn "$HOST_USER")" "$HOST_DIR/account"
	{
		HOST_USER=${HOST_USER:+www-data} apache_main fcgid rewrite ${ACCOUNT_SUEXEC:+suexec}
		cat <<-END
			FcgidIPCDir "$HOST_DIR/run"
			FcgidProcessTableFile "$HOST_DIR/run/table"
			FcgidMaxRequestLen 1048576
			${HOST_FCGID:-}
			<Directory />
				Require all denied
				AllowOverride None
			</Directory>
			<VirtualHost *:$PORT>
				ServerName localhost
				DocumentRoot "$documents"
				${ACCOUNT_SUEXEC:+SuexecUserGroup $HOST_USER $(id -gn "$HOST_USER")}
				<Directory "$documents">
					Require all granted
					AllowOverride FileInfo
					Options ExecCGI SymLinksIfOwnerMatch
				</Directory>
				CustomLog "$HOST_DIR/access.log" "%h %l %u %t \"%m %U %H\" %>s %b"
				ErrorLog "$HOST_DIR/error.log"
			</VirtualHost>
		END
	} >"$HOST_DIR/apache.conf"
	if [ -z "${ACCOUNT_SUEXEC:-}" ]; then
		apache_run
		return
	fi
	mkdir "$HOST_DIR/suexec.logs"
	printf '%s\n%s\n' "$HOST_DIR/account" '#' >"$HOST_DIR/suexec"
	# shellcheck disable=SC2016 # for the inner shell
	host_run unshare -m --propagation private sh -c '
		mount --bind "$1/suexec" /etc/apache2/suexec/www-data &&
		mount --bind "$1/suexec.logs" /var/log/apache2 &&
		exec apache2 -D FOREGROUND -f "$1/apache.conf"' sh "$HOST_DIR"
}
host_logs() { # state dir
	echo "$2/access.log" "$2/error.log" "$2/main_error.log"
}
