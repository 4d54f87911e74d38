# Calls of POST /mcp that wait for a person: legs and rounds of modern clients, progress and pending answers of legacy ones, and what
# a decision does when somebody waits, when nobody does, and when it comes too late.
. tests/lib.sh
. tests/mcp_lib.sh

new_state state
setting base_url http://127.0.0.1:1
setting leg_s 1
setting held_max 3
policy ask '{"rules": [{"tool": "test_counter", "decision": "require_approval", "reason": "a person looks"}, {"tool": "*", "decision": "allow"}]}'
ctl channel add desk console >"$T/channel" 2>&1 || fatal "channel add: $(cat "$T/channel")"
upstream fixture
key=$(new_key agent --policy ask --channel desk)
add_upstream agent fixture --url "$UPSTREAM"
start_server

sql() { sqlite3 -cmd '.timeout 10000' "$S/enforgate.db" "$1"; }
counter() { echo "{\"name\":\"fixture__test_counter\",\"arguments\":{\"label\":\"$1\"}${2:-}}"; }
pending_id() { # label: the approval that waits, by its place in the list
	local i
	for i in $(seq 100); do
		ID=$(sql "SELECT id FROM approval WHERE state = 'pending' ORDER BY created_ms DESC LIMIT 1")
		[ -z "$ID" ] || return 0
		sleep 0.05
	done
}
decide() { exits "$1: it is decided" 0 ctl approval "$2" "$ID"; }
# A later request of its own process may set what the waiting one has set: answers of background requests are in files.
ask_in() { # FILE CLIENT LABEL [MORE-PARAMS [CURL-ARGUMENT...]]
	local file=$1 client=$2 label=$3 more=${4:-}
	shift $(($# < 4 ? $# : 4))
	(
		T=$(mktemp -d "$T/ask.XXXX") # files of its own
		$client "$key" tools/call "$(counter "$label" "$more")" "$@"
		printf '%s\n' "$STATUS" "$(said)" >"$file"
		printf '%s\n' "$MESSAGES" >"$file.messages"
	) 3>&- &
	WAITING=$!
}
milliseconds() { date +%s%3N; }

# ---- Modern: legs, rounds, a sealed state. ----
modern "$key" tools/call "$(counter modern)"
is 'modern: after a leg it wants the client to come again' "$(response .result.resultType)" input_required
state=$(response .result.requestState)
like 'modern: the state is sealed' "$state" '^1:[A-Za-z0-9+/=]{40,}$'
is 'modern: it asks nothing else' "$(response '.result | has("inputRequests")')" false
pending_id
unlike 'modern: the state names neither the approval nor its link' "$state$MESSAGES" 'v1/approve'
again=",\"requestState\":\"$state\""
modern "$key" tools/call "$(counter modern ',"requestState":"1:AAAA"')"
is 'modern: a state that is none' "$STATUS $(response .error.code)" '200 -32602'
modern "$key" tools/call "$(counter modern ",\"requestState\":\"${state%?????}AAAA=\"")"
is 'modern: an altered state' "$(response .error.code)" -32602
modern "$key" tools/call "$(counter other "$again")"
is 'modern: a state of another call' "$(response .error.code)" -32602
other=$(new_key other --policy ask --channel desk)
add_upstream other fixture --url "$UPSTREAM"
modern "$other" tools/call "$(counter modern "$again")"
is 'modern: a state of another key' "$(response .error.code)" -32602
ask_in "$T/decided" modern modern "$again"
sleep 0.4
before=$(milliseconds)
exits 'modern: it is approved' 0 ctl approval approve "$ID"
wait $WAITING
took=$(($(milliseconds) - before))
like 'modern: the call was carried out' "$(sed -n 2p "$T/decided")" .
is 'modern: once' "$(counted fixture modern)" 1
like "modern: at once ($took ms)" "$took" '^[0-9]{1,3}$'
modern "$key" tools/call "$(counter modern "$again")"
is 'modern: the old state again asks a person anew' "$(response .result.resultType) $(counted fixture modern)" 'input_required 1'
pending_id
decide 'modern again' deny
modern "$key" tools/call "$(counter modern)"
like 'modern: denied' "$(response .result.isError) $(said)" '^true Not executed: denied'
is 'modern: it did not run again' "$(counted fixture modern)" 1

# Ten rounds, then the answer that the model gets.
round=0
params=$(counter rounds)
while [ $round -lt 12 ]; do
	modern "$key" tools/call "$params"
	[ "$(response .result.resultType)" = input_required ] || break
	round=$((round + 1))
	params=$(counter rounds ",\"requestState\":\"$(response .result.requestState)\"")
done
is 'modern: ten rounds' "$round" 10
like 'modern: then the pending answer' "$(response .result.isError) $(said)" '^true Not executed. Waiting for a person.*same call'
is 'modern: with the approval' "$(response '.result._meta["io.enforgate/approval"].status')" pending
pending_id
decide 'nobody waits' approve
is 'nobody waits: nothing runs' "$(counted fixture rounds)" 0
modern "$key" tools/call "$(counter rounds)"
is 'nobody waited: the next identical call runs' "$(counted fixture rounds)" 1

# ---- Legacy without a progress token: a leg, the pending answer, and the same again. ----
initialize "$key"
legacy "$key" tools/call "$(counter legacy)"
like 'legacy: the pending answer after a leg' "$(response .result.isError) $(said)" '^true Not executed. Waiting'
pending_id
ask_in "$T/legacy" legacy legacy
sleep 0.5
decide 'legacy' approve
wait $WAITING
is 'legacy: the same call goes on waiting, and runs' "$(head -n 1 "$T/legacy") $(counted fixture legacy)" '200 1'

# ---- Legacy with a progress token: it is held for longer than a leg, and sees that it is. ----
ask_in "$T/progress" legacy progress ',"_meta":{"progressToken":"p1"}'
sleep 13
pending_id
decide 'progress' approve
wait $WAITING
is 'progress: carried out in the one request' "$(counted fixture progress)" 1
is 'progress: for its own token' "$(jq -r 'select(.method == "notifications/progress") | .params.progressToken' "$T/progress.messages" | sort -u)" p1
like 'progress: what it waits for' "$(jq -r 'select(.method == "notifications/progress") | .params.message' "$T/progress.messages" | head -n 1)" '^waiting for approval apr_'
is 'progress: values rise' "$(jq -r 'select(.method == "notifications/progress") | .params.progress' "$T/progress.messages" | sort -nu | wc -l)" \
    "$(jq -r 'select(.method == "notifications/progress") | .params.progress' "$T/progress.messages" | wc -l)"

# ---- A client that goes, and one that cancels: an approval runs nothing. ----
timeout 1 curl -s -o /dev/null "$(mcp_url)" -H "Authorization: Bearer $key" -H 'Content-Type: application/json' \
    -H 'Accept: application/json, text/event-stream' -H "Mcp-Session-Id: $SESSION" \
    -d "{\"jsonrpc\":\"2.0\",\"id\":501,\"method\":\"tools/call\",\"params\":$(counter gone)}"
pending_id
sleep 0.3
decide 'gone' approve
sleep 1
is 'gone: nothing ran' "$(counted fixture gone)" 0
(
	MCP_ID=601 T=$(mktemp -d "$T/ask.XXXX")
	legacy "$key" tools/call "$(counter cancelled)"
	printf '%s' "$BODY" >"$T/../cancelled"
) 3>&- &
WAITING=$!
pending_id
send_mcp "$key" '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":602}}' -H "Mcp-Session-Id: $SESSION"
is 'cancelled: taken' "$STATUS" 202
wait $WAITING
unlike 'cancelled: it has no answer' "$(cat "$T/cancelled")" '"result"|"error"'
decide 'cancelled' approve
sleep 0.5
is 'cancelled: nothing ran' "$(counted fixture cancelled)" 0

# ---- More than held_max: the pending answer at once. ----
for n in 1 2 3; do
	ask_in "$T/many$n" legacy "many$n"
	many="${many:-} $WAITING"
done
sleep 0.4
before=$(milliseconds)
legacy "$key" tools/call "$(counter many4)"
took=$(($(milliseconds) - before))
like 'too many: the pending answer' "$(said)" '^Not executed. Waiting'
like "too many: at once ($took ms)" "$took" '^[0-9]{1,3}$'
# shellcheck disable=SC2086 # process ids
wait $many

# ---- The kill switch and the key's end, while calls wait. ----
ask_in "$T/stopped" legacy stopped
sleep 0.5
pending_id
exits 'stop' 0 ctl stop
decide 'stopped' approve
wait $WAITING
like 'stopped: denied, whatever a person said' "$(cat "$T/stopped")" 'denied \(stopped\)'
exits 'resume' 0 ctl resume
ask_in "$T/revoked" legacy revoked
sleep 0.5
pending_id
exits 'the key is revoked' 0 ctl key revoke agent
exits 'revoked: an approval changes nothing' 0 ctl approval approve "$ID"
wait $WAITING
is 'revoked: nothing ran' "$(counted fixture revoked)" 0
is 'stopped: nothing ran' "$(counted fixture stopped)" 0

# ---- The end of the process. ----
ask=$(counter ending)
(
	modern "$other" tools/call "$ask"
	printf '%s' "$BODY" >"$T/ending"
) 3>&- &
WAITING=$!
sleep 0.4
for pid in $(responders "$SERVER" mcp); do kill -TERM "$pid"; done
wait $WAITING
like 'the process ends: the call is told to come again' "$(cat "$T/ending")" 'input_required|Not executed. Waiting'
is 'the process ends: nothing ran' "$(counted fixture ending)" 0
exits 'the log verifies' 0 ctl audit verify
is 'each run has a verdict that allows it' "$(sql "SELECT count(*) FROM audit AS o WHERE kind = 'outcome' AND surface = 'mcp' AND decision = 'completed'
    AND NOT EXISTS (SELECT 1 FROM audit AS v WHERE v.call_id = o.call_id AND v.kind = 'verdict' AND v.decision = 'allow')")" 0
finish
