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
alias_line='AliasMatch "^/v1/check$" @dir/programs/check.fcgi'
FCGID="$alias_line
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
like 'CGIPassAuth missing: the line for .htaccess too' \
    "$(jq -r '.findings[] | select(.id == "authorization-lost") | .fix[].lines' "$T/doctor.json")" 'SetEnvIf Authorization'
wrong_apache 'FcgidMaxRequestLen as it is' body-limit wrong "$(without FcgidMaxRequestLen)"
like 'FcgidMaxRequestLen as it is: which size' \
    "$(jq -r '.findings[] | select(.id == "body-limit") | .detail' "$T/doctor.json")" '131073 bytes is answered with 500'
wrong_apache 'LimitRequestBody' body-cut wrong "$FCGID
LimitRequestBody 65536"
wrong_apache 'the output buffer as it is' buffering notice "$(without FcgidOutputBufferSize)"
wrong_apache 'no handler' program-download wrong "$(without SetHandler)"
wrong_apache 'no ExecCGI' forbidden wrong "$(without ExecCGI)"
wrong_apache 'cgi-script' plain-cgi wrong "$(printf '%s' "$FCGID" | sed 's/fcgid-script/cgi-script/')"
wrong_apache 'Alias for a prefix' prefix notice "$(printf '%s' "$FCGID" | sed 's/AliasMatch.*/Alias \/v1\/check @dir\/programs\/check.fcgi/')"
wrong_apache 'a configuration that is not there' not-set-up wrong "FcgidInitialEnv ENFORGATE_CONF /nonexistent.conf
$FCGID"
wrong_apache 'compression' compression notice "$FCGID
SetOutputFilter DEFLATE
AddOutputFilterByType DEFLATE application/json"
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
RewriteRule ^v1/check$ check.fcgi [END]'
# shared_host OVERRIDE HTACCESS
shared_host() {
	here
	start_apache "FcgidOutputBufferSize 0
FcgidMaxRequestLen 1048576
<Directory @dir/root>
Options ExecCGI FollowSymLinks
AllowOverride $1
</Directory>"
	cp "$BUILD/check.fcgi" "$W/root/"
	printf '%s\n' "$2" | sed "s|@conf|$S/enforgate.conf|" >"$W/root/.htaccess"
	examine
	stop_server
}
shared_host FileInfo "$HTACCESS"
fine '.htaccess, right'
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
<Location />
CGIPassAuth On
</Location>"
respawn() {
	rm -f "$T/check.sock"
	# shellcheck disable=SC2046 # words
	setsid ${HOST_USER:+setpriv --reuid="$HOST_USER" --regid="$(id -g "$HOST_USER")" --clear-groups} \
	    env ENFORGATE_CONF="$S/enforgate.conf" spawn-fcgi -n -s "$T/check.sock" -M 0660 -- "$BUILD/check.fcgi" \
	    3>&- >"$T/out" 2>&1 &
	spawned=$!
	echo $spawned >>"$TEST_PIDS"
	for _ in $(seq 50); do [ ! -S "$T/check.sock" ] || break; sleep 0.05; done
}
# through_proxy CONFIGURATION
through_proxy() {
	here
	respawn
	start_apache "$1"
	examine
	stop_server
	kill -TERM -- -$spawned 2>/dev/null
	wait $spawned 2>/dev/null
}
through_proxy "$PROXY"
fine 'mod_proxy_fcgi, right'
like 'mod_proxy_fcgi, right: it is known' "$(jq -r .host "$T/doctor.json")" mod_proxy_fcgi
through_proxy "$PROXY
ProxyErrorOverride On"
named 'ProxyErrorOverride' error-pages
through_proxy "ProxyPass /v1/check \"unix:$T/check.sock|fcgi://localhost/\" flushpackets=on
ProxyPass /mcp \"unix:$T/none.sock|fcgi://localhost/\" flushpackets=on
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
here
start_apache "$PROXY"
rm -f "$T/check.sock"
examine
named 'no responder behind the socket' responder-down
stop_server
echo "doctor: $DOCTOR wrong configurations named"
finish
