# Law 6 on /mcp: the caller can never approve itself. All that was sent to the agent, in every situation, in both eras, is collected and
# tried as a token; and what an upstream was sent as well.
. tests/lib.sh
. tests/mcp_lib.sh
. tests/mcp_law_lib.sh

BASE=https://gate.example.org
place '{"rules": [{"tool": "test_counter", "decision": "require_approval", "reason": "a person looks"},
  {"tool": "resource:*", "decision": "require_approval"}, {"tool": "prompt:*", "decision": "require_approval"},
  {"tool": "test_error_handling", "decision": "deny"}, {"tool": "*", "decision": "allow"}]}'
setting base_url "$BASE"
setting leg_s 1
setting wait_max_s 1
setting approve_per_minute 0
HASTY=$(agent hasty --approval-timeout 1s)
start_server 2
initialize "$KEY"
SEEN=$T/seen
heard=0
hear() {
	printf '%s\n%s\n' "$HEADERS" "$BODY" >>"$SEEN"
	heard=$((heard + 1))
}
for era in modern legacy; do
	for args in '{"label": "one"}' '{"label": "one"}' '{"label": "two"}'; do
		tool_call $era "$KEY" test_counter "$args" '{"progressToken": "p"}'
		hear
	done
	for tool in test_simple_text test_echo test_error_handling no_such_tool; do
		tool_call $era "$KEY" $tool
		hear
	done
	for method in tools/list prompts/list resources/list resources/templates/list; do
		[ $era = modern ] && modern "$KEY" $method || legacy "$KEY" $method
		hear
	done
	[ $era = modern ] && modern "$KEY" resources/read '{"uri": "fixture+test://static-text"}' || legacy "$KEY" resources/read '{"uri": "fixture+test://static-text"}'
	hear
	[ $era = modern ] && modern "$KEY" prompts/get '{"name": "fixture__test_simple_prompt"}' || legacy "$KEY" prompts/get '{"name": "fixture__test_simple_prompt"}'
	hear
done
modern "$HASTY" tools/call '{"name": "fixture__test_counter", "arguments": {"label": "hasty"}}'
hear
sleep 1.2
modern "$HASTY" tools/call '{"name": "fixture__test_counter", "arguments": {"label": "hasty"}}'
hear
modern "$KEY" tools/call '{"name": "fixture__test_counter", "arguments": {"label": "state"}}'
hear
state=$(response '.result.requestState // empty')
isnt 'a state of ours is among it' "$state" ''
modern "$KEY" tools/call "{\"name\": \"fixture__test_counter\", \"arguments\": {\"label\": \"state\"}, \"requestState\": \"${state}x\"}"
hear
CAPABILITIES='{"elicitation": {"url": {}, "form": {}}, "sampling": {}}' modern "$KEY" tools/call '{"name": "fixture__test_counter", "arguments": {"label": "url"}}'
hear
unlike 'no URL is offered to open' "$BODY" 'https?://'
modern "$KEY" server/discover
hear
request "$(mcp_url)"
hear
for path in /mcp/approve /v1/approve /.well-known/oauth-protected-resource /console.log; do
	request "http://127.0.0.1:$PORT$path" -H "Authorization: Bearer $KEY"
	hear
done
for pid in $(responders "$SERVER" mcp); do kill -TERM "$pid"; done
tool_call legacy "$KEY" test_counter '{"label": "ended"}'
hear
for _ in $(seq 100); do
	[ "$(sql "SELECT count(*) FROM delivery WHERE state = 'due'")" != 0 ] || break
	sleep 0.1
done

grep -o '[a-z]*://[^ ]*' "$S/console.log" | grep "^$BASE/v1/approve/" >"$T/links"
sed 's|.*/approve/||; s|[?#].*||' "$T/links" | sort -u >"$T/tokens"
asked=$(sql 'SELECT count(*) FROM approval')
is "every one of $asked approvals has its link" "$(wc -l <"$T/tokens")" "$asked"
like "$heard answers were collected, $asked people were asked" "$((heard > 30 && asked > 5))" 1
is 'no token in anything that the agent was sent' "$(grep -cFf "$T/tokens" "$SEEN")" 0
is 'nor in anything that the upstream was sent' "$(grep -cFf "$T/tokens" "$T/fixture.log")" 0
sql 'SELECT hash FROM approval_token' >"$T/hashes"
is 'no hash of a token either' "$(cat "$SEEN" "$T/fixture.log" | grep -cFf "$T/hashes")" 0
unlike 'nothing that the agent was sent leads to the page' "$(cat "$SEEN")" "gate\\.example\\.org|/v1/approve/[A-Za-z0-9]"

# Every piece as long as a token, and the words themselves.
{
	grep -ohE '[A-Za-z0-9_.~%=-]{8,}' "$SEEN"
	grep -ohE '[A-Za-z0-9]{43,}' "$SEEN" | awk '{ for (i = 1; i + 42 <= length($0); i++) print substr($0, i, 43) }'
} | sort -u >"$T/candidates"
while read -r token; do
	printf 'url = "%s/%s"\nheader = "Content-Type: application/json"\ndata = "{\\"action\\":\\"approve\\"}"\noutput = "/dev/null"\nwrite-out = "%%{http_code}\\n"\nnext\n' "$APPROVE" "$token"
done <"$T/candidates" | sed '$d' >"$T/try"
count=$(wc -l <"$T/candidates")
like "$count tokens come of it" "$((count > 300))" 1
is 'every one is 404' "$(curl -s --no-progress-meter --path-as-is --globoff -Z --parallel-max 20 -K "$T/try" | sort | uniq -c | sed 's/^ *//')" "$count 404"
is 'nothing was approved' "$(sql "SELECT count(*) FROM audit WHERE surface = 'approve'")" 0
is 'and nothing ran' "$(counted fixture)" 0
finish
