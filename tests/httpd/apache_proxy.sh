# Apache with mod_proxy_fcgi to external sockets.
HTTPD=apache-proxy
. tests/lib.sh

repeat flow/check_verdicts flow/check_errors httpd/web/paths httpd/web/bodies httpd/web/life httpd/web/sockets
EVERY=2 repeat httpd/web/reload
finish
