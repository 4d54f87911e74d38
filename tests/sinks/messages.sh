# messages.sh - a mail server, and what messages have in them; sourced behind tests/lib.sh, tests/approve_lib.sh and
# tests/sinks/lib.sh.
SINKS=$ROOT/tests/sinks
# Links are built from it; follow() reaches the real server instead.
GATE=http://gate.example.com
MAIL_PASSWORD=pass-word-of-mail

# self_signed NAME HOST: $T/NAME.pem and $T/NAME.key.
self_signed() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$T/$1.key" -out "$T/$1.pem" \
	    -days 2 -subj "/CN=$1" -addext "subjectAltName=DNS:$2" 2>/dev/null || fatal 'no certificate'
}
# start_mail_sink NAME OPTION...: sets SINK_PORT; its directory is $T/NAME. Python is Debian's, which has aiosmtpd.
start_mail_sink() {
	local dir=$T/$1 pid
	shift
	mkdir -p "$dir"
	/usr/bin/python3 "$SINKS/smtp_sink.py" "$dir" "$@" >"$dir/out" 2>&1 3>&- &
	pid=$!
	until [ -s "$dir/port" ]; do
		kill -0 $pid 2>/dev/null || fatal "no mail sink: $(cat "$dir/out")"
		sleep 0.05
	done
	SINK_PORT=$(cat "$dir/port")
}
mails() { find "$T/$1/messages" -name '*.json' 2>/dev/null | grep -c .; }
# gets CHECK NAME COUNT [SECONDS]: so many mails come, and no more in the moment after.
gets() {
	local tries=$((${4:-10} * 20))
	while [ "$(mails "$2")" -lt "$3" ] && [ $tries -gt 0 ]; do
		sleep 0.05
		tries=$((tries - 1))
	done
	sleep 0.1
	is "$1" "$(mails "$2")" "$3"
}
# mail NAME NUMBER JQ-FILTER: of the envelope and of what mail.py says about the message.
mail() {
	{
		cat "$T/$1/messages/$2.json"
		python3 "$SINKS/mail.py" "$T/$1/messages/$2.eml"
	} 2>/dev/null | jq -s -r "add | $3" 2>&1
}
# faults CHECK KIND NAME: each request that a sink got has the documented form of its service.
faults() {
	is "$1" "$(python3 "$SINKS/shapes.py" "$2" "$T/$3/requests" 2>&1 | head -n 3)" ''
}
# follow LINK [CURL-ARGUMENT...]: as a browser does, which keeps the fragment to itself; sets STATUS, BODY and HEADERS.
follow() {
	local link=${1%%#*}
	shift
	request "$link" --connect-to "::127.0.0.1:$PORT" -H 'Accept: text/html,*/*;q=0.8' "$@"
}
# arguments LINK: what its fragment carries; nothing where there is none.
arguments() {
	python3 -c 'import base64, sys
part = sys.argv[1].partition("#a=")[2]
sys.stdout.write(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)).decode())' "$1"
}
