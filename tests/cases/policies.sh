# Every ready policy: lint finds nothing, and each of its cases passes and counts.
. tests/lib.sh

ctl() { "$BUILD/enforgatectl" "$@"; }
for file in policies/*.json; do
	name=$(basename "$file" .json)
	case $name in
	*.test) continue ;;
	esac
	exits "$name: lint" 0 ctl policy lint "$file"
	if [ ! -e "policies/$name.test.json" ]; then
		not_ok "$name: cases" 'there are none'
		continue
	fi
	ctl --json policy test "policies/$name.test.json" >"$T/cases.json" 2>"$T/err"
	is "$name: has cases" "$(jq '.cases | length > 0' "$T/cases.json")" true
	jq -r --arg policy "$name" '.cases[] | (if .passed then "ok " else "not ok " end) + $policy + ": " + .name
	    + (if .passed then "" else ": got \(.decision) by rule \(.rule)" end)' "$T/cases.json" >&3
done
finish
