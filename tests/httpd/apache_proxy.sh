# Apache with mod_proxy_fcgi to external sockets.
HTTPD=apache-proxy
. tests/lib.sh

export EVERY=1.5 # reloads stop nothing here
repeat httpd/web/sockets httpd/web/mcp httpd/web/bodies httpd/web/life flow/check_errors httpd/web/reload httpd/web/paths \
    flow/check_verdicts httpd/web/options_apache
finish
