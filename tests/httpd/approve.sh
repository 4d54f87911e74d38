# Approvals behind all six set-ups at once: calls that wait mostly do just that.
. tests/lib.sh

scripts=()
for host in apache-fcgid apache-htaccess apache-proxy lighttpd lighttpd-sockets nginx; do scripts+=("$host:httpd/web/hold"); done
for host in apache-fcgid apache-htaccess apache-proxy lighttpd lighttpd-sockets nginx; do scripts+=("$host:httpd/web/approve"); done
LANES=7 repeat "${scripts[@]}"
finish
