/* test_audit_verify.c - every way of tampering with the log is found, and named. */
#include "audit_place.h"

#include <pthread.h>
#include <stdatomic.h>

#include "audit_chain.h"

#define FILLED 12

/* Asserts that the log is fine, tampers, and asserts what is found first. */
static void
tamper(struct place *p, const char *sql, enum audit_finding_kind kind, int64_t seq,
    struct audit_report *report)
{
	place_assert_clean(p);
	place_sql(p, sql);
	place_verify(p, report);
	if (report->nfindings == 0)
		fail_msg("not found: %s", sql);
	if (report->findings[0].kind != kind || report->findings[0].seq != seq)
		fail_msg("%s: %s at %" PRId64 ": %s", sql,
		    audit_finding_name(report->findings[0].kind), report->findings[0].seq,
		    report->findings[0].text.text);
}

static bool
has_finding(const struct audit_report *report, enum audit_finding_kind kind, const char *key)
{
	for (int i = 0; i < report->nfindings && i < AUDIT_FINDINGS_MAX; i++)
		if (report->findings[i].kind == kind && strcmp(report->findings[i].key, key) == 0)
			return true;
	return false;
}

static void
empty_log_without_anchor_verifies(void **state)
{
	place_assert_clean(*state);
}

static void
untouched_log_verifies_and_is_counted(void **state)
{
	struct place *p = *state;
	struct audit_report report;

	place_fill(p, 1000);
	place_verify(p, &report);
	assert_int_equal(report.nfindings, 0);
	assert_int_equal(report.entries, 1000);
	assert_int_equal(report.first_seq, 1);
	assert_int_equal(report.last_seq, 1000);
	assert_int_equal(report.chains, 3);
	assert_true(report.has_anchor);
	assert_int_equal(report.anchor.seq, 1000);
}

/* One UPDATE for each column, and for each trick with types. */
static void
change_of_any_column_names_the_entry(void **state)
{
	static const char *const changes[] = {"seq = 1000", "chain = 'idA'", "chain = 'idC'",
	    "chain_seq = chain_seq + 1", "chain_seq = chain_seq - 1",
	    "chain_seq = 9223372036854775807", "chain_seq = -9223372036854775807",
	    "kind = 'outcome'", "time_ms = time_ms + 1", "call_id = 'other'", "key_name = 'alpha'",
	    "surface = 'mcp'", "server = 'mail'", "tool = 'write_file'", "args_digest = '00fe'",
	    "decision = 'deny'", "policy_id = 'p2'", "policy_name = 'Default'",
	    "policy_version = 2", "rule = 1", "reason = ''", "latency_us = 0", "approval_id = 'a'",
	    "mac = replace(mac, substr(mac, 1, 1), 'g')", "mac = ''", "mac = upper(mac) || '0'",
	    "reason = CAST(reason AS BLOB)", "decision = CAST(decision AS BLOB)",
	    "latency_us = 120.5", "rule = 'abc'", "reason = reason || char(0) || 'x'",
	    "reason = printf('%.*c', 20000, 'x')", "server = 'file', tool = 'sread_file'"};
	char sql[256];
	struct audit_report report;

	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		(void)place_setup(state);
		place_fill(*state, FILLED);
		place_assert_clean(*state);
		(void)snprintf(sql, sizeof(sql), "UPDATE audit SET %s WHERE seq = 5", changes[i]);
		place_sql(*state, sql);
		place_verify(*state, &report);
		if (report.nfindings == 0 || report.findings[0].seq != 5)
			fail_msg("%s: %" PRId64 " findings, %s", changes[i], report.nfindings,
			    report.findings[0].text.text);
		(void)place_teardown(state);
	}
}

static void
changed_entry_is_named_with_key_and_time(void **state)
{
	struct place *p = *state;
	struct audit_report report;

	place_fill(p, FILLED);
	tamper(
	    p, "UPDATE audit SET decision = 'deny' WHERE seq = 7", AUDIT_ENTRY_CHANGED, 7, &report);
	assert_string_equal(report.findings[0].key, "alpha");
	assert_int_equal(
	    report.findings[0].time_ms, place_number(p, "SELECT time_ms FROM audit WHERE seq = 7"));
	assert_int_equal(report.nfindings, 1); /* and nothing else is said to be wrong */
}

/* The list above is complete only as long as the table has these columns. */
static void
every_column_is_in_the_list_of_changes(void **state)
{
	assert_int_equal(
	    place_number(*state, "SELECT count(*) FROM pragma_table_info('audit')"), 20);
}

static void
removed_first_entry_is_found(void **state)
{
	struct audit_report report;

	place_fill(*state, FILLED);
	tamper(*state, "DELETE FROM audit WHERE seq = 1", AUDIT_ENTRY_MISSING, 1, &report);
}

static void
removed_middle_entries_are_found(void **state)
{
	struct audit_report report;

	place_fill(*state, FILLED);
	tamper(*state, "DELETE FROM audit WHERE seq IN (6, 7)", AUDIT_ENTRY_MISSING, 6, &report);
	assert_true(has_finding(&report, AUDIT_HISTORY_MISSING, "alpha"));
}

static void
removed_last_entry_is_found(void **state)
{
	struct audit_report report;

	place_fill(*state, FILLED);
	tamper(*state, "DELETE FROM audit WHERE seq = 12", AUDIT_ENTRY_MISSING, 12, &report);
	assert_true(has_finding(&report, AUDIT_HISTORY_MISSING, "installation"));
}

static void
all_entries_removed_are_found(void **state)
{
	struct audit_report report;

	place_fill(*state, FILLED);
	tamper(*state, "DELETE FROM audit", AUDIT_ENTRY_MISSING, 1, &report);
}

static void
log_and_heads_emptied_are_found_by_the_anchor(void **state)
{
	struct audit_report report;

	place_fill(*state, FILLED);
	tamper(*state, "DELETE FROM audit; DELETE FROM audit_head", AUDIT_ANCHOR_AHEAD, 1, &report);
}

static void
cut_tail_with_old_heads_is_found_by_the_anchor(void **state)
{
	struct place *p = *state;
	struct audit_report report;

	place_fill(p, FILLED);
	place_sql(p, "CREATE TABLE kept AS SELECT * FROM audit_head");
	place_fill(p, 3);
	tamper(p,
	    "DELETE FROM audit WHERE seq > 12; DELETE FROM audit_head; "
	    "INSERT INTO audit_head SELECT * FROM kept; DROP TABLE kept",
	    AUDIT_ANCHOR_AHEAD, 13, &report);
	assert_int_equal(report.nfindings, 1);
	assert_true(audit_report_only_anchor(&report));
}

static void
whole_history_of_a_key_and_its_head_removed_is_found(void **state)
{
	struct audit_report report;

	place_fill(*state, FILLED);
	tamper(*state,
	    "DELETE FROM audit WHERE chain = 'idB'; DELETE FROM audit_head WHERE chain = 'idB'",
	    AUDIT_ENTRY_MISSING, 2, &report);
}

static void
whole_history_of_a_key_removed_names_the_key(void **state)
{
	struct audit_report report;

	place_fill(*state, FILLED);
	place_sql(*state, "INSERT INTO api_key VALUES ('idB', 'beta', 'h', 'bwb_x', 1, NULL, NULL, "
			  "900000, 1)");
	tamper(*state, "DELETE FROM audit WHERE chain = 'idB'", AUDIT_ENTRY_MISSING, 2, &report);
	assert_true(has_finding(&report, AUDIT_HISTORY_MISSING, "beta"));
}

/* A key that only appears at the end leaves no gap once the installation head is put back too. */
static void
youngest_key_removed_with_old_heads_is_found_by_the_anchor(void **state)
{
	struct place *p = *state;
	struct audit_report report;

	place_fill(p, FILLED);
	place_sql(p, "CREATE TABLE kept AS SELECT * FROM audit_head");
	place_append(p, "idC");
	place_append(p, "idC");
	audit_anchor(p->audit);
	tamper(p,
	    "DELETE FROM audit WHERE chain = 'idC'; DELETE FROM audit_head; "
	    "INSERT INTO audit_head SELECT * FROM kept; DROP TABLE kept",
	    AUDIT_ANCHOR_AHEAD, 13, &report);
}

static void
two_swapped_entries_are_found(void **state)
{
	struct audit_report report;

	place_fill(*state, FILLED);
	tamper(*state,
	    "UPDATE audit SET seq = 100 WHERE seq = 4; UPDATE audit SET seq = 4 WHERE seq = 5; "
	    "UPDATE audit SET seq = 5 WHERE seq = 100",
	    AUDIT_ENTRY_CHANGED, 4, &report);
}

static void
two_swapped_entries_of_one_chain_are_found(void **state)
{
	struct audit_report report;

	place_fill(*state, FILLED);
	tamper(*state,
	    "UPDATE audit SET seq = 100 WHERE seq = 4; UPDATE audit SET seq = 4 WHERE seq = 7; "
	    "UPDATE audit SET seq = 7 WHERE seq = 100",
	    AUDIT_HISTORY_MISSING, 4, &report);
	assert_true(has_finding(&report, AUDIT_ENTRY_ORDER, "alpha"));
}

#define COPY_OF_LAST(seq, chain_seq)                                                               \
	"INSERT INTO audit SELECT " seq ", chain, " chain_seq                                      \
	", kind, time_ms, call_id, key_name, surface, server, tool, args_digest, 'deny', "         \
	"policy_id, policy_name, policy_version, rule, reason, latency_us, approval_id, mac "      \
	"FROM audit WHERE seq = 12"

static void
inserted_entry_at_the_end_is_found(void **state)
{
	struct audit_report report;

	place_fill(*state, FILLED);
	tamper(*state, COPY_OF_LAST("13", "chain_seq + 1"), AUDIT_ENTRY_CHANGED, 13, &report);
}

static void
inserted_entry_with_moved_heads_is_found(void **state)
{
	struct audit_report report;

	place_fill(*state, FILLED);
	tamper(*state,
	    COPY_OF_LAST("13",
		"chain_seq + 1") "; UPDATE audit_head SET seq = seq + 1 WHERE chain IN ('*', 'installation')",
	    AUDIT_ENTRY_CHANGED, 13, &report);
}

static void
inserted_entry_in_the_middle_is_found(void **state)
{
	struct audit_report report;

	place_fill(*state, FILLED);
	tamper(*state,
	    "UPDATE audit SET seq = -seq WHERE seq > 6; UPDATE audit SET seq = 1 - seq WHERE seq < 0; "
	    "INSERT INTO audit SELECT 7, chain, 3, kind, time_ms, call_id, key_name, surface, "
	    "server, tool, args_digest, decision, policy_id, policy_name, policy_version, rule, reason, "
	    "latency_us, approval_id, mac FROM audit WHERE seq = 4",
	    AUDIT_ENTRY_CHANGED, 7, &report);
}

static void
inserted_entry_before_the_first_is_found(void **state)
{
	struct audit_report report;

	place_fill(*state, FILLED);
	tamper(*state, COPY_OF_LAST("0", "1"), AUDIT_ENTRY_INSERTED, 0, &report);
	place_sql(*state, "DELETE FROM audit WHERE seq = 0");
	tamper(*state, COPY_OF_LAST("-9223372036854775807", "1"), AUDIT_ENTRY_INSERTED,
	    -9223372036854775807, &report);
}

static void
inserted_entry_with_the_largest_number_is_found(void **state)
{
	struct audit_report report;

	place_fill(*state, FILLED);
	tamper(*state, COPY_OF_LAST("9223372036854775807", "1"), AUDIT_ENTRY_MISSING, 13, &report);
}

static void
forged_checkpoint_and_removed_entries_are_found(void **state)
{
	static const char *const macs[] = {
	    "'0000000000000000000000000000000000000000000000000000000000000000'", "'x'", "x'00'"};
	char sql[1024];
	struct audit_report report;

	for (size_t i = 0; i < sizeof(macs) / sizeof(macs[0]); i++) {
		(void)place_setup(state);
		place_fill(*state, FILLED);
		(void)snprintf(sql, sizeof(sql),
		    "INSERT INTO audit_checkpoint SELECT 6, mac, 1, mac, '[]', %s FROM audit WHERE "
		    "seq = 6; DELETE FROM audit WHERE seq <= 6",
		    macs[i]);
		tamper(*state, sql, AUDIT_CHECKPOINT_FORGED, 6, &report);
		(void)place_teardown(state);
	}
}

static void
changed_head_rows_are_found(void **state)
{
	static const struct {
		const char *sql;
		enum audit_finding_kind kind;
		int64_t seq;
	} cases[] = {
	    {"UPDATE audit_head SET mac = replace(mac, substr(mac, 1, 1), 'g') WHERE chain = 'idA'",
		AUDIT_HEAD_CHANGED, 0},
	    {"UPDATE audit_head SET mac = '' WHERE chain = 'idA'", AUDIT_HEAD_CHANGED, 0},
	    {"UPDATE audit_head SET seq = seq - 1 WHERE chain = 'idA'", AUDIT_HEAD_CHANGED, 0},
	    {"UPDATE audit_head SET seq = 0 WHERE chain = 'idA'", AUDIT_HEAD_CHANGED, 0},
	    {"UPDATE audit_head SET seq = seq + 1 WHERE chain = 'idA'", AUDIT_HISTORY_MISSING, 0},
	    {"DELETE FROM audit_head WHERE chain = 'idA'", AUDIT_HEAD_CHANGED, 0},
	    {"INSERT INTO audit_head VALUES ('idX', 4, 'x', 1)", AUDIT_HISTORY_MISSING, 0},
	    {"INSERT INTO audit_head VALUES (printf('%.*c', 500, 'x'), 4, 'x', 1)",
		AUDIT_HEAD_CHANGED, 0},
	    {"DELETE FROM audit_head WHERE chain = '*'", AUDIT_ALL_CHANGED, 0},
	    {"UPDATE audit_head SET seq = 11 WHERE chain = '*'", AUDIT_ALL_CHANGED, 12},
	    {"UPDATE audit_head SET seq = 13 WHERE chain = '*'", AUDIT_ENTRY_MISSING, 13},
	    {"UPDATE audit_head SET mac = (SELECT mac FROM audit_head WHERE chain = 'idA') "
	     "WHERE chain = '*'",
		AUDIT_ALL_CHANGED, 0},
	};
	struct audit_report report;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		(void)place_setup(state);
		place_fill(*state, FILLED);
		tamper(*state, cases[i].sql, cases[i].kind, cases[i].seq, &report);
		(void)place_teardown(state);
	}
}

static void
old_copy_of_the_database_is_found_and_can_be_acknowledged(void **state)
{
	struct place *p = *state;
	struct audit_report report;
	struct problem why;
	char copy[TEST_PATH_MAX + 16];

	place_fill(p, FILLED);
	place_close(p);
	(void)snprintf(copy, sizeof(copy), "%s/copy", p->dir);
	place_copy(p->database, copy);
	place_open(p);
	place_fill(p, 6);
	place_assert_clean(p);
	place_close(p);
	place_copy(copy, p->database);
	place_open(p);
	place_verify(p, &report);
	assert_int_equal(report.nfindings, 1);
	assert_int_equal(report.findings[0].kind, AUDIT_ANCHOR_AHEAD);
	assert_int_equal(report.findings[0].seq, 13);

	assert_int_equal(audit_accept_restore(p->audit, &report, &why), STATUS_OK);
	place_assert_clean(p);
	assert_int_equal(
	    place_number(p, "SELECT count(*) FROM audit WHERE seq = 13 AND tool = "
			    "'audit.restore' AND reason LIKE '%anchor was at 18 with mac %'"),
	    1);
	place_close(p);
	place_open(p);
	place_fill(p, 3);
	place_assert_clean(p);
}

/* As soon as something is appended to an old copy the anchor must not follow it down. */
static void
old_copy_of_the_database_is_found_also_after_more_appends(void **state)
{
	struct place *p = *state;
	struct audit_report report;
	struct problem why;
	char copy[TEST_PATH_MAX + 16];

	place_fill(p, FILLED);
	place_close(p);
	(void)snprintf(copy, sizeof(copy), "%s/copy", p->dir);
	place_copy(p->database, copy);
	place_open(p);
	place_fill(p, 6);
	place_close(p);
	place_copy(copy, p->database);
	place_open(p);
	place_fill(p, 2);
	place_close(p);
	place_open(p);
	place_verify(p, &report);
	assert_int_equal(report.nfindings, 1);
	assert_int_equal(report.findings[0].kind, AUDIT_ANCHOR_AHEAD);
	place_fill(p, 100);
	place_close(p);
	place_open(p);
	place_verify(p, &report);
	assert_int_equal(report.nfindings, 1);
	assert_int_equal(report.findings[0].kind, AUDIT_ANCHOR_OTHER);
	assert_int_equal(audit_accept_restore(p->audit, &report, &why), STATUS_OK);
	place_assert_clean(p);
}

/* The same under a process that goes on writing meanwhile. */
static void
cut_tail_is_found_also_after_more_appends(void **state)
{
	struct place *p = *state;
	struct audit_report report;

	place_fill(p, FILLED);
	place_sql(p, "CREATE TABLE kept AS SELECT * FROM audit_head");
	place_fill(p, 3);
	place_sql(p, "DELETE FROM audit WHERE seq > 12; DELETE FROM audit_head; "
		     "INSERT INTO audit_head SELECT * FROM kept; DROP TABLE kept");
	place_append_many(p, 5000, 1700000000000);
	place_verify(p, &report);
	assert_int_equal(report.nfindings, 1);
	assert_int_equal(report.findings[0].kind, AUDIT_ANCHOR_OTHER);
}

/* A checkpoint row that somebody inserted explains no gap: the anchor must not be led over it. */
static void
forged_checkpoint_does_not_lead_the_anchor_on(void **state)
{
	struct place *p = *state;
	struct audit_report report;

	place_fill(p, FILLED);
	place_sql(p, "CREATE TABLE kept AS SELECT * FROM audit_head");
	place_fill(p, 6);
	place_sql(p, "DELETE FROM audit WHERE seq > 12; DELETE FROM audit_head; "
		     "INSERT INTO audit_head SELECT * FROM kept; DROP TABLE kept");
	for (int i = 0; i < 20; i++)
		place_append(p, "idA");
	place_sql(p,
	    "INSERT INTO audit_checkpoint SELECT 1000000, mac, 1, mac, '[]', mac FROM audit "
	    "WHERE seq = 12; UPDATE audit SET seq = -seq WHERE seq = 19");
	audit_anchor(p->audit);
	place_sql(p, "DELETE FROM audit_checkpoint; UPDATE audit SET seq = -seq WHERE seq = -19");
	place_verify(p, &report);
	assert_int_equal(report.nfindings, 1);
	assert_int_equal(report.findings[0].kind, AUDIT_ANCHOR_OTHER);
	assert_int_equal(report.findings[0].seq, 18);
}

/* More entries than one slice of the walk between two anchors. */
static void
anchor_follows_many_appends(void **state)
{
	struct place *p = *state;
	struct audit_report report;

	place_fill(p, 3);
	place_append_many(p, 5000, 1700000000000);
	place_verify(p, &report);
	assert_int_equal(report.nfindings, 0);
	assert_int_equal(report.anchor.seq, 5003);
}

/* An old copy that was written on until it is longer than what the anchor saw. */
static void
other_history_up_to_the_anchor_is_found(void **state)
{
	struct place *p = *state;
	struct audit_report report;
	char copy[TEST_PATH_MAX + 16], anchor[TEST_PATH_MAX + 16], kept[TEST_PATH_MAX + 16];

	place_fill(p, FILLED);
	place_close(p);
	(void)snprintf(copy, sizeof(copy), "%s/copy", p->dir);
	(void)snprintf(anchor, sizeof(anchor), "%s/%s", p->dir, AUDIT_ANCHOR_FILE);
	(void)snprintf(kept, sizeof(kept), "%s/kept", p->dir);
	place_copy(p->database, copy);
	place_open(p);
	place_fill(p, 3);
	place_close(p);
	place_copy(anchor, kept);
	place_copy(copy, p->database);
	place_open(p);
	place_fill(p, 9);
	place_copy(kept, anchor);
	place_verify(p, &report);
	assert_int_equal(report.nfindings, 1);
	assert_int_equal(report.findings[0].kind, AUDIT_ANCHOR_OTHER);
	assert_int_equal(report.findings[0].seq, 15);
}

static void
restore_is_refused_beside_another_finding_or_none(void **state)
{
	struct place *p = *state;
	struct audit_report report;
	struct problem why;

	place_fill(p, FILLED);
	place_sql(p, "CREATE TABLE kept AS SELECT * FROM audit_head");
	place_fill(p, 3);
	place_verify(p, &report);
	assert_int_equal(audit_accept_restore(p->audit, &report, &why), STATUS_REFUSED);
	tamper(p,
	    "DELETE FROM audit WHERE seq > 12; DELETE FROM audit_head; INSERT INTO audit_head "
	    "SELECT * FROM kept; UPDATE audit SET decision = 'deny' WHERE seq = 5",
	    AUDIT_ENTRY_CHANGED, 5, &report);
	assert_int_equal(audit_accept_restore(p->audit, &report, &why), STATUS_REFUSED);
	assert_int_equal(place_number(p, "SELECT MAX(seq) FROM audit"), 12);
}

static void
missing_anchor_is_a_finding(void **state)
{
	struct place *p = *state;
	struct audit_report report;
	char path[TEST_PATH_MAX + 16];

	place_fill(p, FILLED);
	place_assert_clean(p);
	(void)snprintf(path, sizeof(path), "%s/%s", p->dir, AUDIT_ANCHOR_FILE);
	assert_int_equal(unlink(path), 0);
	place_verify(p, &report);
	assert_int_equal(report.nfindings, 1);
	assert_int_equal(report.findings[0].kind, AUDIT_ANCHOR_MISSING);
}

static void
anchor_of_another_installation_is_a_finding(void **state)
{
	struct place *p = *state;
	struct audit_keys keys;
	struct audit_head head;
	struct secret_key other = {{1}};
	struct audit_report report;

	place_fill(p, FILLED);
	place_assert_clean(p);
	audit_head_init(&head);
	head.seq = 12;
	assert_int_equal(audit_keys_derive(&other, &keys), STATUS_OK);
	assert_int_equal(audit_anchor_write(&keys, p->dir, &head, 1), STATUS_OK);
	place_verify(p, &report);
	assert_int_equal(report.nfindings, 1);
	assert_int_equal(report.findings[0].kind, AUDIT_ANCHOR_DAMAGED);
}

static void
anchor_behind_is_fine(void **state)
{
	struct place *p = *state;
	struct audit_report report;

	place_fill(p, FILLED);
	for (int i = 0; i < 5; i++)
		place_append(p, "idA");
	place_verify(p, &report);
	assert_int_equal(report.nfindings, 0);
	assert_int_equal(report.anchor.seq, 12);
	assert_int_equal(report.last_seq, 17);
}

static void
run_in_shell(struct place *p, const char *sql)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(p->database, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* Each trigger that there is, gone and then replaced by one that does nothing; the named statement mends it. */
static void
missing_and_hollow_triggers_are_named_with_the_way_out(void **state)
{
	static const struct {
		const char *name;
		const char *hollow;
	} triggers[] = {
	    {"audit_no_update", "UPDATE ON audit"},
	    {"audit_no_delete", "DELETE ON audit"},
	    {"audit_head_no_delete", "DELETE ON audit_head"},
	    {"audit_checkpoint_no_update", "UPDATE ON audit_checkpoint"},
	    {"audit_checkpoint_no_delete", "DELETE ON audit_checkpoint"},
	    {"policy_version_no_update", "UPDATE ON policy_version"},
	    {"policy_version_no_delete", "DELETE ON policy_version"},
	};
	const size_t count = sizeof(triggers) / sizeof(triggers[0]);
	struct place *p = *state;
	struct audit_report report;
	char sql[256];

	place_fill(p, FILLED);
	assert_int_equal(
	    place_number(p, "SELECT count(*) FROM sqlite_schema WHERE type = 'trigger'"), count);
	for (size_t i = 0; i < 2 * count; i++) {
		const char *name = triggers[i / 2].name, *way_out;

		place_assert_clean(p);
		(void)snprintf(sql, sizeof(sql), "DROP TRIGGER %s", name);
		run_in_shell(p, sql);
		(void)snprintf(sql, sizeof(sql), "CREATE TRIGGER %s BEFORE %s BEGIN SELECT 1; END",
		    name, triggers[i / 2].hollow);
		if (i % 2 == 1)
			run_in_shell(p, sql);
		place_verify(p, &report);
		assert_int_equal(report.nfindings, 1);
		assert_int_equal(report.findings[0].kind, AUDIT_TRIGGER_MISSING);
		assert_non_null(strstr(report.findings[0].text.text, name));
		way_out = strstr(report.findings[0].text.text, "DROP TRIGGER IF EXISTS");
		assert_non_null(way_out);
		run_in_shell(p, way_out);
	}
	place_assert_clean(p);
}

static void
many_findings_are_counted_and_the_first_are_kept(void **state)
{
	struct audit_report report;

	place_fill(*state, 300);
	tamper(*state, "UPDATE audit SET reason = 'x' WHERE seq > 100", AUDIT_ENTRY_CHANGED, 101,
	    &report);
	assert_int_equal(report.nfindings, 200);
}

struct appender {
	struct place *place;
	atomic_bool stop;
};

static void *
append_until_stopped(void *context)
{
	struct appender *a = context;

	while (!atomic_load(&a->stop)) {
		place_append(a->place, "idA");
		audit_anchor(a->place->audit);
	}
	return NULL;
}

static void
log_verifies_while_it_is_written(void **state)
{
	struct appender a = {.place = *state};
	pthread_t thread;

	place_fill(*state, 1000);
	assert_int_equal(pthread_create(&thread, NULL, append_until_stopped, &a), 0);
	for (int i = 0; i < 40; i++)
		place_assert_clean(*state);
	atomic_store(&a.stop, true);
	assert_int_equal(pthread_join(thread, NULL), 0);
	place_assert_clean(*state);
}

static void
note_progress(void *context, int64_t done, int64_t total)
{
	int64_t *last = context;

	assert_true(done > *last && done <= total && total == 1000);
	*last = done;
}

static void
progress_goes_up_to_the_total(void **state)
{
	int64_t last = 0;
	const struct audit_progress progress = {note_progress, &last};
	struct place *p = *state;
	struct audit_report report;

	place_fill(p, 1000);
	assert_int_equal(audit_verify(p->audit, &progress, &report), STATUS_OK);
	assert_int_equal(last, 1000);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, place_setup, place_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(empty_log_without_anchor_verifies),
	    CASE(untouched_log_verifies_and_is_counted),
	    cmocka_unit_test(change_of_any_column_names_the_entry),
	    CASE(changed_entry_is_named_with_key_and_time),
	    CASE(every_column_is_in_the_list_of_changes),
	    CASE(removed_first_entry_is_found),
	    CASE(removed_middle_entries_are_found),
	    CASE(removed_last_entry_is_found),
	    CASE(all_entries_removed_are_found),
	    CASE(log_and_heads_emptied_are_found_by_the_anchor),
	    CASE(cut_tail_with_old_heads_is_found_by_the_anchor),
	    CASE(whole_history_of_a_key_and_its_head_removed_is_found),
	    CASE(whole_history_of_a_key_removed_names_the_key),
	    CASE(youngest_key_removed_with_old_heads_is_found_by_the_anchor),
	    CASE(two_swapped_entries_are_found),
	    CASE(two_swapped_entries_of_one_chain_are_found),
	    CASE(inserted_entry_at_the_end_is_found),
	    CASE(inserted_entry_with_moved_heads_is_found),
	    CASE(inserted_entry_in_the_middle_is_found),
	    CASE(inserted_entry_before_the_first_is_found),
	    CASE(inserted_entry_with_the_largest_number_is_found),
	    cmocka_unit_test(forged_checkpoint_and_removed_entries_are_found),
	    cmocka_unit_test(changed_head_rows_are_found),
	    CASE(old_copy_of_the_database_is_found_and_can_be_acknowledged),
	    CASE(old_copy_of_the_database_is_found_also_after_more_appends),
	    CASE(cut_tail_is_found_also_after_more_appends),
	    CASE(forged_checkpoint_does_not_lead_the_anchor_on),
	    CASE(anchor_follows_many_appends),
	    CASE(other_history_up_to_the_anchor_is_found),
	    CASE(restore_is_refused_beside_another_finding_or_none),
	    CASE(missing_anchor_is_a_finding),
	    CASE(anchor_of_another_installation_is_a_finding),
	    CASE(anchor_behind_is_fine),
	    CASE(missing_and_hollow_triggers_are_named_with_the_way_out),
	    CASE(many_findings_are_counted_and_the_first_are_kept),
	    CASE(log_verifies_while_it_is_written),
	    CASE(progress_goes_up_to_the_total),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
