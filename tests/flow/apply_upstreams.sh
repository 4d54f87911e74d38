# enforgatectl apply: the upstreams of keys; secrets come from files of their own.
. tests/lib.sh

refuses() { # name pattern jq-expression
	site "$3"
	everything "$1" 2 ctl apply "$T/site/apply.json"
	like "$1: says so" "$ERR" "$2"
	like "$1: nothing is changed" "$ERR" 'nothing was changed'
}
site() { # jq expression that makes the file from the good one
	jq "$1" "$T/good.json" >"$T/site/apply.json"
}
applies() { # name lines jq-expression: a dry run shows the lines, an apply does it, a second one does nothing
	site "$3"
	everything "$1: dry run" 1 ctl apply "$T/site/apply.json" --dry-run
	is "$1: shown" "$OUT" "$2"
	everything "$1" 0 ctl apply "$T/site/apply.json"
	is "$1: done" "$(grep -v '^one\|^two' <<<"$ERR")" "$2"
	everything "$1: again" 0 ctl apply "$T/site/apply.json" --dry-run
	is "$1: again: nothing" "$OUT" 'nothing to change'
}
everything() {
	exits "$@"
	printf '%s\n%s\n' "$OUT" "$ERR" >>"$T/everything"
}
acts() { sqlite3 "$S/enforgate.db" "SELECT tool FROM audit WHERE kind = 'admin' AND tool LIKE 'upstream.%' ORDER BY seq" | xargs; }
names() { ctl --json upstream list "$1" | jq -r '[.[].name] | join(" ")'; }
shown() { ctl --json upstream list one | jq -c ".[] | select(.name == \"$1\") | $2"; }

new_state state
mkdir -p "$T/site/secrets" "$T/site/bin" "$T/site/data"
echo 'Authorization: Bearer headerSecretOfFile' >"$T/site/secrets/headers"
echo 'API_TOKEN=envSecretOfFile' >"$T/site/secrets/env"
echo 'https://mcp.example.com/s/pathSecretOfUrl' >"$T/site/secrets/url"
printf '#!/bin/sh\n' >"$T/site/bin/tool"
chmod 755 "$T/site/bin/tool"
cp /etc/hostname "$T/site/ca.pem"
cat >"$T/good.json" <<'END'
{"keys": [{"name": "one", "policies": [], "upstreams": [
   {"name": "web", "url": "https://mcp.example.com/mcp", "headers": {"X-Team": "blue"}, "headersFile": "secrets/headers", "ca": "ca.pem",
    "required": false, "prefix": false, "pinning": "warn", "timeout": "2m"},
   {"name": "near", "url": "http://10.0.0.1:8000/", "allowPrivate": true},
   {"name": "prog", "command": ["bin/tool", "a b", "--flag"], "env": {"MODE": "fast"}, "envFile": "secrets/env", "memoryMb": 256, "files": 100,
    "trust": true},
   {"name": "hidden", "urlFile": "secrets/url"}]},
  {"name": "two", "policies": []}]}
END
cd "$T" || exit 2
applies 'all' 'key "one": new, policies: , channels: 
key "one": upstream "web": new, http, https://mcp.example.com/mcp
key "one": upstream "near": new, http, http://10.0.0.1:8000/
key "one": upstream "prog": new, stdio, '"$T"'/site/bin/tool
key "one": upstream "hidden": new, http, https://mcp.example.com
key "two": new, policies: , channels: ' .
is 'the entries' "$(acts)" 'upstream.add upstream.add upstream.add upstream.add'
is 'http: shown' "$(shown web '[.kind, .target, .required, .prefix, .pinning, .timeoutMs]')" \
    '["http","https://mcp.example.com/mcp",false,false,"warn",120000]'
is 'in order' "$(names one)" 'web near prog hidden'
is 'the other key has none' "$(names two)" ''

applies 'a change' 'key "one": upstream "web": required, headers changed' \
    '.keys[0].upstreams[0] |= (.required = true | .headers = {"X-Team": "red"})'
applies 'a program is changed' 'key "one": upstream "web": optional, headers changed
key "one": upstream "prog": command changed, env changed, memory_mb changed' \
    '.keys[0].upstreams[2] |= (.command[1] = "c" | .env.MODE = "slow" | .memoryMb = null)'
applies 'what is not named of an upstream stays' 'key "one": upstream "prog": timeout 1m -> 30s' \
    '.keys[0].upstreams[0] = {"name": "web"} | .keys[0].upstreams[2] = {"name": "prog", "timeout": "30s"}'
is 'what is not named stays: shown' "$(shown web '[.target, .required]')" '["https://mcp.example.com/mcp",false]'
applies 'another order' 'key "one": upstreams in another order' \
    '.keys[0].upstreams |= ([{"name": "hidden"}, {"name": "prog"}] + [{"name": "web"}, {"name": "near"}])'
is 'another order: listed' "$(names one)" 'hidden prog web near'
applies 'the list is whole' 'key "one": upstream "web": removed
key "one": upstream "near": removed' '.keys[0].upstreams = [{"name": "hidden"}, {"name": "prog"}]'
is 'the list is whole: listed' "$(names one)" 'hidden prog'
site 'del(.keys[0].upstreams)'
everything 'without a list nothing is removed' 0 ctl apply "$T/site/apply.json"
is 'without a list nothing is removed: listed' "$(names one)" 'hidden prog'

refuses 'not an array' 'keys\[0\]: member "upstreams" must be an array' '.keys[0].upstreams = {}'
refuses 'not an object' 'keys\[0\].upstreams\[1\]: must be an object' '.keys[0].upstreams[1] = 1'
refuses 'unknown member' 'keys\[0\].upstreams\[0\]: unknown member "uri"' '.keys[0].upstreams[0].uri = "x"'
refuses 'no name' 'member "name" is missing' 'del(.keys[0].upstreams[0].name)'
refuses 'a name that is none' 'no name for an upstream' '.keys[0].upstreams[0].name = "A"'
refuses 'a name twice' 'stands in keys\[0\].upstreams\[0\] already' '.keys[0].upstreams[1].name = "web"'
refuses 'neither' '"url" or "command" is missing' '.keys[0].upstreams[0] = {"name": "new"}'
refuses 'both' 'one of "url" and "command"' '.keys[0].upstreams[0].command = ["x"]'
refuses 'both urls' 'one of "url" and "urlFile"' '.keys[0].upstreams[0].urlFile = "secrets/url"'
refuses 'another kind' 'is an upstream of kind http' '.keys[0].upstreams[3] = {"name": "hidden", "command": ["bin/tool"], "trust": true}'
refuses 'a secret header' 'looks like a secret.*headersFile' '.keys[0].upstreams[0].headers.Authorization = "headerSecretOfWord"'
refuses 'a secret variable' 'looks like a secret.*envFile' '.keys[0].upstreams[2].env.MY_PASSWORD = "envSecretOfWord"'
refuses 'a header that is no text' 'must be an object of texts' '.keys[0].upstreams[0].headers = {"X": 1}'
refuses 'a command that is no list' '"command" must be an array of texts' '.keys[0].upstreams[2].command = "bin/tool"'
refuses 'a program that is not there' 'command: .*not found' '.keys[0].upstreams[2].command = ["bin/none"]'
refuses 'http elsewhere' 'url: must be https://' '.keys[0].upstreams[0].url = "http://mcp.example.com/"'
refuses 'a path to the state directory' 'read: .*would show the program' ".keys[0].upstreams[2] |= (.trust = false | .read = [\"$S\"])"
refuses 'a file that is not there' 'No such file' '.keys[0].upstreams[0].headersFile = "secrets/none"'
refuses 'a number that is none' '"memoryMb" must be a whole number' '.keys[0].upstreams[2].memoryMb = "1"'
is 'refused: nothing changed' "$(names one)" 'hidden prog'

for secret in headerSecretOf envSecretOf pathSecretOfUrl; do
	is "$secret is in no output" "$(grep -c "$secret" "$T/everything")" 0
	is "$secret is in no file of the state directory" "$(grep -rlc "$secret" "$S" | wc -l)" 0
done
exits 'the audit log holds' 0 ctl audit verify
finish
