#!/bin/bash
# The public conformance suite against the gateway, with tests/mcp/upstream as its only upstream and no prefix: both revisions,
# against an upstream of both eras and of each. One check for each check of the suite; exceptions.txt has those that cannot pass.
. tests/lib.sh
. tests/mcp_lib.sh
npm_packages

suite() { # url revision label [exceptions]
	node tests/mcp/suite.mjs "$@" || not_ok "$3 $2" "suite.mjs ended with exit code $?"
}
# through_gateway LABEL OPTION...
through_gateway() {
	local label=$1 proxy
	shift
	upstream "$label" "$@"
	KEY=$(new_key "$label" --policy all)
	add_upstream "$label" fixture --url "$UPSTREAM" --no-prefix
	ENFORGATE_KEY=$KEY background "$T/$label.proxy" node tests/mcp/key_proxy.mjs "$(mcp_url)"
	proxy=$(first_line "$T/$label.proxy") || fatal "no proxy for the key: $(cat "$T/$label.proxy")"
	suite "$proxy" $LEGACY "$label" tests/mcp/exceptions.txt
	suite "$proxy" $MODERN "$label" tests/mcp/exceptions.txt
}

# The upstream itself: what it fails, no gateway could pass.
upstream directly
suite "${UPSTREAM/127.0.0.1/localhost}" $LEGACY directly
suite "${UPSTREAM/127.0.0.1/localhost}" $MODERN directly

new_state state
policy all '{"rules": [{"tool": "*", "decision": "allow"}]}'
start_server
through_gateway dual
through_gateway modern --era modern
through_gateway legacy --era legacy
finish
