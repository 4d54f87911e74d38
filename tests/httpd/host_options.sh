# host_options.sh - what the tests of optional blocks share: a state, a certificate, checks; sourced by options_*.sh.
new_state state
policy default '{"defaultDecision": "deny", "rules": [{"tool": "*", "decision": "allow",
    "where": [{"path": "text", "matches": "^x+y"}]}]}'
key=$(new_key agent --policy default)
printf '{"serverName":"s","toolName":"t","args":{"text":"xy"}}' >"$T/request"
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -keyout "$T/tls.key" -out "$T/tls.pem" \
    >"$T/openssl" 2>&1 || fatal "openssl: $(cat "$T/openssl")"
chmod 644 "$T/tls.key"
chmod 755 "$T"
token=secret$RANDOM$RANDOM

by_tls() { # name
	request -k "https://127.0.0.1:$TLS_PORT/v1/check" -H "Authorization: Bearer $key" -H 'Content-Type: application/json' \
	    --data-binary "@$T/request"
	is "$1: a verdict by TLS" "$STATUS $(member decision)" '200 allow'
	like "$1: browsers are told to stay with it" "$(header Strict-Transport-Security)" '^max-age=[0-9]+$'
	is "$1: nosniff once" "$(header X-Content-Type-Options)" nosniff
	is "$1: no frames" "$(header X-Frame-Options)" DENY
	unlike "$1: no TLS 1.1" "$(curl -sk -m 5 --tls-max 1.1 -o "$T/nothing" -w '%{http_code}' "https://127.0.0.1:$TLS_PORT/v1/check")" '[1-9]'
}
limited() { # name url
	local i said=
	for i in $(seq 13); do
		request -k "$2/v1/approve/$token$i?action=approve"
		said="$said$STATUS "
	done
	is "$1: ten requests to /v1/approve/, then 429" "$said" "404 404 404 404 404 404 404 404 404 404 429 429 429 "
	request -k "$2/v1/approve/$token"
	[ "$1" = nginx ] || like "$1: with Retry-After" "$(header Retry-After)" '^[0-9]+$'
	request -k "$2/v1/check" -H "Authorization: Bearer $key" -H 'Content-Type: application/json' --data-binary "@$T/request"
	is "$1: other paths are not limited" "$STATUS" 200
}
no_token() { # name file...
	local name=$1
	shift
	is "$name: no token in a log" "$(grep -hF -m 2 "$token" "$@" 2>/dev/null)" ''
}

# A request by TLS, on TLS_PORT and with a token in its query, waits for the lock of writers when its responder is killed.
responders_die_under_a_request() {
	local asked
	flock "$S/enforgate.lock" sleep 1 &
	sleep 0.2
	curl -sk -m 5 -o "$T/nothing" "https://127.0.0.1:$TLS_PORT/v1/check?$token" -H "Authorization: Bearer $key" \
	    -H 'Content-Type: application/json' --data-binary "@$T/request" &
	asked=$!
	sleep 0.3
	# shellcheck disable=SC2046 # process ids
	kill -KILL $(responders)
	wait $asked
}
