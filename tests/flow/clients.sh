# The clients that enforgate(7) prints, as it prints them, with another address: a no where anything is unclear.
. tests/lib.sh

# printed FIRST-LINE: the example of the manual page that begins with this line.
printed() {
	awk -v first="$1" '/^\.Bd/ { inside = 1; text = ""; next }
	    /^\.Ed/ { if (index(text, first) == 1) printf "%s", text; inside = 0 }
	    inside { text = text $0 "\n" }' "$ROOT/man/enforgate.7" | sed 's/\\e/\\/g'
}

new_state state
setting base_url http://gate.example.org
policy mail '{"rules": [{"tool": "send_*", "decision": "require_approval"}, {"tool": "read_*", "decision": "allow",
    "where": [{"path": "path", "matches": "^[a-z \"]+$"}]}]}'
key=$(new_key agent --policy mail)
hasty=$(new_key hasty --policy mail --approval-timeout 1s)
start_server 2

printed '#!/bin/sh' | sed "s|^url=.*|url=$URL|; s|^header=.*|header=\$HEADER|" >"$T/may"
chmod +x "$T/may"
printed 'import json' | sed "s|^URL = .*|URL = \"$URL\"|" >"$T/gate.py"
cat >>"$T/gate.py" <<'END'
import sys
sys.exit(0 if may(sys.argv[1], sys.argv[2], sys.argv[3], json.loads(sys.argv[4])) else 1)
END
shell() { # key tool args
	echo "Authorization: Bearer $1" >"$T/key.header"
	printf '%s' "$3" | HEADER=$T/key.header "$T/may" mail "$2"
}
python() { python3 "$T/gate.py" "$1" mail "$2" "$3"; }

# approve|deny TOOL: as soon as it is asked for.
decide() { # verb tool
	local id
	for _ in $(seq 100); do
		id=$(ctl approval list --json | jq -r ".[] | select(.tool == \"$2\" and .state == \"pending\").id")
		[ -z "$id" ] || break
		sleep 0.1
	done
	ctl approval "$1" "$id" >"$T/decide.out" 2>&1 || not_ok "approval $1" "$(cat "$T/decide.out")"
}
tried() { # client
	exits "$1: allowed" 0 "$1" "$key" read_file '{"path": "a \"b\" c"}'
	exits "$1: denied" 1 "$1" "$key" read_file '{"path": "../etc"}'
	decide approve "send_yes_$1" &
	exits "$1: a person approves" 0 "$1" "$key" "send_yes_$1" '{"to":"ann"}'
	decide deny "send_no_$1" &
	exits "$1: a person denies" 1 "$1" "$key" "send_no_$1" '{"to":"ann"}'
	exits "$1: nobody decides" 1 "$1" "$hasty" "send_$1" '{}'
	exits "$1: a wrong key" 1 "$1" "${key}x" read_file '{"path": "a"}'
	exits "$1: arguments that are none" 1 "$1" "$key" read_file '[1]'
}
tried shell
exits 'shell: more than one document' 1 shell "$key" read_file '{"path":"a"},"x":{}'
if command -v python3 >/dev/null; then tried python; else not_run 'the client in Python' 'there is no python3'; fi
stop_server
exits 'shell: nobody answers' 1 shell "$key" read_file '{"path": "a"}'
! command -v python3 >/dev/null || exits 'python: nobody answers' 1 python "$key" read_file '{"path": "a"}'
finish
