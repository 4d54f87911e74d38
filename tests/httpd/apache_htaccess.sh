# Apache with mod_fcgid by .htaccess only, as on a shared host: as root under suexec as another user.
HTTPD=apache-htaccess
. tests/lib.sh

repeat httpd/web/reload httpd/web/mcp httpd/web/bodies flow/check_errors httpd/web/paths flow/check_verdicts

new_state state
policy default '{"defaultDecision": "allow", "rules": []}'
key=$(new_key agent --policy default)
start_server
call "$key" t
is 'a verdict, the configuration named by SetEnv' "$STATUS $(member decision)" '200 allow'
if [ -n "${ACCOUNT_SUEXEC:-}" ]; then
	is 'the responder runs as the account' "$(ps -o user= -p "$(responders | head -n 1)")" "$HOST_USER"
	is 'and Apache does not' "$(ps -o user= --ppid "$SERVER" | sort -u)" www-data
fi
stop_server

# A directory below a site that is there already: base_url says so.
HOST_BASE=/gate start_server
call "$key" t
is 'below a directory, without base_url: refused' "$STATUS $(member error)" '404 not_found'
stop_server
setting base_url http://localhost/gate
HOST_BASE=/gate start_server
call "$key" t
is 'below a directory, with base_url: a verdict' "$STATUS $(member decision)" '200 allow'
request "${URL%/v1/check}/check.fcgi" -H "Authorization: Bearer $key" -H 'Content-Type: application/json' -d '{}'
is 'the program under its own name: not there' "$STATUS" 404
stop_server

# mod_fcgid's own limit of a body, which an account cannot raise; body_max below it gives the answer that helps.
sed -i '/^base_url/d' "$S/enforgate.conf"
export HOST_FCGID='FcgidMaxRequestLen 131072'
start_server
printf '{"serverName":"s","toolName":"t","args":{"a":"%0140000d"}}' 1 >"$T/request.large"
large() {
	request "$URL" -H "Authorization: Bearer $key" -H 'Content-Type: application/json' --data-binary "@$1"
}
large "$T/request.large"
is 'a body over the limit of the host: 500' "$STATUS" 500
stop_server
setting body_max 120000
start_server
head -c 125000 "$T/request.large" >"$T/request.middle"
large "$T/request.middle"
is 'a body over body_max below it: 413' "$STATUS $(member error)" '413 too_large'
finish
