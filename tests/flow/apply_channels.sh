# enforgatectl apply: channels, and the channels and PINs of keys; secrets come from files of their own.
. tests/lib.sh

refuses() { # name pattern: of $T/site/apply.json
	exits "$1" 2 ctl apply "$T/site/apply.json"
	like "$1: says so" "$ERR" "$2"
	like "$1: nothing is changed" "$ERR" 'nothing was changed'
}
site() { # jq expression that makes the file from the good one
	jq "$1" "$T/good.json" >"$T/site/apply.json"
}
entries() { sqlite3 "$S/enforgate.db" 'SELECT count(*) FROM audit'; }
shown() { ctl --json "$1" show "$2" | jq -c "$3"; }
everything() {
	exits "$@"
	printf '%s\n%s\n' "$OUT" "$ERR" >>"$T/everything"
}

new_state state
mkdir "$T/site" "$T/site/secrets"
echo 'mailSecretPassword' >"$T/site/secrets/password"
echo 'https://hooks.slack.com/services/slackSecretPath' >"$T/site/secrets/slack"
echo '4711:telegramSecretToken' >"$T/site/secrets/token"
echo 'webhookSecretOfMine' >"$T/site/secrets/sign"
echo 'pinSecret1' >"$T/site/secrets/pin"
cp /etc/hostname "$T/site/ca.pem"
cat >"$T/good.json" <<'END'
{"policies": [{"name": "mail", "rules": [{"tool": "send_*", "decision": "require_approval"}]}],
 "channels": [
  {"name": "post", "kind": "email", "smtp": "smtps://mail.example.com", "from": "gate@example.com",
   "to": ["alice@example.com", "bob@example.com"], "user": "robot", "passwordFile": "secrets/password", "ca": "ca.pem",
   "arguments": false},
  {"name": "chat", "kind": "slack", "urlFile": "secrets/slack", "denyLink": true},
  {"name": "phone", "kind": "telegram", "tokenFile": "secrets/token", "chat": "-5", "events": ["approval.created", "approval.resolved"]},
  {"name": "watch", "kind": "webhook", "url": "https://example.com/hook", "secretFile": "secrets/sign", "enabled": false},
  {"name": "desk", "kind": "console"}],
 "keys": [{"name": "one", "policies": ["mail"], "channels": ["post", "chat"], "pinFile": "secrets/pin", "approvalTimeout": "5m",
           "allowances": false},
          {"name": "two", "policies": []}]}
END
site .
cd "$T" || exit 2
everything 'dry run' 1 ctl apply "$T/site/apply.json" --dry-run
like 'dry run: a channel' "$OUT" 'channel "post": new, email to alice@example.com,bob@example.com'
like 'dry run: a key' "$OUT" 'key "one": new, policies: mail, channels: chat, post, PIN set'
is 'dry run: nothing is there' "$(sqlite3 "$S/enforgate.db" 'SELECT (SELECT count(*) FROM channel) + (SELECT count(*) FROM api_key) + (SELECT count(*) FROM approver_pin)')" 0
exits apply 0 ctl apply "$T/site/apply.json"
is 'apply: new keys alone on standard output' "$(grep -cE '^(one|two) bwb_[0-9A-Za-z]{43}$' <<<"$OUT") $(grep -c . <<<"$OUT")" '2 2'
printf '%s\n' "$ERR" >>"$T/everything"
is 'email' "$(shown channel post '[.kind, .arguments, .settings]')" \
    "[\"email\",false,{\"url\":\"smtps://mail.example.com:465\",\"user\":\"robot\",\"password\":\"set\",\"from\":\"gate@example.com\",\"to\":\"alice@example.com,bob@example.com\",\"ca\":\"$T/site/ca.pem\"}]"
is 'slack' "$(shown channel chat '[.kind, .denyLink, .settings.url]')" '["slack",true,"https://hooks.slack.com...Path"]'
is 'telegram' "$(shown channel phone '[.kind, .events, .settings.chat]')" '["telegram",["approval.created","approval.resolved"],"-5"]'
is 'webhook' "$(shown channel watch '[.kind, .approver, .enabled, .settings.secret]')" '["webhook",false,false,"...Mine"]'
is 'console' "$(shown channel desk '[.kind, .approver, .keys]')" '["console",true,[]]'
is 'key' "$(shown key one '[.policies, .channels, .pin, .approvalTimeoutMs, .allowances]')" '[["mail"],["chat","post"],"yes",300000,false]'
is 'key without' "$(shown key two '[.channels, .pin]')" '[[],"no"]'
is 'the entries' "$(sqlite3 "$S/enforgate.db" "SELECT tool FROM audit WHERE kind = 'admin' AND tool LIKE '%.add' ORDER BY seq" | sort | uniq -c | xargs)" \
    '5 channel.add 2 key.add'

# Again, and what differs then.
count=$(entries)
hash=$(sqlite3 "$S/enforgate.db" 'SELECT hash FROM approver_pin')
everything 'dry run afterwards' 0 ctl apply "$T/site/apply.json" --dry-run
like 'dry run afterwards: nothing' "$OUT" '^nothing to change'
everything 'again' 0 ctl apply "$T/site/apply.json"
is 'again: no entry' "$(entries)" "$count"
is 'again: the same PIN' "$(sqlite3 "$S/enforgate.db" 'SELECT hash FROM approver_pin')" "$hash"
everything 'again, from another directory' 0 ctl_in "$S" apply site/apply.json
is 'again, from another directory: no entry' "$(entries)" "$count"
differs() { # name, jq expression, pattern of the dry run
	site "$2"
	everything "$1" 1 ctl apply "$T/site/apply.json" --dry-run
	like "$1: shown" "$OUT" "$3"
	is "$1: nothing else" "$(grep -c . <<<"$OUT")" 1
}
differs 'another address' '.channels[0].to = ["carol@example.com"]' '^channel "post": target alice@example.com,bob@example.com -> carol@example.com, to changed$'
differs 'arguments' '.channels[0].arguments = true' '^channel "post": arguments yes$'
differs 'a monitor' '.channels[1].approver = false' '^channel "chat": approver -> monitor$'
differs 'enabled' '.channels[3].enabled = true' '^channel "watch": enabled$'
differs 'events' '.channels[2].events = ["approval.created"]' '^channel "phone": events approval.created,approval.resolved -> approval.created$'
differs 'channels of a key' '.keys[0].channels = ["desk"]' '^key "one": channels "chat, post" -> "desk"$'
differs 'no channels' '.keys[0].channels = []' '^key "one": channels "chat, post" -> ""$'
differs 'no PIN' '.keys[0].pinFile = null' '^key "one": PIN removed$'
differs 'the timeout' '.keys[0].approvalTimeout = "6m"' '^key "one": approval timeout 5m -> 6m$'
differs 'allowances' '.keys[0].allowances = true' '^key "one": allowances yes$'
site '.keys[0] |= del(.channels, .pinFile) | .channels = []'
everything 'what is not named' 0 ctl apply "$T/site/apply.json" --dry-run
site .
echo 'anotherMailSecret' >"$T/site/secrets/password"
echo 'pinSecret2' >"$T/site/secrets/pin"
everything 'other secrets: dry run' 1 ctl apply "$T/site/apply.json" --dry-run
is 'other secrets: shown' "$OUT" $'channel "post": password changed\nkey "one": PIN set'
everything 'other secrets' 0 ctl apply "$T/site/apply.json"
isnt 'other secrets: another PIN' "$(sqlite3 "$S/enforgate.db" 'SELECT hash FROM approver_pin')" "$hash"
is 'other secrets: the entries' "$(sqlite3 "$S/enforgate.db" "SELECT tool || ' ' || reason FROM audit WHERE kind = 'admin' ORDER BY seq DESC LIMIT 2" | sed 's/ (.*//')" \
    $'key.set one\nchannel.set post'
everything 'other secrets again' 0 ctl apply "$T/site/apply.json" --dry-run

# What is refused.
site '.channels[0].password = "plainSecret" | del(.channels[0].passwordFile)'
refuses 'a password in the file' 'channels\[0\]: "password" is a secret.*"passwordFile"'
site '.channels[1].url = "https://hooks.slack.com/plainSecret" | del(.channels[1].urlFile)'
refuses 'the url of a chat in the file' 'channels\[1\]: "url" is a secret.*"urlFile"'
site '.channels[2].token = "4711:plainSecret"'
refuses 'a token in the file' 'channels\[2\]: "token" is a secret.*"tokenFile"'
site '.channels[3].secret = "plainSecretOfMine"'
refuses 'a secret in the file' 'channels\[3\]: "secret" is a secret.*"secretFile"'
site '.keys[0].pin = "plainSecret"'
refuses 'a PIN in the file' 'keys\[0\]: "pin" is a secret.*"pinFile"'
site '.channels += [{"name": "new", "kind": "webhook", "url": "https://example.com/"}]'
refuses 'a webhook without a secret' 'channels\[5\]: .*secretFile'
site '.channels[3].urlFile = "secrets/slack"'
refuses 'two urls' 'one of "url" and "urlFile"'
site '.channels[0].smtp = "mail.example.com"'
refuses 'a setting that is wrong' 'channels\[0\]: smtp: must be smtps://'
site '.channels[4].smtp = "smtp://mail.example.com"'
refuses 'a setting of another kind' 'channels\[4\]: smtp: .*console has none'
site '.channels[4].kind = "slack"'
refuses 'another kind' 'channels\[4\]: "desk" is a channel of kind console.*channel rm desk'
site '.channels += [{"name": "new"}]'
refuses 'no kind' 'channels\[5\]: member "kind" is missing'
site '.channels += [{"name": "new", "kind": "pigeon"}]'
refuses 'a kind that is none' 'channels\[5\]: "pigeon" is no kind'
site '.channels += [{"name": "desk", "kind": "console"}]'
refuses 'a channel twice' '"desk" stands in channels\[4\] already'
site '.channels[0].to = "alice@example.com"'
refuses 'a text for a list' 'member "to" must be an array'
site '.channels[0].to = ["alice@example.com,bob@example.com"]'
refuses 'a comma in an element of a list' 'member "to" must be an array'
site '.channels[2].events = ["call.all"]'
refuses 'an event that is none' 'channels\[2\]: events: '
site '.channels[0].plain = "yes"'
refuses 'a text for a choice' '"plain" must be true or false'
site '.channels[0].colour = "red"'
refuses 'a member that is none' 'unknown member "colour"'
site '.channels[0].passwordFile = "secrets/nothing"'
refuses 'a file that is not there' 'site/secrets/nothing: '
site '.channels[0].passwordFile = "-"'
refuses 'standard input' '"passwordFile" must name a file'
site '.keys[0].pinFile = "-"'
refuses 'standard input for a PIN' '"pinFile" must name a file'
site '.keys[0].pinFile = 4711'
refuses 'a number for a file' 'member "pinFile" must be a text'
echo 1 >"$T/site/secrets/short"
site '.keys[0].pinFile = "secrets/short"'
refuses 'a short PIN' 'keys\[0\]: "pinFile": a PIN has 4 to 64'
site '.keys[0].channels = ["nobody"]'
refuses 'a channel that is not there' 'no channel "nobody"'
site '.keys[1].channels = "desk"'
refuses 'a text for names' 'member "channels" must be an array of names'
site '.channels = {}'
refuses_root() { exits "$1" 2 ctl apply "$T/site/apply.json"; like "$1: says so" "$ERR" "$2"; }
refuses_root 'no list' '"channels" must be an array'
is 'nothing of that is there' "$(ctl --json channel list | jq length)" 5

ctl audit export >>"$T/everything" 2>&1
log_text >>"$T/everything"
for secret in mailSecretPassword anotherMailSecret slackSecretPath telegramSecretToken webhookSecretOfMine pinSecret plainSecret; do
	is "nowhere in the state directory: $secret" "$(grep -rl -- "$secret" "$S")" ''
	is "nowhere in what was printed: $secret" "$(grep -c -- "$secret" "$T/everything")" 0
done
finish
