# Law 6, as far as check goes: the caller can never approve itself. All that the agent's side receives, in every situation, is
# collected and tried as a token; links come from base_url alone, and without it nobody can be asked.
. tests/lib.sh

BASE=https://gate.example.org
new_state state
setting base_url "$BASE"
setting approvals_per_key 15
setting database_deadline_ms 300
setting failed_keys_per_minute 30
policy mail '{"rules": [{"tool": "send*", "decision": "require_approval", "reason": "a person looks"},
  {"tool": "read*", "decision": "allow"}, {"tool": "*", "decision": "deny"}]}'
ctl channel add desk console >"$T/out" 2>&1 || fatal "channel add: $(cat "$T/out")"
key=$(new_key agent --policy mail --channel desk)
hasty=$(new_key hasty --policy mail --channel desk --approval-timeout 1s)
former=$(new_key former --policy mail)
ctl key revoke former >"$T/out" 2>&1
start_server 2
ROOT_URL=${URL%/v1/check}

# ---- What the agent's side sees. ----
SEEN=$T/seen # bodies and headers of every answer
heard=0
hear() { # what: the last answer, which was not refused by curl
	isnt "$1: answered" "$STATUS" none
	printf '%s\n%s\n' "$HEADERS" "$BODY" >>"$SEEN"
	heard=$((heard + 1))
}
body_of() { # tool [seconds [args]]
	printf '{"serverName":"mail","toolName":"%s","args":%s,"approval":{"request":true,"waitSeconds":%s}}' \
	    "$1" "${3:-{\}}" "${2:-0}"
}
# asking WHAT KEY TOOL [SECONDS [ARGS]]
asking() {
	local what=$1 asker=$2
	shift 2
	post "$asker" "$(body_of "$@")" -m 60
	hear "$what"
	ID=$(jq -r '.approval.id // empty' <<<"$BODY")
}
sql() { as_host_user sqlite3 -cmd '.timeout 5000' "$S/enforgate.db" "$1"; }
pending() { # tool: id of its pending approval, as soon as there is one
	local id
	for _ in $(seq 100); do
		id=$(sql "SELECT id FROM approval WHERE tool = '$1' AND state = 'pending'")
		[ -z "$id" ] || break
		sleep 0.05
	done
	echo "$id"
}

asking 'asked' "$key" send1 0 '{"to":"ann"}'
is 'asked: a person is needed' "$(member decision)" require_approval
asking 'asked again' "$key" send1 0 '{"to":"ann"}'
asking 'waited in vain' "$key" send2 1
call "$key" send3 '{}' mail
hear 'not asking'
asking 'allowed' "$key" read1
asking 'blocked' "$key" other1
(asking 'approved while it waits' "$key" send4 20) &
waiter=$!
ctl approval approve "$(pending send4)" --duration 1h >"$T/out" 2>&1
wait $waiter
asking 'temporarily allowed' "$key" send4 0 '{"n":2}'
(asking 'denied while it waits' "$key" send5 20) &
waiter=$!
ctl approval deny "$(pending send5)" >"$T/out" 2>&1
wait $waiter
asking 'denied' "$key" send5
asking 'nobody decides' "$hasty" send6 3
asking 'asked after that' "$hasty" send6
asking 'to be released' "$key" send7
ctl approval approve "$ID" >"$T/out" 2>&1
asking 'released' "$key" send7
asking 'told of the release' "$key" send7
like 'told of the release, as said' "$BODY" 'let through at'
for n in $(seq 15); do
	post "$key" "$(body_of "send-many$n")"
	[ "$(member decision)" != deny ] || break
done
hear 'more than can wait'
like 'more than can wait: deny' "$(member decision) $(member reason)" '^deny .*15 calls of this key wait'
(asking 'the responder ends' "$hasty" send8 20) &
waiter=$!
id=$(pending send8)
for pid in $(responders); do kill -TERM "$pid"; done
wait $waiter
ctl stop --key agent >"$T/out" 2>&1
asking 'stopped' "$key" send1 0 '{"to":"ann"}'
ctl resume --key agent >"$T/out" 2>&1

post "$former" "$(body_of send1)"
hear 'revoked key'
post "bwb_$(printf '0%.0s' $(seq 43))" "$(body_of send1)"
hear 'unknown key'
post "$key" '{"serverName":"mail"}'
hear 'malformed'
post "$key" '{"serverName":"mail","toolName":"send","approval":{"request":"yes"}}'
hear 'malformed wish'
post "$key" "$(head -c 300000 /dev/zero | tr '\0' ' ')"
hear 'too large'
request "$URL" -H "Authorization: Bearer $key" -d 'a=b'
hear 'another type'
for method in GET HEAD PUT DELETE OPTIONS; do
	option=(-X $method)
	[ $method != HEAD ] || option=(-I)
	request "$URL" "${option[@]}" -H "Authorization: Bearer $key"
	hear "$method"
done
for path in "$URL/" "$URL/$ID" "$APPROVE" "$APPROVE/" "$APPROVE/$ID" "$APPROVE/$ID?action=approve" "$APPROVE/?action=approve" \
    "$APPROVE/..%2fcheck" "$ROOT_URL/" "$ROOT_URL/console.log" "$ROOT_URL/enforgate.db"; do
	request "$path" -H "Authorization: Bearer $key" -H 'Accept: text/html'
	hear "GET $path"
	request "$path" -H "Authorization: Bearer $key" -H 'Content-Type: application/json' -d '{"action":"approve"}'
	hear "POST $path"
done
as_host_user flock "$S/enforgate.lock" sleep 1 &
sleep 0.2
post "$key" "$(body_of send-busy)"
hear 'the database is locked'
is 'the database is locked: 503' "$STATUS" 503
wait $!
sql "CREATE TRIGGER broken BEFORE INSERT ON audit BEGIN SELECT RAISE(FAIL, 'disk I/O'); END"
post "$hasty" "$(body_of send-failed)"
hear 'the append fails'
is 'the append fails: 500' "$STATUS" 500
sql 'DROP TRIGGER broken'
for n in $(seq 40); do
	post "$former" "$(body_of send1)"
	[ "$STATUS" != 429 ] || break
done
hear 'too many refused keys'
is 'too many refused keys: 429' "$STATUS" 429

# ---- Forged names of the gateway. ----
names=("Host: evil.example" "Host: evil.example:80" "X-Forwarded-Host: evil.example" "X-Host: evil.example"
	"Forwarded: host=evil.example;proto=http" "X-Forwarded-Proto: http" "X-Forwarded-Prefix: /evil.example"
	"X-Forwarded-Server: evil.example" "X-Original-URL: /evil.example" "Origin: https://evil.example"
	"Referer: https://evil.example/" "Via: 1.1 evil.example")
forged=$(new_key forged --policy mail --channel desk)
n=0
for name in "${names[@]}"; do
	n=$((n + 1))
	post "$forged" "$(body_of "send-forged$n")" -H "$name"
	hear "$name"
	is "$name: a person is asked" "$(member decision)" require_approval
done
body=$(body_of send-absolute)
raw "POST http://evil.example/v1/check HTTP/1.0\r\nHost: evil.example\r\nAuthorization: Bearer $forged\r\nContent-Type: application/json\r\nContent-Length: ${#body}\r\n\r\n$body"
printf '%s\n' "$RAW" >>"$SEEN"
like 'an absolute address: a person is asked' "$RAW" '"require_approval"'

for _ in $(seq 100); do # until all messages are out
	[ "$(sql "SELECT count(*) FROM delivery WHERE state = 'due'")" != 0 ] || break
	sleep 0.1
done
asked=$(sql "SELECT count(*) FROM approval")
LINKS=$T/links
grep -o '[a-z]*://[^ ]*' "$S/console.log" >"$LINKS"
is "every one of $asked approvals has its link" "$(wc -l <"$LINKS")" "$asked"
is 'all links begin with base_url' "$(grep -vc "^$BASE/v1/approve/[A-Za-z0-9]\{43\}?action=approve#" "$LINKS")" 0
unlike 'nobody is told of another name' "$(cat "$S/console.log")" 'evil'

# ---- All of it is tried. ----
sed 's|.*/approve/||; s|[?#].*||' "$LINKS" >"$T/tokens"
is 'no token in anything that was seen' "$(grep -cFf "$T/tokens" "$SEEN")" 0
sql 'SELECT hash FROM approval_token' >"$T/hashes"
is 'no hash of a token either' "$(grep -cFf "$T/hashes" "$SEEN")" 0
# Words as they are, the letters and digits of them, those filled up to the length of a token, and every piece that is as long as one.
candidates() {
	printf '%s\n' "$key" "$hasty" "$forged"
	grep -oE '[A-Za-z0-9_.~%=-]{4,}' "$SEEN"
	{
		grep -oE '[A-Za-z0-9]{4,}' "$SEEN"
		printf '%s\n' "$key" "$hasty" "$forged" | sed 's/^bwb_//'
	} | awk '{
		print
		for (i = 1; i + 42 <= length($0); i++)
			print substr($0, i, 43)
		if (length($0) >= 8 && length($0) < 43) {
			zeros = sprintf("%0" (43 - length($0)) "d", 0)
			print zeros $0 "\n" $0 zeros
		}
	}'
}
candidates | sort -u >"$T/candidates"
# try FILE: each line as a token, in every way to decide; prints the statuses, each once.
try() {
	local token
	while read -r token; do
		printf 'url = "%s/%s"\nheader = "Content-Type: application/json"\ndata = "{\\"action\\":\\"approve\\"}"\nnext\n' "$APPROVE" "$token"
		printf 'url = "%s/%s"\ndata = "action=approve&duration=24h"\nnext\n' "$APPROVE" "$token"
		printf 'url = "%s/%s?action=approve"\nnext\nurl = "%s/%s?action=deny"\nnext\n' "$APPROVE" "$token" "$APPROVE" "$token"
	done <"$1" | sed '$d; s|^url = .*|&\noutput = "/dev/null"\nwrite-out = "%{http_code}\\n"|' >"$T/try"
	curl -s --no-progress-meter --path-as-is --globoff -Z --parallel-max 20 -K "$T/try" | sort | uniq -c | sed 's/^ *//'
}
before=$(sql "SELECT count(*) FROM approval WHERE state = 'pending'")
count=$(wc -l <"$T/candidates")
is "$heard answers were collected, $count tokens come of them" "$((heard > 60 && count > 300))" 1
is "$((4 * count)) tries: every one is 404" "$(try "$T/candidates")" "$((4 * count)) 404"
is 'nothing was approved, nothing denied by link' "$(sql "SELECT count(*) FROM audit WHERE surface = 'approve'")" 0
is 'what waited still waits' "$(sql "SELECT count(*) FROM approval WHERE state = 'pending'")" "$before"
# With a real token the same way decides: the first of four wins.
sql "SELECT id FROM approval WHERE tool = 'send2'" >"$T/id"
grep -A 1 -F "$(cat "$T/id")" "$S/console.log" | sed -n 's|.*/approve/\([A-Za-z0-9]*\).*|\1|p' >"$T/real"
like 'with a token from the message it works' "$(try "$T/real" | tr '\n' ' ')" '^[12] 200 [23] 410 $'
isnt 'that one was decided' "$(sql "SELECT state FROM approval WHERE id = '$(cat "$T/id")'")" pending

# ---- Without base_url nobody can be asked, whatever name the request gives. ----
new_state without
policy mail '{"rules": [{"tool": "send*", "decision": "require_approval"}]}'
ctl channel add desk console >"$T/out" 2>&1
key=$(new_key agent --policy mail --channel desk)
start_server
for name in "${names[@]}"; do
	post "$key" "$(body_of send1)" -H "$name"
	like "without base_url, $name: denied" "$(member decision) $(member reason)" '^deny .*base_url'
done
asking 'without base_url' "$key" send1 1
is 'without base_url: no approval was made' "$(sql 'SELECT count(*) FROM approval')$(sql 'SELECT count(*) FROM delivery')" 00
is 'without base_url: no link' "$(cat "$S/console.log" 2>/dev/null)" ''
finish
