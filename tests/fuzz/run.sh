#!/bin/sh
# Behind `make fuzz`: sh tests/fuzz/run.sh page SECONDS makes the seeds and runs the fuzzer on one processor.
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

[ -e "$place/seeds/mail.txt" ] || "seeds_$name"
"$BUILD/fuzz/fuzz_$name" -max_total_time="$seconds" -dict="tests/fuzz/$name.dict" -max_len=8192 -timeout=10 \
    -print_final_stats=1 -artifact_prefix="$place/found/" "$place/seeds" 2>"$place/log" || {
	tail -n 40 "$place/log" >&2
	exit 1
}
echo "fuzz_$name: $(sed -n 's/^stat::number_of_executed_units: //p' "$place/log") runs in $seconds s, nothing found"
