/* test_audit_roll.c - what is removed was exported and covered first, whatever happens in between. */
#include "audit_place.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "audit_read.h"
#include "audit_roll.h"
#include "clock.h"

#define DAY_MS ((int64_t)86400000)

static enum status
roll_with(struct place *p, int64_t days, int64_t bytes, struct audit_roll_result *result,
    struct problem *why)
{
	const struct audit_roll_options options = {
	    .keep_days = days, .keep_bytes = bytes, .export_dir = p->exports};

	return audit_roll(p->audit, &options, result, why);
}

/* `old` entries of ten days ago, then `young` ones. */
static void
fill_old_and_young(struct place *p, int old, int young)
{
	place_append_many(p, old, clock_wall_ms() - 10 * DAY_MS);
	place_fill(p, young);
}

static void
assert_rolls(
    struct place *p, int64_t days, int64_t first, int64_t upto, struct audit_roll_result *result)
{
	struct problem why;

	place_assert_clean(p);
	if (roll_with(p, days, 0, result, &why) != STATUS_OK)
		fail_msg("%s", why.text);
	assert_int_equal(result->first_seq, first);
	assert_int_equal(result->upto_seq, upto);
	place_assert_clean(p);
}

static void
assert_export_clean(struct place *p, const char *path)
{
	const struct audit_progress quiet = {NULL, NULL};
	struct audit_report report;
	struct problem why;

	if (audit_verify_export(p->audit, path, &quiet, &report, &why) != STATUS_OK)
		fail_msg("%s", why.text);
	if (report.nfindings > 0)
		fail_msg("%s", report.findings[0].text.text);
}

static void
old_entries_are_exported_covered_and_removed(void **state)
{
	struct place *p = *state;
	struct audit_roll_result result;
	struct audit_report report;
	struct stat st;

	fill_old_and_young(p, 2500, 7);
	assert_rolls(p, 5, 1, 2500, &result);
	assert_int_equal(result.removed, 2500);
	assert_int_equal(place_number(p, "SELECT MIN(seq) FROM audit"), 2501);
	assert_int_equal(place_number(p, "SELECT MAX(seq) FROM audit"), 2508);
	assert_int_equal(
	    place_number(p, "SELECT count(*) FROM audit WHERE kind = 'checkpoint' AND seq = 2508"),
	    1);
	assert_int_equal(stat(result.path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_export_clean(p, result.path);
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
	assert_rolls(p, 5, 0, 0, &result);
	assert_int_equal(result.removed, 0);
	assert_int_equal(place_number(p, "SELECT count(*) FROM audit"), 9);
	assert_int_not_equal(stat(p->exports, &st), 0);
}

static void
no_limit_keeps_all(void **state)
{
	struct place *p = *state;
	struct audit_roll_result result;

	fill_old_and_young(p, 20, 3);
	assert_rolls(p, 0, 0, 0, &result);
	assert_int_equal(place_number(p, "SELECT count(*) FROM audit"), 23);
}

static void
empty_log_is_nothing_to_do(void **state)
{
	struct audit_roll_result result;
	struct problem why;

	assert_int_equal(roll_with(*state, 1, 1, &result, &why), STATUS_OK);
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
	assert_int_equal(roll_with(p, 0, 100000, &result, &why), STATUS_OK);
	place_assert_clean(p);
	/* 153 or 154 bytes of text, 14 bytes of length, 6 numbers of 8 bytes. */
	kept = 1000 - result.upto_seq;
	assert_in_range(kept, 100000 / 217, 100000 / 215);
	assert_int_equal(roll_with(p, 0, 1 << 20, &result, &why), STATUS_OK);
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
	assert_int_equal(roll_with(p, 0, 1, &result, &why), STATUS_OK);
	assert_int_equal(result.upto_seq, 10);
	assert_int_equal(place_number(p, "SELECT count(*) FROM audit"), 1);
	place_assert_clean(p);
	place_fill(p, 5);
	place_assert_clean(p);
	assert_export_clean(p, result.path);
}

static void
second_roll_continues_from_the_first(void **state)
{
	struct place *p = *state;
	struct audit_roll_result first, second;
	struct problem why;

	fill_old_and_young(p, 30, 12);
	assert_rolls(p, 5, 1, 30, &first);
	place_fill(p, 12);
	assert_int_equal(roll_with(p, 0, 1, &second, &why), STATUS_OK);
	assert_int_equal(second.first_seq, 31);
	place_assert_clean(p);
	assert_string_not_equal(first.path, second.path);
	assert_export_clean(p, first.path);
	assert_export_clean(p, second.path);
	place_fill(p, 3);
	place_assert_clean(p);
}

static void
tampering_after_a_roll_is_found(void **state)
{
	static const struct {
		const char *sql;
		enum audit_finding_kind kind;
		int64_t seq;
	} cases[] = {
	    {"UPDATE audit SET decision = 'deny' WHERE seq = 31", AUDIT_ENTRY_CHANGED, 31},
	    {"DELETE FROM audit WHERE seq = 31", AUDIT_ENTRY_MISSING, 31},
	    {"DELETE FROM audit WHERE seq = 33", AUDIT_ENTRY_MISSING, 33},
	    {"DELETE FROM audit_checkpoint", AUDIT_ENTRY_MISSING, 1},
	    {"UPDATE audit_checkpoint SET upto_seq = 31", AUDIT_CHECKPOINT_FORGED, 31},
	    {"UPDATE audit_checkpoint SET head_mac = mac", AUDIT_CHECKPOINT_FORGED, 30},
	    {"UPDATE audit_checkpoint SET created_ms = 1", AUDIT_CHECKPOINT_FORGED, 30},
	    {"UPDATE audit_checkpoint SET export_sha256 = mac", AUDIT_CHECKPOINT_FORGED, 30},
	    {"UPDATE audit_checkpoint SET heads = '[]'", AUDIT_CHECKPOINT_FORGED, 30},
	    {"UPDATE audit_checkpoint SET heads = heads || ' '", AUDIT_CHECKPOINT_FORGED, 30},
	    {"UPDATE audit_checkpoint SET mac = upper(mac)", AUDIT_CHECKPOINT_FORGED, 30},
	    {"INSERT INTO audit_checkpoint SELECT 33, head_mac, 1, export_sha256, heads, mac FROM "
	     "audit_checkpoint; DELETE FROM audit WHERE seq <= 33",
		AUDIT_CHECKPOINT_FORGED, 33},
	    {"UPDATE audit_head SET seq = 1 WHERE chain = 'idA'", AUDIT_HEAD_CHANGED, 0},
	    {"DELETE FROM audit_head WHERE chain = 'idB'", AUDIT_HEAD_CHANGED, 0},
	};
	struct audit_roll_result result;
	struct audit_report report;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		(void)place_setup(state);
		fill_old_and_young(*state, 30, 3);
		assert_rolls(*state, 5, 1, 30, &result);
		place_sql(*state, cases[i].sql);
		place_verify(*state, &report);
		if (report.nfindings == 0 || report.findings[0].kind != cases[i].kind ||
		    report.findings[0].seq != cases[i].seq)
			fail_msg("%s: %" PRId64 " findings, %s", cases[i].sql, report.nfindings,
			    report.findings[0].text.text);
		(void)place_teardown(state);
	}
}

/* Without the first of two checkpoints the mac of the second does not fit. */
static void
removed_older_checkpoint_is_found(void **state)
{
	struct place *p = *state;
	struct audit_roll_result result;
	struct audit_report report;
	struct problem why;

	fill_old_and_young(p, 30, 12);
	assert_rolls(p, 5, 1, 30, &result);
	assert_int_equal(roll_with(p, 0, 1, &result, &why), STATUS_OK);
	place_assert_clean(p);
	place_sql(p, "DELETE FROM audit_checkpoint WHERE upto_seq = 30");
	place_verify(p, &report);
	assert_int_equal(report.findings[0].kind, AUDIT_CHECKPOINT_FORGED);
}

static void
database_put_back_to_before_a_roll_is_found(void **state)
{
	struct place *p = *state;
	struct audit_roll_result result;
	struct audit_report report;
	char copy[TEST_PATH_MAX + 16];

	fill_old_and_young(p, 30, 3);
	place_close(p);
	(void)snprintf(copy, sizeof(copy), "%s/copy", p->dir);
	place_copy(p->database, copy);
	place_open(p);
	assert_rolls(p, 5, 1, 30, &result);
	place_close(p);
	place_copy(copy, p->database);
	place_open(p);
	place_verify(p, &report);
	assert_int_equal(report.nfindings, 1);
	assert_int_equal(report.findings[0].kind, AUDIT_ANCHOR_AHEAD);
}

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
		fill_old_and_young(*state, 30, 3);
		place_assert_clean(*state);
		place_sql(*state, changes[i]);
		count = place_number(*state, "SELECT count(*) FROM audit");
		checkpoints = place_number(*state, "SELECT count(*) FROM audit_checkpoint");
		assert_int_equal(roll_with(*state, 5, 0, &result, &why), STATUS_REFUSED);
		assert_non_null(strstr(why.text, "nothing was removed"));
		assert_int_equal(place_number(*state, "SELECT count(*) FROM audit"), count);
		assert_int_equal(
		    place_number(*state, "SELECT count(*) FROM audit_checkpoint"), checkpoints);
		(void)place_teardown(state);
	}
}

struct kill_point {
	enum audit_roll_step step;
	int times; /* at the so-many-th time */
	int64_t entries_left;
	int64_t checkpoints;
};

static void
end_here(void *context, enum audit_roll_step step, int64_t done, int64_t total)
{
	struct kill_point *at = context;

	(void)done;
	(void)total;
	if (step == at->step && --at->times == 0)
		_exit(7);
}

/* A child opens the log itself, rolls, and is gone at the step. */
static void
roll_and_die(struct place *p, struct kill_point at)
{
	const struct audit_roll_options options = {
	    .keep_days = 5, .export_dir = p->exports, .step = end_here, .context = &at};
	struct audit_roll_result result;
	struct problem why;
	int status;
	pid_t pid;

	place_close(p);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		place_open(p);
		(void)!audit_roll(p->audit, &options, &result, &why);
		_exit(1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 7);
	place_open(p);
}

static void
assert_roll_refused(struct place *p, const char *expected)
{
	struct audit_roll_result result;
	struct audit_report report;
	struct problem why;
	int64_t count = place_number(p, "SELECT count(*) FROM audit");
	int64_t checkpoints = place_number(p, "SELECT count(*) FROM audit_checkpoint");

	assert_int_equal(roll_with(p, 0, 1, &result, &why), STATUS_REFUSED);
	if (strstr(why.text, expected) == NULL || strstr(why.text, "nothing was removed") == NULL)
		fail_msg("%s", why.text);
	assert_int_equal(place_number(p, "SELECT count(*) FROM audit"), count);
	assert_int_equal(place_number(p, "SELECT count(*) FROM audit_checkpoint"), checkpoints);
	place_verify(p, &report);
	assert_true(audit_report_only_anchor(&report));
}

struct anchor_files {
	char copy[TEST_PATH_MAX + 16]; /* of the database, at 30 entries */
	char anchor[TEST_PATH_MAX + 16];
	char kept[TEST_PATH_MAX + 16]; /* the anchor, at 36 entries */
};

/* 30 entries again, under an anchor that saw 36. */
static void
put_database_back(struct place *p, struct anchor_files *files)
{
	(void)snprintf(files->copy, sizeof(files->copy), "%s/copy", p->dir);
	(void)snprintf(files->anchor, sizeof(files->anchor), "%s/%s", p->dir, AUDIT_ANCHOR_FILE);
	(void)snprintf(files->kept, sizeof(files->kept), "%s/kept", p->dir);
	place_append_many(p, 30, clock_wall_ms() - 10 * DAY_MS);
	place_close(p);
	place_copy(p->database, files->copy);
	place_open(p);
	place_fill(p, 6);
	place_close(p);
	place_copy(files->anchor, files->kept);
	place_copy(files->copy, p->database);
	place_open(p);
}

static void
log_behind_its_anchor_is_not_rolled(void **state)
{
	struct anchor_files files;

	put_database_back(*state, &files);
	assert_roll_refused(*state, "the anchor saw entry 36");
}

static void
log_put_back_and_written_on_is_not_rolled_until_acknowledged(void **state)
{
	struct place *p = *state;
	struct audit_roll_result result;
	struct anchor_files files;
	struct audit_report report;
	struct problem why;

	put_database_back(p, &files);
	place_fill(p, 12);
	assert_roll_refused(p, "another one than the anchor saw at entry 36");
	place_verify(p, &report);
	assert_int_equal(audit_accept_restore(p->audit, &report, &why), STATUS_OK);
	assert_rolls(p, 5, 1, 30, &result);
}

static void
log_without_or_with_a_damaged_anchor_is_not_rolled(void **state)
{
	struct place *p = *state;
	struct anchor_files files;
	FILE *file;

	put_database_back(p, &files);
	file = fopen(files.anchor, "a");
	assert_non_null(file);
	(void)fputs("x", file);
	assert_int_equal(fclose(file), 0);
	assert_roll_refused(p, "was changed");
	assert_int_equal(unlink(files.anchor), 0);
	assert_roll_refused(p, "there is no anchor");
}

/* A checkpoint over another history than the anchor's is found while the covered entries are there. */
static void
anchor_older_than_the_checkpoint_is_compared(void **state)
{
	struct place *p = *state;
	struct anchor_files files;
	struct audit_report report;

	put_database_back(p, &files);
	assert_int_equal(unlink(files.anchor), 0);
	place_append_many(p, 10, clock_wall_ms() - 9 * DAY_MS);
	place_fill(p, 3);
	roll_and_die(p, (struct kill_point){AUDIT_ROLL_COVERED, 1, 0, 0});
	place_copy(files.kept, files.anchor);
	place_verify(p, &report);
	assert_int_equal(report.nfindings, 1);
	assert_int_equal(report.findings[0].kind, AUDIT_ANCHOR_OTHER);
	assert_int_equal(report.findings[0].seq, 36);
	assert_roll_refused(p, "another one than the anchor saw at entry 36");
}

/* The covered entries are gone, but the first of two checkpoints stands at the anchor's entry. */
static void
anchor_at_the_entry_of_a_checkpoint_is_compared(void **state)
{
	struct place *p = *state;
	struct audit_roll_result result;
	struct anchor_files files;
	struct audit_report report;
	struct problem why;

	put_database_back(p, &files);
	assert_int_equal(unlink(files.anchor), 0);
	place_append_many(p, 6, clock_wall_ms() - 9 * DAY_MS);
	place_fill(p, 3);
	assert_rolls(p, 5, 1, 36, &result);
	place_fill(p, 3);
	assert_int_equal(roll_with(p, 0, 1, &result, &why), STATUS_OK);
	place_assert_clean(p);
	place_copy(files.kept, files.anchor);
	place_verify(p, &report);
	assert_int_equal(report.nfindings, 1);
	assert_int_equal(report.findings[0].kind, AUDIT_ANCHOR_OTHER);
	assert_int_equal(report.findings[0].seq, 36);
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

	fill_old_and_young(p, 30, 3);
	fd = open(p->exports, O_CREAT | O_WRONLY, 0600);
	assert_true(fd >= 0);
	(void)close(fd);
	assert_int_equal(roll_with(p, 5, 0, &result, &why), STATUS_FAILED);
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

	fill_old_and_young(p, 30, 3);
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	status = roll_with(p, 5, 0, &result, &why);
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

	fill_old_and_young(p, 30, 3);
	assert_int_equal(audit_roll(p->audit, &options, &result, &why), STATUS_FAILED);
	assert_nothing_happened(p, 33);
	assert_rolls(p, 5, 1, 30, &result);
	assert_non_null(strstr(result.path, "-1-30-2.jsonl")); /* the spoilt one is not replaced */
	assert_export_clean(p, result.path);
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
		fill_old_and_young(p, 2500, 3);
		place_assert_clean(p);
		roll_and_die(p, points[i]);
		place_verify(p, &report);
		assert_int_equal(report.nfindings, 0);
		assert_int_equal(report.leftover_seq != 0,
		    points[i].checkpoints == 1 && points[i].entries_left > 4);
		assert_int_equal(
		    place_number(p, "SELECT count(*) FROM audit"), points[i].entries_left);
		assert_int_equal(place_number(p, "SELECT count(*) FROM audit_checkpoint"),
		    points[i].checkpoints);
		assert_int_equal(roll_with(p, 5, 0, &result, &why), STATUS_OK);
		assert_int_equal(
		    result.removed, points[i].entries_left - (points[i].checkpoints ? 4 : 3));
		assert_int_equal(place_number(p, "SELECT count(*) FROM audit"), 4);
		assert_int_equal(place_number(p, "SELECT count(*) FROM audit_checkpoint"), 1);
		assert_int_equal(count_files(p->exports), 1);
		place_assert_clean(p);
		(void)place_teardown(state);
	}
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

	fill_old_and_young(p, 2500, 3);
	roll_and_die(p, (struct kill_point){AUDIT_ROLL_COVERED, 1, 0, 0});
	assert_int_equal(audit_walk(p->store, &all, count_entry, &count, NULL), STATUS_OK);
	assert_int_equal(count, 4);
}

static void
triggers_let_only_covered_entries_go(void **state)
{
	struct place *p = *state;
	sqlite3 *db = NULL;

	fill_old_and_young(p, 2500, 3);
	roll_and_die(p, (struct kill_point){AUDIT_ROLL_COVERED, 1, 0, 0});
	assert_int_equal(sqlite3_open(p->database, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "DELETE FROM audit WHERE seq = 2501", NULL, NULL, NULL),
	    SQLITE_CONSTRAINT);
	assert_int_equal(
	    sqlite3_exec(db, "DELETE FROM audit_checkpoint", NULL, NULL, NULL), SQLITE_CONSTRAINT);
	assert_int_equal(
	    sqlite3_exec(db, "DELETE FROM audit WHERE seq = 1", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
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
		assert_int_equal(roll_with(p, 5, 0, &result, &why), STATUS_BUSY);
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

	fill_old_and_young(p, 30, 3);
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
	assert_int_equal(roll_with(p, 5, 0, &result, &why), STATUS_OK);
}

static void
log_verifies_while_it_is_rolled(void **state)
{
	struct place *p = *state;
	const struct audit_progress progress = {roll_under_verification, p};
	struct audit_report report;

	fill_old_and_young(p, 2500, 3);
	assert_int_equal(audit_verify(p->audit, &progress, &report), STATUS_OK);
	assert_int_equal(report.nfindings, 0);
	assert_int_equal(report.first_seq, 2501);
}

static void
spoilt_exports_are_found(void **state)
{
	static const struct {
		const char *command;
		enum audit_finding_kind kind;
		int64_t seq;
	} cases[] = {
	    {"sed -i '7s/\"allow\"/\"deny\"/' '%s'", AUDIT_ENTRY_CHANGED, 7},
	    {"sed -i '7s/\"time\":\"20/\"time\":\"21/' '%s'", AUDIT_ENTRY_CHANGED, 7},
	    {"sed -i '7d' '%s'", AUDIT_ENTRY_MISSING, 7},
	    {"sed -i '1d' '%s'", AUDIT_EXPORT_DIFFERS, 2},
	    {"sed -i '$d' '%s'", AUDIT_EXPORT_DIFFERS, 30},
	    {"sed -i '7s/,\"rule\":0//' '%s'", AUDIT_EXPORT_DIFFERS, 7},
	    {"sed -i '7s/{/{ /' '%s'", AUDIT_EXPORT_DIFFERS, 0},
	    {"truncate -s -1 '%s'", AUDIT_EXPORT_DIFFERS, 30},
	    {"truncate -s 0 '%s'", AUDIT_EXPORT_DIFFERS, 1},
	    {"printf 'x\\0y\\n' > '%s'", AUDIT_EXPORT_DIFFERS, 1},
	    {"head -c 200000 /dev/zero | tr '\\0' '{' > '%s'", AUDIT_EXPORT_DIFFERS, 1},
	};
	const struct audit_progress quiet = {NULL, NULL};
	char command[4 * PATH_MAX], format[128];
	struct audit_roll_result result;
	struct audit_report report;
	struct problem why;
	struct place *p = *state;

	fill_old_and_young(p, 30, 3);
	assert_rolls(p, 5, 1, 30, &result);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *name = strstr(cases[i].command, "%s");

		assert_export_clean(p, result.path);
		(void)snprintf(format, sizeof(format), "%.*s", (int)(name - cases[i].command),
		    cases[i].command);
		(void)snprintf(command, sizeof(command), "cp '%s' '%s.kept'; %s%s%s", result.path,
		    result.path, format, result.path, name + 2);
		assert_int_equal(system(command), 0);
		assert_int_equal(
		    audit_verify_export(p->audit, result.path, &quiet, &report, &why), STATUS_OK);
		if (report.nfindings == 0 || report.findings[0].kind != cases[i].kind ||
		    report.findings[0].seq != cases[i].seq)
			fail_msg("%s: %" PRId64 " findings, %s", cases[i].command, report.nfindings,
			    report.findings[0].text.text);
		(void)snprintf(
		    command, sizeof(command), "mv '%s.kept' '%s'", result.path, result.path);
		assert_int_equal(system(command), 0);
	}
}

static void
export_of_another_installation_is_found(void **state)
{
	const struct audit_progress quiet = {NULL, NULL};
	struct place *p = *state, other;
	struct audit_roll_result result;
	struct audit_report report;
	struct problem why;

	other = *p;
	fill_old_and_young(p, 30, 3);
	assert_rolls(p, 5, 1, 30, &result);
	(void)snprintf(other.dir, sizeof(other.dir), "%s", test_directory());
	secret_random(&other.master, sizeof(other.master));
	place_open(&other);
	assert_int_equal(
	    audit_verify_export(other.audit, result.path, &quiet, &report, &why), STATUS_OK);
	assert_int_equal(report.findings[0].kind, AUDIT_ENTRY_CHANGED);
	assert_int_equal(report.findings[0].seq, 1);
	place_close(&other);
	test_remove(other.dir);
	assert_int_equal(audit_verify_export(p->audit, "/nonexistent/file", &quiet, &report, &why),
	    STATUS_NOT_FOUND);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, place_setup, place_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(old_entries_are_exported_covered_and_removed),
	    CASE(nothing_old_is_nothing_to_do),
	    CASE(no_limit_keeps_all),
	    CASE(empty_log_is_nothing_to_do),
	    CASE(budget_in_bytes_keeps_the_last_entries),
	    CASE(tiny_budget_removes_all_but_the_checkpoint_entry),
	    CASE(second_roll_continues_from_the_first),
	    cmocka_unit_test(tampering_after_a_roll_is_found),
	    CASE(removed_older_checkpoint_is_found),
	    CASE(database_put_back_to_before_a_roll_is_found),
	    cmocka_unit_test(tampered_log_is_not_rolled),
	    CASE(log_behind_its_anchor_is_not_rolled),
	    CASE(log_put_back_and_written_on_is_not_rolled_until_acknowledged),
	    CASE(log_without_or_with_a_damaged_anchor_is_not_rolled),
	    CASE(anchor_older_than_the_checkpoint_is_compared),
	    CASE(anchor_at_the_entry_of_a_checkpoint_is_compared),
	    CASE(unwritable_export_removes_nothing),
	    CASE(short_export_removes_nothing_and_leaves_no_file),
	    CASE(export_that_reads_otherwise_removes_nothing),
	    cmocka_unit_test(killed_anywhere_the_next_roll_ends_it),
	    CASE(covered_entries_are_not_shown_while_they_are_removed),
	    CASE(triggers_let_only_covered_entries_go),
	    CASE(only_one_roll_at_a_time),
	    CASE(log_verifies_while_it_is_rolled),
	    CASE(spoilt_exports_are_found),
	    CASE(export_of_another_installation_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
