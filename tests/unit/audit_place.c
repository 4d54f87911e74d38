/* audit_place.c - a real log in a temporary directory; see audit_place.h. */
#include "audit_place.h"
#include "audit_append.h"

#include <sqlite3.h>

void
place_open(struct place *p)
{
	const struct store_options options = {
	    .state_dir = p->dir, .deadline_ms = 5000, .create = true};
	struct problem why = {""};

	if (store_open(&options, &p->store, &why) != STATUS_OK)
		fail_msg("%s", why.text);
	assert_int_equal(audit_open(p->store, &p->master, p->dir, &p->audit), STATUS_OK);
}

void
place_close(struct place *p)
{
	audit_close(p->audit);
	store_close(p->store);
	p->audit = NULL;
	p->store = NULL;
}

int
place_setup(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	assert_int_equal(secret_start(), STATUS_OK);
	(void)snprintf(p->dir, sizeof(p->dir), "%s", test_directory());
	test_path(p->exports, p->dir, "exports");
	test_path(p->database, p->dir, STORE_FILE);
	test_path(p->anchor, p->dir, AUDIT_ANCHOR_FILE);
	secret_random(&p->master, sizeof(p->master));
	place_open(p);
	*state = p;
	return 0;
}

int
place_teardown(void **state)
{
	struct place *p = *state;

	place_close(p);
	test_remove(p->dir);
	free(p);
	return 0;
}

struct audit_entry
place_entry(const char *chain, const char *decision, int64_t time_ms)
{
	return (struct audit_entry){.chain = chain,
	    .time_ms = time_ms,
	    .kind = "verdict",
	    .call_id = "call",
	    .key_name = strcmp(chain, "idA") == 0 ? "alpha" : "beta",
	    .surface = "check",
	    .server = "files",
	    .tool = "read_file",
	    .args_digest = "00ff",
	    .decision = decision,
	    .policy_id = "p1",
	    .policy_name = "default",
	    .policy_version = 3,
	    .rule = 0,
	    .reason = "matched rule 0 of policy \"default\"",
	    .latency_us = 120,
	    .approval_id = ""};
}

void
place_append_at(struct place *p, const char *chain, const char *decision, int64_t time_ms)
{
	struct audit_entry entry = place_entry(chain, decision, time_ms);

	assert_int_equal(audit_append(p->audit, &entry, 0), STATUS_OK);
}

void
place_append(struct place *p, const char *chain)
{
	place_append_at(p, chain, "allow", 0);
}

void
place_admin(struct place *p, const char *what)
{
	struct db *db;

	assert_int_equal(store_write(p->store, &db), STATUS_OK);
	assert_int_equal(audit_admin(p->audit, db, "key.add", what), STATUS_OK);
	assert_int_equal(store_commit(p->store, db), STATUS_OK);
}

void
place_append_many(struct place *p, int count, int64_t time_ms)
{
	struct audit_entry entry;
	struct db *db;

	assert_int_equal(store_write(p->store, &db), STATUS_OK);
	for (int i = 0; i < count; i++) {
		entry = place_entry(i % 2 == 0 ? "idA" : "idB", "allow", time_ms + i);
		assert_int_equal(audit_append_in(p->audit, db, &entry), STATUS_OK);
	}
	assert_int_equal(store_commit(p->store, db), STATUS_OK);
	audit_anchor(p->audit);
}

void
place_fill(struct place *p, int count)
{
	for (int i = 0; i < count; i++) {
		if (i % 3 == 2)
			place_admin(p, "what an administrator did");
		else
			place_append(p, i % 3 == 0 ? "idA" : "idB");
	}
	audit_anchor(p->audit);
}

void
place_verify(struct place *p, struct audit_report *report)
{
	const struct audit_progress quiet = {NULL, NULL};

	assert_int_equal(audit_verify(p->audit, &quiet, report), STATUS_OK);
}

void
place_assert_clean(struct place *p)
{
	struct audit_report report;

	place_verify(p, &report);
	if (report.nfindings > 0)
		fail_msg("%s", report.findings[0].text.text);
}

void
place_assert_first(
    const struct audit_report *report, const char *what, enum audit_finding_kind kind, int64_t seq)
{
	if (report->nfindings == 0)
		fail_msg("not found: %s", what);
	if (report->findings[0].kind != kind || report->findings[0].seq != seq)
		fail_msg("%s: %s at %" PRId64 ": %s", what,
		    audit_finding_name(report->findings[0].kind), report->findings[0].seq,
		    report->findings[0].text.text);
}

void
place_assert_only(struct place *p, enum audit_finding_kind kind, int64_t seq)
{
	struct audit_report report;

	place_verify(p, &report);
	place_assert_first(&report, "the only finding", kind, seq);
	assert_int_equal(report.nfindings, 1);
}

/* The statements that make the triggers, or that drop them; sqlite3_free() it. */
static char *
place_triggers(sqlite3 *db, const char *statements)
{
	sqlite3_stmt *stmt = NULL;
	char *text;

	assert_int_equal(sqlite3_prepare_v2(db, statements, -1, &stmt, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	text = sqlite3_mprintf("%s;", sqlite3_column_text(stmt, 0));
	(void)sqlite3_finalize(stmt);
	assert_non_null(text);
	return text;
}

void
place_sql(struct place *p, const char *sql)
{
	sqlite3 *db = NULL;
	char *message = NULL, *make, *drop;

	assert_int_equal(sqlite3_open(p->database, &db), SQLITE_OK);
	(void)sqlite3_busy_timeout(db, 5000);
	make = place_triggers(
	    db, "SELECT group_concat(sql, ';') FROM sqlite_schema WHERE type = 'trigger'");
	drop = place_triggers(db,
	    "SELECT group_concat('DROP TRIGGER ' || name, ';') FROM sqlite_schema "
	    "WHERE type = 'trigger'");
	assert_int_equal(sqlite3_exec(db, drop, NULL, NULL, NULL), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
		fail_msg("%s: %s", sql, message);
	assert_int_equal(sqlite3_exec(db, make, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_free(make);
	sqlite3_free(drop);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

void
place_tamper(struct place *p, const char *sql, enum audit_finding_kind kind, int64_t seq,
    struct audit_report *report)
{
	place_assert_clean(p);
	place_sql(p, sql);
	place_verify(p, report);
	place_assert_first(report, sql, kind, seq);
}

int64_t
place_number(struct place *p, const char *sql)
{
	return test_sql_number(p->database, sql);
}

void
place_keep_heads(struct place *p)
{
	place_sql(p, "CREATE TABLE kept AS SELECT * FROM audit_head");
}

void
place_keep(struct place *p)
{
	char kept[TEST_PATH_MAX];

	test_path(kept, p->dir, "kept");
	place_close(p);
	test_copy(p->database, kept);
	place_open(p);
}

void
place_put_back(struct place *p)
{
	char kept[TEST_PATH_MAX];

	test_path(kept, p->dir, "kept");
	place_close(p);
	test_copy(kept, p->database);
	place_open(p);
}
