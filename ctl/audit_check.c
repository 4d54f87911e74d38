/* audit_check.c - enforgatectl audit verify and audit roll. */
#include "audit_commands.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "audit_roll.h"
#include "audit_verify.h"
#include "clock.h"
#include "table.h"

/* What is shown on a terminal while something takes long; nothing where standard error is none. */
struct meter {
	const char *doing;
	int64_t shown_us;
	bool any;
};
#define METER_EVERY_US 200000

static void
meter_show(struct meter *meter, int64_t done, int64_t total)
{
	int64_t now = clock_us();

	if (now - meter->shown_us < METER_EVERY_US || total <= 0)
		return;
	meter->shown_us = now;
	meter->any = true;
	(void)fprintf(stderr, "\r%s: %" PRId64 " of %" PRId64 " (%d %%)", meter->doing, done, total,
	    (int)((double)done * 100 / (double)total));
}

static void
meter_end(struct meter *meter)
{
	if (meter->any)
		(void)fprintf(stderr, "\r\033[K");
}

static void
verify_progress(void *context, int64_t done, int64_t total)
{
	meter_show(context, done, total);
}

static bool
add_finding(struct json_object *array, const struct audit_finding *finding)
{
	struct json_object *object = json_new_object();
	bool ok = object != NULL;

	ok = json_set_text(object, "kind", audit_finding_name(finding->kind)) && ok;
	ok = json_set_integer(object, "seq", finding->seq) && ok;
	ok = json_set_text(object, "key", finding->key[0] != '\0' ? finding->key : NULL) && ok;
	ok = ctl_json_set_time(object, "time", finding->time_ms) && ok;
	ok = json_set_text(object, "text", finding->text.text) && ok;
	return json_append(array, object) && ok;
}

static int64_t
per_second(const struct audit_report *report)
{
	return report->elapsed_us > 0
		   ? (int64_t)((double)report->entries * 1e6 / (double)report->elapsed_us)
		   : 0;
}

static int
print_report_json(const struct audit_report *report)
{
	struct json_object *root = json_new_object(), *findings = json_new_array();
	bool ok = root != NULL && findings != NULL;

	ok = json_set_bool(root, "ok", report->nfindings == 0) && ok;
	ok = json_set_integer(root, "entries", report->entries) && ok;
	ok = json_set_integer(root, "firstSeq", report->first_seq) && ok;
	ok = json_set_integer(root, "lastSeq", report->last_seq) && ok;
	ok = json_set_integer(root, "chains", report->chains) && ok;
	ok = json_set_integer(root, "checkpoints", report->checkpoints) && ok;
	ok = json_set_integer(root, "leftoverSeq", report->leftover_seq) && ok;
	ok = json_set_integer(root, "anchorSeq", report->has_anchor ? report->anchor.seq : 0) && ok;
	ok =
	    ctl_json_set_time(root, "anchorTime", report->has_anchor ? report->anchor_ms : 0) && ok;
	ok = json_set_integer(root, "entriesPerSecond", per_second(report)) && ok;
	ok = json_set_integer(root, "findingsTotal", report->nfindings) && ok;
	for (int i = 0; i < report->nfindings && i < AUDIT_FINDINGS_MAX; i++)
		ok = add_finding(findings, &report->findings[i]) && ok;
	ok = json_set(root, "findings", findings) && ok;
	return ctl_print_json(root, ok);
}

static void
print_findings(const struct audit_report *report)
{
	printf("does not verify: %s\n", report->findings[0].text.text);
	for (int i = 1; i < report->nfindings && i < AUDIT_FINDINGS_MAX; i++)
		printf("also: %s\n", report->findings[i].text.text);
	if (report->nfindings > AUDIT_FINDINGS_MAX)
		printf("and %" PRId64 " more findings\n", report->nfindings - AUDIT_FINDINGS_MAX);
}

static int
print_report(const struct ctl *ctl, const struct audit_report *report)
{
	char time[CLOCK_TEXT_MAX];
	int code;

	if (ctl->json) {
		code = print_report_json(report);
		return code == CTL_DONE && report->nfindings > 0 ? CTL_NO : code;
	}
	if (report->nfindings > 0)
		print_findings(report);
	printf("entries: %" PRId64 " (%" PRId64 " to %" PRId64 "), chains: %" PRId64
	       ", checkpoints: %" PRId64 ", entries/s: %" PRId64 "\n",
	    report->entries, report->first_seq, report->last_seq, report->chains,
	    report->checkpoints, per_second(report));
	if (report->has_anchor) {
		table_time_text(report->anchor_ms, time);
		printf("anchor at entry %" PRId64 ", written %s UTC\n", report->anchor.seq, time);
	}
	if (report->leftover_seq > 0)
		printf("entries from %" PRId64
		       " on are covered by a checkpoint, but not removed yet: `enforgatectl audit "
		       "roll` goes on\n",
		    report->leftover_seq);
	if (report->nfindings == 0)
		printf("verified\n");
	else if (audit_report_only_anchor(report))
		printf("if this database is a backup that you restored, `enforgatectl audit verify "
		       "--accept-restore` acknowledges it\n");
	code = ctl_output();
	return code == CTL_DONE && report->nfindings > 0 ? CTL_NO : code;
}

/* A log that agrees with its anchor needs no acknowledgement; one with another finding gets none. */
static int
accept_restore(struct ctl *ctl, const struct audit_report *report)
{
	struct problem why = {""};
	enum status status = audit_accept_restore(ctl->audit, report, &why);
	struct json_object *root;
	bool ok;
	int code;

	if (status == STATUS_REFUSED) {
		code = print_report(ctl, report);
		ctl_note("nothing was acknowledged: %s", why.text);
		return code;
	}
	if (status != STATUS_OK)
		return ctl_error("%s", why.text);
	if (ctl->json) {
		root = json_new_object();
		ok = root != NULL;
		ok = json_set_bool(root, "acknowledged", true) && ok;
		ok = json_set_text(root, "text", report->findings[0].text.text) && ok;
		return ctl_print_json(root, ok);
	}
	printf("acknowledged, with an entry of its own and a new anchor: %s\n",
	    report->findings[0].text.text);
	return ctl_output();
}

int
ctl_audit_verify(struct ctl *ctl, int argc, char **argv)
{
	bool accept = false;
	const char *file = NULL;
	const struct ctl_option options[] = {{"--accept-restore", &accept, NULL, NULL},
	    {"--export", NULL, &file, NULL}, {NULL, NULL, NULL, NULL}};
	struct meter meter = {.doing = "verifying"};
	struct audit_progress progress = {NULL, &meter};
	struct problem why = {""};
	struct ctl_words operands;
	struct audit_report report;
	enum status status;
	int code;

	if (!ctl_args(ctl, argc, argv, options, &operands, 0, 0))
		return CTL_COULD_NOT;
	if (accept && file != NULL)
		return ctl_error("--accept-restore and --export exclude each other");
	if (ctl_open(ctl) != STATUS_OK)
		return CTL_COULD_NOT;
	if (isatty(STDERR_FILENO))
		progress.done = verify_progress;
	if (file != NULL)
		status = audit_verify_export(ctl->audit, file, &progress, &report, &why);
	else
		status = audit_verify(ctl->audit, &progress, &report);
	meter_end(&meter);
	if (status != STATUS_OK && file != NULL)
		code = ctl_error("%s", why.text);
	else if (status != STATUS_OK)
		code = ctl_failed("verify the audit log", status);
	else
		code = accept ? accept_restore(ctl, &report) : print_report(ctl, &report);
	ctl_close(ctl);
	return code;
}

static void
roll_progress(void *context, enum audit_roll_step step, int64_t done, int64_t total)
{
	struct meter *meter = context;

	meter->doing = step == AUDIT_ROLL_REMOVING ? "removing" : "exporting";
	if (step == AUDIT_ROLL_REMOVING || step == AUDIT_ROLL_EXPORTING)
		meter_show(meter, done, total);
}

/* "500", "500K", "20M", "2G": bytes. */
static bool
read_bytes(const char *text, int64_t *out)
{
	static const char units[] = "KMG";
	size_t len = strlen(text);
	const char *unit = len > 1 ? strchr(units, text[len - 1]) : NULL;
	char digits[24];

	if (len >= sizeof(digits))
		return false;
	memcpy(digits, text, len + 1);
	if (unit != NULL)
		digits[len - 1] = '\0';
	if (!ctl_integer(digits, out) || *out < 0)
		return false;
	for (; unit != NULL && unit >= units; unit--)
		if (__builtin_mul_overflow(*out, (int64_t)1024, out))
			return false;
	return true;
}

static int
print_roll(const struct ctl *ctl, const struct audit_roll_result *result)
{
	struct json_object *root;
	bool ok;

	if (!ctl->json) {
		if (result->upto_seq > 0)
			printf("entries %" PRId64 " to %" PRId64 " exported to %s\nSHA-256 %s\n",
			    result->first_seq, result->upto_seq, result->path, result->sha256);
		if (result->removed > 0)
			printf("%" PRId64 " entries removed\n", result->removed);
		else
			printf("nothing to remove\n");
		return ctl_output();
	}
	root = json_new_object();
	ok = root != NULL;
	ok = json_set_integer(root, "firstSeq", result->first_seq) && ok;
	ok = json_set_integer(root, "uptoSeq", result->upto_seq) && ok;
	ok = json_set_integer(root, "removed", result->removed) && ok;
	ok = json_set_text(root, "file", result->upto_seq > 0 ? result->path : NULL) && ok;
	ok = json_set_text(root, "sha256", result->upto_seq > 0 ? result->sha256 : NULL) && ok;
	return ctl_print_json(root, ok);
}

static bool
take_limits(const char *days, const char *bytes, struct audit_roll_options *options)
{
	if (days != NULL && (!ctl_integer(days, &options->keep_days) || options->keep_days < 0 ||
				options->keep_days > 1000000)) {
		(void)ctl_error("--keep-days %s: must be a number of days; 0 keeps all", days);
		return false;
	}
	if (bytes != NULL && !read_bytes(bytes, &options->keep_bytes)) {
		(void)ctl_error("--keep-bytes %s: must be like 500M or 2G; 0 keeps all", bytes);
		return false;
	}
	return true;
}

int
ctl_audit_roll(struct ctl *ctl, int argc, char **argv)
{
	const char *days = NULL, *bytes = NULL;
	const struct ctl_option given[] = {{"--keep-days", NULL, &days, NULL},
	    {"--keep-bytes", NULL, &bytes, NULL}, {NULL, NULL, NULL, NULL}};
	struct meter meter = {.doing = "exporting"};
	struct audit_roll_options options = {.context = &meter};
	struct audit_roll_result result;
	struct problem why = {""};
	struct ctl_words operands;
	enum status status;
	int code;

	if (!ctl_args(ctl, argc, argv, given, &operands, 0, 0) ||
	    !take_limits(days, bytes, &options) || ctl_open(ctl) != STATUS_OK)
		return CTL_COULD_NOT;
	if (days == NULL)
		options.keep_days = ctl->config.audit_keep_days;
	if (bytes == NULL)
		options.keep_bytes = ctl->config.audit_keep_bytes;
	options.export_dir = ctl->config.audit_export_dir;
	if (isatty(STDERR_FILENO))
		options.step = roll_progress;
	if (options.keep_days == 0 && options.keep_bytes == 0)
		ctl_note("no limit is set (audit_keep_days, audit_keep_bytes): all entries stay");
	status = audit_roll(ctl->audit, &options, &result, &why);
	meter_end(&meter);
	code = status == STATUS_OK ? print_roll(ctl, &result) : ctl_error("%s", why.text);
	ctl_close(ctl);
	return code;
}
