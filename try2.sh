. tests/lib.sh
new_state st
policy p '{"defaultDecision": "allow", "rules": []}'
new_key k --policy p >/dev/null
start_server 2
setting base_url http://127.0.0.1:$PORT
stop_server
start=$PORT
sh "$ROOT/tools/lighttpd-conf.sh" "$ROOT/httpd-examples/lighttpd.conf" "state=$S" "port=$PORT" "programs=$BUILD" "sockets=$T" "processes=2" >$T/l.conf
setsid lighttpd -D -f $T/l.conf 3>&- & SERVER=$!; SERVERS+=($SERVER)
sleep 1
ENFORGATE_CONF=$S/enforgate.conf gdb -batch -ex run -ex bt -ex "p *answer" --args build/enforgatectl doctor 2>&1 | tail -20
