# A minute of load with a reload every two seconds, behind each web server of tests/httpd.
export RELOADS=30 EVERY=2
. tests/lib.sh

for host in tests/httpd/host_*.sh; do
	HTTPD=$(basename "$host" .sh)
	HTTPD=${HTTPD#host_}
	case $HTTPD in apache | unit | units | options) continue ;; esac # what set-ups share
	repeat httpd/web/reload
done
finish
