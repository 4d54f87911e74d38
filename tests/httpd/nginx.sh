# nginx to external sockets.
HTTPD=nginx
. tests/lib.sh

export EVERY=1.5
repeat httpd/web/sockets httpd/web/mcp httpd/web/bodies httpd/web/reload httpd/web/paths flow/check_verdicts
finish
