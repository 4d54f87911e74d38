#!/bin/sh
# Behind `make fuzz`: sh tests/fuzz/run.sh NAME SECONDS makes the seeds and runs the fuzzer on one processor.
set -eu
cd "$(dirname "$0")/../.."
name=$1
seconds=$2
BUILD=${BUILD:-build}
place=$BUILD/fuzz/$name
mkdir -p "$place/seeds" "$place/found"

# The number of a template as tests/unit/page_oracle.h counts them.
number() {
	case $1 in
	ask.html) echo 0 ;;
	done.html) echo 1 ;;
	gone.html) echo 2 ;;
	problem.html) echo 3 ;;
	mail.html) echo 4 ;;
	mail.txt) echo 5 ;;
	esac
}
seeds_page() {
	for file in templates/*.html templates/*.txt; do
		{
			printf %s "$(number "${file##*/}")"
			cat "$file"
			printf '\036'
			cat templates/style.css
			printf '\036'
			cat templates/approve.js
		} >"$place/seeds/${file##*/}"
	done
	for file in tests/cases/page/*.json; do
		count=$(jq length "$file")
		while [ "$count" -gt 0 ]; do
			count=$((count - 1))
			{
				printf %s "$(number "$(jq -r ".[$count].file // \"problem.html\"" "$file")")"
				jq -j ".[$count] | .template, \"\\u001e\", (.parts[\"style.css\"] // \"\"), \"\\u001e\", (.parts[\"approve.js\"] // \"\")" "$file"
			} >"$place/seeds/${file##*/}.$count"
		done
	done
}

# Each argument is a seed, as printf writes it.
seeds() {
	for seed; do
		count=$((${count:-0} + 1))
		# shellcheck disable=SC2059 # it is a format
		printf -- "$seed" >"$place/seeds/seed.$count"
	done
}
v='"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities"'
seeds_mcp_message() {
	seeds '2026-07-28\036tools/list\036-\036-\036{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{'"$v"':{}}}}' \
	    '2026-07-28\036tools/call\036a\036-\036{"jsonrpc":"2.0","id":"x","method":"tools/call","params":{"name":"a","requestState":"s","inputResponses":{},"_meta":{'"$v"':{"elicitation":{"url":{}}},"progressToken":1}}}' \
	    '-\036-\036-\036-\036{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{}}}' \
	    '2025-06-18\036-\036-\036abc\036{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"tools":[{"name":"a","outputSchema":{"type":"array"}}],"_meta":{}}}' \
	    '-\036-\036-\036abc\036{"jsonrpc":"2.0","id":1,"method":"x","params":{"content":[{"type":"resource_link","uri":"f:a"}],"structuredContent":[1]}}' \
	    '-\036-\036-\036abc\036{"jsonrpc":"2.0","id":1,"method":"x","params":{"type":"object","properties":{"properties":{"type":"string","x-mcp-header":"N"}}}}' \
	    '-\036-\036-\036abc\036{"jsonrpc":"2.0","id":null,"error":{"code":-32002,"message":"m","data":{"uri":"u"}}}'
}
seeds_mcp_sse() {
	seeds '\003event: message\ndata: {"a":1}\n\n:\n\ndata: b\r\ndata: c\r\n\r\n' '\000\357\273\277id: 1\rdata: \r\revent: x\rdata: y\r\r'
}
seeds_mcp_state() {
	seeds '{"round":1,"until":2000,"call":"call_1","handle":"h","own":"s","asked":{"a":1}}' '1:AECAwQFBgcICQoL'
}
seeds_mcp_header() {
	seeds 'us-west1' ' a b ' '=?base64?SGVsbG8sIOS4lueVjA==?=' '=?base64?YQ==?=' 'caf\303\251' '42'
}

[ -n "$(ls "$place/seeds")" ] || "seeds_$name"
"$BUILD/fuzz/fuzz_$name" -max_total_time="$seconds" -dict="tests/fuzz/$name.dict" -max_len=8192 -timeout=10 \
    -print_final_stats=1 -artifact_prefix="$place/found/" "$place/seeds" 2>"$place/log" || {
	tail -n 40 "$place/log" >&2
	exit 1
}
echo "fuzz_$name: $(sed -n 's/^stat::number_of_executed_units: //p' "$place/log") runs in $seconds s, nothing found"
