# sinks.sh - servers that stand for those of mail and chat; sourced after lib.sh by bash. Their Python is Debian's, which has
# aiosmtpd.
PYTHON=/usr/bin/python3
SINKS=$ROOT/tests/sinks
# Links are built from it; follow() reaches the real server instead.
GATE=http://gate.example.com

# certificate NAME HOST: $T/NAME.pem and $T/NAME.key, self-signed, for that host.
certificate() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$T/$1.key" -out "$T/$1.pem" \
	    -days 2 -subj "/CN=$1" -addext "subjectAltName=DNS:$2" 2>/dev/null || fatal 'openssl req'
}
# sink NAME PROGRAM [ARGUMENT...]: a sink with the directory $T/NAME; sets SINK_PORT and SINK_PID.
sink() {
	local name=$1 program=$2
	shift 2
	mkdir -p "$T/$name"
	"$PYTHON" "$SINKS/$program" "$T/$name" "$@" >"$T/$name/out" 2>&1 3>&- &
	SINK_PID=$!
	echo $SINK_PID >>"$TEST_PIDS"
	until [ -s "$T/$name/port" ]; do
		kill -0 $SINK_PID 2>/dev/null || fatal "sink $name: $(cat "$T/$name/out")"
		sleep 0.05
	done
	SINK_PORT=$(cat "$T/$name/port")
}
# received NAME COUNT [SECONDS]: waits until the sink has that many messages; prints how many there are.
received() {
	local count tries=0
	while :; do
		count=$(find "$T/$1/messages" -name '*.json' 2>/dev/null | grep -c .)
		if [ "$count" -ge "$2" ] || [ $tries -ge $((${3:-10} * 20)) ]; then break; fi
		sleep 0.05
		tries=$((tries + 1))
	done
	echo "$count"
}
# follow LINK [CURL-ARGUMENT...]: as a browser does, which keeps the fragment to itself; sets STATUS, BODY and HEADERS.
follow() {
	local link=${1%%#*}
	shift
	request "$link" --connect-to "::127.0.0.1:$PORT" -H 'Accept: text/html,*/*;q=0.8' "$@"
}
# arguments LINK: what its fragment carries; nothing where there is none.
arguments() {
	"$PYTHON" -c 'import base64, sys
part = sys.argv[1].partition("#a=")[2]
sys.stdout.write(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)).decode())' "$1"
}
