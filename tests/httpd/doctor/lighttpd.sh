# enforgatectl doctor against lighttpd configurations that are wrong, each in one way, and against one that is right.
. tests/lib.sh
. tests/httpd/doctor/lib.sh

new_state state
policy p '{"defaultDecision": "allow", "rules": []}'
new_key agent --policy p >"$T/key"

here
start_lighttpd
before=$(audit_count)
examine --wait 6s
fine 'a right configuration'
is 'a right configuration: exit code' "$CODE" 0
is 'a right configuration: waits are told' "$(level silent-wait) $(level written-wait)" 'ok ok'
is 'a right configuration: the server is known' "$(jq -r .host "$T/doctor.json")" lighttpd
is 'probes leave no entries' "$(audit_count)" "$before"
exits 'people get a table' 0 ctl doctor
like 'people get a table: the server' "$OUT" 'taken for lighttpd'

# Two others at work: the third says so, and not that somebody else's responder answers.
for i in 1 2; do
	ctl doctor --wait 12s >"$T/other.$i" 2>&1 &
	others[i]=$!
done
sleep 5
examine
named 'two others are at work' probe-busy
is 'two others are at work: the responder is not suspected' "$(level probe-unknown)" none
wait "${others[1]}" "${others[2]}"

# Settings that changed since the start, and a program that was replaced.
setting threads 7
examine
named 'settings changed since the start' settings-old
setting threads 32
stop_server
cp "$BUILD/check.fcgi" "$T/copy.fcgi"
here
PROGRAM=$T/copy.fcgi start_lighttpd
cp "$BUILD/check.fcgi" "$T/new.fcgi"
mv "$T/new.fcgi" "$T/copy.fcgi"
examine
named 'a program replaced while it runs' program-replaced
mv "$S/enforgate.db" "$S/old.db" # a process that has it open goes on writing to it
sqlite3 "$S/old.db" "VACUUM INTO '$S/enforgate.db'"
chmod 600 "$S/enforgate.db"
examine
named 'a database replaced while in use' database-replaced
stop_server
# The version is a text in the program.
LC_ALL=C sed 's/0\.1\.0/0.0.9/g' "$BUILD/check.fcgi" >"$T/old.fcgi"
chmod 755 "$T/old.fcgi"
PROGRAM=$T/old.fcgi wrong 'an older program' version-differs wrong

# Another installation answers; a copy of this one answers.
here
first=$S
new_state other
here
other=$S
S=$first
setting base_url "http://127.0.0.1:$PORT"
CONF=$other/enforgate.conf start_lighttpd
examine
named 'another installation answers' probe-unknown
stop_server
here
cp -a "$S" "$T/twin"
sed -i "s|^state_dir = .*|state_dir = $T/twin|" "$T/twin/enforgate.conf"
CONF=$T/twin/enforgate.conf start_lighttpd
examine
named 'a copy of the state directory answers' state-differs
stop_server

# The route.
here
examine
named 'no web server' unreachable
ROUTE='' wrong 'no route' route-missing wrong
CONF=$T/nowhere.conf wrong 'a configuration file that is not there' not-set-up wrong
ROUTE='$HTTP["url"] == "/v1/check" { fastcgi.server = ( "" => (( "socket" => "/nonexistent/check.sock", "check-local" => "disable" )) ) }' \
    wrong 'no responder behind the socket' responder-down wrong
mkdir -p "$T/docs/v1"
cp "$BUILD/check.fcgi" "$T/docs/v1/check"
ROUTE='' DOCROOT=$T/docs wrong 'the program as a file' program-download wrong
mkdir -p "$T/docs2"
cp "$BUILD/check.fcgi" "$T/docs2/"
DOCROOT=$T/docs2 ROUTE=$ROUTE_RIGHT wrong 'the program as a file beside the route' program-download wrong
unset ROUTE
ROUTE='$HTTP["url"] == "/v1/check" { url.redirect = ( "" => "http://127.0.0.1:1/v1/check" ) }' \
    wrong 'a redirect' redirected wrong
ROUTE='$HTTP["url"] == "/v1/check" { url.access-deny = ( "" ) } server.modules += ( "mod_access" )' \
    wrong 'access denied' forbidden wrong
cp "$BUILD/check.fcgi" "$T/docs2/cgi.check"
ROUTE="cgi.assign = ( \".check\" => \"\" ) alias.url = ( \"/v1/check\" => \"$T/docs2/cgi.check\" ) server.modules += ( \"mod_alias\" )" \
    wrong 'plain CGI' plain-cgi wrong
ROUTE='fastcgi.server = ( "/v1/check" => (( @check )) )' wrong 'a plain prefix' prefix notice
ROUTE='fastcgi.server = ( "/" => (( @check )) )' wrong 'everything to the check' routes-crossed wrong
LINKS='' wrong 'no route for links' approve-missing wrong
LINKS='fastcgi.server = ( "/v1/approve" => (( @check )) )' wrong 'links to the check' routes-crossed wrong
printf 'doctor:secret\n' >"$T/users"
wrong "the web server's own password" host-password wrong "server.modules += ( \"mod_auth\", \"mod_authn_file\" )
auth.backend = \"plain\"
auth.backend.plain.userfile = \"$T/users\"
auth.require = ( \"/\" => ( \"method\" => \"basic\", \"realm\" => \"r\", \"require\" => \"valid-user\" ) )"

echo "doctor: $DOCTOR wrong configurations named"
finish
