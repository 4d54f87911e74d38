# enforgatectl upstream: what each kind needs, what is shown of it, and that no secret is found anywhere.
. tests/lib.sh

refuses() { # name pattern command...: exit code 2, says why, nothing on standard output
	local name=$1 pattern=$2
	shift 2
	exits "$name" 2 ctl "$@"
	printf '%s\n%s\n' "$OUT" "$ERR" >>"$T/everything"
	like "$name: says so" "$ERR" "$pattern"
	is "$name: prints nothing" "$OUT" ''
}
# Everything that was printed is kept, to look for secrets in it at the end.
everything() {
	exits "$@"
	printf '%s\n%s\n' "$OUT" "$ERR" >>"$T/everything"
}
shown() { ctl --json upstream list agent | jq -c ".[] | select(.name == \"$1\") | $2"; }
names() { ctl --json upstream list ${1+"$1"} | jq -r '[.[] | .key + "/" + .name] | join(" ")'; }
rows() { sqlite3 "$S/enforgate.db" "$1"; }
generation() { rows 'SELECT value FROM generation'; }
last_act() { rows "SELECT tool || ' ' || reason FROM audit WHERE kind = 'admin' ORDER BY seq DESC LIMIT 1" | sed 's/ups_[0-9A-Za-z]*/ID/'; }

new_state state
ctl key add agent >/dev/null 2>&1
ctl key add other >/dev/null 2>&1
ctl key add gone >/dev/null 2>&1
ctl key revoke gone 2>/dev/null
mkdir -p "$T/bin" "$T/data/inner" "$T/empty"
printf '#!/bin/sh\n' >"$T/bin/tool"
chmod 755 "$T/bin/tool"
: >"$T/bin/plain"
printf '# what it is called by\n\nAuthorization: Bearer headerSecretOfFile\r\nX-Team: blue\n' >"$T/headers"
printf 'API_TOKEN=envSecretOfFile\n# no more\n' >"$T/env"
printf 'https://mcp.example.com/s/pathSecretOfUrl/mcp\n' >"$T/url"

# add, http
before=$(generation)
everything 'an http upstream' 0 ctl upstream add agent web --url 'https://mcp.example.com/mcp?x=querySecretOfUrl' --header-file "$T/headers"
isnt 'a change moves the generation' "$(generation)" "$before"
is 'an http upstream: the entry' "$(last_act)" \
    'upstream.add web of key agent (ID): http, https://mcp.example.com/mcp, required, prefix yes, pinning quarantine, timeout 1m'
is 'an http upstream: shown' "$(shown web '[.key, .kind, .target, .required, .prefix, .pinning, .timeoutMs, .pinnedTools, .changedTools]')" \
    '["agent","http","https://mcp.example.com/mcp",true,true,"quarantine",60000,0,0]'
unlike 'a file of headers: no note on the command line' "$ERR" 'command line'
everything 'every option of http' 0 ctl upstream add agent local --url http://10.1.2.3:8123/mcp --private --header 'X-Api-Key: headerSecretOfWord' \
    --optional --no-prefix --pinning warn --timeout 5m
like 'a secret as a word: the note' "$ERR" 'command line; --header-file'
is 'every option of http: shown' "$(shown local '[.target, .required, .prefix, .pinning, .timeoutMs]')" \
    '["http://10.1.2.3:8123/mcp",false,false,"warn",300000]'
everything 'a url from a file' 0 ctl upstream add agent hidden --url-file "$T/url"
is 'a url from a file: only its origin is shown' "$(shown hidden .target)" '"https://mcp.example.com"'
everything 'http:// to this machine needs no permission' 0 ctl upstream add agent near --url http://127.0.0.1:9/mcp
everything 'a name that makes no URI' 0 ctl upstream add other 1st --url https://mcp.example.com/
like 'a name that makes no URI: the note' "$ERR" 'does not begin with a letter'
refuses 'no such key' 'no key "nobody"' upstream add nobody web --url https://mcp.example.com/
refuses 'a revoked key' 'revoked for good' upstream add gone web --url https://mcp.example.com/
refuses 'a name that is taken' 'has an upstream "web" already' upstream add agent web --url https://mcp.example.com/
for name in Web we_b a__b 'a b' "$(printf 'x%.0s' $(seq 33))"; do
	refuses "no name: $name" 'no name for an upstream' upstream add agent "$name" --url https://mcp.example.com/
done
refuses 'neither url nor command' 'either --url URL, or -- and a command' upstream add agent new
refuses 'url and command' 'either --url URL, or -- and a command' upstream add agent new --url https://mcp.example.com/ -- "$T/bin/tool"
refuses 'http:// elsewhere' 'must be https://.*--private' upstream add agent new --url http://mcp.example.com/mcp
refuses 'a private address' 'private network; --private' upstream add agent new --url https://192.168.1.1/mcp
for url in ftp://x.example/ https:///mcp 'https://user:pw@x.example/' 'https://x.example/#a' 'https://x.example/a b' x.example; do
	refuses "no url: $url" 'must be like https://HOST/PATH' upstream add agent new --url "$url"
done
for header in 'Mcp-Session-Id: x' 'host: x' 'Content-Type: x' 'MCP-Protocol-Version: x' 'mcp-param-a: x'; do
	refuses "a header of the gateway's own: $header" 'set by the gateway itself' upstream add agent new --url https://x.example/ --header "$header"
done
for header in X 'X Y: z' ': z' ''; do
	refuses "no header: '$header'" "must be like 'Name: value'" upstream add agent new --url https://x.example/ --header "$header"
done
refuses 'a header with a line end' 'without control characters' upstream add agent new --url https://x.example/ --header $'X: headerSecret\nY: z'
refuses 'a header without value' 'has no value' upstream add agent new --url https://x.example/ --header 'X:  '
refuses 'what belongs to programs' 'kind http has none' upstream add agent new --url https://x.example/ --env A=b
refuses 'pinning that is none' 'off, warn or quarantine' upstream add agent new --url https://x.example/ --pinning on
refuses 'a timeout that is none' '1s to 24h' upstream add agent new --url https://x.example/ --timeout 0s
refuses 'certificates that are not there' 'ca: .*No such file' upstream add agent new --url https://x.example/ --ca "$T/none"
refuses 'two that exclude each other' 'exclude each other' upstream add agent new --url https://x.example/ --optional --required

# add, stdio
everything 'a program' 0 env PATH="$T/bin:$PATH" ENFORGATE_CONF="$S/enforgate.conf" "$BUILD/enforgatectl" upstream add agent prog \
    --env MODE=fast --env-file "$T/env" --trust -- tool --json argumentSecret -h --conf x
like 'a program: its whole path is kept' "$(shown prog '[.kind, .target]')" "\\[\"stdio\",\"$T/bin/tool\"\\]"
like 'trust: the note' "$ERR" 'runs without a sandbox'
like 'trust: the entry' "$(last_act)" 'trusted: no sandbox$'
refuses 'a program that is not there' 'no such program along PATH' upstream add agent new --trust -- surely-not-there
refuses 'a path that is not there' 'not found' upstream add agent new --trust -- "$T/bin/none"
refuses 'a file that is no program' 'no file that can be executed' upstream add agent new --trust -- "$T/bin/plain"
refuses 'a directory' 'no file that can be executed' upstream add agent new --trust -- "$T/bin"
refuses 'no command behind --' 'a program and at most' upstream add agent new --trust --
refuses 'what belongs to http' 'kind stdio has none' upstream add agent new --trust --header 'X: y' -- "$T/bin/tool"
for env in A =b 1A=b 'A B=c' ''; do
	refuses "no variable: '$env'" 'must be like NAME=value' upstream add agent new --trust --env "$env" -- "$T/bin/tool"
done
refuses 'a variable of ours' 'none of a program' upstream add agent new --trust --env ENFORGATE_CONF=x -- "$T/bin/tool"
refuses 'too little memory' 'memory: must be a whole number' upstream add agent new --trust --memory 1 -- "$T/bin/tool"
refuses 'trust with paths' 'has no sandbox then' upstream add agent new --trust --read "$T/data" -- "$T/bin/tool"
for path in "$S" "$S/audit.anchor" "$T" / "$S/htdocs"; do
	[ -e "$path" ] || continue
	refuses "a path to the state directory: ${path#"$T"}" 'would show the program' upstream add agent new --read "$path" -- "$T/bin/tool"
done
ln -s "$S" "$T/data/link"
refuses 'a link to the state directory' 'would show the program' upstream add agent new --write "$T/data/link" -- "$T/bin/tool"
refuses 'a path that is not there, to be read' 'No such file' upstream add agent new --read "$T/data/none" -- "$T/bin/tool"
refuses 'a directory that is a file' 'must be a directory' upstream add agent new --directory "$T/bin/tool" -- "$T/bin/tool"
# Where no sandbox is possible. A kernel without Landlock is played: the question whether it is there is answered with no.
cat >"$T/old.c" <<'END'
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
long syscall(long number, ...)
{
	long (*real)(long, ...) = dlsym(RTLD_NEXT, "syscall");
	va_list list;
	long a[6];
	if (number == 444) {
		errno = ENOSYS;
		return -1;
	}
	va_start(list, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(list, long);
	va_end(list);
	return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
END
if sanitized || ! cc -D_GNU_SOURCE -shared -fPIC -o "$T/old.so" "$T/old.c" 2>/dev/null; then
	not_run 'no sandbox' 'it takes a C compiler and programs without sanitizers'
else
	old() { LD_PRELOAD="$T/old.so" ctl "$@"; }
	everything 'no sandbox: refused' 2 old upstream add agent boxed -- "$T/bin/tool"
	like 'no sandbox: says why, and the way out' "$ERR" 'could read the state directory.*Landlock.*--trust'
	is 'no sandbox: nothing is added' "$(shown boxed .name)" ''
	everything 'no sandbox: with --trust' 0 old upstream add agent boxed --trust -- "$T/bin/tool"
	everything 'no sandbox: trust is not taken back' 2 old upstream set agent boxed --no-trust
	like 'no sandbox: trust is not taken back: says why' "$ERR" 'could read the state directory'
	is 'no sandbox: rm' "$(ctl upstream rm agent boxed 2>&1 | grep -c removed)" 1
	everything 'no sandbox: http upstreams do not care' 0 old upstream add agent free --url https://x.example/
	ctl upstream rm agent free 2>/dev/null
fi
refuses 'a user that is not there' 'there is no user' upstream add agent new --user surely-nobody-here -- "$T/bin/tool"

# list
is 'one key, in order of configuration' "$(names agent)" 'agent/web agent/local agent/hidden agent/near agent/prog'
is 'all keys' "$(names)" 'agent/web agent/local agent/hidden agent/near agent/prog other/1st'
everything 'for people' 0 ctl upstream list
like 'for people: a head and a row' "$OUT" 'KEY +NAME +KIND.*agent +web +http +https://mcp.example.com/mcp +required'
refuses 'list of no key' 'no key "nobody"' upstream list nobody

# set
rows "INSERT INTO tool_pin (upstream_id, tool, digest, definition, pinned_ms, seen_digest, seen) SELECT id, 't', 'd', '{}', 1, '', '' FROM upstream WHERE name = 'web'"
rows "INSERT INTO upstream_era SELECT id, 'modern', '{}', 1 FROM upstream WHERE name = 'web'"
before=$(generation)
everything 'set: header, timeout' 0 ctl upstream set agent web --header 'authorization: Bearer headerSecretNew' --timeout 2m --optional
is 'set: the entry names what changed, without values' "$(last_act)" \
    'upstream.set web of key agent (ID), optional, timeout 1m -> 2m, headers changed'
isnt 'set: moves the generation' "$(generation)" "$before"
is 'set: what was learnt is forgotten, pins stay' "$(rows 'SELECT (SELECT count(*) FROM upstream_era), (SELECT count(*) FROM tool_pin)')" '0|1'
before=$(generation)
everything 'set: nothing new' 0 ctl upstream set agent web --timeout 120s --optional
like 'set: nothing new: says so' "$ERR" 'like that already'
is 'set: nothing new: no entry, no change' "$(generation)" "$before"
refuses 'set: nothing at all' 'nothing to set' upstream set agent web
refuses 'set: no such upstream' 'has no upstream "none"' upstream set agent none --optional
refuses 'set: a header that is not there' 'there is no "X-None"' upstream set agent web --no-header X-None
everything 'set: a header less' 0 ctl upstream set agent web --no-header X-TEAM
refuses 'set: it is gone' 'there is no "X-Team"' upstream set agent web --no-header X-Team
refuses 'set: a header of a program' 'kind stdio has none' upstream set agent prog --header 'X: y'
everything 'set: a variable more, one less' 0 ctl upstream set agent prog --env MODE=slow --no-env API_TOKEN
refuses 'set: that variable is gone' 'there is no "API_TOKEN"' upstream set agent prog --no-env API_TOKEN
everything 'set: another command' 0 ctl upstream set agent prog -- /bin/cat -u
is 'set: another command: shown' "$(shown prog .target)" '"/bin/cat"'
everything 'set: the url' 0 ctl upstream set agent web --url https://other.example.com/x
is 'set: the url: shown' "$(shown web .target)" '"https://other.example.com/x"'

# rm
before=$(generation)
everything 'rm' 0 ctl upstream rm agent web
is 'rm: the entry' "$(last_act)" 'upstream.rm web of key agent (ID)'
isnt 'rm: moves the generation' "$(generation)" "$before"
is 'rm: with its pins' "$(rows 'SELECT count(*) FROM tool_pin')" 0
refuses 'rm: again' 'has no upstream "web"' upstream rm agent web
is 'rm: the others stay' "$(names agent)" 'agent/local agent/hidden agent/near agent/prog'

# repin
pin() { # tool pinned seen: a tool of the upstream "local", whose pinning is "warn"
	rows "INSERT INTO tool_pin (upstream_id, tool, digest, definition, pinned_ms, seen_digest, seen, changed_ms) SELECT id, '$1', 'd$1', '$2', 1,
	    CASE WHEN '$3' = '' THEN '' ELSE 's$1' END, '$3', CASE WHEN '$3' = '' THEN NULL ELSE 1000 END FROM upstream WHERE name = 'local'"
}
everything 'repin: nothing changed' 0 ctl upstream repin agent local
like 'repin: nothing changed: says so' "$ERR" 'nothing has changed'
pin kept '{"name":"kept"}' ''
pin one '{"description":"reads a file\nand no more","inputSchema":{"properties":{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6},"type":"object"},"name":"one"}' \
    '{"description":"reads a file\nand sends it '$'\u202e\u200b''away","inputSchema":{"properties":{"a":1,"b":2,"c":3,"d":4,"e":5,"f":7},"type":"object"},"name":"one"}'
pin two '{"name":"two"}' '{"name":"two","title":"Two"}'
is 'list: tools and changed ones' "$(shown local '[.pinnedTools, .changedTools]')" '[3,2]'
everything 'repin: shown, not accepted' 1 ctl upstream repin agent local one
is 'repin: the difference' "$(sed 1d <<<"$OUT")" '  {
    "description": "reads a file\n
- and no more",
+ and sends it \u202e\u200baway",
    "inputSchema": {
      "properties": {
  ...
        "d": 4,
        "e": 5,
-       "f": 6
+       "f": 7
      },
      "type": "object"
  ...'
like 'repin: says when and what comes of it' "$(head -n 1 <<<"$OUT")" '^tool one, seen changed 1970-01-01 00:00:01, in use all the same$'
like 'repin: without a terminal it takes --yes' "$ERR" 'nothing was accepted; with --yes'
is 'repin: nothing was accepted' "$(shown local .changedTools)" 2
refuses 'repin: no such tool' 'no tool "none"' upstream repin agent local none
everything 'repin: a tool as pinned' 0 ctl upstream repin agent local kept
everything 'repin: for programs' 1 ctl --json upstream repin agent local
is 'repin: for programs: both definitions' "$(jq -c '[.accepted, [.tools[] | [.tool, (.seen | fromjson | .title), .quarantined]]]' <<<"$OUT")" \
    '[false,[["one",null,false],["two","Two",false]]]'
everything 'repin: one' 0 ctl upstream repin agent local two --yes
is 'repin: the entry' "$(last_act)" 'upstream.repin local of key agent (ID): tool two'
is 'repin: it is the definition now' "$(rows "SELECT digest || ' ' || definition || ' ' || (changed_ms IS NULL) FROM tool_pin WHERE tool = 'two'")" \
    'stwo {"name":"two","title":"Two"} 1'
said=$(typed 'y/N' "upstream repin agent local" n)
like 'repin: no, on a terminal' "$said" 'nothing was accepted.*exit code 1'
said=$(typed 'y/N' "upstream repin agent local" y)
like 'repin: yes, on a terminal' "$said" '1 definition accepted.*exit code 0'
is 'repin: all are as pinned' "$(shown local .changedTools)" 0

is 'the entries hold in the audit log' "$(ctl audit verify >/dev/null 2>&1; echo $?)" 0

# No secret in what was printed, in the database, in the log.
for secret in querySecretOfUrl headerSecret pathSecretOfUrl envSecretOfFile argumentSecret; do
	is "$secret is in no output" "$(grep -c "$secret" "$T/everything")" 0
	is "$secret is in no file of the state directory" "$(grep -rlc "$secret" "$S" | wc -l)" 0
done
finish
