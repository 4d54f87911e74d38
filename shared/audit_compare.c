/* audit_compare.c - heads and anchor against what the walk computed; see audit_compare.h. */
#include "audit_compare.h"

#include <inttypes.h>
#include <string.h>

#include "audit_anchor.h"
#include "clock.h"

static const char name_sql[] = "SELECT name FROM api_key WHERE id = ?";

static void
add_other(struct audit_run *run)
{
	(void)audit_report_add(run->report, AUDIT_ANCHOR_OTHER, run->report->anchor.seq,
	    "up to entry %" PRId64
	    " the log is another one than the anchor saw: a database was put back and written "
	    "on, or history was rewritten with the key",
	    run->report->anchor.seq);
}

void
audit_compare_anchor(struct audit_run *run)
{
	const struct audit_head *anchor = &run->report->anchor;

	if (!run->report->has_anchor || anchor->seq != run->state.all.seq || run->state.all_lost)
		return;
	if (strcmp(anchor->mac, run->state.all.mac) != 0)
		add_other(run);
}

enum status
audit_compare_older_anchor(struct audit_run *run)
{
	enum status status;

	if (!run->report->has_anchor || run->report->anchor.seq >= run->start)
		return STATUS_OK;
	status = audit_anchor_compare(audit_store(run->audit), audit_keys_of(run->audit),
	    &run->report->anchor, &run->state.all);
	if (status != STATUS_REFUSED)
		return status;
	add_other(run);
	return STATUS_OK;
}

/* The name of the key whose chain this is, for people. */
static void
chain_title(struct db *db, const char *chain, char out[AUDIT_CHAIN_NAME_MAX + 1])
{
	struct query *q = query(db, name_sql);
	struct problem title;

	query_bind_text(q, 1, chain);
	problem_set(&title, "%.*s", AUDIT_CHAIN_NAME_MAX,
	    query_step(q) == QUERY_ROW ? query_text(q, 0) : chain);
	query_end(q);
	memcpy(out, title.text, AUDIT_CHAIN_NAME_MAX);
	out[AUDIT_CHAIN_NAME_MAX] = '\0';
}

static void
compare_chain(struct audit_run *run, struct db *db, const struct audit_chain *chain)
{
	struct audit_finding *finding = NULL;
	char key[AUDIT_CHAIN_NAME_MAX + 1];
	const struct audit_head *head = &chain->head, *row = &chain->row;

	if (chain->has_row && row->seq == head->seq &&
	    (chain->lost || strcmp(row->mac, head->mac) == 0))
		return;
	chain_title(db, chain->name, key);
	if (!chain->has_row && head->seq > 0)
		finding = audit_report_add(run->report, AUDIT_HEAD_CHANGED, 0,
		    "the head row of \"%s\" is gone; it has %" PRId64 " entries", key, head->seq);
	else if (row->seq > head->seq && head->seq == 0)
		finding = audit_report_add(run->report, AUDIT_HISTORY_MISSING, 0,
		    "the whole history of \"%s\" is gone: %" PRId64 " entries", key, row->seq);
	else if (row->seq > head->seq)
		finding = audit_report_add(run->report, AUDIT_HISTORY_MISSING, 0,
		    "the last entries of \"%s\" are gone: from number %" PRId64 " to %" PRId64
		    " of its chain",
		    key, head->seq + 1, row->seq);
	else if (row->seq < head->seq)
		finding = audit_report_add(run->report, AUDIT_HEAD_CHANGED, 0,
		    "the head row of \"%s\" was put back from number %" PRId64 " to %" PRId64, key,
		    head->seq, row->seq);
	else if (chain->has_row)
		finding = audit_report_add(
		    run->report, AUDIT_HEAD_CHANGED, 0, "the head row of \"%s\" was changed", key);
	if (finding != NULL)
		memcpy(finding->key, key, sizeof(key));
}

static void
compare_all(struct audit_run *run)
{
	const struct audit_head *all = &run->state.all, *row = &run->row;

	if (row->seq > all->seq)
		(void)audit_report_add(run->report, AUDIT_ENTRY_MISSING, all->seq + 1,
		    "the end of the log was cut off: entries %" PRId64 " to %" PRId64
		    " are missing",
		    all->seq + 1, row->seq);
	else if (!run->has_row && all->seq > 0)
		(void)audit_report_add(
		    run->report, AUDIT_ALL_CHANGED, 0, "the row of the installation head is gone");
	else if (row->seq < all->seq)
		(void)audit_report_add(run->report, AUDIT_ALL_CHANGED, row->seq + 1,
		    "the installation head is at entry %" PRId64 ", the log at %" PRId64
		    ": the head was put back, or entries were inserted at the end",
		    row->seq, all->seq);
	else if (!run->state.all_lost && strcmp(row->mac, all->mac) != 0)
		(void)audit_report_add(run->report, AUDIT_ALL_CHANGED, 0,
		    "the installation head does not fit the entries: the row or a mac was changed");
}

static void
judge_anchor(struct audit_run *run)
{
	const struct audit_head *anchor = &run->report->anchor;
	char time[CLOCK_TEXT_MAX];

	if (run->anchor_status == STATUS_NOT_FOUND && run->state.all.seq > 0) {
		(void)audit_report_add(run->report, AUDIT_ANCHOR_MISSING, 0,
		    "there is no anchor (%s): whether the end of the log was cut off or an old "
		    "database put back cannot be told",
		    AUDIT_ANCHOR_FILE);
	} else if (run->anchor_status == STATUS_REFUSED) {
		(void)audit_report_add(run->report, AUDIT_ANCHOR_DAMAGED, 0,
		    "the anchor (%s) was not written by this installation, or was changed",
		    AUDIT_ANCHOR_FILE);
	} else if (run->report->has_anchor && anchor->seq > run->state.all.seq) {
		clock_text(run->report->anchor_ms, time);
		(void)audit_report_add(run->report, AUDIT_ANCHOR_AHEAD, run->state.all.seq + 1,
		    "the log ends at entry %" PRId64 ", but at %s it had reached %" PRId64
		    ": its end was cut off, or an old database put back",
		    run->state.all.seq, time, anchor->seq);
	}
}

static void
add_trigger(void *context, const char *name, const char *statement)
{
	struct audit_run *run = context;

	(void)audit_report_add(run->report, AUDIT_TRIGGER_MISSING, 0,
	    "the trigger %s is gone or was changed: history can be changed without being refused; find "
	    "out who did it, then in `sqlite3 %s`: DROP TRIGGER IF EXISTS %s; %s;",
	    name, STORE_FILE, name, statement);
}

enum status
audit_compare_end(struct audit_run *run)
{
	struct store *store = audit_store(run->audit);
	struct audit_chain *chain = NULL;
	struct db *db;
	enum status status = store_read(store, &db);

	if (status != STATUS_OK)
		return status;
	compare_all(run);
	while ((chain = audit_state_next(&run->state, chain)) != NULL) {
		compare_chain(run, db, chain);
		if (chain->head.seq > 0)
			run->report->chains++;
	}
	judge_anchor(run);
	store_read_end(store, db);
	status = store_missing_triggers(store, add_trigger, run);
	run->report->first_seq = run->report->entries > 0 ? run->start + 1 : 0;
	run->report->last_seq = run->state.all.seq;
	return status;
}
