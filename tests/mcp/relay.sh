#!/bin/bash
# What upstreams say and ask while a call is under way, in the four combinations of eras: progress, log messages, elicitation, sampling,
# roots, cancellation. Two processes serve, so that answers arrive in the one that does not wait for them.
. tests/lib.sh
. tests/mcp_lib.sh

new_state state
policy all '{"rules": [{"tool": "*", "decision": "allow"}]}'
start_server
KEY=$(new_key agent --policy all)
for era in legacy modern; do
	upstream $era --era $era
	add_upstream agent $era --url "$UPSTREAM"
done
for upstream in legacy modern; do
	for client in legacy modern; do
		ENFORGATE_KEY=$KEY UPSTREAM_LOG=$T/$upstream.log node tests/mcp/relay_run.mjs "$(mcp_url)" $client $upstream ||
		    not_ok "$client client, $upstream upstream" "relay_run.mjs ended with exit code $?"
	done
done
like 'the outcome of a cancelled call is recorded' "$(ctl audit export --format jsonl 2>/dev/null)" 'cancelled'
unlike 'no answer of a client is in the log' "$(log_text)" 'my username|sampled words'
finish
