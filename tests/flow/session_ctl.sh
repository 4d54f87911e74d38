# enforgatectl session: what is shown of the sessions of MCP clients, and how they end.
. tests/lib.sh

rows() { sqlite3 "$S/enforgate.db" "PRAGMA foreign_keys = ON; $1"; }
# session ID KEY USED [CLIENT]: a row as a responder makes it; USED in ms.
session() {
	rows "INSERT INTO mcp_session (id, hash, key_id, version, capabilities, client, log_level, created_ms, used_ms) SELECT '$1', 'hash of $1', id,
	    '2025-11-25', '{}', '${4-tester 1.0}', '', $3 - 1000, $3 FROM api_key WHERE name = '$2'"
}
listed() { ctl --json session list "$@" | jq -r '[.[] | .id + " " + .key + " " + .state] | join(", ")'; }
last_acts() { rows "SELECT tool || ' ' || reason FROM audit WHERE kind = 'admin' ORDER BY seq DESC LIMIT $1"; }

new_state state
setting session_idle_h 2
for key in agent other; do ctl key add $key >/dev/null 2>&1; done
now=$(date +%s)000
session ses_aaaaaaaa1 agent "$((now - 5000))" $'evil\u202e 1.0'
session ses_aaaaaaaa2 agent "$now"
session ses_bbbbbbbb1 other "$((now - 7300000))"
rows "INSERT INTO mcp_subscription VALUES ('ses_aaaaaaaa1', 'a:1')"
rows "INSERT INTO upstream (id, key_id, name, kind, target, settings, position, required, prefix, pinning, timeout_ms, created_ms, changed_ms)
    SELECT 'ups_1', id, 'web', 'http', 't', 's', 1, 1, 1, 'off', 1, 1, 1 FROM api_key WHERE name = 'agent'"
rows "INSERT INTO upstream_session (upstream_id, owner, view, session, facts, created_ms) VALUES ('ups_1', 'ses_aaaaaaaa1', 'v', '', '{}', 1), ('ups_1', '', 'v', '', '{}', 1)"

exits 'none of another key' 0 ctl session list --key agent
like 'for people' "$OUT" 'SESSION +KEY +STATE +VERSION +CLIENT.*ses_aaaaaaaa1 +agent +open +2025-11-25 +evil'
unlike 'what turns text is not shown' "$OUT" $'\u202e'
is 'of one key, oldest first' "$(listed --key agent)" 'ses_aaaaaaaa1 agent open, ses_aaaaaaaa2 agent open'
is 'of all keys; one was idle for too long' "$(listed)" 'ses_aaaaaaaa1 agent open, ses_aaaaaaaa2 agent open, ses_bbbbbbbb1 other over'
exits 'list: no such key' 2 ctl session list --key none
is 'key show: upstreams and sessions' "$(ctl --json key show agent | jq -c '[.upstreams, .sessions]')" '[["web"],2]'
like 'key show, for people' "$(ctl key show agent)" 'UPSTREAMS +web.*SESSIONS +2'
is 'the hash is not shown' "$(ctl --json session list | grep -c hash)" 0

exits 'end: which?' 2 ctl session end
exits 'end: both' 2 ctl session end ses_aaaaaaaa1 --key agent
exits 'end: not by so little' 2 ctl session end ses_aaaaaaaa
like 'end: not by so little: says so' "$ERR" 'could be ses_aaaaaaaa1'
exits 'end: unknown' 2 ctl session end ses_cccccccc
exits 'end: no id' 2 ctl session end agent
exits 'end: one' 0 ctl session end ses_aaaaaaaa1
is 'end: its entry' "$(last_acts 1)" 'session.end ses_aaaaaaaa1'
is 'end: with all that is its own, and nothing else' \
    "$(rows "SELECT (SELECT count(*) FROM mcp_session), (SELECT count(*) FROM mcp_subscription), (SELECT group_concat('<' || owner || '>') FROM upstream_session)")" '2|0|<>'
session ses_dddddddd1 agent "$now"
exits 'end: all of a key' 0 ctl session end --key agent
like 'end: all of a key: says how many' "$ERR" '^[^0-9]*2 sessions ended'
is 'end: all of a key: an entry each' "$(last_acts 2 | sort | tr '\n' ' ')" 'session.end ses_aaaaaaaa2 session.end ses_dddddddd1 '
is 'end: the other key has its own' "$(listed)" 'ses_bbbbbbbb1 other over'
exits 'end: none left' 0 ctl session end --key agent

# The sweep takes what is idle and what belongs to revoked keys.
session ses_eeeeeeee1 agent "$now"
exits 'sweep' 0 ctl sweep
is 'sweep: idle ones are gone' "$(listed)" 'ses_eeeeeeee1 agent open'
ctl key revoke agent 2>/dev/null
is 'a revoked key' "$(listed)" 'ses_eeeeeeee1 agent revoked'
exits 'sweep' 0 ctl --json sweep
is 'sweep: says so' "$(jq -c .sessions <<<"$OUT")" 1
is 'sweep: those of revoked keys are gone' "$(listed)" ''
exits 'the audit log holds' 0 ctl audit verify
finish
