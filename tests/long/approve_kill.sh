# Responders killed with SIGKILL before each of their system calls that change something, between asking, telling, deciding and
# releasing; one kill for each way through. At most one release for each decision; nothing is lost before it, and after it the
# repeat is told so; no notification is lost, and one is sent twice at most. WAYS: which program, and how the client behaves.
WAYS=${WAYS:-check asking,check releasing,check releasing,approve asking,approve denying}
. tests/lib.sh
. tests/approve_kill_lib.sh
start_server 1
faults=0
wrong=0
TOLD=0 # repeats that were told of a release
steps=''
fault() { # what it should be, what it is
	[ "$1" != "$2" ] || return 0
	wrong=$((wrong + 1))
	not_ok "$WHERE" "expected $1, got $2"
}
# ended TOOL ID ACTION: how the call came to its end, as SAID and as recorded.
ended() {
	local told=0 decisions releases
	decisions=$(sql "SELECT group_concat(decision) FROM audit WHERE approval_id = '$2' AND kind = 'outcome'")
	releases=$(sql "SELECT group_concat(approval_id) FROM audit WHERE tool = '$1' AND kind = 'verdict' AND decision = 'allow'")
	if [ "$3" = deny ]; then
		fault 'deny; decided: denied; released:' "$SAID; decided: $decisions; released:$releases"
	else
		[ "$SAID" != told ] || told=1
		fault "allowed; decided: approved; released: $2" "${SAID/told/allowed}; decided: $decisions; released: $releases"
	fi
	fault "$((1 + told)) approvals" "$(sql "SELECT count(*) FROM approval WHERE tool = '$1'") approvals"
	TOLD=$((TOLD + told))
}
# step PROGRAM NUMBER HOW: one way through with a kill of PROGRAM before its NUMBER-th call. HOW: asking (again and again), waiting,
# denying, or releasing, where calls are counted from the decision. False: that call never came.
step() {
	local program=$1 how=$3 action=approve first='' token='' client='' tool
	tool=$how-$program-$2-$RANDOM
	WHERE="$how, $program killed before call $2"
	[ "$how" != denying ] || action=deny
	echo "$2" >"$T/kill.new"
	[ "$program $how" = 'check releasing' ] || [ "$program" != check ] || mv "$T/kill.new" "$T/kill.check"
	if [ "$how" = waiting ]; then
		(
			mkdir -p "$T/client"
			T=$T/client
			SAID=pending
			while [ "$SAID" = pending ]; do until_answered "$tool" 3; done
			echo "$SAID" >"$T/said"
		) 3>&- &
		client=$!
	else
		until_answered "$tool" 0
		fault pending "$SAID"
	fi
	for _ in $(seq 200); do
		first=$(sql "SELECT id FROM approval WHERE tool = '$tool' ORDER BY created_ms LIMIT 1")
		[ -z "$first" ] || token=$(token_of "$first")
		[ -z "$token" ] || break
		sleep 0.05
	done
	fault "a message about $first" "${token:+a message about $first}"
	# Whoever takes over may tell it again; a decision would make that needless.
	[ "$how" = waiting ] || settle
	[ "$program" != approve ] || mv "$T/kill.new" "$T/kill.approve"
	decide "$token" $action
	case $SAID in 200 | 410) ;; *) fault 'a decision' "$SAID" ;; esac
	[ ! -e "$T/kill.new" ] || mv "$T/kill.new" "$T/kill.check"
	if [ "$how" = waiting ]; then
		wait "$client"
		SAID=$(cat "$T/client/said")
	else
		until_answered "$tool" 0
	fi
	ended "$tool" "$first" $action
	[ -e "$T/kill.$program" ] || { faults=$((faults + 1)) && return 0; }
	rm -f "$T/kill.$program"
	return 1
}
while read -r program how <&4; do
	number=1
	while step "$program" $number "$how"; do number=$((number + 1)); done
	steps="$steps$program $how: $((number - 1)), "
	isnt "$program $how: there were steps" $number 1
done 4< <(tr ',' '\n' <<<"$WAYS")
settle
count_links
is "$faults kills, one for each step: every call came to its end, once" $wrong 0
case $WAYS in
*releasing*) isnt 'some died behind the release: the repeat was told so' $TOLD 0 ;;
esac
is 'no message is left' "$(sql "SELECT state, error FROM delivery WHERE state NOT IN ('sent', 'dropped')")" ''
is 'nobody was told less than once, or more than twice' "$(awk '$2 != 1 && $2 != 2' "$T/links")" ''
twice=$(awk '$2 == 2 { print $1 }' "$T/links")
measured "kills at steps: ${steps%, }; released, and the answer lost: $TOLD; told twice: ${twice:-0} of $(wc -l <"$T/all")"
exits 'the audit log verifies' 0 ctl audit verify
is 'the database is sound' "$(sql 'PRAGMA integrity_check')" ok
finish
