# nginx to external sockets.
HTTPD=nginx
. tests/lib.sh

repeat flow/check_verdicts httpd/web/paths httpd/web/bodies httpd/web/sockets
finish
