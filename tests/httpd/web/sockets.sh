# Responders behind an external socket: they end and start again under requests, hold no connection, need no memory that is
# both written and executed; and what a web server says to them, byte by byte.
. tests/lib.sh
load=$BUILD/tests/load

new_state state
policy default '{"defaultDecision": "deny", "rules": [{"tool": "*", "decision": "allow",
    "where": [{"path": "text", "matches": "^x+y"}]}]}'
key=$(new_key agent --policy default)
setting threads 4
start_server 1
call "$key" t '{"text": "xxxy"}'
is 'a verdict by a regular expression' "$STATUS $(member decision)" '200 allow'
pid=$(responders)
directory=${HOST_DIRS[$SERVER]}

# What the unit asks for. The control, that there is such memory where the unit is not used, is in options_lighttpd.sh.
if grep -q '^MemoryDenyWriteExecute=yes' "$UNITS/enforgate-check.service" &&
    perl -e 'exit(syscall($ARGV[0], 65, 1, 0, 0, 0) == 0 ? 0 : 1)' \
	"$(case $(uname -m) in x86_64) echo 157 ;; aarch64) echo 167 ;; *) echo -1 ;; esac)"; then
	is 'no memory is written and executed' "$(grep -c ' rwx' "/proc/$pid/maps")" 0
else
	not_run 'no memory is written and executed' 'this kernel does not have PR_SET_MDWE'
fi
is 'UMask of the unit' "$(sed -n 's/^Umask:\t//p' "/proc/$pid/status")" "$(sed -n 's/^UMask=//p' "$UNITS/enforgate-check.service")"
like 'LimitNOFILE of the unit' "$(grep '^Max open files' "/proc/$pid/limits")" \
    " $(sed -n 's/^LimitNOFILE=//p' "$UNITS/enforgate-check.service") "
if [ -n "$WEB_USER" ]; then
	setpriv --reuid="$WEB_USER" --regid="$WEB_USER" --clear-groups cat "$S/enforgate.key" >"$T/stolen" 2>&1
	like 'the web server cannot read the key file' "$(cat "$T/stolen")" 'Permission denied'
else
	not_run 'the web server cannot read the key file' 'needs root'
fi

# Many at once with four threads: all are answered, and no connection stays.
printf '{"serverName":"s","toolName":"t","args":{"text":"xy"}}' >"$T/body"
sockets_of() { find "/proc/$1/fd" -lname 'socket:*' 2>/dev/null | grep -c .; }
"$load" -c 40 -d 1 --header "Authorization: Bearer $key" --header 'Content-Type: application/json' \
    --body "$T/body" "$URL" >"$T/load" 2>&1
like '40 clients and four threads: only verdicts' "$(grep '^status' "$T/load" | tr '\n' ' ')" '^status 200: [0-9]+ $'
sleep 0.3
is 'only the listening socket is left open' "$(sockets_of "$pid")" 1

# SIGTERM under load: the socket stays, so every request is answered, by the old responder or by the new one.
"$load" -c 8 -d 3 --log "$T/seen" --header "Authorization: Bearer $key" --header 'Content-Type: application/json' \
    --body "$T/body" "$URL" >"$T/load" 2>&1 &
client=$!
slowest=0
for _ in 1 2 3 4; do
	sleep 0.4
	pid=$(responders)
	begin=$(date +%s%N)
	kill -TERM "$pid"
	while grep -q '^State:.[^ZX]' "/proc/$pid/status" 2>/dev/null; do sleep 0.01; done
	took=$((($(date +%s%N) - begin) / 1000000))
	[ $took -le $slowest ] || slowest=$took
done
wait $client
like "four ends under load lose no answer ($(sed -n 's/.* max/longest wait in us:/p' "$T/load"))" \
    "$(grep -E '^(status|connect)' "$T/load" | tr '\n' ' ')" \
    '^status 200: [0-9]+ connect failed 0, connections lost 0, broken responses 0, '
is "each gone within a second (slowest: $slowest ms)" "$((slowest <= END_MS))" 1
exits 'the chain verifies' 0 ctl audit verify

# A sudden death: what is asked before the next one is there waits and is answered.
before=$VERDICTS
for _ in 1 2 3 4 5; do
	kill -KILL "$(responders)"
	call "$key" t '{"text": "y"}'
done
is 'asked right after kill -9, five times: five verdicts' "$((VERDICTS - before))" 5
call "$key" t

# Strangers' headers that look like those that count.
printf '{"serverName":"s","toolName":"t"}' >"$T/request"
for header in "X_Authorization: Bearer $key" "Authorization_: Bearer $key" "X-Authorization: Bearer $key" \
    "Redirect-Http-Authorization: Bearer $key" "Proxy-Authorization: Bearer $key" "Http-Authorization: Bearer $key"; do
	request "$URL" -H "$header" -H 'Content-Type: application/json' --data-binary "@$T/request"
	is "${header%%:*} is no key" "$STATUS" 401
done
cat /dev/zero | timeout 20 curl -s -m 20 -o "$T/endless" -w '%{http_code}' -T - -X POST "$URL" \
    -H "Authorization: Bearer $key" -H 'Content-Type: application/json' >"$T/endless.status" 2>"$T/endless.err"
is 'a body without end is ended' "$(cat "$T/endless.status")" 413

# In place of the responder, a listener that writes down what comes.
units=$(unit_pid "$SERVER" check)
end_group "$units"
rm -f "$directory/sockets/check.sock"
as_web_user() { [ -n "$WEB_USER" ] && set -- setpriv --reuid="$WEB_USER" --regid="$WEB_USER" --clear-groups "$@"; "$@"; }
chmod 777 "$directory/sockets"
# shellcheck disable=SC2016 # the language is Perl
as_web_user perl -MIO::Socket::UNIX -e '
    $l = IO::Socket::UNIX->new(Local => $ARGV[0], Listen => 9) or die;
    $SIG{ALRM} = sub { exit };
    alarm 3;
    $c = $l->accept; alarm 1; $| = 1;
    print $bytes while sysread($c, $bytes, 65536);' "$directory/sockets/check.sock" >"$T/bytes" 2>"$T/perl.err" &
listener=$!
for _ in $(seq 100); do
	[ ! -S "$directory/sockets/check.sock" ] || break
	sleep 0.02
done
curl -s -m 4 -o "$T/nothing" "$URL?q=1" -H 'Proxy: http://evil.example' -H "Authorization: Bearer $key" -H 'X-A: right' \
    -H 'Mcp-Session-Id: one' -H 'Content-Type: application/json' --data-binary "@$T/request"
wait $listener
said=$(tr -c '[:print:]' '\n' <"$T/bytes")
like 'the listener heard a request' "$said" 'REQUEST_METHODPOST'
like 'with the header Authorization' "$said" "HTTP_AUTHORIZATIONBearer $key"
like 'with the address of the client' "$said" 'REMOTE_ADDR127\.0\.0\.1'
like 'with the target as it was sent' "$said" 'REQUEST_URI/v1/check\?q=1'
like 'with the headers of MCP' "$said" 'HTTP_MCP_SESSION_IDone'
unlike 'without HTTP_PROXY from a stranger' "$said" 'HTTP_PROXYhttp'
finish
