# enforgatectl upstream test: what it shows of a program, what policies and pins make of its tools, and what it says where it fails.
. tests/lib.sh

if sanitized; then
	not_run 'upstreams that are programs' 'sanitizers need more memory than a program of an upstream gets'
	finish
fi
new_state state
policy some '{"rules":[{"tool":"add","decision":"deny"},{"tool":"*","decision":"allow"}]}'
new_key agent --policy some >/dev/null
install -D -m 755 "$BUILD/enforgate-demo" "$T/programs/enforgate-demo"
ctl upstream add agent demo --trust -- "$T/programs/enforgate-demo" 2>/dev/null
first=$(ctl --json upstream test agent demo 2>"$T/err") || not_ok 'a program' "$(cat "$T/err")"
is 'it works' "$(jq -c '[.key, .name, .kind, .works, .error]' <<<"$first")" '["agent","demo","stdio",true,null]'
like 'what it calls itself' "$(jq -r .server <<<"$first")" '^enforgate-demo [0-9]'
like 'its version and era' "$(jq -r '.version + " " + .era' <<<"$first")" '^20[0-9-]+ (modern|legacy)$'
count=$(jq '.tools | length' <<<"$first")
isnt 'it has tools' "$count" 0
is 'every tool is pinned' "$(jq -c '[.tools[].pin] | unique' <<<"$first")" '["kept"]'
is 'the list of upstreams counts them' "$(ctl --json upstream list agent | jq '.[0].pinnedTools')" "$count"
tool=$(jq -r '.tools[0].tool' <<<"$first")
is 'names as agents see them' "$(jq -r '.tools[0].name' <<<"$first")" "demo__$tool"

# A tool that is denied whatever its arguments, and one that changed.
policy some "{\"rules\":[{\"tool\":\"$tool\",\"server\":\"demo\",\"decision\":\"deny\"},{\"tool\":\"*\",\"decision\":\"allow\"}]}"
sqlite3 "$S/enforgate.db" "UPDATE tool_pin SET digest = 'other', definition = '{\"name\":\"other\"}' WHERE tool = '$tool'"
exits 'for people' 0 ctl upstream test agent demo
like 'for people: server and counts' "$OUT" $'SERVER +enforgate-demo.*\ntools +'"$count"
like 'denied whatever the arguments, and in quarantine' "$OUT" "demo__$tool +always denied +changed, in quarantine"
like 'quarantine: the way out' "$ERR" 'upstream repin agent demo'
is 'quarantine: counted' "$(ctl --json upstream list agent | jq '.[0].changedTools')" 1
is 'quarantine: audited' "$(sqlite3 "$S/enforgate.db" "SELECT count(*) FROM audit WHERE kind = 'admin' AND tool = 'upstream.tool_changed'")" 1
exits 'it is accepted' 0 ctl upstream repin agent demo "$tool" --yes
is 'it is accepted: as pinned' "$(ctl --json upstream test agent demo 2>/dev/null | jq -c '[.tools[].pin] | unique')" '["kept"]'

# What fails.
ctl upstream add agent dead --url http://127.0.0.1:1/mcp 2>/dev/null
exits 'nobody there' 1 ctl upstream test agent dead
like 'nobody there: says so' "$ERR" 'upstream "dead" cannot be reached'
exits 'nobody there, for programs' 1 ctl --json upstream test agent dead
is 'nobody there, for programs: says so' "$(jq -c '[.works, (.error | test("cannot be reached"))]' <<<"$OUT")" '[false,true]'
ctl upstream add agent mute --trust -- /bin/false 2>/dev/null
exits 'a program that ends' 1 ctl upstream test agent mute
like 'a program that ends: says so' "$ERR" 'upstream "mute"'
exits 'no such upstream' 2 ctl upstream test agent none
exits 'no such key' 2 ctl upstream test none demo

# Nothing stays behind the upstreams.
for name in demo dead mute; do ctl upstream rm agent $name 2>/dev/null; done
for _ in $(seq 60); do
	[ -n "$(find "$S/run" -name '*.sock' 2>/dev/null)" ] || break
	sleep 0.1
done
is 'a removed upstream has no host' "$(find "$S/run" -name '*.sock' | wc -l)" 0
ctl sweep >/dev/null
is 'the sweep leaves nothing in the directory run' "$(find "$S/run" -mindepth 1 | wc -l)" 0
exits 'the audit log holds' 0 ctl audit verify
finish
