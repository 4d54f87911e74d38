# enforgatectl, every form of design 3.5 that exists so far: exit codes, what it prints, what it leaves.
. tests/lib.sh

json() { # name command...: succeeds and prints one JSON document
	local name=$1
	shift
	exits "$name" 0 ctl --json "$@"
	if [ -n "$OUT" ] && printf '%s' "$OUT" | jq -e . >/dev/null 2>&1; then
		ok "$name: is JSON"
	else
		not_ok "$name: is JSON" "$OUT"
	fi
}
refuses() { # name code pattern command...: says why on standard error, with its name, and nothing on standard output
	local name=$1 code=$2 pattern=$3
	shift 3
	exits "$name" "$code" ctl "$@"
	like "$name: says so" "$ERR" "$pattern"
}

# init
S=$T/fresh/deep/state
exits 'a command before init' 2 ctl key list
like 'a command before init: the way out' "$ERR" 'init'
new_state state
for file in enforgate.conf enforgate.key enforgate.db; do
	is "init: $file is private" "$(stat -c %a "$S/$file")" 600
done
is 'init: the directory is private' "$(stat -c %a "$S")" 700
is 'init: every setting has a comment above it' "$(awk '/^#?[a-z_]+ = / && before !~ /^# / { print } { before = $0 }' "$S/enforgate.conf" | grep -vE "failed_keys|approve_per")" ''
before=$(cat "$S/enforgate.key")
exits 'init again' 0 ctl init --state "$S"
is 'init again keeps the key file' "$(cat "$S/enforgate.key")" "$before"
is 'init again keeps the configuration' "$(grep -c failed_keys_per_minute "$S/enforgate.conf")" 1
echo 'no_such_setting = 1' >>"$S/enforgate.conf"
refuses 'an unknown setting' 2 'enforgate.conf:[0-9]+: .*no_such_setting' key list
sed -i '$d' "$S/enforgate.conf"
chmod 644 "$S/enforgate.key"
refuses 'a key file that others can read' 2 'enforgate.key' key list
chmod 600 "$S/enforgate.key"
refuses 'an unknown command' 2 'kye' kye list
refuses 'no command' 2 '.' key
exits help 0 ctl help
like 'help lists commands' "$OUT" 'policy put NAME FILE'
exits version 0 ctl --version
like 'version' "$OUT" '[0-9]+\.[0-9]+\.[0-9]+'

# policy
cat >"$T/good.json" <<'END'
{"defaultDecision": "deny", "priority": 3, "rules": [
  {"tool": "pay", "decision": "allow", "where": [{"path": "amount", "lte": 10}]},
  {"tool": "pay", "decision": "require_approval"}]}
END
sed 's/"amount", "lte": 10/"amount", "matches": "(("/' "$T/good.json" >"$T/bad.json"
exits 'policy put' 0 ctl policy put shop "$T/good.json"
refuses 'policy put refuses a bad pattern' 2 'rule 0.*where 0.*matches' policy put shop "$T/bad.json"
refuses 'policy put refuses what is not there' 2 'nothing.json' policy put shop "$T/nothing.json"
refuses 'policy put refuses a bad name' 2 '.' policy put 'a/b' "$T/good.json"
exits 'policy put with options' 0 ctl policy put shop "$T/good.json" --priority 9 --default require_approval
json 'policy list' policy list
is 'policy list: version and options' "$(printf '%s' "$OUT" | jq -c '.[0] | [.name, .version, .priority, .defaultDecision]')" \
    '["shop",2,9,"require_approval"]'
exits 'policy list for people' 0 ctl policy list
like 'policy list for people' "$OUT" 'NAME.*shop'
json 'policy show' policy show shop
json 'policy show --version' policy show shop --version 1
is 'policy show --version 1 is the old one' "$(printf '%s' "$OUT" | jq .priority)" 3
refuses 'policy show of none' 2 'nobody' policy show nobody
refuses 'policy show of a version that is not' 2 '7' policy show shop --version 7
json 'policy history' policy history shop
is 'policy history has both' "$(printf '%s' "$OUT" | jq length)" 2
exits 'policy lint of a good file' 0 ctl policy lint "$T/good.json"
exits 'policy lint of a bad file' 1 ctl policy lint "$T/bad.json"
like 'policy lint says where' "$OUT$ERR" 'rule 0.*where 0.*matches'
cat >"$T/good.test.json" <<'END'
{"policy": "good.json", "cases": [
  {"name": "small", "server": "s", "tool": "pay", "args": {"amount": 10}, "decision": "allow", "rule": 0}]}
END
exits 'policy test that passes' 0 ctl policy test "$T/good.test.json"
sed -i 's/"allow", "rule"/"deny", "rule"/' "$T/good.test.json"
exits 'policy test that fails' 1 ctl policy test "$T/good.test.json"
refuses 'policy test of no file names it once' 2 '^/nobody: No such' policy test /nobody

# key
exits 'key add' 0 ctl key add agent --policy shop --expires 30d --approval-timeout 10m --no-allowances
like 'key add prints the key alone' "$OUT" '^bwb_[0-9A-Za-z]{43}$'
key=$OUT
refuses 'key add: the name is taken' 2 agent key add agent
refuses 'key add: no such policy' 2 nobody key add other --policy nobody
refuses 'key add: a bad name' 2 '.' key add '../x'
refuses 'key add: a bad time' 2 '.' key add other --expires soon
json 'key list' key list
is 'key list: what was asked for' "$(printf '%s' "$OUT" | jq -c '.[0] | [.name, .state, .policies, .approvalTimeoutMs, .allowances]')" \
    '["agent","active",["shop"],600000,false]'
unlike 'key list shows no key' "$OUT" "${key#????????}"
exits 'key list for people' 0 ctl key list
json 'key show' key show agent
refuses 'key show of none' 2 nobody key show nobody
exits 'policy explain' 0 ctl policy explain agent s pay '{"amount": 11}'
like 'policy explain: the verdict' "$OUT" 'require_approval.*rule 1'
like 'policy explain: why not the first' "$OUT" 'rule 0 .*condition 0'
exits 'key rotate' 0 ctl key rotate agent
like 'key rotate prints the key alone' "$OUT" '^bwb_[0-9A-Za-z]{43}$'
isnt 'key rotate: another one' "$OUT" "$key"
exits 'policy disable' 0 ctl policy disable shop
exits 'policy enable' 0 ctl policy enable shop
exits 'key revoke' 0 ctl key revoke agent
refuses 'key rotate of a revoked one' 2 revoked key rotate agent
refuses 'key revoke of none' 2 nobody key revoke nobody

# stop, resume
exits stop 0 ctl stop
exits 'stop again' 0 ctl stop
exits resume 0 ctl resume
exits 'resume again' 0 ctl resume
refuses 'stop of no key' 2 nobody stop --key nobody

# apply
cat >"$T/apply.json" <<'END'
{"policies": [{"name": "files", "rules": [{"tool": "read_*", "decision": "allow"}]}],
 "keys": [{"name": "one", "policies": ["files"]}, {"name": "two", "policies": ["files", "shop"]}]}
END
exits 'apply --dry-run where something would change' 1 ctl apply "$T/apply.json" --dry-run
is 'apply --dry-run changes nothing' "$(ctl key list --json | jq -r '.[].name' | grep -cE '^(one|two)$')" 0
unlike 'apply --dry-run prints no key' "$OUT$ERR" 'bwb_[0-9A-Za-z]{43}'
exits apply 0 ctl apply "$T/apply.json"
is 'apply prints the new keys' "$(printf '%s\n' "$OUT" | grep -cE '^(one|two) bwb_[0-9A-Za-z]{43}$')" 2
exits 'apply --dry-run afterwards' 0 ctl apply "$T/apply.json" --dry-run
count=$(sqlite3 "$S/enforgate.db" 'SELECT count(*) FROM audit')
exits 'apply again' 0 ctl apply "$T/apply.json"
is 'apply again changes nothing' "$(sqlite3 "$S/enforgate.db" 'SELECT count(*) FROM audit')" "$count"
sed 's/"read_\*"/5/' "$T/apply.json" >"$T/apply-bad.json"
refuses 'apply refuses a bad file' 2 'policies\[0\]' apply "$T/apply-bad.json"
sed -e 's/"two"/"three"/' -e 's/"shop"/"nobody"/' "$T/apply.json" >"$T/apply-half.json"
refuses 'apply is all or nothing' 2 nobody apply "$T/apply-half.json"
is 'apply is all or nothing: nothing' "$(ctl key list --json | jq -r '.[].name' | grep -c three)" 0

# backup, while serving
key=$(new_key server --policy files)
start_server
call "$key" read_file
exits backup 0 ctl backup "$T/copy.db"
is 'backup: private' "$(stat -c %a "$T/copy.db")" 600
is 'backup: sound' "$(sqlite3 "$T/copy.db" 'PRAGMA integrity_check')" ok
is 'backup: has the call' "$(sqlite3 "$T/copy.db" "SELECT count(*) FROM audit WHERE call_id = '$(member toolCallId)'")" 1
refuses 'backup replaces nothing' 2 'copy.db' backup "$T/copy.db"
exits 'backup: a name behind --' 0 ctl backup -- "$T/copy2.db"
is 'backup: recorded as begun, with the name of the file' \
    "$(sqlite3 "$S/enforgate.db" "SELECT reason FROM audit WHERE tool = 'backup' ORDER BY seq DESC LIMIT 1")" "begun to $T/copy2.db"
call "$key" read_file
is 'the server goes on' "$STATUS" 200

# Every administrative act has its entry, in the chain of the installation.
acts=$(sqlite3 "$S/enforgate.db" "SELECT DISTINCT tool FROM audit WHERE kind = 'admin' ORDER BY tool" | tr '\n' ' ')
for act in key.add key.revoke key.rotate policy.put policy.enable policy.disable stop resume; do
	like "audited: $act" " $acts" " $act "
done
is 'administrative acts are a chain of their own' "$(sqlite3 "$S/enforgate.db" "SELECT DISTINCT chain FROM audit WHERE kind = 'admin'")" installation
exits 'the chain verifies' 0 ctl audit verify
json 'audit list' audit list

# Databases that are refused: damaged, foreign, newer.
stop_server
SERVERS=()
damaged() { # name pattern: judges the state directory $T/broken
	local keep=$S
	S=$T/broken
	sed -i "s|^state_dir = .*|state_dir = $S|" "$S/enforgate.conf"
	refuses "$1" 2 "$2" key list
	S=$keep
}
fresh_copy() {
	rm -rf "$T/broken"
	cp -a "$S" "$T/broken"
	rm -f "$T/broken"/enforgate.db-*
}
sqlite3 "$S/enforgate.db" 'PRAGMA wal_checkpoint(TRUNCATE)' >"$T/out"
fresh_copy
printf 'this is no database, just some text that is long enough to look at' >"$T/broken/enforgate.db"
damaged 'not a database' 'enforgate.db'
fresh_copy
rm "$T/broken/enforgate.db"
sqlite3 "$T/broken/enforgate.db" 'CREATE TABLE theirs (a)'
damaged 'the database of another program' 'enforgate.db'
fresh_copy
sqlite3 "$T/broken/enforgate.db" 'PRAGMA user_version = 9999'
damaged 'the database of a newer version' '[Nn]ewer|9999'
fresh_copy
rm "$T/broken/enforgate.db"
damaged 'no database' 'init'
finish
