# enforgatectl key: channels, the PIN of approvers, and what is said of a key whose calls nobody could decide.
. tests/lib.sh

refuses() { # name pattern command...
	local name=$1 pattern=$2
	shift 2
	exits "$name" 2 ctl "$@"
	like "$name: says so" "$ERR" "$pattern"
}
shown() { ctl --json key show "$1" | jq -c "$2"; }
last_act() { sqlite3 "$S/enforgate.db" "SELECT tool || ' ' || reason FROM audit WHERE kind = 'admin' ORDER BY seq DESC LIMIT 1"; }
lacks='no approver channel'

new_state state
policy mail '{"rules": [{"tool": "send_*", "decision": "require_approval"}, {"tool": "read", "decision": "allow"}]}'
policy quiet '{"rules": [{"tool": "read", "decision": "allow"}], "defaultDecision": "deny"}'
policy asks '{"rules": [], "defaultDecision": "require_approval"}' --priority -5
ctl channel add desk console >"$T/out" 2>&1 || fatal "$(cat "$T/out")"
ctl channel add eye webhook --url https://example.com/ >"$T/out" 2>&1 || fatal "$(cat "$T/out")"
ctl channel add wall console >"$T/out" 2>&1 || fatal "$(cat "$T/out")"

# channels
exits 'add with channels' 0 ctl key add agent --policy mail --channel eye --channel desk
unlike 'with an approver: no warning' "$ERR" "$lacks"
is 'channels are shown' "$(shown agent '[.channels, .pin, .lacksApprover]')" '[["desk","eye"],"no",false]'
like 'channels are in the entry' "$(last_act)" '^key.add agent .*PIN no, policies: mail; channels: desk, eye$'
exits 'set replaces them' 0 ctl key set agent --channel eye
is 'set replaces them: all' "$(shown agent .channels)" '["eye"]'
like 'without an approver: a warning' "$ERR" "$lacks.*enforgatectl approval"
like 'set: the entry' "$(last_act)" '^key.set agent .*channels: eye$'
exits 'set leaves them' 0 ctl key set agent --approval-timeout 5m
is 'set leaves them where none is named' "$(shown agent '[.channels, .approvalTimeoutMs]')" '[["eye"],300000]'
exits 'set without channels' 0 ctl key set agent --no-channels
is 'set without channels: none' "$(shown agent .channels)" '[]'
refuses 'a channel that is not there' 'channel add nobody' key set agent --channel nobody
refuses 'a channel named twice' 'named twice' key set agent --channel desk --channel desk
refuses 'channels and none' 'exclude each other' key set agent --channel desk --no-channels
refuses 'add with a channel that is not there' 'channel add nobody' key add other --channel nobody
is 'and no such key then' "$(ctl --json key list | jq -r 'map(.name) | join(" ")')" agent
refuses 'more channels than a key has' 'at most 16' key set agent $(printf -- '--channel c%s ' {1..17})

# Who lacks an approver.
warned() { # name options of set; expected true or false
	local name=$1 expected=$2
	shift 2
	ctl key set agent "$@" >"$T/out" 2>&1 || fatal "$(cat "$T/out")"
	is "$name" "$(shown agent .lacksApprover)" "$expected"
	is "$name: said behind the change" "$(grep -q "$lacks" "$T/out" && echo true || echo false)" "$expected"
	exits "$name: list" 0 ctl key list
	is "$name: said behind the list" "$(grep -q "$lacks.*: agent" <<<"$ERR" && echo true || echo false)" "$expected"
	like "$name: the list is there" "$OUT" 'PIN.*agent'
}
warned 'a rule asks' true --policy mail
warned 'nothing asks' false --policy quiet
warned 'a default behind another one does not count' false --policy quiet --policy asks
warned 'the first default asks' true --policy asks
warned 'a monitor is no approver' true --channel eye
warned 'an approver is one' false --channel eye --channel desk
ctl channel disable desk >"$T/out" 2>&1
warned 'a disabled approver is none' true --allowances
ctl channel enable desk >"$T/out" 2>&1
ctl channel set desk --monitor >"$T/out" 2>&1
warned 'an approver that became a monitor' true --allowances
ctl channel set eye --approver >"$T/out" 2>&1
warned 'a monitor that became an approver' false --allowances
exits 'a channel that is used is removed' 0 ctl channel rm eye
like 'a channel that is used is removed: says of which keys' "$ERR" 'these keys used it: agent'
is 'and is gone from the key' "$(shown agent .channels)" '["desk"]'
ctl policy disable asks >"$T/out" 2>&1
warned 'a disabled policy does not ask' false --allowances
ctl key set agent --policy mail >"$T/out" 2>&1
ctl key revoke agent >"$T/out" 2>&1
is 'a revoked key has no calls' "$(shown agent .lacksApprover)" false
unlike 'a revoked key has no calls: no warning' "$(ctl key list 2>&1)" "$lacks"

# PIN
pin='4711 geheim'
exits 'add with a PIN' 0 ctl key add second --policy mail --channel wall --pin <<<"$pin"
like 'add with a PIN: the key alone' "$OUT" '^bwb_[0-9A-Za-z]{43}$'
is 'PIN: shown' "$(shown second .pin)" '"yes"'
like 'PIN: the entry' "$(last_act)" 'key.add second .*: PIN set, .*PIN yes,'
exits 'PIN: removed' 0 ctl key set second --no-pin
is 'PIN: removed: shown' "$(shown second .pin)" '"no"'
like 'PIN: removed: the entry' "$(last_act)" 'key.set second .*: PIN removed, .*PIN no,'
refuses 'PIN: nothing to unlock' 'no PIN.*--pin' key set second --pin-reset
exits 'PIN: set' 0 ctl key set second --pin <<<"$pin"
sqlite3 "$S/enforgate.db" 'UPDATE approver_pin SET locked = 1, failures = 21'
is 'PIN: locked: shown' "$(shown second .pin)" '"locked"'
exits 'PIN: locked: for people' 0 ctl key show second
like 'PIN: locked: for people' "$OUT" 'PIN +locked'
exits 'PIN: unlocked' 0 ctl key set second --pin-reset
is 'PIN: unlocked: shown' "$(shown second .pin)" '"yes"'
like 'PIN: unlocked: the entry' "$(last_act)" 'key.set second .*: PIN unlocked, '
hash=$(sqlite3 "$S/enforgate.db" 'SELECT hash FROM approver_pin')
refuses 'PIN: too short' '4 to 64' key set second --pin <<<123
refuses 'PIN: too long' '4 to 64' key set second --pin <<<"$(printf '1%.0s' {1..65})"
refuses 'PIN: empty' empty key set second --pin </dev/null
refuses 'PIN: not ASCII' '4 to 64' key set second --pin <<<'größer'
refuses 'PIN: a value on the command line' '.' key set second --pin=4711
refuses 'PIN: two at once' 'exclude each other' key set second --pin --no-pin <<<"$pin"
is 'PIN: none of that changed it' "$(sqlite3 "$S/enforgate.db" 'SELECT hash FROM approver_pin')" "$hash"
refuses 'PIN: of no key' nobody key set nobody --pin <<<"$pin"

# On a terminal it is asked for twice, and not shown.
OUT=$(typed 'PIN.*: ' 'key set second --pin' typed-pin typed-pin)
like 'PIN: typed' "$OUT" 'exit code 0'
like 'PIN: typed: asked twice' "$OUT" 'PIN: .*PIN again: '
unlike 'PIN: typed: not shown' "$OUT" 'typed-pin'
isnt 'PIN: typed: taken' "$(sqlite3 "$S/enforgate.db" 'SELECT hash FROM approver_pin')" "$hash"
hash=$(sqlite3 "$S/enforgate.db" 'SELECT hash FROM approver_pin')
OUT=$(typed 'PIN.*: ' 'key set second --pin' typed-pin typed-pim)
like 'PIN: typed differently' "$OUT" 'exit code 2'
like 'PIN: typed differently: says so' "$OUT" 'not the same'
is 'PIN: typed differently: not taken' "$(sqlite3 "$S/enforgate.db" 'SELECT hash FROM approver_pin')" "$hash"

ctl audit export >"$T/everything" 2>&1
log_text >>"$T/everything"
for secret in geheim typed-pin; do
	is "nowhere in the state directory: $secret" "$(grep -rl -- "$secret" "$S")" ''
	is "nowhere in audit log and log: $secret" "$(grep -c -- "$secret" "$T/everything")" 0
done
exits 'the chain verifies' 0 ctl audit verify
finish
