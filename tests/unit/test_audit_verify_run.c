/* test_audit_verify_run.c - verification of a sound log, of one that grows, and of its triggers. */
#include "audit_place.h"

#include <pthread.h>
#include <stdatomic.h>

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
		test_sql(p->database, sql);
		(void)snprintf(sql, sizeof(sql), "CREATE TRIGGER %s BEFORE %s BEGIN SELECT 1; END",
		    name, triggers[i / 2].hollow);
		if (i % 2 == 1)
			test_sql(p->database, sql);
		place_verify(p, &report);
		assert_int_equal(report.nfindings, 1);
		assert_int_equal(report.findings[0].kind, AUDIT_TRIGGER_MISSING);
		assert_non_null(strstr(report.findings[0].text.text, name));
		way_out = strstr(report.findings[0].text.text, "DROP TRIGGER IF EXISTS");
		assert_non_null(way_out);
		test_sql(p->database, way_out);
	}
	place_assert_clean(p);
}

static void
many_findings_are_counted_and_the_first_are_kept(void **state)
{
	struct audit_report report;

	place_fill(*state, 300);
	place_tamper(*state, "UPDATE audit SET reason = 'x' WHERE seq > 100", AUDIT_ENTRY_CHANGED,
	    101, &report);
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    AUDIT_TEST(empty_log_without_anchor_verifies),
	    AUDIT_TEST(untouched_log_verifies_and_is_counted),
	    AUDIT_TEST(missing_and_hollow_triggers_are_named_with_the_way_out),
	    AUDIT_TEST(many_findings_are_counted_and_the_first_are_kept),
	    AUDIT_TEST(log_verifies_while_it_is_written),
	    AUDIT_TEST(progress_goes_up_to_the_total),
	};

	return cmocka_run_group_tests_name("audit_verify_run", tests, NULL, NULL);
}
