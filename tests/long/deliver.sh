#!/bin/bash
# Notifications: how fast they are, a server that answers with 500 for a minute, and the certificates that the system trusts,
# which needs a mount: as root, or in a user namespace of its own.
if [ -z "${INSIDE:-}" ]; then
	user=-r
	[ "$(id -u)" != 0 ] || user=
	if unshare $user -m true; then
		exec env INSIDE=1 unshare $user -m bash "$0"
	fi
fi
. "$(dirname "$0")/../lib.sh"
. "$ROOT/tests/sinks/lib.sh"

RUNS=200
new_state main
setting base_url https://gate.example.org
setting approvals_per_key 1000
policy mail '{"rules": [{"tool": "send_*", "decision": "require_approval"}]}'
make_ca "$T/ca"
start_sink tls --cert "$T/ca/cert.pem" --key "$T/ca/key.pem"
webhook people "https://127.0.0.1:$SINK_PORT/people" --allow-private --approver --ca "$T/ca/ca.pem"
webhook broken "https://127.0.0.1:$SINK_PORT/broken" --allow-private --approver --ca "$T/ca/ca.pem"
key=$(new_key agent --policy mail --channel people)
start_server 2

# From the moment of the verdict, as it is recorded, to the request at the sink, over a new TLS connection each.
for i in $(seq $RUNS); do ask "$key" "send_$i"; done
receives 'fast: all arrive' tls $RUNS true 20
sqlite3 "$S/enforgate.db" "SELECT id, created_ms FROM approval" | tr '|' ' ' | sort >"$T/made"
jq -r '(.body | fromjson | .approvalId) + " " + (.time | tostring)' "$T/tls/requests" | sort >"$T/arrived"
join "$T/made" "$T/arrived" | awk '{ print $3 - $2 }' | sort -n >"$T/took"
p50=$(sed -n "$((RUNS / 2))p" "$T/took")
p99=$(sed -n "$((RUNS * 99 / 100))p" "$T/took")
measured "from the verdict to the notification at the sink, $RUNS runs: p50 $p50 ms, p99 $p99 ms, most $(tail -n 1 "$T/took") ms"
[ "$p99" -lt 1000 ] && ok 'fast: within a second' || not_ok 'fast: within a second' "p99 $p99 ms"

# 500 for a minute.
answers tls.broken 500
ctl key set agent --channel broken >/dev/null 2>&1
began=$SECONDS
ask "$key" send_broken '{"n":1}'
while [ $((SECONDS - began)) -lt 60 ]; do sleep 1; done
is 'a minute: it is tried again and again' "$(delivery "state || ' ' || error" "approval_id = '$APPROVAL'")" 'due 127.0.0.1: HTTP 500'
is 'a minute: not too often' "$(delivery attempts "approval_id = '$APPROVAL'")" 4
answers tls.broken 200
delivery_gets 'a minute: it arrives' "approval_id = '$APPROVAL'" '^sent $' 30
like 'a minute: with the arguments still' "$(request_of tls .body | jq -r .link)" '#a='

# A responder does not read openssl.cnf; the system's authorities count all the same.
bundle=/etc/ssl/certs/ca-certificates.crt
webhook system "https://127.0.0.1:$SINK_PORT/system" --allow-private --approver
ctl key set agent --channel system >/dev/null 2>&1
ask "$key" send_distrusted
delivery_gets 'system: a certificate that the system does not trust' "approval_id = '$APPROVAL'" 'is not trusted'
if [ -n "${INSIDE:-}" ] && cat $bundle "$T/ca/ca.pem" >"$T/bundle" && mount --bind "$T/bundle" $bundle; then
	stop_server
	start_server 2
	ask "$key" send_trusted
	delivery_gets 'system: one that it trusts' "approval_id = '$APPROVAL'" '^sent $'
else
	not_run 'the certificates that the system trusts' "needs root, or user namespaces, and $bundle"
fi

# Without libcurl, and with the flavour of it that stands in. The client of these tests is curl, so bash asks.
hide() { # libcurl.so.4
	local path
	path=$(ldconfig -p | sed -n "s/.*$1 .*=> //p" | head -n 1)
	[ -z "$path" ] || mount --bind /dev/null "$(readlink -f "$path")"
}
ask_raw() { # tool
	local body="{\"serverName\":\"mail\",\"toolName\":\"$1\",\"args\":{},\"approval\":{\"request\":true}}"
	raw "POST /v1/check HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer $key\r\nContent-Type: application/json\r\nContent-Length: ${#body}\r\nConnection: close\r\n\r\n$body"
	APPROVAL=$(grep -o 'apr_[A-Za-z0-9]*' <<<"$RAW")
}
if [ -n "${INSIDE:-}" ]; then
	ctl key set agent --channel people >/dev/null 2>&1
	stop_server
	start_server 1
	hide libcurl.so.4
	if ldconfig -p | grep -q libcurl-gnutls.so.4; then
		ask_raw send_gnutls
		delivery_gets 'gnutls: it does as well' "approval_id = '$APPROVAL'" '^sent $'
		hide libcurl-gnutls.so.4
	else
		not_run 'libcurl over GnuTLS' 'it is not installed'
	fi
	kill -KILL "$(responders)"
	sleep 0.5
	ask_raw send_nowhere
	delivery_gets 'no libcurl: it says so' "approval_id = '$APPROVAL'" '^due libcurl cannot be loaded: install it \(Debian: libcurl4\)'
	like 'no libcurl: in the log too' "$(grep "$APPROVAL" "$S/enforgate.log")" 'libcurl cannot be loaded'
fi

finish
