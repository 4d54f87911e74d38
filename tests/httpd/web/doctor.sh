# enforgatectl doctor in front of each shipped example: it finds nothing but what the host cannot change (HOST_DOCTOR).
. tests/lib.sh
. tests/httpd/doctor/lib.sh

new_state state
policy p '{"defaultDecision": "allow", "rules": []}'
new_key agent --policy p >"$T/key"
start_server 2
setting base_url "http://127.0.0.1:$PORT"
# shellcheck disable=SC2046 # process ids
kill -TERM $(responders '' '')
for _ in $(seq 50); do
	sleep 0.1
	request "$URL" -d x
	[ "$STATUS" != 415 ] || break
done
for _ in 1 2 3 4 5; do # until those with the new setting are there
	examine
	[ "$(level settings-old)$(level responder-down)$(level approve-down)" != nonenonenone ] || break
	sleep 0.5
done
is 'what doctor finds' "$(found)" "${HOST_DOCTOR:-}"
is 'exit code' "$CODE" 0
like 'links reach their pages' "$(level links)" ok
like 'the web server is known' "$(jq -r .host "$T/doctor.json")" "^$HOST_NAME"
finish
