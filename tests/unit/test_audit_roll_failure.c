/* test_audit_roll_failure.c - a roll that cannot go on, or is killed anywhere, has removed nothing that it did not cover. */
#include "audit_roll_place.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>

static void
tampered_log_is_not_rolled(void **state)
{
	static const char *const changes[] = {"UPDATE audit SET decision = 'deny' WHERE seq = 20",
	    "DELETE FROM audit WHERE seq = 20", "DELETE FROM audit WHERE seq BETWEEN 20 AND 29",
	    "UPDATE audit SET reason = CAST(reason AS BLOB) WHERE seq = 20",
	    "INSERT INTO audit_checkpoint SELECT 10, mac, 1, mac, '[]', mac FROM audit WHERE seq = 10"};
	struct audit_roll_result result;
	struct problem why;
	int64_t count, checkpoints;

	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		(void)place_setup(state);
		place_fill_old_and_young(*state, 30, 3);
		place_assert_clean(*state);
		place_sql(*state, changes[i]);
		count = place_number(*state, "SELECT count(*) FROM audit");
		checkpoints = place_number(*state, "SELECT count(*) FROM audit_checkpoint");
		assert_int_equal(place_roll(*state, 5, 0, &result, &why), STATUS_REFUSED);
		assert_non_null(strstr(why.text, "nothing was removed"));
		assert_int_equal(place_number(*state, "SELECT count(*) FROM audit"), count);
		assert_int_equal(
		    place_number(*state, "SELECT count(*) FROM audit_checkpoint"), checkpoints);
		(void)place_teardown(state);
	}
}

static void
assert_nothing_happened(struct place *p, int64_t entries)
{
	assert_int_equal(place_number(p, "SELECT count(*) FROM audit"), entries);
	assert_int_equal(place_number(p, "SELECT count(*) FROM audit_checkpoint"), 0);
	place_assert_clean(p);
}

static void
unwritable_export_removes_nothing(void **state)
{
	struct place *p = *state;
	struct audit_roll_result result;
	struct problem why;
	int fd;

	place_fill_old_and_young(p, 30, 3);
	fd = open(p->exports, O_CREAT | O_WRONLY, 0600);
	assert_true(fd >= 0);
	(void)close(fd);
	assert_int_equal(place_roll(p, 5, 0, &result, &why), STATUS_FAILED);
	assert_nothing_happened(p, 33);
}

static int
count_files(const char *dir)
{
	DIR *d = opendir(dir);
	int count = 0;

	assert_non_null(d);
	for (struct dirent *e; (e = readdir(d)) != NULL;)
		count += e->d_name[0] != '.';
	(void)closedir(d);
	return count;
}

/* As on a full disk: only so many bytes of the export can be written. */
static void
short_export_removes_nothing_and_leaves_no_file(void **state)
{
	struct place *p = *state;
	struct audit_roll_result result;
	const struct rlimit no_limit = {RLIM_INFINITY, RLIM_INFINITY};
	struct rlimit limit = {1000, RLIM_INFINITY};
	struct problem why;
	enum status status;

	place_fill_old_and_young(p, 30, 3);
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	status = place_roll(p, 5, 0, &result, &why);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &no_limit), 0);
	assert_int_equal(status, STATUS_FAILED);
	assert_nothing_happened(p, 33);
	assert_int_equal(count_files(p->exports), 0);
}

/* Changes the file between its sync and its comparison. */
static void
spoil_export(void *context, enum audit_roll_step step, int64_t done, int64_t total)
{
	struct place *p = context;
	char command[2 * TEST_PATH_MAX];

	(void)done;
	(void)total;
	(void)snprintf(
	    command, sizeof(command), "for f in '%s'/*; do echo >>\"$f\"; done", p->exports);
	if (step == AUDIT_ROLL_EXPORTED)
		assert_int_equal(system(command), 0);
}

static void
export_that_reads_otherwise_removes_nothing(void **state)
{
	struct place *p = *state;
	const struct audit_roll_options options = {
	    .keep_days = 5, .export_dir = p->exports, .step = spoil_export, .context = p};
	struct audit_roll_result result;
	struct problem why;

	place_fill_old_and_young(p, 30, 3);
	assert_int_equal(audit_roll(p->audit, &options, &result, &why), STATUS_FAILED);
	assert_nothing_happened(p, 33);
	place_assert_rolls(p, 5, 1, 30, &result);
	assert_non_null(strstr(result.path, "-1-30-2.jsonl")); /* the spoilt one is not replaced */
	place_assert_export_clean(p, result.path);
}

static void
killed_anywhere_the_next_roll_ends_it(void **state)
{
	static const struct kill_point points[] = {
	    {AUDIT_ROLL_EXPORTING, 1, 2503, 0},
	    {AUDIT_ROLL_EXPORTING, 5, 2503, 0},
	    {AUDIT_ROLL_EXPORTED, 1, 2503, 0},
	    {AUDIT_ROLL_COMPARED, 1, 2503, 0},
	    {AUDIT_ROLL_COVERED, 1, 2504, 1},
	    {AUDIT_ROLL_REMOVING, 1, 1504, 1},
	    {AUDIT_ROLL_REMOVING, 2, 504, 1},
	    {AUDIT_ROLL_REMOVING, 3, 4, 1},
	};
	struct audit_roll_result result;
	struct audit_report report;
	struct problem why;
	struct place *p;

	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
		(void)place_setup(state);
		p = *state;
		place_fill_old_and_young(p, 2500, 3);
		place_assert_clean(p);
		place_roll_and_die(p, points[i]);
		place_verify(p, &report);
		assert_int_equal(report.nfindings, 0);
		assert_int_equal(report.leftover_seq != 0,
		    points[i].checkpoints == 1 && points[i].entries_left > 4);
		assert_int_equal(
		    place_number(p, "SELECT count(*) FROM audit"), points[i].entries_left);
		assert_int_equal(place_number(p, "SELECT count(*) FROM audit_checkpoint"),
		    points[i].checkpoints);
		assert_int_equal(place_roll(p, 5, 0, &result, &why), STATUS_OK);
		assert_int_equal(
		    result.removed, points[i].entries_left - (points[i].checkpoints ? 4 : 3));
		assert_int_equal(place_number(p, "SELECT count(*) FROM audit"), 4);
		assert_int_equal(place_number(p, "SELECT count(*) FROM audit_checkpoint"), 1);
		assert_int_equal(count_files(p->exports), 1);
		place_assert_clean(p);
		(void)place_teardown(state);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(tampered_log_is_not_rolled),
	    AUDIT_TEST(unwritable_export_removes_nothing),
	    AUDIT_TEST(short_export_removes_nothing_and_leaves_no_file),
	    AUDIT_TEST(export_that_reads_otherwise_removes_nothing),
	    cmocka_unit_test(killed_anywhere_the_next_roll_ends_it),
	};

	return cmocka_run_group_tests_name("audit_roll_failure", tests, NULL, NULL);
}
