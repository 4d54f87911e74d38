#!/bin/sh
# Prints httpd-examples/lighttpd.conf with the values of its first block replaced:
#   sh tools/lighttpd-conf.sh EXAMPLE name=value...
# Texts are quoted here; numbers go in as they are. A name that the example does not have is an error.
set -eu
example=$1
shift
for pair in "$@"; do
	case ${pair#*=} in
	*[\"\\]* | *"
"*)
		echo "lighttpd-conf: a path with quotation marks, backslashes or line ends cannot be written" \
		    "to lighttpd's configuration: ${pair#*=}" >&2
		exit 1
		;;
	esac
done
PAIRS=$(printf '%s\n' "$@") awk '
BEGIN {
	n = split(ENVIRON["PAIRS"], pair, "\n")
	for (i = 1; i <= n; i++) {
		at = index(pair[i], "=")
		value[substr(pair[i], 1, at - 1)] = substr(pair[i], at + 1)
	}
}
/^var\.[a-z]+ *=/ {
	name = substr($1, 5)
	if (name in value) {
		text = value[name]
		print "var." name " = " (text ~ /^[0-9]+$/ ? text : "\"" text "\"")
		delete value[name]
		next
	}
}
{ print }
END {
	for (name in value) {
		print "lighttpd-conf: the example has no var." name > "/dev/stderr"
		exit 1
	}
}' "$example"
