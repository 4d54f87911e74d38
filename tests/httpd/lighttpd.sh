# lighttpd that spawns the responders. The flow tests run behind it as it is.
HTTPD=lighttpd
. tests/lib.sh

export EVERY=2
repeat httpd/web/reload httpd/web/mcp httpd/web/bodies httpd/web/life httpd/web/paths
finish
