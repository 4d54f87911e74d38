# nginx.conf with its lines for TLS in place of those without, and its limit on /v1/approve/.
HTTPD=nginx
. tests/lib.sh
. tests/httpd/host_options.sh

HOST_NGINX_TLS=1
start_server
TLS_PORT=$PORT
by_tls nginx
limited nginx "https://127.0.0.1:$TLS_PORT"
# A responder that dies: the error log names requests from the level below the one that is set.
flock "$S/enforgate.lock" sleep 1 &
sleep 0.2
curl -sk -m 5 -o "$T/nothing" "https://127.0.0.1:$TLS_PORT/v1/check?$token" -H "Authorization: Bearer $key" \
    -H 'Content-Type: application/json' --data-binary "@$T/request" &
asked=$!
sleep 0.3
# shellcheck disable=SC2046 # process ids
kill -KILL $(responders)
wait $asked
# shellcheck disable=SC2046 # a list of paths
no_token nginx $(host_logs "$S" "$HOST_DIR") "$S/enforgate.log"
finish
