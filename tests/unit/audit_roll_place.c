/* audit_roll_place.c - rolling in a place of the audit log; see audit_roll_place.h. */
#include "audit_roll_place.h"

#include <sys/wait.h>

#include "clock.h"

enum status
place_roll(struct place *p, int64_t days, int64_t bytes, struct audit_roll_result *result,
    struct problem *why)
{
	const struct audit_roll_options options = {
	    .keep_days = days, .keep_bytes = bytes, .export_dir = p->exports};

	return audit_roll(p->audit, &options, result, why);
}

void
place_fill_old_and_young(struct place *p, int old, int young)
{
	place_append_many(p, old, clock_wall_ms() - 10 * DAY_MS);
	place_fill(p, young);
}

void
place_assert_rolls(
    struct place *p, int64_t days, int64_t first, int64_t upto, struct audit_roll_result *result)
{
	struct problem why;

	place_assert_clean(p);
	if (place_roll(p, days, 0, result, &why) != STATUS_OK)
		fail_msg("%s", why.text);
	assert_int_equal(result->first_seq, first);
	assert_int_equal(result->upto_seq, upto);
	place_assert_clean(p);
}

void
place_assert_export_clean(struct place *p, const char *path)
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
end_here(void *context, enum audit_roll_step step, int64_t done, int64_t total)
{
	struct kill_point *at = context;

	(void)done;
	(void)total;
	if (step == at->step && --at->times == 0)
		_exit(7);
}

void
place_roll_and_die(struct place *p, struct kill_point at)
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
