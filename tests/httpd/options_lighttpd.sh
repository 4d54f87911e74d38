# The optional blocks of lighttpd.conf, switched on: TLS, the limit on /v1/approve/. The error log when a responder dies
# under a secret path. Rotation by the shipped rule of logrotate.
. tests/lib.sh
. tests/httpd/host_options.sh

# switched_on FILE: the example with its blocks switched on; comments there begin with "# ", lines to be used with "#x".
switched_on() {
	awk '/^# Optional: / { on = 1 } /^$/ { on = 0 } on { sub(/^#([^ ]|$)/, "&"); if ($0 ~ /^#[^ ]/) $0 = substr($0, 2) } { print }' "$1" |
	    sed -e "s|\":443\"|\"127.0.0.1:$TLS_PORT\"|" -e "s|/etc/ssl/certs/enforgate-tls.pem|$T/tls.pem|" \
		-e "s|/etc/ssl/private/enforgate-tls.key|$T/tls.key|" \
		-e "s|/usr/local/share/enforgate/httpd-examples|$ROOT/httpd-examples|"
}
two_ports() {
	free_port
	TLS_PORT=$PORT
	free_port
}
wait_for() { # url
	for _ in $(seq 100); do
		! curl -sk -o "$T/nothing" -m 2 "$1" || return 0
		sleep 0.05
	done
	fatal "no server: $(cat "$HOST_DIR/out" "$S/lighttpd.log" "$HOST_DIR"/*.log 2>/dev/null | tail -n 5)"
}

HOST_DIR=$(mktemp -d "$T/s.XXXX")
two_ports
{
	sh "$ROOT/tools/lighttpd-conf.sh" "$ROOT/httpd-examples/lighttpd.conf" "state=$S" "port=$PORT" "programs=$BUILD" \
	    "sockets=$HOST_DIR" >"$HOST_DIR/plain.conf" && switched_on "$HOST_DIR/plain.conf"
} >"$HOST_DIR/lighttpd.conf"
isnt 'lighttpd: blocks were switched on' "$(diff "$HOST_DIR/plain.conf" "$HOST_DIR/lighttpd.conf" | grep -c '^< #')" 0
host_run lighttpd -D -f "$HOST_DIR/lighttpd.conf"
SERVERS+=("$SERVER")
HOST_DIRS[$SERVER]=$HOST_DIR
wait_for "https://127.0.0.1:$TLS_PORT/v1/check"
by_tls lighttpd
limited lighttpd "https://127.0.0.1:$TLS_PORT"
request -k "https://127.0.0.1:$TLS_PORT/v1/check" -d x -H "Authorization: Bearer $key" -H 'Content-Type: application/json'
is 'lighttpd: memory is written and executed where no unit forbids it' \
    "$(cat $(responders | sed 's|.*|/proc/&/maps|') | grep -c ' rwx' | sed 's/[1-9][0-9]*/some/')" some
# The responder stands still with a request in it, and dies: lighttpd says so with the path.
# shellcheck disable=SC2046 # process ids
kill -STOP $(responders "" approve)
# Another address has a count of its own; by the limit of one minute this one could not get that far any more.
curl -s -m 5 --interface 127.0.0.2 -o "$T/nothing" "http://127.0.0.1:$PORT/v1/approve/$token?action=approve" &
asked=$!
sleep 0.5
# shellcheck disable=SC2046 # process ids
kill -KILL $(responders "" approve)
wait $asked
like 'lighttpd: its error log tells of the death' "$(cat "$S/lighttpd.log")" 'response not received.*/v1/approve/'
no_token lighttpd "$S"/*.log

# Rotation by the shipped rule, as the user that owns the directory.
sed -e "s|/var/lib/enforgate/|$S/|g" -e "s|su enforgate enforgate|su $(id -un) $(id -gn)|" \
    "$ROOT/httpd-examples/logrotate" >"$T/rotate.conf"
mkdir "$T/bin"
printf '#!/bin/sh\ncase "$*" in\n"kill --signal=HUP --kill-who=main enforgate.service") kill -HUP %s ;;\n*) exit 1 ;;\nesac\n' \
    "$SERVER" >"$T/bin/systemctl"
chmod 755 "$T/bin/systemctl"
exits 'logrotate takes the rule' 0 env PATH="$T/bin:$PATH" logrotate -f -s "$T/rotate.state" "$T/rotate.conf"
sleep 0.3
request -k "https://127.0.0.1:$TLS_PORT/v1/check" -H "Authorization: Bearer $key" -H 'Content-Type: application/json' --data-binary "@$T/request"
is 'after the rotation: a verdict' "$STATUS" 200
like 'the old lines are in the old file' "$(cat "$S/access.log.1")" '/v1/check" 200 '
for _ in $(seq 40); do # lighttpd keeps lines for up to four seconds
	! grep -qs '/v1/check" 200 ' "$S/access.log" || break
	sleep 0.2
done
like 'the new one in the new file' "$(cat "$S/access.log")" '/v1/check" 200 '
is 'the responders write a new log as well' "$(test -s "$S/enforgate.log.1" && echo yes)" yes
stop_server
SERVERS=()

finish
