# A minute of reloads, one every 2 s, under load, behind each set-up of a web server; HTTPD=NAME for one of them.
set -u
setups=${HTTPD:-lighttpd lighttpd-sockets apache-proxy nginx}
HTTPD=lighttpd
. tests/lib.sh

for setup in $setups; do
	HTTPD=$setup
	RELOADS=30 EVERY=2 repeat httpd/web/reload
	cat "$T/repeat.results"
done
finish
