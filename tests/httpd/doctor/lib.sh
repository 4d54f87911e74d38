# lib.sh - what the tests of `enforgatectl doctor` share; sourced after tests/lib.sh.
#
# Each test shows doctor a configuration that is wrong in one way and asks that it is named. The configurations are small ones
# of their own, as the shipped examples are right; one that is right in all of it is judged without a finding.
DOCTOR=0 # wrong configurations that were named

# web_wait LOG: until $PORT answers anything at all, the server being $SERVER.
web_wait() {
	SERVERS+=("$SERVER")
	echo "$SERVER" >>"$TEST_PIDS"
	for _ in $(seq 100); do
		kill -0 "$SERVER" 2>/dev/null || break
		if (: <>"/dev/tcp/${ADDRESS:-127.0.0.1}/$PORT") 2>/dev/null; then return 0; fi
		sleep 0.05
	done
	fatal "no server: $(cat "$1" "$W/error.log" 2>/dev/null | tail -n 5)"
}
# start_lighttpd [CONFIGURATION]: one on $PORT with $S; the text is appended. ROUTE and LINKS are the routes' configurations.
ROUTE_RIGHT='$HTTP["url"] == "/v1/check" { fastcgi.server = ( "" => (( @check )) ) }'
LINKS_RIGHT='$HTTP["url"] == "/v1/approve/" { fastcgi.server = ( "" => (( @approve )) ) }'
REWRITE_RIGHT='url.rewrite-once = ( "^(/v1/approve/)" => "$1" )' # the token is cut off for the logs
lighttpd_fcgi() { # route program
	printf '"bin-path" => "%s", "socket" => "%s/%s.sock", "check-local" => "disable", "max-procs" => 1,' "$2" "$W" "$1"
	printf '"bin-environment" => ( "ENFORGATE_CONF" => "%s" )' "${CONF:-$S/enforgate.conf}"
}
start_lighttpd() {
	W=$(mktemp -d "$T/web.XXXX")
	mkdir "$W/root"
	{
		cat <<-END
			server.modules = ( "mod_rewrite", "mod_accesslog", "mod_setenv", "mod_redirect", "mod_fastcgi", "mod_cgi", "mod_proxy" )
			server.bind = "${ADDRESS:-127.0.0.1}"
			server.port = $PORT
			server.document-root = "${DOCROOT:-$W/root}"
			server.errorlog = "$W/error.log"
			server.breakagelog = "$W/breakage.log"
			${STREAM-server.stream-response-body = 2}
			${REWRITE-$REWRITE_RIGHT}
			$(printf '%s\n%s' "${ROUTE-$ROUTE_RIGHT}" "${LINKS-$LINKS_RIGHT}" |
			    sed -e "s|@check|$(lighttpd_fcgi check "${PROGRAM:-$BUILD/check.fcgi}")|" \
				-e "s|@approve|$(lighttpd_fcgi approve "$BUILD/approve.fcgi")|")
		END
		printf '%s\n' "${1:-}"
	} >"$W/lighttpd.conf"
	setsid lighttpd -D -f "$W/lighttpd.conf" 3>&- >"$W/out" 2>&1 &
	SERVER=$!
	web_wait "$W/out"
}
# Apache does not run its children as root, so as root all that is the installation's belongs to www-data.
behind_apache() {
	command -v apache2 >/dev/null || fatal 'no apache2'
	[ "$(id -u)" != 0 ] || HOST_USER=www-data
	share_with_host_user
	chmod 1777 "$T"
}
# start_apache CONFIGURATION: Apache with mod_fcgid or mod_proxy_fcgi; @dir is the directory of the programs.
MODULES='mpm_event authz_core authz_host auth_basic authn_core authn_file authz_user alias mime env setenvif headers
rewrite dir fcgid cgid proxy proxy_fcgi deflate filter'
start_apache() {
	local module
	W=$(mktemp -d "$T/web.XXXX")
	chmod 755 "$W" # a server that was started as root reads as another user
	mkdir "$W/root" "$W/programs" "$W/run"
	cp "$BUILD"/*.fcgi "$W/programs/"
	{
		for module in $MODULES; do
			printf 'LoadModule %s_module /usr/lib/apache2/modules/mod_%s.so\n' "$module" "$module"
		done
		cat <<-END
			ServerRoot $W
			ServerName 127.0.0.1
			TypesConfig /dev/null
			Listen ${ADDRESS:-127.0.0.1}:$PORT
			PidFile $W/run/pid
			DefaultRuntimeDir $W/run
			Mutex file:$W/run
			ErrorLog $W/error.log
			ScriptSock $W/run/cgisock
			$([ -z "${HOST_USER:-}" ] || printf 'User %s\nGroup %s' "$HOST_USER" "$(id -gn "$HOST_USER")")
			DocumentRoot $W/root
			FcgidIPCDir $W/run
			FcgidProcessTableFile $W/run/table
			FcgidInitialEnv ENFORGATE_CONF $S/enforgate.conf
			<Directory />
			Require all granted
			Options None
			</Directory>
			$(printf '%s' "$1" | sed "s|@dir|$W|g")
		END
	} >"$W/apache.conf"
	[ -z "${HOST_USER:-}" ] || chown "$HOST_USER" "$W/run"
	setsid apache2 -D FOREGROUND -f "$W/apache.conf" 3>&- >"$W/out" 2>&1 &
	SERVER=$!
	web_wait "$W/out"
}
# here: the next server's port, as base_url says it.
here() {
	free_port
	setting base_url "http://127.0.0.1:$PORT"
}
# wrong NAME ID LEVEL [CONFIGURATION]: a lighttpd that is wrong in one way.
wrong() {
	here
	start_lighttpd "${4:-}"
	examine
	named "$1" "$2" "$3"
	stop_server
}
# examine [OPTION...]: runs doctor; findings in $T/doctor.json, exit code in CODE.
examine() {
	CODE=0
	ctl doctor --json "$@" >"$T/doctor.json" 2>"$T/doctor.err" || CODE=$?
}
level() { # id: of the last examination
	jq -r --arg id "$1" '[.findings[] | select(.id == $id) | .level][0] // "none"' "$T/doctor.json" 2>&1
}
found() { # all that is not fine
	jq -r '[.findings[] | select(.level != "ok") | .id] | unique | join(" ")' "$T/doctor.json" 2>&1
}
# named NAME ID [LEVEL]: the last examination names it, with reason and lines to change, and the exit code fits.
named() {
	local name=$1 id=$2 level=${3:-wrong} lines
	is "$name: $id is $level" "$(level "$id")" "$level"
	[ "$level" != wrong ] || is "$name: exit code" "$CODE" 1
	lines=$(jq -r --arg id "$id" '[.findings[] | select(.id == $id)][0] |
	    [(.why | length > 10), (.title | length > 10), (.detail | length > 0), (.fix | length > 0)] | all' "$T/doctor.json")
	is "$name: what, why and what to do" "$lines" true
	DOCTOR=$((DOCTOR + 1))
}
# fine NAME [ID...]: nothing else but these is found.
fine() {
	local name=$1
	shift
	is "$name" "$(found)" "$*"
}
