# enforgatectl doctor against lighttpd configurations that spoil requests or answers on their way, each in one way.
. tests/lib.sh
. tests/httpd/doctor/lib.sh

new_state state
policy p '{"defaultDecision": "allow", "rules": []}'
new_key agent --policy p >"$T/key"

wrong 'error pages of the web server' error-pages wrong 'server.error-intercept = "enable"'
wrong 'Authorization emptied' authorization-lost wrong 'setenv.set-request-header = ( "Authorization" => "" )'
wrong 'Authorization set' authorization-changed wrong 'setenv.set-request-header = ( "Authorization" => "Bearer x" )'
wrong 'WWW-Authenticate removed' www-authenticate wrong 'setenv.set-response-header = ( "WWW-Authenticate" => "" )'
wrong 'Cache-Control changed' headers-lost notice 'setenv.set-response-header = ( "Cache-Control" => "public" )'
wrong 'another clock' clock-web wrong 'setenv.set-response-header = ( "Date" => "Mon, 23 Nov 2020 10:00:00 GMT" )'
wrong 'small bodies only' body-limit wrong 'server.max-request-size = 64'
wrong 'bodies of exactly the limit only' body-over-host notice 'server.max-request-size = 256'
STREAM='' wrong 'answers collected' buffering notice
wrong 'a Content-Security-Policy of the site' page-changed wrong "setenv.set-response-header = ( \"Content-Security-Policy\" => \"default-src 'self'\" )"
REWRITE='' LINKS='$HTTP["url"] =~ "^/v1/approve/" { fastcgi.server = ( "" => (( @approve )) )  }' \
    wrong 'links in the access log' links-in-log notice "accesslog.filename = \"$S/access.log\""

# A document root that holds the state directory, or is it.
DOCROOT=$S wrong 'the state directory is the document root' state-served wrong
unlike 'the state directory is the document root: no contents are shown' \
    "$(cat "$T/doctor.json" "$T/doctor.err")" "$(sed 's/^enforgate-key-1 //' "$S/enforgate.key")"
DOCROOT=$T wrong 'the state directory is below the document root' state-served wrong
mkdir -p "$T/a/b"
ln -s "$S" "$T/a/b/state"
DOCROOT=$(dirname "$T") wrong 'two directories below the document root' state-served wrong

# A proxy in front, on this very machine.
here
back=$PORT
start_lighttpd
behind=$SERVER
ROUTE="proxy.server = ( \"\" => (( \"host\" => \"127.0.0.1\", \"port\" => $back )) )"
free_port
setting base_url "http://127.0.0.1:$PORT"
LINKS='' start_lighttpd
examine
named 'a proxy in front' address-proxy notice
setting trusted_proxies 127.0.0.1
stop_server "$behind"
PORT=$back
ROUTE=$ROUTE_RIGHT start_lighttpd
behind=$SERVER
examine
fine 'a proxy that is trusted'
like 'a proxy that is trusted: the client is known' \
    "$(jq -r '.findings[] | select(.id == "address") | .detail' "$T/doctor.json")" trusted_proxies
sed -i '/^trusted_proxies/d' "$S/enforgate.conf"
for pid in "${SERVERS[@]}"; do stop_server "$pid"; done
SERVERS=()
unset ROUTE

# Sockets: open to others, and one that ends what is silent.
here
setsid env ENFORGATE_CONF="$S/enforgate.conf" spawn-fcgi -n -s "$T/open.sock" -M 0666 -- "$BUILD/check.fcgi" \
    3>&- >"$T/out" 2>&1 &
spawned=$!
echo $spawned >>"$TEST_PIDS"
for _ in $(seq 50); do [ ! -S "$T/open.sock" ] || break; sleep 0.05; done
ROUTE="\$HTTP[\"url\"] == \"/v1/check\" { fastcgi.server = ( \"\" => (( \"socket\" => \"$T/open.sock\", \"check-local\" => \"disable\", \"read-timeout\" => 7 )) ) }"
start_lighttpd
examine --wait 10s
named 'a socket that is open to others' socket-open
named 'a web server that ends silent answers' wait-silent notice
like 'a web server that ends silent answers: written ones it does not' \
    "$(jq -r '.findings[] | select(.id | test("^(wait-written|written-wait)$")) | .level + " " + .detail' "$T/doctor.json")" '^ok '
stop_server
kill -TERM -- -$spawned 2>/dev/null
unset ROUTE
setting threads 256
ulimit -n 512
wrong 'few descriptors' descriptors notice 'server.max-fds = 512'
setting threads 32
echo "doctor: $DOCTOR wrong configurations named"
finish
