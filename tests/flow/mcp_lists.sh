# Lists over several upstreams: order, names, pages, what is left out, what is down, who may keep them for how long.
. tests/lib.sh
. tests/mcp_lib.sh

new_state state
policy default '{"rules":[{"tool":"test_error_handling","decision":"deny"},{"tool":"test_image_content","server":"two","decision":"deny",
  "where":[{"path":"a","equals":1}]},{"tool":"resource:test://static-binary","decision":"deny"},{"tool":"prompt:test_simple_prompt","decision":"deny"},
  {"tool":"*","decision":"allow"}]}'
key=$(new_key agent --policy default)
paged=$(new_key paged --policy default)
partly=$(new_key partly --policy default)
needy=$(new_key needy --policy default)
bare=$(new_key bare --policy default)
upstream zoo --era legacy
add_upstream agent zoo --url "$UPSTREAM"
add_upstream partly zoo --url "$UPSTREAM"
upstream two --era modern --page-size 7
add_upstream agent two --url "$UPSTREAM"
add_upstream bare two --url "$UPSTREAM" --no-prefix
upstream many --era legacy --tools 1200 --page-size 100
add_upstream paged many --url "$UPSTREAM"
free_port
add_upstream partly gone --url "http://127.0.0.1:$PORT/mcp" --optional
add_upstream needy gone --url "http://127.0.0.1:$PORT/mcp"
start_server 2

names() { response ".result.$1[].$2"; }
modern "$key" tools/list
tools=$(names tools name)
is 'tools: in the order of configuration, not of names' "$(sed 's/__.*//' <<<"$tools" | uniq | tr '\n' ' ')" 'zoo two '
is 'tools: the upstream'"'"'s own order' "$(sed -n 1,2p <<<"$tools" | tr '\n' ' ')" 'zoo__test_simple_text zoo__test_image_content '
like 'tools: of a name with __ in it only the first is ours' "$tools" 'two__test__dunder__name'
unlike 'tools: what policy always denies is not listed' "$tools" test_error_handling
like 'tools: what it denies on a condition is' "$tools" two__test_image_content
is 'tools: private' "$(response .result.cacheScope)" private
like 'tools: a time to keep them' "$(response .result.ttlMs)" '^[0-9]+$'
modern "$key" resources/list
is 'resources: with the upstream in front, without the denied one' "$(names resources uri | tr '\n' ' ')" \
    'zoo+test://static-text zoo+test://watched-resource two+test://static-text two+test://watched-resource '
modern "$key" resources/templates/list
is 'templates: with the upstream in front' "$(names resourceTemplates uriTemplate | tr '\n' ' ')" \
    'zoo+test://template/{id}/data two+test://template/{id}/data '
modern "$key" prompts/list
unlike 'prompts: without the denied one' "$(names prompts name)" test_simple_prompt
like 'prompts: of both' "$(names prompts name | tr '\n' ' ')" 'zoo__.* two__'
modern "$bare" tools/list
like 'tools without a prefix' "$(names tools name)" '^test_simple_text'

# For legacy clients.
initialize "$key"
legacy "$key" tools/list
is 'legacy: as many tools' "$(names tools name | wc -l)" "$(wc -l <<<"$tools")"
is 'legacy: nothing of the other era' "$(response '.result | keys | join(" ")')" tools
is 'legacy: no outputSchema but of objects' "$(response '[.result.tools[] | select(.outputSchema != null and .outputSchema.type != "object")] | length')" 0

# Pages.
modern "$paged" tools/list
first=$(names tools name)
cursor=$(response .result.nextCursor)
is 'a page' "$(wc -l <<<"$first")" 500
modern "$paged" tools/list "{\"cursor\":\"$cursor\"}"
second=$(names tools name)
modern "$paged" tools/list "{\"cursor\":\"$(response .result.nextCursor)\"}"
third=$(names tools name)
is 'the last page has no cursor' "$(response '.result | has("nextCursor")')" false
is 'pages: each tool once' "$(printf '%s\n' "$first" "$second" "$third" | sort -u | wc -l)" "$(printf '%s\n' "$first" "$second" "$third" | wc -l)"
is 'pages: each tool' "$(printf '%s\n' "$first" "$second" "$third" | grep -c filler)" 1200
for wrong in '""' '"x"' "\"${cursor}0\"" "\"1${cursor#0}\"" 7; do
	modern "$paged" tools/list "{\"cursor\":$wrong}"
	is "cursor ${wrong:0:8}: refused" "$STATUS $(response .error.code)" '200 -32602'
done
modern "$key" tools/list "{\"cursor\":\"$cursor\"}"
is 'cursor of another key: refused' "$(response .error.code)" -32602

# What is down.
modern "$partly" tools/list
like 'an optional upstream that is down: the others are listed' "$(names tools name)" '^zoo__'
is 'and it is named' "$(response '.result._meta["io.enforgate/unavailable"] | join(" ")')" gone
modern "$partly" server/discover
like 'and in the instructions' "$(response .result.instructions)" 'Not available now: gone'
modern "$needy" tools/list
is 'a required upstream that is down: an error' "$STATUS $(response .error.code)" '200 -32603'
like 'which names it' "$(response .error.message)" '"gone"'
modern "$needy" server/discover
is 'server/discover: an error as well' "$(response .error.code)" -32603
SESSION=
legacy "$needy" initialize '{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}'
is 'initialize: an error as well' "$(response .error.code)" -32603

# Whoever has fetched a list has it for all: other threads, other processes, and those that come later.
asked() { of_log zoo 'select(.event == "request") | .body | if type == "string" then fromjson? else . end | select(.method? == "tools/list")' | wc -l; }
before=$(asked)
for _ in 1 2 3 4 5 6; do modern "$key" tools/list; done
is 'a list that holds is not fetched again' "$(asked)" "$before"
for pid in $(responders "" mcp); do kill -KILL "$pid"; done
sleep 0.5
modern "$key" tools/list
is 'nor by a new process' "$STATUS $(wc -l <<<"$(names tools name)") $(asked)" "200 $(wc -l <<<"$tools") $before"
# The policy of the key is another one at once.
policy default '{"rules":[{"tool":"test_simple_text","decision":"allow"}]}'
modern "$key" tools/list
is 'a change of policy shows at once' "$(names tools name | tr '\n' ' ')" 'zoo__test_simple_text two__test_simple_text '
ctl upstream rm agent two >/dev/null 2>&1
modern "$key" tools/list
is 'so does an upstream that goes' "$(names tools name | tr '\n' ' ')" 'zoo__test_simple_text '
ctl key revoke agent >/dev/null 2>&1
modern "$key" tools/list
is 'so does a key that is revoked' "$STATUS" 401
finish
