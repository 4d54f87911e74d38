/* approval.c - enforgatectl approval: approve and deny. What shows approvals is in approval_list.c and approval_show.c. */
#include <inttypes.h>
#include <string.h>

#include "approval_commands.h"
#include "args.h"
#include "clock.h"
#include "grant.h"
#include "resolve.h"
#include "shorten.h"
#include "table.h"

#define BY "enforgatectl"

static bool
compare(void *arg, const struct approval *approval)
{
	return shortened_next(arg, approval->id);
}

int
approval_lookup(struct db *db, const char *word, struct approval *out)
{
	struct shortened shortened;
	enum status status;

	if (!shortened_begin(&shortened, word, "apr_", "approval"))
		return CTL_COULD_NOT;
	status = approval_find(db, word, out);
	if (status == STATUS_NOT_FOUND) {
		status = approvals_each(db, false, INT64_MAX, compare, &shortened);
		if (status == STATUS_OK && !shortened_end(&shortened, "approval"))
			return CTL_COULD_NOT;
		if (status == STATUS_OK)
			status = approval_find(db, shortened.id, out);
	}
	return status == STATUS_OK ? CTL_DONE : ctl_failed("read the approval", status);
}

struct deciding {
	const char *word;
	struct resolution resolution;
	int64_t now_ms;
	struct approval approval;
	struct json_object *json;
};

/* It was over before this command came. */
static int
decided_before(const struct approval *approval, int64_t now_ms)
{
	char when[CLOCK_TEXT_MAX];
	enum approval_state state = approval_state_at(approval, now_ms);

	table_time_text(approval->decided_ms, when);
	if (state == APPROVAL_EXPIRED) {
		table_time_text(approval->expires_ms, when);
		(void)ctl_error("%s: its time was over at %s UTC; a repeat of the call asks anew",
		    approval->id, when);
	} else if (state == APPROVAL_SPENT)
		(void)ctl_error("%s was decided already: approved by %s at %s UTC, and used",
		    approval->id, approval->decided_by, when);
	else
		(void)ctl_error("%s was decided already: %s by %s at %s UTC", approval->id,
		    approval_state_name(state),
		    approval->decided_by[0] != '\0' ? approval->decided_by : "nobody", when);
	return CTL_NO;
}

static int
record(struct ctl *ctl, struct db *db, const struct deciding *deciding)
{
	const struct resolution *r = &deciding->resolution;
	const struct approval *a = &deciding->approval;
	char limits[96] = "";

	if (r->to == APPROVAL_DENIED)
		return ctl_record(ctl, db, "approval.deny", "%s: %.100s of %.100s for key %s",
		    a->id, a->tool, a->server, a->key_name);
	if (r->calls > 0)
		(void)snprintf(limits, sizeof(limits), ", at most %" PRId64 " calls", r->calls);
	return ctl_record(ctl, db, "approval.approve", "%s: %.100s of %.100s for key %s, %s%s%s",
	    a->id, a->tool, a->server, a->key_name, r->duration,
	    r->these_args ? ", these arguments only" : "", limits);
}

static int
change_decide(struct ctl *ctl, struct db *db, void *arg)
{
	struct deciding *deciding = arg;
	struct problem why = {""};
	struct approval found;
	enum status status;
	int code = approval_lookup(db, deciding->word, &found);

	if (code != CTL_DONE)
		return code;
	deciding->resolution.approval_id = found.id;
	status = resolve(
	    db, ctl->audit, &deciding->resolution, deciding->now_ms, &deciding->approval, &why);
	deciding->resolution.approval_id = NULL;
	if (status == STATUS_EXISTS)
		return decided_before(&deciding->approval, deciding->now_ms);
	if (status == STATUS_INVALID)
		return ctl_error("%s", why.text);
	if (status != STATUS_OK)
		return ctl_failed("decide", status);
	if (ctl->json) {
		deciding->json = approval_json(db, &deciding->approval, deciding->now_ms);
		if (deciding->json == NULL)
			return ctl_failed("decide", STATUS_NO_MEMORY);
	}
	return record(ctl, db, deciding);
}
static void
say(const struct deciding *deciding)
{
	const struct approval *a = &deciding->approval;
	char until[CLOCK_TEXT_MAX];

	if (deciding->resolution.to == APPROVAL_DENIED) {
		ctl_note(
		    "%s denied: %s of %s, asked by %s", a->id, a->tool, a->server, a->key_name);
		return;
	}
	table_time_text(a->expires_ms, until);
	ctl_note("%s approved (%s): %s of %s, asked by %s; the call can be made until %s UTC",
	    a->id, a->duration, a->tool, a->server, a->key_name, until);
	if (a->key_revoked)
		ctl_note("its key is revoked, so it is refused all the same");
}

static int
decide(struct ctl *ctl, struct deciding *deciding)
{
	int code;

	if (ctl_open(ctl) != STATUS_OK)
		return CTL_COULD_NOT;
	deciding->resolution.surface = "ctl";
	deciding->resolution.by = BY;
	deciding->now_ms = clock_wall_ms();
	code = ctl_change(ctl, change_decide, deciding);
	if (code == CTL_DONE) {
		ctl_wake(ctl);
		say(deciding);
		if (ctl->json)
			code = ctl_print_json(deciding->json, true);
	} else
		json_free(deciding->json);
	ctl_close(ctl);
	return code;
}

static bool
take_calls(const char *text, int64_t *calls)
{
	if (text == NULL || (ctl_integer(text, calls) && *calls >= 1 && *calls <= GRANT_CALLS_MAX))
		return true;
	(void)ctl_error("--calls %s: must be a number from 1 to %d", text, GRANT_CALLS_MAX);
	return false;
}

static int
run_approve(struct ctl *ctl, int argc, char **argv)
{
	struct deciding deciding = {.resolution = {.to = APPROVAL_APPROVED}};
	struct resolution *r = &deciding.resolution;
	const char *calls = NULL;
	const struct ctl_option options[] = {{"--duration", NULL, &r->duration, NULL},
	    {"--these-arguments", &r->these_args, NULL, NULL}, {"--calls", NULL, &calls, NULL},
	    {NULL, NULL, NULL, NULL}};
	struct ctl_words operands;

	if (!ctl_args(ctl, argc, argv, options, &operands, 1, 1) || !take_calls(calls, &r->calls))
		return CTL_COULD_NOT;
	if (r->duration == NULL)
		r->duration = "once";
	if (grant_duration_ms(r->duration) < 0)
		return ctl_error("--duration %s: must be once, 1h, 8h or 24h", r->duration);
	if (grant_duration_ms(r->duration) == 0 && (r->these_args || calls != NULL))
		return ctl_error("--these-arguments and --calls limit what is allowed for a time: "
				 "they need --duration 1h, 8h or 24h");
	deciding.word = operands.word[0];
	return decide(ctl, &deciding);
}

static int
run_deny(struct ctl *ctl, int argc, char **argv)
{
	struct deciding deciding = {.resolution = {.to = APPROVAL_DENIED}};
	struct ctl_words operands;

	if (!ctl_args(ctl, argc, argv, NULL, &operands, 1, 1))
		return CTL_COULD_NOT;
	deciding.word = operands.word[0];
	return decide(ctl, &deciding);
}

const struct ctl_command ctl_approval_commands[] = {
    {"approval", "list", "approval list [--all] [--limit N]",
	"Shows calls that wait for a person, then approved ones that nobody has used yet. --all adds\n"
	"those that are over, the last 100 or N of them; so does --limit.",
	ctl_approval_list},
    {"approval", "show", "approval show ID",
	"Shows everything about one: who decided, who was told, what the audit log has of it.\n"
	"An ID may be cut short where no other begins so.",
	ctl_approval_show},
    {"approval", "approve",
	"approval approve ID [--duration once|1h|8h|24h] [--these-arguments] [--calls N]",
	"Lets the call through, once. With another duration the same tool of the same server needs no\n"
	"person for that long: with these arguments only, or for N calls at most, this one included.\n"
	"Exit code 1: it was decided already.",
	run_approve},
    {"approval", "deny", "approval deny ID",
	"Refuses the call. Exit code 1: it was decided already.", run_deny},
    {NULL, NULL, NULL, NULL, NULL}};
