/* audit_report.c - findings and their sentences; see audit_report.h. */
#include "audit_report.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"

const char *
audit_finding_name(enum audit_finding_kind kind)
{
	static const char *const names[] = {
	    [AUDIT_ENTRY_CHANGED] = "entry_changed",
	    [AUDIT_ENTRY_MISSING] = "entry_missing",
	    [AUDIT_ENTRY_ORDER] = "entry_order",
	    [AUDIT_ENTRY_INSERTED] = "entry_inserted",
	    [AUDIT_HISTORY_MISSING] = "history_missing",
	    [AUDIT_HEAD_CHANGED] = "head_changed",
	    [AUDIT_ALL_CHANGED] = "installation_head_changed",
	    [AUDIT_CHECKPOINT_FORGED] = "checkpoint_forged",
	    [AUDIT_TRIGGER_MISSING] = "trigger_missing",
	    [AUDIT_ANCHOR_AHEAD] = "anchor_ahead",
	    [AUDIT_ANCHOR_OTHER] = "anchor_other",
	    [AUDIT_ANCHOR_MISSING] = "anchor_missing",
	    [AUDIT_ANCHOR_DAMAGED] = "anchor_damaged",
	    [AUDIT_EXPORT_DIFFERS] = "export_differs",
	};

	return names[kind];
}

struct audit_finding *
audit_report_add(
    struct audit_report *report, enum audit_finding_kind kind, int64_t seq, const char *format, ...)
{
	struct audit_finding *finding;
	char text[PROBLEM_MAX];
	va_list args;

	if (report->nfindings++ >= AUDIT_FINDINGS_MAX)
		return NULL;
	finding = &report->findings[report->nfindings - 1];
	*finding = (struct audit_finding){.kind = kind, .seq = seq};
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	problem_set(&finding->text, "%s", text);
	return finding;
}

static const char *
name_of(const struct audit_entry *entry)
{
	return entry->key_name[0] != '\0' ? entry->key_name : entry->chain;
}

static void
detail(struct audit_finding *finding, const struct audit_entry *entry, bool time)
{
	struct problem name;

	if (finding == NULL)
		return;
	problem_set(&name, "%.*s", AUDIT_CHAIN_NAME_MAX, name_of(entry));
	memcpy(finding->key, name.text, sizeof(finding->key));
	finding->key[AUDIT_CHAIN_NAME_MAX] = '\0';
	if (time)
		finding->time_ms = entry->time_ms;
}

static void
report_gap(struct audit_report *report, const struct audit_entry *entry, int64_t previous,
    const char *time)
{
	int64_t first = previous + 1, last = entry->seq - 1;

	if (entry->seq <= previous)
		(void)audit_report_add(report, AUDIT_ENTRY_ORDER, entry->seq,
		    "entry %" PRId64 " stands behind entry %" PRId64, entry->seq, previous);
	else if (first == last)
		(void)audit_report_add(report, AUDIT_ENTRY_MISSING, first,
		    "entry %" PRId64 " is missing; the next one is of \"%.100s\" at %s", first,
		    name_of(entry), time);
	else
		(void)audit_report_add(report, AUDIT_ENTRY_MISSING, first,
		    "entries %" PRId64 " to %" PRId64
		    " are missing; the next one is of \"%.100s\" at %s",
		    first, last, name_of(entry), time);
}

void
audit_report_breaks(
    struct audit_report *report, const struct audit_entry *entry, int64_t previous, unsigned breaks)
{
	char time[CLOCK_TEXT_MAX];

	clock_text(entry->time_ms, time);
	if (breaks & AUDIT_BREAK_GAP)
		report_gap(report, entry, previous, time);
	if (breaks & AUDIT_BREAK_CHANGED)
		detail(audit_report_add(report, AUDIT_ENTRY_CHANGED, entry->seq,
			   "entry %" PRId64 " of \"%.100s\" at %s was changed, inserted or put in "
			   "another's place",
			   entry->seq, name_of(entry), time),
		    entry, true);
	if (breaks & AUDIT_BREAK_CHAIN_GAP)
		detail(
		    audit_report_add(report, AUDIT_HISTORY_MISSING, entry->seq,
			"entries of \"%.100s\" are missing before entry %" PRId64 " at %s, which "
			"says to be number %" PRId64 " of its chain",
			name_of(entry), entry->seq, time, entry->chain_seq),
		    entry, true);
	if (breaks & AUDIT_BREAK_ORDER)
		detail(audit_report_add(report, AUDIT_ENTRY_ORDER, entry->seq,
			   "entry %" PRId64
			   " of \"%.100s\" at %s was inserted or reordered: number %" PRId64
			   " of its chain was there already",
			   entry->seq, name_of(entry), time, entry->chain_seq),
		    entry, true);
}

bool
audit_report_only_anchor(const struct audit_report *report)
{
	for (int i = 0; i < report->nfindings && i < AUDIT_FINDINGS_MAX; i++)
		if (report->findings[i].kind < AUDIT_ANCHOR_AHEAD ||
		    report->findings[i].kind > AUDIT_ANCHOR_DAMAGED)
			return false;
	return report->nfindings > 0 && report->nfindings <= AUDIT_FINDINGS_MAX;
}
