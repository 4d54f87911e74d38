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
responders_die_under_a_request
# shellcheck disable=SC2046 # a list of paths
no_token nginx $(host_logs "$S" "$HOST_DIR") "$S/enforgate.log"
finish
