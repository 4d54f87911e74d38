/* test_audit_roll.c - what is old is exported, covered and removed, and nothing else. */
#include "audit_roll_place.h"

#include <sys/stat.h>

#include "audit_read.h"

static void
old_entries_are_exported_covered_and_removed(void **state)
{
	struct place *p = *state;
	struct audit_roll_result result;
	struct audit_report report;
	struct stat st;

	place_fill_old_and_young(p, 2500, 7);
	place_assert_rolls(p, 5, 1, 2500, &result);
	assert_int_equal(result.removed, 2500);
	assert_int_equal(place_number(p, "SELECT MIN(seq) FROM audit"), 2501);
	assert_int_equal(place_number(p, "SELECT MAX(seq) FROM audit"), 2508);
	assert_int_equal(
	    place_number(p, "SELECT count(*) FROM audit WHERE kind = 'checkpoint' AND seq = 2508"),
	    1);
	assert_int_equal(stat(result.path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	place_assert_export_clean(p, result.path);
	place_verify(p, &report);
	assert_int_equal(report.first_seq, 2501);
	assert_int_equal(report.entries, 8);
	assert_int_equal(report.checkpoints, 1);
	assert_int_equal(report.leftover_seq, 0);
}

static void
nothing_old_is_nothing_to_do(void **state)
{
	struct place *p = *state;
	struct audit_roll_result result;
	struct stat st;

	place_fill(p, 9);
	place_assert_rolls(p, 5, 0, 0, &result);
	assert_int_equal(result.removed, 0);
	assert_int_equal(place_number(p, "SELECT count(*) FROM audit"), 9);
	assert_int_not_equal(stat(p->exports, &st), 0);
}

static void
no_limit_keeps_all(void **state)
{
	struct place *p = *state;
	struct audit_roll_result result;

	place_fill_old_and_young(p, 20, 3);
	place_assert_rolls(p, 0, 0, 0, &result);
	assert_int_equal(place_number(p, "SELECT count(*) FROM audit"), 23);
}

static void
empty_log_is_nothing_to_do(void **state)
{
	struct audit_roll_result result;
	struct problem why;

	assert_int_equal(place_roll(*state, 1, 1, &result, &why), STATUS_OK);
	assert_int_equal(result.upto_seq, 0);
}

static void
budget_in_bytes_keeps_the_last_entries(void **state)
{
	struct place *p = *state;
	struct audit_roll_result result;
	struct problem why;
	int64_t kept;

	place_append_many(p, 1000, 1700000000000);
	place_assert_clean(p);
	assert_int_equal(place_roll(p, 0, 100000, &result, &why), STATUS_OK);
	place_assert_clean(p);
	/* 153 or 154 bytes of text, 14 bytes of length, 6 numbers of 8 bytes. */
	kept = 1000 - result.upto_seq;
	assert_in_range(kept, 100000 / 217, 100000 / 215);
	assert_int_equal(place_roll(p, 0, 1 << 20, &result, &why), STATUS_OK);
	assert_int_equal(result.upto_seq, 0);
}

static void
tiny_budget_removes_all_but_the_checkpoint_entry(void **state)
{
	struct place *p = *state;
	struct audit_roll_result result;
	struct problem why;

	place_fill(p, 10);
	place_assert_clean(p);
	assert_int_equal(place_roll(p, 0, 1, &result, &why), STATUS_OK);
	assert_int_equal(result.upto_seq, 10);
	assert_int_equal(place_number(p, "SELECT count(*) FROM audit"), 1);
	place_assert_clean(p);
	place_fill(p, 5);
	place_assert_clean(p);
	place_assert_export_clean(p, result.path);
}

static void
second_roll_continues_from_the_first(void **state)
{
	struct place *p = *state;
	struct audit_roll_result first, second;
	struct problem why;

	place_fill_old_and_young(p, 30, 12);
	place_assert_rolls(p, 5, 1, 30, &first);
	place_fill(p, 12);
	assert_int_equal(place_roll(p, 0, 1, &second, &why), STATUS_OK);
	assert_int_equal(second.first_seq, 31);
	place_assert_clean(p);
	assert_string_not_equal(first.path, second.path);
	place_assert_export_clean(p, first.path);
	place_assert_export_clean(p, second.path);
	place_fill(p, 3);
	place_assert_clean(p);
}

static enum status
count_entry(void *context, const struct audit_entry *entry)
{
	int64_t *count = context;

	(void)entry;
	(*count)++;
	return STATUS_OK;
}

static void
covered_entries_are_not_shown_while_they_are_removed(void **state)
{
	const struct audit_filter all = {NULL};
	struct place *p = *state;
	int64_t count = 0;

	place_fill_old_and_young(p, 2500, 3);
	place_roll_and_die(p, (struct kill_point){AUDIT_ROLL_COVERED, 1, 0, 0});
	assert_int_equal(audit_walk(p->store, &all, count_entry, &count, NULL), STATUS_OK);
	assert_int_equal(count, 4);
}

static void
triggers_let_only_covered_entries_go(void **state)
{
	struct place *p = *state;

	place_fill_old_and_young(p, 2500, 3);
	place_roll_and_die(p, (struct kill_point){AUDIT_ROLL_COVERED, 1, 0, 0});
	test_sql_refused(p->database, "DELETE FROM audit WHERE seq = 2501");
	test_sql_refused(p->database, "DELETE FROM audit_checkpoint");
	test_sql(p->database, "DELETE FROM audit WHERE seq = 1");
}

static void
second_roll_at_once_is_refused(
    void *context, enum audit_roll_step step, int64_t done, int64_t total)
{
	struct place *p = context;
	struct audit_roll_result result;
	struct problem why;

	(void)done;
	(void)total;
	if (step == AUDIT_ROLL_COMPARED)
		assert_int_equal(place_roll(p, 5, 0, &result, &why), STATUS_BUSY);
}

static void
only_one_roll_at_a_time(void **state)
{
	struct place *p = *state;
	const struct audit_roll_options options = {.keep_days = 5,
	    .export_dir = p->exports,
	    .step = second_roll_at_once_is_refused,
	    .context = p};
	struct audit_roll_result result;
	struct problem why;

	place_fill_old_and_young(p, 30, 3);
	assert_int_equal(audit_roll(p->audit, &options, &result, &why), STATUS_OK);
	place_assert_clean(p);
}

/* Verification that had begun before the roll took its beginning away starts again. */
static void
roll_under_verification(void *context, int64_t done, int64_t total)
{
	struct place *p = context;
	struct audit_roll_result result;
	struct problem why;

	(void)done;
	(void)total;
	assert_int_equal(place_roll(p, 5, 0, &result, &why), STATUS_OK);
}

static void
log_verifies_while_it_is_rolled(void **state)
{
	struct place *p = *state;
	const struct audit_progress progress = {roll_under_verification, p};
	struct audit_report report;

	place_fill_old_and_young(p, 2500, 3);
	assert_int_equal(audit_verify(p->audit, &progress, &report), STATUS_OK);
	assert_int_equal(report.nfindings, 0);
	assert_int_equal(report.first_seq, 2501);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    AUDIT_TEST(old_entries_are_exported_covered_and_removed),
	    AUDIT_TEST(nothing_old_is_nothing_to_do),
	    AUDIT_TEST(no_limit_keeps_all),
	    AUDIT_TEST(empty_log_is_nothing_to_do),
	    AUDIT_TEST(budget_in_bytes_keeps_the_last_entries),
	    AUDIT_TEST(tiny_budget_removes_all_but_the_checkpoint_entry),
	    AUDIT_TEST(second_roll_continues_from_the_first),
	    AUDIT_TEST(covered_entries_are_not_shown_while_they_are_removed),
	    AUDIT_TEST(triggers_let_only_covered_entries_go),
	    AUDIT_TEST(only_one_roll_at_a_time),
	    AUDIT_TEST(log_verifies_while_it_is_rolled),
	};

	return cmocka_run_group_tests_name("audit_roll", tests, NULL, NULL);
}
