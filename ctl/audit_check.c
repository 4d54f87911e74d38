/* audit_check.c - enforgatectl audit verify. */
#include "audit_commands.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "audit_verify.h"
#include "clock.h"
#include "meter.h"
#include "table.h"

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
	if (meter_wanted())
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
