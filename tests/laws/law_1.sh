# Law 1: what cannot be recorded is not answered. The append is made to fail in the database itself.
. tests/lib.sh

new_state state
policy default '{"rules": [{"tool": "deny", "decision": "deny"}], "defaultDecision": "allow"}'
key=$(new_key agent --policy default)
start_server
call "$key" t
is 'before: a verdict' "$STATUS $(member decision)" '200 allow'
no_verdict() { # name tool
	local count
	count=$(audit_count)
	call "$key" "$2"
	is "$1: status" "$STATUS" 500
	is "$1: error" "$(member error)" audit_failed
	unlike "$1: no verdict in the answer" "$BODY$HEADERS" 'decision|toolCallId|call_|allow'
	is "$1: nothing recorded" "$(audit_count)" "$count"
}
broken() { sqlite3 "$S/enforgate.db" "CREATE TRIGGER broken BEFORE $1 BEGIN SELECT RAISE(FAIL, 'cannot'); END"; }
mended() { sqlite3 "$S/enforgate.db" 'DROP TRIGGER broken'; }

broken 'INSERT ON audit'
no_verdict 'the entry cannot be written, allow' t
no_verdict 'the entry cannot be written, deny' deny
: >"$S/stop"
no_verdict 'the entry cannot be written, stopped' t
rm "$S/stop"
mended
broken 'UPDATE ON audit_head'
no_verdict 'the head of the chain cannot be written' t
mended
call "$key" t
is 'mended: a verdict again' "$STATUS $(member decision)" '200 allow'

# Of requests that share a transaction, one that cannot be written fails alone.
broken "INSERT ON audit WHEN NEW.tool = 'bad'"
for i in $(seq 24); do
	tool=good
	[ $((i % 4)) != 0 ] || tool=bad
	printf '{"serverName":"s","toolName":"%s"}' $tool >"$T/body.$tool"
	printf 'url = "%s"\noutput = "%s/answer.%s.%s"\nheader = "Authorization: Bearer %s"\n' "$URL" "$T" $tool "$i" "$key"
	printf 'header = "Content-Type: application/json"\ndata-binary = "@%s/body.%s"\nnext\n' "$T" $tool
done | sed '$d' >"$T/many"
curl -s --no-progress-meter -Z --parallel-immediate -K "$T/many"
is 'together: the good ones are answered' "$(cat "$T"/answer.good.* | grep -c '"decision":"allow"')" 18
is 'together: the bad ones are not' "$(cat "$T"/answer.bad.* | grep -c '"error":"audit_failed"')" 6
mended
exits 'the chain verifies' 0 ctl audit verify
finish
