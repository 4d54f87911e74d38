# enforgatectl doctor against Apache configurations that are wrong, each in one way, and against three that are right.
. tests/lib.sh
. tests/httpd/doctor/lib.sh
behind_apache

new_state state
policy p '{"defaultDecision": "allow", "rules": []}'
new_key agent --policy p >"$T/key"

# wrong_apache NAME ID LEVEL CONFIGURATION
wrong_apache() {
	here
	start_apache "$4"
	examine
	named "$1" "$2" "$3"
	stop_server
}
FCGID="AliasMatch \"^/v1/check\$\" @dir/programs/check.fcgi
AliasMatch \"^/v1/approve/\" @dir/programs/approve.fcgi
FcgidOutputBufferSize 0
FcgidMaxRequestLen 1048576
<Directory @dir/programs>
Options ExecCGI
SetHandler fcgid-script
CGIPassAuth On
</Directory>"
# without PATTERN: the right configuration without the lines like it.
without() { printf '%s' "$FCGID" | grep -v "$1"; }

here
start_apache "$FCGID"
examine --wait 3s
fine 'mod_fcgid, right'
is 'mod_fcgid, right: exit code' "$CODE" 0
like 'mod_fcgid, right: is known' "$(jq -r .host "$T/doctor.json")" mod_fcgid
stop_server
wrong_apache 'CGIPassAuth missing' authorization-lost wrong "$(without CGIPassAuth)"
is 'CGIPassAuth missing: the lines for this web server alone' \
    "$(jq -r '.findings[] | select(.id == "authorization-lost") | [.fix[].host] | join(" ")' "$T/doctor.json")" \
    "Apache mod_fcgid, in the server's configuration"
wrong_apache 'FcgidMaxRequestLen as it is' body-limit wrong "$(without FcgidMaxRequestLen)"
like 'FcgidMaxRequestLen as it is: which size' \
    "$(jq -r '.findings[] | select(.id == "body-limit") | .detail' "$T/doctor.json")" '131073 bytes is answered with 500'
wrong_apache 'LimitRequestBody' body-cut wrong "$FCGID
LimitRequestBody 65536"
wrong_apache 'the output buffer as it is' buffering notice "$(without FcgidOutputBufferSize)"
wrong_apache 'no handler' program-download wrong "$(without SetHandler)"
wrong_apache 'no ExecCGI' forbidden wrong "$(without ExecCGI)"
wrong_apache 'cgi-script' plain-cgi wrong "$(printf '%s' "$FCGID" | sed 's/fcgid-script/cgi-script/')"
wrong_apache 'Alias for a prefix' prefix notice "$(printf '%s' "$FCGID" | sed 's/AliasMatch.*check.fcgi/Alias \/v1\/check @dir\/programs\/check.fcgi/')"
wrong_apache 'a configuration that is not there' not-set-up wrong "FcgidInitialEnv ENFORGATE_CONF /nonexistent.conf
$FCGID"
wrong_apache 'compression' compression notice "$FCGID
SetOutputFilter DEFLATE
AddOutputFilterByType DEFLATE application/json"
wrong_apache 'no route for links' approve-missing wrong "$(without approve)"
wrong_apache 'a Content-Security-Policy of the site' page-changed wrong "$FCGID
Header always set Content-Security-Policy \"default-src 'self'\""
wrong_apache 'the path in the log' links-in-log notice "$FCGID
CustomLog $S/site.log \"%r\""
setting wait_max_s 900
wrong_apache 'waits longer than mod_fcgid lets them' wait-max notice "$FCGID"
setting wait_max_s 240
wrong_apache 'a program that cannot run' responder-down wrong "$(printf '%s' "$FCGID" | sed 's|programs/check.fcgi|programs/none.fcgi|')
RewriteEngine On
RewriteRule ^/v1/check\$ - [R=502]"
wrong_apache 'silence of 3 s' responder-down wrong "$FCGID
FcgidCmdOptions /bin/false IOTimeout 1
RewriteEngine On
RewriteRule ^/v1/check\$ - [R=503]"

# .htaccess: programs below the document root, as on a shared host.
HTACCESS='AddHandler fcgid-script .fcgi
SetEnv ENFORGATE_CONF @conf
SetEnvIf Authorization .+ HTTP_AUTHORIZATION=$0
RewriteEngine On
RewriteRule ^v1/check$ check.fcgi [END]
RewriteRule ^v1/approve/ approve.fcgi [END]'
# shared_host OVERRIDE HTACCESS
shared_host() {
	here
	start_apache "FcgidOutputBufferSize 0
FcgidMaxRequestLen 1048576
<Directory @dir/root>
Options ExecCGI FollowSymLinks
AllowOverride $1
</Directory>"
	cp "$BUILD"/*.fcgi "$W/root/"
	printf '%s\n' "$2" | sed "s|@conf|$S/enforgate.conf|" >"$W/root/.htaccess"
	examine
	stop_server
}
shared_host FileInfo "$HTACCESS"
fine '.htaccess, right' links-in-log
like '.htaccess, right: it is known' "$(jq -r .host "$T/doctor.json")" htaccess
like '.htaccess, right: a PIN helps' \
    "$(jq -r '.findings[] | select(.id == "links-in-log") | .fix[].lines' "$T/doctor.json")" '--pin'
shared_host FileInfo "$HTACCESS
CGIPassAuth On"
named '.htaccess with a line that is not allowed' htaccess
shared_host FileInfo "$HTACCESS
FcgidMaxRequestLen 1048576"
named '.htaccess with a line of mod_fcgid' htaccess
shared_host None "$HTACCESS"
named '.htaccess that is not read: no route' route-missing
is '.htaccess that is not read: the program can be fetched' "$(level program-download)" wrong
shared_host FileInfo "$(printf '%s' "$HTACCESS" | grep -v SetEnvIf)"
named '.htaccess without SetEnvIf' authorization-lost

# mod_proxy_fcgi to a socket.
PROXY="ProxyPassMatch \"^/v1/check\$\" \"unix:$T/check.sock|fcgi://check/\" flushpackets=on
ProxyPassMatch \"^/v1/approve/\" \"unix:$T/approve.sock|fcgi://approve/\"
<Location />
CGIPassAuth On
</Location>"
respawn() {
	local program
	spawned=()
	for program in check approve; do
		rm -f "$T/$program.sock"
		# shellcheck disable=SC2046 # words
		setsid ${HOST_USER:+setpriv --reuid="$HOST_USER" --regid="$(id -g "$HOST_USER")" --clear-groups} \
		    env ENFORGATE_CONF="$S/enforgate.conf" spawn-fcgi -n -s "$T/$program.sock" -M 0660 -- "$BUILD/$program.fcgi" \
		    3>&- >"$T/out" 2>&1 &
		spawned+=($!)
		echo $! >>"$TEST_PIDS"
		for _ in $(seq 50); do [ ! -S "$T/$program.sock" ] || break; sleep 0.05; done
	done
}
# through_proxy CONFIGURATION
through_proxy() {
	local pid
	here
	respawn
	start_apache "$1"
	examine
	stop_server
	for pid in "${spawned[@]}"; do
		kill -TERM -- "-$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
}
through_proxy "$PROXY"
fine 'mod_proxy_fcgi, right'
like 'mod_proxy_fcgi, right: it is known' "$(jq -r .host "$T/doctor.json")" mod_proxy_fcgi
through_proxy "$PROXY
ProxyErrorOverride On"
named 'ProxyErrorOverride' error-pages
through_proxy "ProxyPass /v1/check \"unix:$T/check.sock|fcgi://localhost/\" flushpackets=on
ProxyPass /v1/approve/ \"unix:$T/approve.sock|fcgi://localhost/\"
<Location />
CGIPassAuth On
</Location>"
named 'one fcgi:// name for two sockets' routes-crossed
through_proxy "$(printf '%s' "$PROXY" | sed 's/ flushpackets=on//')"
named 'flushpackets missing' buffering notice
through_proxy "$(printf '%s' "$PROXY" | grep -v CGIPassAuth)"
named 'CGIPassAuth missing before mod_proxy_fcgi' authorization-lost
printf 'doctor:{SHA}x\n' >"$T/users"
through_proxy "$PROXY
<Location />
AuthType Basic
AuthName r
AuthUserFile $T/users
Require valid-user
</Location>"
named "Apache's own password" host-password
through_proxy "$(printf '%s' "$PROXY" | sed 's/approve.sock/none.sock/')"
named 'no responder of links behind the socket' approve-down
here
start_apache "$PROXY"
rm -f "$T/check.sock"
examine
named 'no responder behind the socket' responder-down
stop_server
echo "doctor: $DOCTOR wrong configurations named"
finish
