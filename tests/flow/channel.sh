# enforgatectl channel: what each kind needs, what is shown of it, and that no secret is found anywhere.
. tests/lib.sh
. tests/sinks/lib.sh

refuses() { # name pattern command...: exit code 2, says why, nothing on standard output
	local name=$1 pattern=$2
	shift 2
	exits "$name" 2 ctl "$@"
	like "$name: says so" "$ERR" "$pattern"
	is "$name: prints nothing" "$OUT" ''
}
# Everything that was printed is kept, to look for secrets in it at the end.
everything() {
	exits "$@"
	printf '%s\n%s\n' "$OUT" "$ERR" >>"$T/everything"
}
shown() { ctl --json channel show "$1" | jq -c "$2"; }
generation() { sqlite3 "$S/enforgate.db" 'SELECT value FROM generation'; }
last_act() { sqlite3 "$S/enforgate.db" "SELECT tool || ' ' || reason FROM audit WHERE kind = 'admin' ORDER BY seq DESC LIMIT 1"; }

new_state state
slack=https://hooks.slack.com/services/T0/B0/slackSecretPath
teams='https://prod.logic.azure.com/workflows/1/triggers/x?sig=teamsSecretSignature'
token=123456:telegramSecretTokenABCDEF
password=mailSecretPassword
brought=whsec_broughtSecretOfMine
printf '%s\n' "$slack" >"$T/slack"
printf '%s' "$teams" >"$T/teams"
printf '%s\r\n' "$token" >"$T/token"
printf '%s\n' "$password" >"$T/password"
printf '%s\n' "$brought" >"$T/brought"

# add
before=$(generation)
everything 'email' 0 ctl channel add mail email --smtp smtp://mail.example.com --user robot --password-file "$T/password" \
    --from gate@example.com --to 'alice@example.com, bob@example.com'
isnt 'a change moves the generation' "$(generation)" "$before"
like 'email: the note on agents' "$ERR" 'no agent may .*--pin'
like 'email: the note on arguments' "$ERR" '--no-arguments'
is 'email: prints nothing' "$OUT" ''
is 'email: the entry' "$(last_act | sed 's/ch_[0-9A-Za-z]*/ID/')" \
    'channel.add mail (ID): email to alice@example.com,bob@example.com, approver, events approval.created,upstream.tool_changed, arguments yes, deny link no'
is 'email: shown' "$(shown mail '[.kind, .target, .approver, .events, .arguments, .denyLink, .enabled, .keys, .lastDelivery, .settings]')" \
    '["email","alice@example.com,bob@example.com",true,["approval.created","upstream.tool_changed"],true,false,true,[],null,{"url":"smtp://mail.example.com:587","user":"robot","password":"set","from":"gate@example.com","to":"alice@example.com,bob@example.com"}]'
everything 'slack' 0 ctl channel add chat slack --url-file - --no-arguments --deny-link <"$T/slack"
unlike 'slack without arguments: no note on them' "$ERR" '--no-arguments'
is 'slack: shown' "$(shown chat '[.kind, .target, .approver, .arguments, .denyLink, .settings]')" \
    '["slack","https://hooks.slack.com",true,false,true,{"url":"https://hooks.slack.com...Path"}]'
everything 'teams' 0 ctl channel add room teams --url-file "$T/teams" --monitor
is 'a monitor hears of everything' "$(shown room '[.approver, .events]')" \
    '[false,["call.blocked","approval.created","approval.resolved","upstream.tool_changed"]]'
unlike 'a monitor gets no note on agents' "$ERR" 'no agent may'
everything 'telegram' 0 ctl channel add phone telegram --token-file "$T/token" --chat -1001234567890 --events approval.resolved
is 'telegram: shown, and an approver is always asked' "$(shown phone '[.target, .events, .settings]')" \
    '["chat -1001234567890",["approval.created","approval.resolved"],{"url":"https://api.telegram.org","token":"...CDEF","chat":"-1001234567890"}]'
exits 'webhook' 0 ctl channel add hook webhook --url https://example.com/hook/path?key=querySecretOfUrl
made=$OUT
printf '%s\n' "$ERR" >>"$T/everything"
like 'webhook: the secret alone on standard output' "$made" '^whsec_[0-9A-Za-z]{43}$'
is 'webhook: shown' "$(shown hook '[.target, .approver, .events, .settings]')" \
    "[\"https://example.com/hook/path\",false,[\"call.blocked\",\"approval.created\",\"approval.resolved\",\"upstream.tool_changed\"],{\"url\":\"https://example.com...fUrl\",\"secret\":\"whsec_...${made: -4}\"}]"
everything 'webhook with a secret of its own' 0 ctl channel add hook2 webhook --url-file "$T/slack" --secret-file "$T/brought" --approver
is 'webhook with a secret of its own: prints nothing' "$OUT" ''
is 'webhook, url from a file: only its host is shown' "$(shown hook2 '[.target, .approver, .events]')" \
    '["https://hooks.slack.com",true,["approval.created","upstream.tool_changed"]]'
exits 'webhook --json' 0 ctl --json channel add hook3 webhook --url https://example.com/hook3
is 'webhook --json: name and secret' "$(jq -r '.name + " " + (.secret | test("^whsec_[0-9A-Za-z]{43}$") | tostring)' <<<"$OUT")" 'hook3 true'
third=$(jq -r .secret <<<"$OUT")
everything 'console' 0 ctl channel add here console
like 'console: where links stand' "$ERR" "$S/console.log"

# What is refused, and nothing of it is there afterwards.
count=$(sqlite3 "$S/enforgate.db" 'SELECT count(*) FROM channel')
mail=(channel add no email --smtp smtps://mail.example.com --from a@example.com --to b@example.com)
refuses 'a name that is taken' 'channel set' channel add hook webhook --url https://example.com/
refuses 'a bad name' 'no name' channel add 'a b' console
refuses 'a kind that is none' 'no kind.*telegram' channel add no pigeon
refuses 'no kind' missing channel add no
refuses 'a setting is missing' 'to: it is missing' "${mail[@]:0:8}"
refuses 'a setting of another kind' 'slack has none' channel add no slack --url-file "$T/slack" --chat 5
refuses 'plain of another kind' 'plain: .*slack has none' channel add no slack --url-file "$T/slack" --plain
refuses 'a url on the command line' 'url-file' channel add no slack --url "$slack"
refuses 'events that are none' 'events: .*call.blocked' "${mail[@]}" --events call.all
refuses 'a monitor without events' 'channel disable' "${mail[@]}" --monitor --events ''
refuses 'a user without a password' 'password is missing' "${mail[@]}" --user robot
refuses 'a password without a user' 'user is missing' "${mail[@]}" --password-file "$T/password"
refuses 'both of two' 'exclude each other' "${mail[@]}" --approver --monitor
refuses 'plain to another host' 'loopback' "${mail[@]:0:4}" --smtp smtp://mail.example.com --from a@b.c --to a@b.c --plain
refuses 'a file that is not there' 'nothing' channel add no slack --url-file "$T/nothing"
refuses 'an empty secret' empty channel add no slack --url-file /dev/null
printf 'https://example.com/\nmore\n' >"$T/lines"
refuses 'more than one line' 'more than one line' channel add no slack --url-file "$T/lines"
refuses 'a short secret' '16 characters' channel add no webhook --url https://example.com/ --secret-file - <<<short
refuses 'a token that is none' BotFather channel add no telegram --token-file - --chat 1 <<<'12/34:x'
refuses 'a chat that is none' 'number of a chat' channel add no telegram --token-file "$T/token" --chat 'a b'
refuses 'certificates that are not there' 'system' "${mail[@]}" --ca "$T/nothing"
for address in a b@ @b a@b@c 'a b@c' 'a@b c' $'a@b\r\nBcc: c@d' 'a@b>' '<a@b>' '.a@b' '-a@b' 'a@-b' 'ä@b' "$(printf 'a%.0s' {1..65})@b" ''; do
	refuses "no address: $(printf %.60q "$address")" 'no address|missing' "${mail[@]:0:6}" --from "$address" --to b@example.com
	refuses "no address to send to: $(printf %.60q "$address")" 'no address|missing' "${mail[@]:0:8}" --to "b@example.com,$address"
done
for url in example.com http://example.com/ ftp://example.com/ https:// https:///x https://user@example.com/ https://user:pw@example.com/ \
    'https://example.com/a b' 'https://example.com/#x' 'https://example.com\@127.0.0.1/' https://example.com:0/ https://example.com:70000/ \
    https://example.com:x/ 'https://[::1/' 'https://exa_mple.com/' $'https://example.com/\r\nx: y' https://bücher.example/ \
    "https://example.com/$(printf 'a%.0s' {1..1600})"; do
	refuses "no url: $(printf %.60q "$url")" 'url: ' channel add no webhook --url "$url"
done
for url in https://127.0.0.1/ https://localhost/ 'https://[::1]:8443/' https://10.1.2.3/ https://192.168.0.1/x https://169.254.169.254/ \
    https://172.16.0.1/ 'https://[fd00::1]/' https://intranet/ https://box.lan/; do
	refuses "a private address: $url" 'allow-private' channel add no webhook --url "$url"
done
for url in mail.example.com smtp://mail.example.com/x smtp://u@mail.example.com smtps://mail.example.com:x https://mail.example.com smtp://; do
	refuses "no mail server: $url" 'smtps://HOST:465' channel add no email --smtp "$url" --from a@b.c --to a@b.c
done
is 'nothing of that is there' "$(sqlite3 "$S/enforgate.db" 'SELECT count(*) FROM channel')" "$count"

# What is allowed where it is asked for.
everything 'http to loopback' 0 ctl channel add local webhook --url http://127.0.0.1:1/x --secret-file "$T/brought" --allow-private
refuses 'http to another host even so' 'must be https' channel add no webhook --url http://10.0.0.1/ --allow-private
everything 'https in a private network' 0 ctl channel add inner slack --url-file - --allow-private <<<'https://10.0.0.1:8443/innerSecretPath'
refuses 'a private address is refused when that is taken back' 'allow-private' channel set inner --no-allow-private
everything 'plain to loopback' 0 ctl channel add plain email --smtp smtp://localhost:2525 --plain --from a@b.c --to a@b.c
refuses 'plain stays with loopback' 'loopback' channel set plain --smtp smtp://mail.example.com
everything 'unless it ends' 0 ctl channel set plain --smtp smtps://mail.example.com --tls --ca /etc/passwd
is 'and the rest stays' "$(shown plain '.settings')" \
    '{"url":"smtps://mail.example.com:465","from":"a@b.c","to":"a@b.c","ca":"/etc/passwd"}'
everything 'the certificates of the system again' 0 ctl channel set plain --ca system
is 'the certificates of the system again: none of its own' "$(shown plain .settings.ca)" null

# set
everything 'set' 0 ctl channel set mail --to carol@example.com --no-arguments --events approval.created,approval.resolved
is 'set: the entry' "$(last_act | sed 's/ch_[0-9A-Za-z]*/ID/')" \
    'channel.set mail (ID), target alice@example.com,bob@example.com -> carol@example.com, events approval.created,upstream.tool_changed -> approval.created,approval.resolved, arguments no, to changed'
is 'set: what is not named stays' "$(shown mail '[.target, .arguments, .settings.user, .settings.password, .settings.from]')" \
    '["carol@example.com",false,"robot","set","gate@example.com"]'
acts=$(sqlite3 "$S/enforgate.db" 'SELECT count(*) FROM audit')
everything 'set to the same' 0 ctl channel set mail --to carol@example.com --no-arguments
like 'set to the same: says so' "$ERR" 'already'
is 'set to the same: no entry' "$(sqlite3 "$S/enforgate.db" 'SELECT count(*) FROM audit')" "$acts"
refuses 'set of nothing' 'nothing to set' channel set mail
refuses 'set of none' 'channel list' channel set nobody --monitor
everything 'set: a login that goes' 0 ctl channel set mail --no-login
is 'set: a login that goes, both of it' "$(shown mail '[.settings.user, .settings.password]')" '[null,null]'
everything 'set: another password' 0 ctl channel set mail --user robot --password-file - <<<"new$password"
exits 'set: a new secret' 0 ctl channel set hook --new-secret
like 'set: a new secret is printed' "$OUT" '^whsec_[0-9A-Za-z]{43}$'
isnt 'set: a new secret is another one' "$OUT" "$made"
fourth=$OUT
refuses 'a new secret of another kind' 'secret: .*slack has none' channel set chat --new-secret
everything 'set: a webhook becomes an approver' 0 ctl channel set hook --approver
like 'set: an approver has the note' "$ERR" 'no agent may'
OUT=$(typed 'url: ' 'channel set chat --url-file -' "${slack}Typed")
like 'typed, not shown: asked' "$OUT" 'url: '
unlike 'typed, not shown: nothing of it' "$OUT" 'Typed'
is 'typed, not shown: taken' "$(shown chat .settings.url)" '"https://hooks.slack.com...yped"'

# enable, disable
everything 'disable' 0 ctl channel disable chat
is 'disable: the entry' "$(last_act | cut -d ' ' -f 1,2)" 'channel.disable chat'
is 'disable: the state' "$(shown chat .enabled)" false
everything 'disable again' 0 ctl channel disable chat
like 'disable again: says so' "$ERR" already
everything 'enable' 0 ctl channel enable chat
is 'enable: the entry' "$(last_act | cut -d ' ' -f 1,2)" 'channel.enable chat'
is 'enable: its settings are there' "$(shown chat .settings.url)" '"https://hooks.slack.com...yped"'

# list and show
everything 'list' 0 ctl channel list
like 'list: a channel' "$OUT" 'chat +slack +https://hooks.slack.com +enabled +approver +approval.created,upstream.tool_changed +- +none'
everything 'list --json' 0 ctl --json channel list
is 'list --json: all of them' "$(jq -r 'map(.name) | join(" ")' <<<"$OUT")" 'chat here hook hook2 hook3 inner local mail phone plain room'
delivered() { # id, minute, state, attempts, error
	sqlite3 "$S/enforgate.db" "INSERT INTO delivery (id, channel_id, key_id, event, approval_id, call_id, server, tool, reason, state, created_ms,
	    attempts, next_ms, holder, lease_ms, ended_ms, error) SELECT '$1', c.id, k.id, 'call.blocked', '', 'c', 's', 't', 'r', '$3', $2 * 60000,
	    $4, 0, '', 0, CASE '$3' WHEN 'due' THEN NULL ELSE $2 * 60000 + 1000 END, '$5' FROM channel c, api_key k WHERE c.name = 'room'"
}
new_key agent --channel room >"$T/key"
delivered d1 1 sent 1 ''
is 'the last delivery: sent' "$(shown room '[.keys, .lastDelivery]')" \
    '[["agent"],{"state":"sent","event":"call.blocked","createdAt":"1970-01-01T00:01:00.000Z","endedAt":"1970-01-01T00:01:01.000Z","attempts":1,"error":null}]'
delivered d2 2 due 3 'status 500'
everything 'the last delivery: waiting' 0 ctl channel list
like 'the last delivery: waiting' "$OUT" 'room +teams .* agent +due 1970-01-01 00:02:00, tried 3 times: status 500'
delivered d3 3 failed 9 'no such host'
everything 'the last delivery: failed' 0 ctl channel show room
like 'the last delivery: failed' "$OUT" 'LAST DELIVERY +failed 1970-01-01 00:03:01: no such host'
everything 'show' 0 ctl channel show mail
like 'show: password' "$OUT" 'PASSWORD +set'
everything 'show --json' 0 ctl --json channel show hook2
refuses 'show of none' 'channel list' channel show nobody

# test
everything 'test: a sample to the console' 0 ctl channel test here
like 'test: a sample to the console: says so' "$ERR" 'sample was sent to console.log'
is 'test: a sample to the console: it is there' "$(grep -c 'Test message' "$S/console.log" | grep -c '[1-9]')" 1
is 'the file of the console is private' "$(stat -c %a "$S/console.log")" 600
free_port
everything 'test: another port' 0 ctl channel set local --url http://127.0.0.1:$PORT/refusedPath
everything 'test: nobody listens' 1 ctl channel test local
like 'test: nobody listens: says so' "$ERR" 'channel "local": the sample was not taken: .*onnect'
everything 'test --json' 1 ctl --json channel test local
is 'test --json: what happened' "$(jq -c '[.name, .sent, (.error | length > 0)]' <<<"$OUT")" '["local",false,true]'
refuses 'test of none' 'channel list' channel test nobody
start_sink sink
everything 'test: a sink' 0 ctl channel set local --url "http://127.0.0.1:$SINK_PORT/hook"
everything 'test: it takes the sample' 0 ctl channel test local
receives 'test: it is there once' sink 1 '.path == "/hook"'
sign() { # timestamp body
	printf '%s.%s' "$1" "$2" | openssl dgst -sha256 -hmac "$brought" -r | cut -d ' ' -f 1
}
request_of sink '.headers["x-enforgate-timestamp"], .body, .headers["x-enforgate-signature"]' >"$T/signed"
like 'test: signed with the secret that was given' "$(sed -n 3p "$T/signed")" "$(sign "$(sed -n 1p "$T/signed")" "$(sed -n 2p "$T/signed")")$"
for answer in '500' '302 http://127.0.0.1:1/'; do
	# shellcheck disable=SC2086 # words
	answers sink $answer
	everything "test: it answers ${answer%% *}" 1 ctl channel test local
	like "test: it answers ${answer%% *}: says so" "$ERR" "not taken: .*${answer%% *}"
done
receives 'test: nothing is tried twice' sink 3
make_ca "$T/ca"
start_sink secure --cert "$T/ca/cert.pem" --key "$T/ca/key.pem"
everything 'test: TLS' 0 ctl channel set inner --url-file - <<<"https://127.0.0.1:$SINK_PORT/innerSecretPath"
everything 'test: a certificate that nobody vouches for' 1 ctl channel test inner
everything 'test: its authority is named' 0 ctl channel set inner --ca "$T/ca/ca.pem"
everything 'test: then it is taken' 0 ctl channel test inner
receives 'test: by TLS' secure 1
ctl channel disable inner >"$T/out" 2>&1
everything 'test: also of a disabled one' 0 ctl channel test inner
like 'test: also of a disabled one: says so' "$ERR" disabled

# rm: also of one whose settings do not open any more
sqlite3 "$S/enforgate.db" "UPDATE channel SET settings = (SELECT settings FROM channel WHERE name = 'mail') WHERE name = 'hook2'"
refuses 'settings of another channel do not open' 'altered' channel show hook2
everything 'but the list is there' 0 ctl channel list
everything 'rm' 0 ctl channel rm hook2
is 'rm: the entry' "$(last_act | sed 's/ch_[0-9A-Za-z]*/ID/')" 'channel.rm hook2 (ID), used by: no key'
refuses 'rm again' 'channel list' channel rm hook2

# No secret is anywhere: not in the database, its journal, the log, the audit log, or in what was printed.
ctl audit export >>"$T/everything" 2>&1
log_text >>"$T/everything"
for secret in slackSecretPath teamsSecretSignature telegramSecretToken mailSecretPassword broughtSecretOfMine innerSecretPath \
    querySecretOfUrl "${made:6}" "${third:6}" "${fourth:6}"; do
	is "nowhere in the state directory: ${secret:0:12}" "$(grep -rl -- "$secret" "$S")" ''
	is "nowhere in what was printed: ${secret:0:12}" "$(grep -c -- "$secret" "$T/everything")" 0
done
isnt 'but what is not secret is there' "$(grep -rl hooks.slack.com "$S")" ''
finish
