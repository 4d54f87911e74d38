# enforgatectl doctor --offline: files, places, database, log and keys, each broken on purpose.
. tests/lib.sh
. tests/httpd/doctor/lib.sh

look() { examine --offline; }
new_state state
setting base_url http://127.0.0.1:20000
policy p '{"defaultDecision": "allow", "rules": []}'
new_key agent --policy p >"$T/key"
look
fine 'a new installation'
is 'a new installation: exit code' "$CODE" 0
cp -a "$S" "$T/right"
# again: the installation as it was.
again() {
	rm -rf "$S"
	cp -a "$T/right" "$S"
}

chmod 755 "$S"
look
named 'directory open' state-mode
again
chmod 640 "$S/enforgate.db"
look
named 'database open' file-mode
like 'database open: the very file' "$(jq -r '.findings[] | select(.id == "file-mode") | .fix[0].lines' "$T/doctor.json")" \
    "^chmod 600 $S/enforgate.db"
again
chmod 644 "$S/enforgate.key"
look
named 'key file open' file-mode
is 'key file open: nor can it be used' "$(level key-file)" wrong
again
echo link >"$S/console.log"
chmod 644 "$S/console.log"
look
named 'links of the console open' file-mode
again
mv "$S/enforgate.key" "$S/elsewhere.key"
look
named 'no key file' key-file
again
rm "$S/enforgate.key"
mkfifo -m 600 "$S/enforgate.key"
exits 'a key file that nobody writes to: an end' 1 timeout 20 "$BUILD/enforgatectl" --conf "$S/enforgate.conf" doctor --offline
again
rm "$S/audit.anchor"
mkfifo -m 600 "$S/audit.anchor"
exits 'an anchor that nobody writes to: an end' 1 timeout 20 "$BUILD/enforgatectl" --conf "$S/enforgate.conf" doctor --offline
again
ln -s /dev/null "$S/probe.lock"
look
named 'the lock of probes is a link' file-link
again
mv "$S/enforgate.db" "$T/moved.db"
ln -s "$T/moved.db" "$S/enforgate.db"
look
named 'database is a link' file-link
again
chmod 666 "$S/enforgate.conf"
look
named 'configuration writable' conf-mode
again
touch "$T/public.log"
chmod 644 "$T/public.log"
setting log "$T/public.log"
look
named 'log open' log-mode notice
is 'log open: exit code' "$CODE" 0
again

# Places.
mkdir -p "$T/public_html" "$T/site/data" "$T/www"
cp -a "$T/right" "$T/public_html/state"
cp -a "$T/right" "$T/site/data/state"
cp -a "$T/right" "$T/www/state"
touch "$T/site/.htaccess"
for place in public_html/state site/data/state; do
	S=$T/$place
	sed -i "s|^state_dir = .*|state_dir = $S|" "$S/enforgate.conf"
	look
	named "in $place" state-docroot
done
S=$T/www/state
sed -i "s|^state_dir = .*|state_dir = $S|" "$S/enforgate.conf"
look
named 'in www' state-near-docroot notice
S=$T/state

# Database and log.
printf 'not a database, but long enough for one %0500d' 0 >"$S/enforgate.db"
look
named 'not a database' database
again
sqlite3 "$S/enforgate.db" 'PRAGMA application_id = 7'
look
named 'a database of another program' database
like 'a database of another program: says so' \
    "$(jq -r '.findings[] | select(.id == "database") | .detail' "$T/doctor.json")" 'another program'
again
sqlite3 "$S/enforgate.db" 'PRAGMA user_version = 999'
look
named 'a newer database' database
again
sqlite3 "$S/enforgate.db" 'PRAGMA user_version = 0'
look
named 'an older database' database-old notice
is 'an older database: left as it is' "$(sqlite3 "$S/enforgate.db" 'PRAGMA user_version')" 0
again
sqlite3 "$S/enforgate.db" 'PRAGMA wal_checkpoint(TRUNCATE)' >"$T/out"
root=$(sqlite3 "$S/enforgate.db" "SELECT rootpage FROM sqlite_schema WHERE name = 'audit'")
dd if=/dev/urandom of="$S/enforgate.db" bs=4096 seek=$((root - 1)) count=1 conv=notrunc 2>"$T/out"
look
named 'a damaged page' database-damaged
again
trigger=$(sqlite3 "$S/enforgate.db" "SELECT name FROM sqlite_schema WHERE type = 'trigger' LIMIT 1")
sqlite3 "$S/enforgate.db" "DROP TRIGGER $trigger"
look
named 'a trigger gone' triggers
again
rm "$S/audit.anchor"
look
named 'no anchor' anchor-missing
again
echo nonsense >"$S/audit.anchor"
look
named 'an anchor of somebody else' anchor-damaged
again
ctl policy disable p >"$T/out" 2>&1
cp "$S/audit.anchor" "$T/later.anchor"
again
cp "$T/later.anchor" "$S/audit.anchor"
look
named 'an older database put back' audit-cut
again
sqlite3 "$S/enforgate.db" "DROP TRIGGER IF EXISTS audit_no_update" "SELECT name FROM sqlite_schema WHERE type = 'trigger'" >"$T/triggers"
while read -r name; do sqlite3 "$S/enforgate.db" "DROP TRIGGER $name"; done <"$T/triggers"
sqlite3 "$S/enforgate.db" "UPDATE audit SET time_ms = time_ms + 86400000"
look
named 'entries from the future' clock-behind
again
ctl stop >"$T/out" 2>&1
look
named 'the kill switch' stopped notice
is 'the kill switch: exit code' "$CODE" 0
rm "$S/stop"
look
is 'the kill switch as a row alone' "$(level stopped)" notice
again
touch "$S/stop"
chmod 600 "$S/stop"
look
is 'the kill switch as a file alone' "$(level stopped)" notice
again
new_key bare >"$T/key"
look
named 'a key without policy' key-policy notice
again
ctl key revoke agent >"$T/out" 2>&1
look
named 'no key' keys-none notice
again
policy asking '{"rules": [{"tool": "send_*", "decision": "require_approval"}]}'
new_key asker --policy asking >"$T/key"
look
named 'nobody to ask' key-approver notice
ctl channel add desk console >"$T/out" 2>&1
ctl key set asker --channel desk >"$T/out" 2>&1
look
fine 'somebody to ask'
ctl channel disable desk >"$T/out" 2>&1
look
named 'somebody who is not told' key-approver notice
ctl channel enable desk >"$T/out" 2>&1
id=$(ctl --json channel show desk | jq -r .id)
asker=$(ctl --json key show asker | jq -r .id)
delivery() { # state error
	sqlite3 "$S/enforgate.db" "DELETE FROM delivery; INSERT INTO delivery VALUES ('dlv_x', '$id', '$asker',
	    'approval.created', 'apr_x', 'call_x', '', '', '', '$1', 1, 1, 1, '', 0, NULL, '$2')"
}
delivery due 'no such host'
look
named 'a message that does not arrive' channel-failing notice
delivery sent ''
look
fine 'a message that arrived'
sed -i '/^base_url/d' "$S/enforgate.conf"
look
named 'nowhere to ask' approval-base-url
new_key second --policy asking >"$T/key"
look
is 'said once for all keys' "$(jq '[.findings[] | select(.id == "approval-base-url")] | length' "$T/doctor.json")" 1
ctl key revoke second >"$T/out" 2>&1
look
ctl key revoke asker >"$T/out" 2>&1
look
is 'a revoked key asks nobody' "$(level approval-base-url)" none
again

# The setting.
sed -i '/^base_url/d' "$S/enforgate.conf"
look
named 'no base_url' base-url-missing
setting base_url http://agents.example.org
look
named 'http on a public host' base-url-http
sed -i '/^base_url/d' "$S/enforgate.conf"
for url in http://192.168.1.4:8000 http://gate http://[fd00::1]/x; do
	sed -i '/^base_url/d' "$S/enforgate.conf"
	setting base_url "$url"
	look
	named "$url" base-url-local notice
done
for url in http://172.32.0.1 http://11.0.0.1 http://[2001:db8::1] http://127.0.0.1.example.org; do
	sed -i '/^base_url/d' "$S/enforgate.conf"
	setting base_url "$url"
	look
	is "$url is public" "$(level base-url-http)" wrong
done
sed -i '/^base_url/d' "$S/enforgate.conf"
setting base_url http://127.0.0.1:20000

# What it cannot do, and how it says so.
exits 'no configuration' 2 ctl_in "$T/nowhere" doctor
exits 'a wait too long' 2 ctl doctor --wait 5m
exits 'an unknown option' 2 ctl doctor --fix
exits 'people get a table' 0 ctl doctor --offline
like 'people get a table: its head' "$OUT" 'LEVEL +CHECK +FOUND'
like 'people get a table: its end' "$OUT" '0 wrong, 0 to note, [0-9]+ fine$'
unlike 'no key is shown' "$OUT$(cat "$T/doctor.json")" "$(sed 's/^enforgate-key-1 //' "$S/enforgate.key")"

# A file of another user, and a disk without room.
if [ "$(id -u)" = 0 ] && chown 65534 "$S/enforgate.key" 2>/dev/null; then
	look
	named "somebody else's key file" file-owner
	again
	touch "$S/enforgate.log"
	chmod 600 "$S/enforgate.log"
	chown 65534 "$S/enforgate.log"
	look
	named "somebody else's log" file-owner
	again
	chown -R 65534 "$S"
	exits 'root on the directory of another user' 2 ctl doctor --offline
	like 'root on the directory of another user: how to run it' "$ERR" 'runuser -u [a-z]+ -- enforgatectl --conf .* doctor'
	again
else
	echo 'not run: needs root: files of another user'
fi
if unshare -rm true 2>/dev/null; then
	mkdir "$T/small"
	for size in 48m:disk-full:wrong 300m:disk-low:notice; do
		IFS=: read -r bytes id level <<<"$size"
		export S T BUILD bytes
		CODE=0
		unshare -rm sh -c 'mount -t tmpfs -o size=$bytes,mode=700 none "$T/small" && cp -a "$T/right/." "$T/small/" &&
		    sed -i "s|^state_dir = .*|state_dir = $T/small|" "$T/small/enforgate.conf" &&
		    ENFORGATE_CONF=$T/small/enforgate.conf "$BUILD/enforgatectl" doctor --offline --json' \
		    >"$T/doctor.json" 2>"$T/doctor.err" || CODE=$?
		named "a disk of $bytes" "$id" "$level"
	done
else
	echo 'not run: needs root: a disk without room'
fi
echo "doctor: $DOCTOR wrong states named"
finish
