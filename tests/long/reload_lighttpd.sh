# A minute of load with a reload every two seconds.
HTTPD=lighttpd
export RELOADS=30 EVERY=2
. tests/lib.sh

repeat httpd/web/reload
finish
