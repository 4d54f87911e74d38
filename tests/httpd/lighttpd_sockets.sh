# lighttpd to external sockets.
HTTPD=lighttpd-sockets
. tests/lib.sh

repeat flow/check_verdicts flow/check_errors httpd/web/paths httpd/web/bodies httpd/web/life httpd/web/sockets
EVERY=2 repeat httpd/web/reload
finish
