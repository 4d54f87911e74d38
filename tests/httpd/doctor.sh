# enforgatectl doctor: shown what is wrong, behind lighttpd and Apache, it has to name it. Each script makes servers of its own.
. tests/lib.sh

LANES=4 repeat httpd/doctor/lighttpd httpd/doctor/hostile httpd/doctor/way httpd/doctor/apache httpd/doctor/state httpd/doctor/net httpd/doctor/mcp
finish
