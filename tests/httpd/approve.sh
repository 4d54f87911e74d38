# Approvals behind all six set-ups at once: calls that wait mostly do just that. And doctor, which follows a link as well.
. tests/lib.sh

scripts=()
for script in hold approve doctor; do
	for host in apache-fcgid apache-htaccess apache-proxy lighttpd lighttpd-sockets nginx; do
		scripts+=("$host:httpd/web/$script")
	done
done
LANES=7 repeat "${scripts[@]}"
finish
