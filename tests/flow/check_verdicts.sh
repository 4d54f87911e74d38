# What a check answers when it answers: design 3.1.
. tests/lib.sh

new_state state
policy default '{"rules": [
  {"tool": "delete_*", "decision": "deny", "reason": "nothing is deleted"},
  {"tool": "send_mail", "action": "require_approval"},
  {"tool": "pay", "decision": "allow", "where": [{"path": "amount", "lte": 100}]},
  {"tool": "regex", "decision": "deny", "where": [{"path": "text", "matches": "^(a+)+$"}]},
  {"tool": "regex", "decision": "allow"},
  {"tool": "get_?", "server": "inner*", "decision": "allow"},
  {"tool": "read_file", "decision": "allow"}]}'
policy lax '{"defaultDecision": "allow", "rules": []}'
key=$(new_key agent --policy default)
lax=$(new_key lax --policy lax)
bare=$(new_key bare)
like 'a key is bwb_ and 43 characters' "$key" '^bwb_[0-9A-Za-z]{43}$'
start_server

call "$key" read_file '{"path": "a"}'
is 'allow: status' "$STATUS" 200
is 'allow: decision' "$(member decision)" allow
is 'allow: reason names rule and policy' "$(member reason)" 'matched rule 6 of policy "default"'
like 'allow: type' "$(header Content-Type)" '^application/json'
is 'allow: exactly the five members' "$(printf '%s' "$BODY" | jq -c keys)" \
    '["decision","latencyMs","policyId","reason","toolCallId"]'
like 'latencyMs is an integer' "$(printf '%s' "$BODY" | sed -E 's/.*"latencyMs":([^,}]*).*/\1/')" '^[0-9]+$'
like 'Server-Timing has the exact time' "$(header Server-Timing)" '^[a-z]+;dur=[0-9]+\.[0-9]+$'
is 'nothing keeps the answer' "$(header Cache-Control)" no-store
isnt 'policyId is set' "$(member policyId)" null
id=$(member policyId)
is 'policyId is the one that ctl shows' "$(ctl policy list --json | grep -c "$id")" 1

call "$key" delete_file
is 'deny: decision' "$STATUS $(member decision)" '200 deny'
like 'deny: the rule gives its own reason' "$(member reason)" '^matched rule 0 of policy "default".*nothing is deleted'
call "$key" send_mail
is 'require_approval, spelled action' "$STATUS $(member decision)" '200 require_approval'
is 'require_approval: no approval member unasked' "$(member approval)" absent

call "$key" unknown_tool
is 'no rule and no default: deny' "$STATUS $(member decision)" '200 deny'
is 'no rule and no default: reason' "$(member reason)" 'no rule matched'
is 'no rule and no default: policyId is null' "$(member policyId)" null
call "$lax" anything
is 'default decision' "$(member decision)" allow
is 'default decision: reason' "$(member reason)" 'default decision of policy "lax"'
call "$bare" read_file
is 'a key without policies is denied' "$STATUS $(member decision) $(member policyId)" '200 deny null'

call "$key" pay '{"amount": 100}'
is 'condition holds at its limit' "$(member decision)" allow
call "$key" pay '{"amount": 100.00000000000000000001}'
is 'condition fails just above its limit, exactly' "$(member decision)" deny
call "$key" pay '{}'
is 'condition on a missing path does not hold' "$(member decision)" deny
call "$key" pay '{"amount": "100"}'
is 'condition on a wrong type does not allow' "$(member decision)" deny
call "$key" get_x '{}' inner-1
is 'globs of server and tool' "$(member decision)" allow
call "$key" get_xy '{}' inner-1
is '? is one character' "$(member decision)" deny
call "$key" get_x '{}' outer
is 'another server does not match' "$(member decision)" deny

start=$SECONDS
call "$key" regex "{\"text\": \"$(printf 'a%.0s' $(seq 200))!\"}"
is 'a pattern that explodes denies' "$STATUS $(member decision)" '200 deny'
like 'its reason names policy, rule and condition' "$(member reason)" 'default.*rule 3.*(where|condition) 0'
is 'it is given up within two seconds' "$((SECONDS - start <= 2))" 1

post "$key" '{"serverName": "files", "toolName": "read_file"}'
is 'args may be left out' "$STATUS $(member decision)" '200 allow'
post "$key" '{"serverName": "files", "toolName": "read_file", "args": {}, "more": [1], "x": null}'
is 'unknown members are ignored' "$STATUS $(member decision)" '200 allow'
post "$key" '  {"serverName": "d\u00e9p\u00f4t", "toolName": "read_file"}
'
is 'escapes and white space around' "$STATUS $(member decision)" '200 allow'
request "$URL?x=1" -H "Authorization: bearer $key" -H 'content-type: application/json; charset=utf-8' \
    -d '{"serverName": "files", "toolName": "read_file"}'
is 'scheme in lower case, type with charset, a query' "$STATUS $(member decision)" '200 allow'
request "$URL" -H "Authorization: Bearer $key" -H 'Content-Type: application/json' \
    -H 'Transfer-Encoding: chunked' -d '{"serverName": "files", "toolName": "read_file"}'
is 'chunked body' "$STATUS $(member decision)" '200 allow'

for _ in 1 2 3 4 5 6 7 8 9 10; do
	call "$key" read_file
	member toolCallId
done >"$T/ids"
is 'toolCallId is never the same' "$(sort -u "$T/ids" | grep -c .)" 10
is 'each is in the audit log' "$(ctl audit list --json | grep -c -F -f "$T/ids")" 10
finish
