/*
 * sweep.c - enforgatectl sweep: ends what is overdue, forgets what ended long ago, rolls the audit log.
 *
 * In portions, each a short write transaction, so that responders never wait long. Ended anywhere, the next sweep goes on.
 */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "approval.h"
#include "args.h"
#include "clock.h"
#include "ctl.h"
#include "meter.h"
#include "resolve.h"
#include "roll.h"
#include "sweep.h"
#include "wake.h"

#define EXPIRE_MOST 50 /* approvals ended by one transaction, each with its entry and notices */

int
sweep_portion(
    struct ctl *ctl, struct sweeping *s, int (*change)(struct ctl *ctl, struct db *db, void *arg))
{
	int64_t began_us = clock_us(), took_us;
	struct timespec pause = {0};
	int code;

	s->portion = 0;
	s->more = false;
	code = ctl_change(ctl, change, s);
	took_us = clock_us() - began_us;
	pause.tv_sec = took_us / 1000000;
	pause.tv_nsec = took_us % 1000000 * 1000;
	if (s->more)
		(void)nanosleep(&pause, NULL);
	return code;
}

static int
change_expire(struct ctl *ctl, struct db *db, void *arg)
{
	struct sweeping *s = arg;
	enum status status = resolve_overdue(db, ctl->audit, s->now_ms, EXPIRE_MOST, &s->portion);

	s->more = s->portion == EXPIRE_MOST;
	return status == STATUS_OK ? CTL_DONE : ctl_failed("end what is overdue", status);
}

static int
expire(struct ctl *ctl, struct sweeping *s)
{
	struct meter meter = {.doing = "expiring"};
	int code;

	do {
		code = sweep_portion(ctl, s, change_expire);
		if (code != CTL_DONE)
			break;
		s->expired += s->portion;
		if (s->portion > 0 && s->wake_fd >= 0)
			wake_all(s->wake_fd);
		meter_show(&meter, s->expired, 0);
	} while (s->more);
	meter_end(&meter);
	return code;
}

static int
change_purge(struct ctl *ctl, struct db *db, void *arg)
{
	struct sweeping *s = arg;
	int64_t before_ms = s->now_ms - APPROVAL_KEEP_MS;
	char before[CLOCK_TEXT_MAX];
	enum status status = approvals_purge(db, before_ms, &s->portion, &s->more);

	if (status != STATUS_OK)
		return ctl_failed("remove old approvals", status);
	if (s->portion == 0)
		return CTL_DONE;
	clock_text(before_ms, before);
	return ctl_record(ctl, db, "sweep", "%" PRId64 " approvals removed that ended before %s",
	    s->portion, before);
}

static int
purge(struct ctl *ctl, struct sweeping *s)
{
	struct meter meter = {.doing = "removing approvals"};
	int code;

	do {
		code = sweep_portion(ctl, s, change_purge);
		if (code != CTL_DONE)
			break;
		s->purged += s->portion;
		meter_show(&meter, s->purged, 0);
	} while (s->more);
	meter_end(&meter);
	return code;
}

static int
roll(struct ctl *ctl, struct sweeping *s)
{
	struct audit_roll_options options = {
	    .keep_days = ctl->config.audit_keep_days, .keep_bytes = ctl->config.audit_keep_bytes};

	s->rolled = options.keep_days > 0 || options.keep_bytes > 0;
	return s->rolled ? roll_run(ctl, &options, &s->roll) : CTL_DONE;
}

static int
print(const struct ctl *ctl, const struct sweeping *s)
{
	struct json_object *root, *rolled = NULL;
	bool ok = true;

	if (!ctl->json) {
		printf("approvals expired: %" PRId64 ", removed: %" PRId64 "\n", s->expired,
		    s->purged);
		printf("sessions ended: %" PRId64 "\n", s->sessions);
		if (s->rolled) {
			printf("audit log: ");
			roll_print(&s->roll);
		}
		return ctl_output();
	}
	root = json_new_object();
	if (s->rolled) {
		rolled = json_new_object();
		ok = roll_json(&s->roll, rolled);
	}
	ok = json_set_integer(root, "expired", s->expired) && ok;
	ok = json_set_integer(root, "removed", s->purged) && ok;
	ok = json_set_integer(root, "sessions", s->sessions) && ok;
	ok = json_set(root, "roll", rolled) && ok;
	return ctl_print_json(root, ok);
}

static int
run(struct ctl *ctl, int argc, char **argv)
{
	struct sweeping s = {.now_ms = clock_wall_ms()};
	struct problem why = {""};
	struct ctl_words operands;
	int code;

	if (!ctl_args(ctl, argc, argv, NULL, &operands, 0, 0) || ctl_open(ctl) != STATUS_OK)
		return CTL_COULD_NOT;
	s.wake_fd = wake_open(ctl->config.state_dir, &why);
	if (s.wake_fd < 0)
		ctl_note("waiting calls hear of it a little later: %s", why.text);
	code = expire(ctl, &s);
	if (code == CTL_DONE)
		code = purge(ctl, &s);
	if (code == CTL_DONE)
		code = sweep_sessions(ctl, &s);
	if (code == CTL_DONE)
		sweep_run_dir(ctl);
	if (code == CTL_DONE)
		code = roll(ctl, &s);
	if (code == CTL_DONE)
		code = print(ctl, &s);
	if (s.wake_fd >= 0)
		(void)close(s.wake_fd);
	ctl_close(ctl);
	return code;
}

const struct ctl_command ctl_sweep_commands[] = {
    {"sweep", NULL, "sweep",
	"Ends approvals whose time is over, removes those that ended 30 days ago, ends sessions of MCP\n"
	"clients that were idle for session_idle_h, removes what dead processes left, and rolls the audit log\n"
	"where audit_keep_days or audit_keep_bytes is set. For cron, once a day; see INSTALL.",
	run},
    {NULL, NULL, NULL, NULL, NULL}};
