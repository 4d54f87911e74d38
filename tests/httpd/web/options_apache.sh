# The optional blocks of the Apache examples, switched on: TLS, the limit on /v1/approve/.
. tests/lib.sh
. tests/httpd/host_options.sh

mkdir -m 777 "$T/counters"
HOST_APACHE_EXTRA="Define ENFORGATE_CERTIFICATE \"$T/tls.pem\"
Define ENFORGATE_CERTIFICATE_KEY \"$T/tls.key\"
Define ENFORGATE_RATE_LIMIT
Define ENFORGATE_RATE_DIR \"$T/counters\"
LoadModule socache_shmcb_module /usr/lib/apache2/modules/mod_socache_shmcb.so
LoadModule ssl_module /usr/lib/apache2/modules/mod_ssl.so
LoadModule unique_id_module /usr/lib/apache2/modules/mod_unique_id.so
LoadModule security2_module /usr/lib/apache2/modules/mod_security2.so"
start_server
TLS_PORT=$PORT
by_tls $HTTPD
limited $HTTPD "https://127.0.0.1:$TLS_PORT"
# shellcheck disable=SC2046 # a list of paths
no_token $HTTPD $(host_logs "$S" "$HOST_DIR") "$S/enforgate.log"

# A responder that dies under a request: the error log tells of it without the path.
responders_die_under_a_request
like 'its error log tells of the death' "$(cat "$HOST_DIR/enforgate_error.log")" "$HOST_DEATH"
unlike 'without the path' "$(cat "$HOST_DIR/enforgate_error.log")" "v1/|$token"
finish
