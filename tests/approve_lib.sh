# approve_lib.sh - calls that wait for a person, and links to decide about them; sourced after lib.sh by bash.
MAIL_POLICY='{"rules": [{"tool": "send_*", "decision": "require_approval", "reason": "a person looks"},
  {"tool": "*", "decision": "allow"}]}'

sql() { sqlite3 -cmd '.timeout 5000' "$S/enforgate.db" "$@"; }
# ask KEY TOOL [ARGS]: a check that makes an approval, or attaches to one; sets ID.
ask() {
	post "$1" "{\"serverName\":\"mail\",\"toolName\":\"$2\",\"args\":${3:-{\}},\"approval\":{\"request\":true}}"
	ID=$(jq -r '.approval.id // empty' <<<"$BODY")
}
# link ID [CHANNEL]: prints a new token for it, as a delivery of a notification has one.
link() {
	local token
	token=$(head -c 600 /dev/urandom | tr -dc 'A-Za-z0-9' | head -c 43)
	sql "INSERT INTO approval_token VALUES ('$(printf '%s' "$token" | sha256sum | cut -d ' ' -f 1)',
	    '$1', '${2:-ops}', $(date +%s%3N))"
	echo "$token" >>"$T/tokens"
	echo "$token"
}
# asked KEY TOOL [ARGS]: both; sets ID and TOKEN.
asked() {
	ask "$@"
	[ -n "$ID" ] || fatal "no approval was made: $BODY"
	TOKEN=$(link "$ID")
}
approve_url() { echo "${URL%/v1/check}/v1/approve/$1"; }
# get TOKEN ACTION [CURL-ARGUMENT...]: as a browser.
get() {
	local url
	url="$(approve_url "$1")?action=$2"
	shift 2
	request "$url" -H 'Accept: text/html,application/xhtml+xml,*/*;q=0.8' "$@"
}
# json TOKEN BODY [CURL-ARGUMENT...]
json() {
	local url body=$2
	url=$(approve_url "$1")
	shift 2
	request "$url" -H 'Content-Type: application/json' --data-raw "$body" "$@"
}
# form TOKEN FIELDS [CURL-ARGUMENT...]: as a browser posts.
form() {
	local url fields=$2
	url=$(approve_url "$1")
	shift 2
	request "$url" -H 'Accept: text/html' --data-raw "$fields" "$@"
}
state() { sql "SELECT state FROM approval WHERE id = '${1:-$ID}'"; }
outcomes() { # id: decisions in the audit log, in order
	sql "SELECT group_concat(decision) FROM (SELECT decision FROM audit WHERE kind = 'outcome'
	    AND approval_id = '${1:-$ID}' ORDER BY seq)"
}
verified() { # name
	exits "$1" 0 ctl audit verify
}
# No token of this run is in a log or in a file of the state directory.
tokens_are_nowhere() {
	local found
	found=$(grep -rlFf "$T/tokens" "$S" "${HOST_DIRS[@]}" 2>/dev/null)
	is "no token of $(wc -l <"$T/tokens") in any file" "$found" ''
}
