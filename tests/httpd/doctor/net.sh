# enforgatectl doctor where base_url is public: plain http, certificates, ports 80 and 443. In a network of its own, in which
# an address of RFC 5737 is this machine.
if [ -z "${DOCTOR_NET:-}" ]; then
	if unshare -rn ip link set lo up 2>/dev/null; then
		DOCTOR_NET=1 exec unshare -rn bash "$0"
	fi
	echo 'not run: needs root or user namespaces, and ip: doctor on public addresses'
	echo end >&3
	exit 0
fi
. tests/lib.sh
. tests/httpd/doctor/lib.sh
ip link set lo up
ip addr add 203.0.113.7/32 dev lo
ip addr add 203.0.113.8/32 dev lo
ADDRESS=203.0.113.7

new_state state
policy p '{"defaultDecision": "allow", "rules": []}'
new_key agent --policy p >"$T/key"
openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=203.0.113.7 -keyout "$T/tls.key" -out "$T/tls.pem" \
    2>"$T/openssl.out" || fatal "$(cat "$T/openssl.out")"
TLS="server.modules += ( \"mod_openssl\" )
\$SERVER[\"socket\"] == \"203.0.113.7:443\" { ssl.engine = \"enable\" ssl.pemfile = \"$T/tls.pem\" ssl.privkey = \"$T/tls.key\" }"

PORT=80
setting base_url http://203.0.113.7
start_lighttpd
examine
named 'plain http on a public host' base-url-http
fine 'plain http on a public host: and nothing else' base-url-http
stop_server

sed -i '/^base_url/d' "$S/enforgate.conf"
setting base_url https://203.0.113.7
start_lighttpd "$TLS"
examine
named 'a certificate that nobody signed' tls-certificate
named 'plain http beside https' http-open
is 'the rest is looked at all the same' "$(level authorization) $(level https)" 'ok ok'
stop_server
start_lighttpd "$TLS
\$HTTP[\"scheme\"] == \"http\" { url.redirect = ( \"\" => \"https://203.0.113.7/\" ) }"
examine
fine 'plain http that leads to https' tls-certificate
stop_server

# TLS ends at a proxy, which calls from an address of its own.
ADDRESS=127.0.0.1
free_port
back=$PORT
start_lighttpd
behind=$SERVER
ADDRESS=203.0.113.7
PORT=80
ROUTE="proxy.server = ( \"\" => (( \"host\" => \"127.0.0.1\", \"port\" => $back )) )"
LINKS='' start_lighttpd "$TLS"
examine
named 'TLS ends at a proxy' https-lost notice
named 'a proxy hides the client' address-proxy notice
stop_server
stop_server "$behind"
echo "doctor: $DOCTOR wrong configurations named"
finish
