# A web server that is reloaded under load, its logs moved away beforehand as logrotate does.
#
# Whatever becomes of a request, three things hold: an answer is complete and right or it is none; each verdict that a
# client has seen is in the audit log; requests after the reload are answered. What is lost is counted: requests that
# end without a verdict (a 5xx, a closed connection, nothing for 8 s), and the longest time that an answer took.
RELOADS=${RELOADS:-2}
EVERY=${EVERY:-3} # seconds
CLIENTS=4
. tests/lib.sh

new_state state
policy default '{"rules": [{"tool": "yes_*", "decision": "allow"}, {"tool": "no_*", "decision": "deny"}]}'
key=$(new_key agent --policy default)
start_server 2
directory=${HOST_DIRS[$SERVER]}
server=$SERVER
# shellcheck disable=SC2207 # paths without white space
logs=($(host_logs "$S" "$directory"))
export URL T

# One line for each request: curl's exit code, status, seconds, tool, and behind a tab what came.
client() { # number
	local i=0 tool said body
	while [ ! -e "$T/enough" ]; do
		i=$((i + 1))
		tool=yes_$1_$i
		[ $((i % 2)) = 0 ] || tool=no_$1_$i
		: >"$T/answer.$1"
		said=$(curl -s -m 8 -o "$T/answer.$1" -w '%{http_code} %{time_total}' "$URL" \
		    -H "Authorization: Bearer $key" -H 'Content-Type: application/json' \
		    -d "{\"serverName\":\"s\",\"toolName\":\"$tool\"}")
		said="$? $said $tool"
		IFS= read -r -d '' body <"$T/answer.$1"
		printf '%s\t%s\n' "$said" "${body//$'\n'/ }"
	done >"$T/seen.$1"
}
for i in $(seq $CLIENTS); do
	client "$i" &
	clients+=($!)
done
rotated=0
sleep 0.5
for i in $(seq "$RELOADS"); do
	for log in "${logs[@]}"; do
		[ ! -e "$log" ] || mv "$log" "$log.$i"
	done
	host_reload "$server"
	sleep "$EVERY"
	[ ! -e "${logs[0]}" ] || rotated=$((rotated + 1))
done
: >"$T/enough"
wait "${clients[@]}"
# What came becomes decision and toolCallId, where it is one whole JSON document.
jq -R -r 'split("\t") | .[0] + " " + (.[1:] | join("\t") | try (fromjson | "\(.decision) \(.toolCallId)") catch "")' \
    "$T"/seen.* >"$T/seen"

total=$(grep -c . "$T/seen")
lost=$(awk '!($1 == 0 && $2 == 200)' "$T/seen" | grep -c .)
kinds=$(awk '!($1 == 0 && $2 == 200) { n[$1 ? "curl " $1 : "status " $2]++ } END { for (k in n) printf "%s: %d ", k, n[k] }' "$T/seen")
longest=$(awk '$1 == 0 && $3 * 1000 > most { most = $3 * 1000 } END { printf "%d", most }' "$T/seen")
is "requests went on ($total of them)" "$((total > 20 * RELOADS))" 1
# 200 without the whole answer, a decision that is not the rule's, or a decision in an answer that is not 200.
is 'no answer is wrong' "$(awk '{ right = $4 ~ /^yes/ ? "allow" : "deny" }
    $1 == 0 && $2 == 200 && ($5 != right || $6 !~ /^call_/) { print }
    !($1 == 0 && $2 == 200) && $5 ~ /^(allow|deny|require)/ { print }' "$T/seen")" ''
ctl audit list --limit 0 --json >"$T/audit" 2>"$T/audit.err" || sqlite3 "$S/enforgate.db" "SELECT call_id FROM audit" >"$T/audit"
awk '$2 == 200 { print $6 }' "$T/seen" | sort >"$T/ids"
is 'each verdict that was seen is recorded' "$(grep -oE 'call_[0-9A-Za-z]+' "$T/audit" | sort -u | comm -13 - "$T/ids" | grep -c .)" 0
is "answers lost: $lost of $total (${kinds% }), at most $HOST_RELOAD_LOSES for each reload" \
    "$((lost <= RELOADS * HOST_RELOAD_LOSES))" 1
is "longest wait for an answer: $longest ms, at most $HOST_RELOAD_STALLS" "$((longest <= HOST_RELOAD_STALLS))" 1
measured "$HTTPD: $RELOADS reloads, one every $EVERY s: $lost of $total answers lost (${kinds:-none}), longest wait $longest ms"
call "$key" yes_1
is 'afterwards: a verdict' "$STATUS $(member decision)" '200 allow'
is 'each rotation began a new access log' "$rotated" "$RELOADS"
exits 'the chain verifies' 0 ctl audit verify
is 'nobody took it for changed meanwhile' "$(log_text | grep -m 1 'anchor')" ''
stop_server "$server"
SERVERS=()
answered=$(awk '$1 == 0 && $2 == 200' "$T/seen" | grep -c .)
logged=$(cat "${logs[0]}"* | grep -c '"POST /v1/check[^"]*" 200 ')
is "the access logs hold all answers ($logged lines for $answered)" "$((logged >= answered))" 1
finish
