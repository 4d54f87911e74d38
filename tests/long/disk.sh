# A disk that is full, and one that becomes read-only, under way: 500 for each, never a verdict, and all is well once there is
# room again. Needs a mount: as root, or in a user namespace of its own.
if [ -z "${INSIDE:-}" ]; then
	user=-r
	[ "$(id -u)" != 0 ] || user=
	if unshare $user -m true; then
		exec env INSIDE=1 unshare $user -m bash "$0"
	fi
fi
. tests/lib.sh
[ -n "${INSIDE:-}" ] || fatal 'needs root, or user namespaces, to mount a small disk'

mkdir "$T/disk"
mount -t tmpfs -o size=8m none "$T/disk" || fatal 'cannot mount a small disk'
new_state disk/state
policy default '{"defaultDecision": "allow", "rules": []}'
key=$(new_key agent --policy default)
start_server
call "$key" t
is 'before: a verdict' "$STATUS $(member decision)" '200 allow'
refused() { # name
	local count
	count=$(audit_count)
	call "$key" t
	is "$1: status" "$STATUS" 500
	is "$1: error" "$(member error)" audit_failed
	unlike "$1: no verdict" "$BODY" decision
	is "$1: nothing recorded" "$(audit_count)" "$count"
}
dd if=/dev/zero of="$T/disk/full" bs=4k >"$T/dd" 2>&1
# What SQLite has allocated already may still take an entry or two.
for _ in $(seq 400); do
	call "$key" t
	[ "$STATUS" = 200 ] || break
done
refused 'disk full'
rm "$T/disk/full"
call "$key" t
is 'room again: a verdict' "$STATUS $(member decision)" '200 allow'
exits 'room again: the chain verifies' 0 ctl audit verify

# Read-only under way: what is open stays writable, so a responder is killed and the next one finds it so.
respawned() {
	kill -KILL $(responders "$SERVER" '')
	for _ in $(seq 50); do
		[ -z "$(responders "$SERVER" '')" ] || break
		sleep 0.1
	done
	sleep 1.2
}
mount --bind "$S" "$S" && mount -o remount,bind,ro "$S" || fatal 'cannot make the state directory read-only'
call "$key" t
like 'read-only: a verdict that is still recorded, or none' "$STATUS" '^(200|500)$'
respawned
call "$key" t
like 'read-only: status' "$STATUS" '^500$'
unlike 'read-only: no verdict' "$BODY" decision
exits 'read-only: enforgatectl refuses' 2 ctl policy disable default
like 'read-only: it says so' "$ERR" '[Rr]ead-only'
umount "$S"
respawned
call "$key" t
is 'writable again: a verdict' "$STATUS $(member decision)" '200 allow'
exits 'writable again: the chain verifies' 0 ctl audit verify
stop_server
SERVERS=()
cd / && umount "$T/disk"
finish
