# Connections that stall, or that a web server wants kept, stand in nobody's way. FastCGI is spoken to the responder itself.
. tests/lib.sh

new_state state
policy default '{"rules": [{"tool": "t", "decision": "allow"}]}'
key=$(new_key agent --policy default)
free_port
setsid env ENFORGATE_CONF="$S/enforgate.conf" spawn-fcgi -n -a 127.0.0.1 -p "$PORT" -- "$BUILD/check.fcgi" \
    3>&- >"$T/spawn.out" 2>&1 &
responder=$!
echo $responder >>"$TEST_PIDS"
for _ in $(seq 100); do
	(: <>"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null && break
	sleep 0.05
done

octet() { printf '\\x%02x' "$1"; }
# The header of a record of request 1.
head_of() { # type length
	printf '%b' "\\x01$(octet "$1")\\0\\x01$(octet $(($2 / 256)))$(octet $(($2 % 256)))\\0\\0"
}
begin() { # flags: 1 is to keep the connection
	head_of 1 8
	printf '%b' "\\0\\x01$(octet "$1")\\0\\0\\0\\0\\0"
}
record() { # type file
	head_of "$1" "$(wc -c <"$2")"
	cat "$2"
}
parameter() { # name value
	printf '%b%s%s' "$(octet ${#1})$(octet ${#2})" "$1" "$2"
}
printf '{"serverName":"s","toolName":"t"}' >"$T/body"
{
	parameter REQUEST_METHOD POST
	parameter REQUEST_URI /v1/check
	parameter CONTENT_TYPE application/json
	parameter CONTENT_LENGTH "$(wc -c <"$T/body")"
	parameter HTTP_AUTHORIZATION "Bearer $key"
} >"$T/parameters"
call_of() { # flags
	begin "$1"
	record 4 "$T/parameters"
	head_of 4 0
	record 5 "$T/body"
	head_of 5 0
}
# ask FLAGS: a call on a connection of its own, which this side leaves open; how often it was allowed.
ask() {
	local fd
	call_of "$1" >"$T/call"
	exec {fd}<>"/dev/tcp/127.0.0.1/$PORT"
	cat "$T/call" >&"$fd"
	timeout 2 cat <&"$fd" | grep -ac '"decision":"allow"'
}

ask 0 >"$T/count"
is 'a call' "$(cat "$T/count")" 1
for i in 1 2 3 4; do
	ask 1 >"$T/count"
	is "a call whose connection is to be kept, number $i" "$(cat "$T/count")" 1
done
ask 0 >"$T/count"
is 'a call beside connections that were to be kept' "$(cat "$T/count")" 1

for i in 1 2 3 4 5 6; do
	exec {fd}<>"/dev/tcp/127.0.0.1/$PORT"
	{ begin 0; head_of 4 "$(wc -c <"$T/parameters")"; } >&"$fd"
done
ask 0 >"$T/count"
is 'a call beside connections that stall before their parameters' "$(cat "$T/count")" 1

kill -TERM -- -$responder
wait $responder 2>/dev/null
finish
