/* test_audit_roll_anchor.c - a database that was put back is not rolled, as that would remove the evidence. */
#include "audit_roll_place.h"

#include "clock.h"

static void
assert_roll_refused(struct place *p, const char *expected)
{
	struct audit_roll_result result;
	struct audit_report report;
	struct problem why;
	int64_t count = place_number(p, "SELECT count(*) FROM audit");
	int64_t checkpoints = place_number(p, "SELECT count(*) FROM audit_checkpoint");

	assert_int_equal(place_roll(p, 0, 1, &result, &why), STATUS_REFUSED);
	if (strstr(why.text, expected) == NULL || strstr(why.text, "nothing was removed") == NULL)
		fail_msg("%s", why.text);
	assert_int_equal(place_number(p, "SELECT count(*) FROM audit"), count);
	assert_int_equal(place_number(p, "SELECT count(*) FROM audit_checkpoint"), checkpoints);
	place_verify(p, &report);
	assert_true(audit_report_only_anchor(&report));
}

/* 30 entries again, under an anchor that saw 36, of which `seen` becomes a copy. */
static void
put_database_back(struct place *p, char seen[TEST_PATH_MAX])
{
	test_path(seen, p->dir, "seen");
	place_append_many(p, 30, clock_wall_ms() - 10 * DAY_MS);
	place_keep(p);
	place_fill(p, 6);
	test_copy(p->anchor, seen);
	place_put_back(p);
}

static void
database_put_back_to_before_a_roll_is_found(void **state)
{
	struct place *p = *state;
	struct audit_roll_result result;

	place_fill_old_and_young(p, 30, 3);
	place_keep(p);
	place_assert_rolls(p, 5, 1, 30, &result);
	place_put_back(p);
	place_assert_only(p, AUDIT_ANCHOR_AHEAD, 34);
}

static void
log_behind_its_anchor_is_not_rolled(void **state)
{
	char seen[TEST_PATH_MAX];

	put_database_back(*state, seen);
	assert_roll_refused(*state, "the anchor saw entry 36");
}

static void
log_put_back_and_written_on_is_not_rolled_until_acknowledged(void **state)
{
	struct place *p = *state;
	struct audit_roll_result result;
	char seen[TEST_PATH_MAX];
	struct audit_report report;
	struct problem why;

	put_database_back(p, seen);
	place_fill(p, 12);
	assert_roll_refused(p, "another one than the anchor saw at entry 36");
	place_verify(p, &report);
	assert_int_equal(audit_accept_restore(p->audit, &report, &why), STATUS_OK);
	place_assert_rolls(p, 5, 1, 30, &result);
}

static void
log_without_or_with_a_damaged_anchor_is_not_rolled(void **state)
{
	struct place *p = *state;
	char seen[TEST_PATH_MAX];
	FILE *file;

	put_database_back(p, seen);
	file = fopen(p->anchor, "a");
	assert_non_null(file);
	(void)fputs("x", file);
	assert_int_equal(fclose(file), 0);
	assert_roll_refused(p, "was changed");
	assert_int_equal(unlink(p->anchor), 0);
	assert_roll_refused(p, "there is no anchor");
}

/* A checkpoint over another history than the anchor's is found while the covered entries are there. */
static void
anchor_older_than_the_checkpoint_is_compared(void **state)
{
	struct place *p = *state;
	char seen[TEST_PATH_MAX];

	put_database_back(p, seen);
	assert_int_equal(unlink(p->anchor), 0);
	place_append_many(p, 10, clock_wall_ms() - 9 * DAY_MS);
	place_fill(p, 3);
	place_roll_and_die(p, (struct kill_point){AUDIT_ROLL_COVERED, 1, 0, 0});
	test_copy(seen, p->anchor);
	place_assert_only(p, AUDIT_ANCHOR_OTHER, 36);
	assert_roll_refused(p, "another one than the anchor saw at entry 36");
}

/* The covered entries are gone, but the first of two checkpoints stands at the anchor's entry. */
static void
anchor_at_the_entry_of_a_checkpoint_is_compared(void **state)
{
	struct place *p = *state;
	struct audit_roll_result result;
	char seen[TEST_PATH_MAX];
	struct problem why;

	put_database_back(p, seen);
	assert_int_equal(unlink(p->anchor), 0);
	place_append_many(p, 6, clock_wall_ms() - 9 * DAY_MS);
	place_fill(p, 3);
	place_assert_rolls(p, 5, 1, 36, &result);
	place_fill(p, 3);
	assert_int_equal(place_roll(p, 0, 1, &result, &why), STATUS_OK);
	place_assert_clean(p);
	test_copy(seen, p->anchor);
	place_assert_only(p, AUDIT_ANCHOR_OTHER, 36);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    AUDIT_TEST(database_put_back_to_before_a_roll_is_found),
	    AUDIT_TEST(log_behind_its_anchor_is_not_rolled),
	    AUDIT_TEST(log_put_back_and_written_on_is_not_rolled_until_acknowledged),
	    AUDIT_TEST(log_without_or_with_a_damaged_anchor_is_not_rolled),
	    AUDIT_TEST(anchor_older_than_the_checkpoint_is_compared),
	    AUDIT_TEST(anchor_at_the_entry_of_a_checkpoint_is_compared),
	};

	return cmocka_run_group_tests_name("audit_roll_anchor", tests, NULL, NULL);
}
