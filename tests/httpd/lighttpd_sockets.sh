# lighttpd to external sockets.
HTTPD=lighttpd-sockets
. tests/lib.sh

export EVERY=2
repeat httpd/web/sockets httpd/web/mcp httpd/web/bodies httpd/web/life flow/check_errors httpd/web/reload httpd/web/paths \
    flow/check_verdicts
finish
