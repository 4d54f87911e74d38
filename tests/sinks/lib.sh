# lib.sh - sinks for scripts of tests: servers that keep what they are sent; sourced behind tests/lib.sh.

# start_sink NAME [OPTION...]: sets SINK_PORT and SINK_PID; its directory is $T/NAME.
start_sink() {
	local dir=$T/$1
	mkdir -p "$dir"
	shift
	python3 "$ROOT/tests/sinks/http_sink.py" "$dir" "$@" >"$dir/out" 2>&1 3>&- &
	SINK_PID=$!
	for _ in $(seq 200); do
		[ ! -e "$dir/port" ] || break
		sleep 0.05
	done
	SINK_PORT=$(cat "$dir/port") || fatal "no sink: $(cat "$dir/out")"
}
# answers NAME[.PATH] WHAT...: what it does from now on.
answers() {
	local file=$T/${1%%.*}/answer${1#"${1%%.*}"}
	shift
	echo "$*" >"$file.new"
	mv "$file.new" "$file"
}
# received NAME [JQ-CONDITION]: how many requests.
received() { cat "$T/$1/requests" 2>/dev/null | jq -s "[.[] | select(${2:-true})] | length"; }
# receives CHECK NAME COUNT [JQ-CONDITION] [SECONDS]: so many come, and no more in the moment after.
receives() {
	local name=$2 count=$3 condition=${4:-true} tries=$((${5:-5} * 20))
	while [ "$(received "$name" "$condition")" -lt "$count" ] && [ $tries -gt 0 ]; do
		sleep 0.05
		tries=$((tries - 1))
	done
	sleep 0.1
	is "$1" "$(received "$name" "$condition")" "$count"
}
# request_of NAME JQ-FILTER: of the last request.
request_of() { jq -rs ".[-1] | $2" "$T/$1/requests"; }

# make_ca DIR: an authority, and a certificate of it for 127.0.0.1: ca.pem, cert.pem, key.pem.
make_ca() {
	mkdir -p "$1"
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj '/CN=Test authority' -keyout "$1/ca.key" \
	    -out "$1/ca.pem" 2>/dev/null &&
	    openssl req -newkey rsa:2048 -nodes -subj '/CN=127.0.0.1' -keyout "$1/key.pem" \
	        -out "$1/request.pem" 2>/dev/null &&
	    echo 'subjectAltName=IP:127.0.0.1' >"$1/names" &&
	    openssl x509 -req -in "$1/request.pem" -CA "$1/ca.pem" -CAkey "$1/ca.key" -CAcreateserial \
	        -days 2 -extfile "$1/names" -out "$1/cert.pem" 2>/dev/null || fatal 'no certificate'
}

# ask KEY TOOL [ARGS]: a check that makes an approval; sets APPROVAL.
ask() {
	post "$1" "{\"serverName\":\"mail\",\"toolName\":\"$2\",\"args\":${3:-{\}},\"approval\":{\"request\":true}}"
	APPROVAL=$(jq -r .approval.id <<<"$BODY")
}
# webhook NAME URL [OPTION...]: a channel; its secret is in $T/NAME.secret.
webhook() {
	local name=$1 url=$2
	shift 2
	ctl channel add "$name" webhook --url "$url" "$@" >"$T/$name.secret" 2>"$T/channel.err" ||
	    fatal "channel add: $(cat "$T/channel.err")"
}
# delivery COLUMNS [CONDITION]: of the newest one.
delivery() {
	sqlite3 "$S/enforgate.db" "SELECT $1 FROM delivery WHERE ${2:-1} ORDER BY created_ms DESC, id LIMIT 1"
}
# delivery_gets CHECK CONDITION EXPECTED [SECONDS]: state and error of a delivery become something like that.
delivery_gets() {
	local tries=$((${4:-5} * 20)) now
	while now=$(delivery "state || ' ' || error" "$2") && [[ ! $now =~ $3 ]] && [ $tries -gt 0 ]; do
		sleep 0.05
		tries=$((tries - 1))
	done
	like "$1" "$now" "$3"
}
