#!/bin/bash
# The approve pages in Chromium, served by lighttpd and the responder as they are installed. Screenshots stay in $BUILD/screenshots.
. tests/lib.sh

# The driver and axe-core, as package-lock.json has them.
if [ ! tests/browser/node_modules/.package-lock.json -nt tests/browser/package-lock.json ]; then
	(cd tests/browser && npm ci) >"$T/npm" 2>&1 || fatal "npm ci: $(tail -n 5 "$T/npm")"
	touch tests/browser/node_modules/.package-lock.json
fi

HOSTILE_KEY=$'<b onclick=alert(1)>key</b>\u202eyek'
HOSTILE_REASON=$'</section><script>alert(1)</script> {{tool}} \u200blooks'
new_state state
setting base_url http://127.0.0.1:1
setting approve_per_minute 0
policy mail '{"rules": [{"tool": "send_*", "decision": "require_approval", "reason": "a person looks"}]}'
policy odd "$(jq -n --arg reason "$HOSTILE_REASON" '{rules: [{tool: "*", decision: "require_approval", reason: $reason}]}')"
ctl channel add desk console >"$T/channel" 2>&1 || fatal "channel add: $(cat "$T/channel")"
keys='{}'
add() { # name option...
	local key name=$1
	shift
	key=$(new_key "$name" --channel desk "$@") || exit
	keys=$(jq -c --arg name "$name" --arg key "$key" '.[$name] = $key' <<<"$keys")
}
add agent --policy mail
add strict --policy mail --no-allowances
add hasty --policy mail --approval-timeout 3s
add hostile --policy odd
echo 4711-right >"$T/pin"
add pinned --policy mail --pin <"$T/pin"
sqlite3 "$S/enforgate.db" "UPDATE api_key SET name = '$HOSTILE_KEY' WHERE name = 'hostile'"
start_server

GATEWAY_PORT=$PORT STATE_DIR=$S SCREENSHOTS=$BUILD/screenshots KEYS=$keys node tests/browser/run.mjs ||
    not_ok 'run.mjs' "ended early, exit code $?"
finish
