/* audit_verify.c - the walk over the log and the comparison at its end; see audit_verify.h. */
#include "audit_verify.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "audit_checkpoint.h"
#include "audit_compare.h"
#include "audit_read.h"
#include "clock.h"
#include "log.h"

#define RESTARTS_MAX 8 /* a roll moved the beginning under way */

static const char heads_sql[] = "SELECT chain, seq, mac FROM audit_head ORDER BY chain";

/* A head row; a mac that is none is kept as "", which equals no mac. */
static void
take_row(struct query *q, struct audit_head *row)
{
	row->seq = query_integer(q, 1);
	row->mac[0] = '\0';
	if (query_types(q, "tit") && query_length(q, 2) == SECRET_DIGEST_TEXT - 1)
		memcpy(row->mac, query_text(q, 2), SECRET_DIGEST_TEXT);
}

static enum status
read_heads(struct audit_run *run, struct db *db)
{
	struct query *q = query(db, heads_sql);
	struct audit_chain *chain;
	enum query_step step = QUERY_DONE;
	enum status status = STATUS_OK;

	audit_head_init(&run->row);
	while (status == STATUS_OK && (step = query_step(q)) == QUERY_ROW) {
		if (strcmp(query_text(q, 0), AUDIT_HEAD_ALL) == 0) {
			run->has_row = true;
			take_row(q, &run->row);
			continue;
		}
		if (query_length(q, 0) > AUDIT_CHAIN_NAME_MAX) {
			(void)audit_report_add(run->report, AUDIT_HEAD_CHANGED, 0,
			    "a head row names a chain that no append made: \"%.60s...\"",
			    query_text(q, 0));
			continue;
		}
		status = audit_state_add(&run->state, query_text(q, 0), &chain);
		if (status == STATUS_OK) {
			chain->has_row = true;
			take_row(q, &chain->row);
		}
	}
	query_end(q);
	return status == STATUS_OK && step == QUERY_FAILED ? STATUS_FAILED : status;
}

static enum status
read_start(struct audit_run *run, struct db *db)
{
	struct audit_checkpoint checkpoint;
	struct audit_checkpoint_count count;
	enum status status;

	audit_checkpoint_init(&checkpoint);
	status = audit_checkpoint_find(
	    db, audit_keys_of(run->audit), AUDIT_CHECKPOINT_NEWEST, &checkpoint, &count);
	if (status == STATUS_NOT_FOUND)
		status = STATUS_OK;
	run->report->checkpoints = count.rows;
	if (status == STATUS_OK && count.forged_seq >= 0)
		(void)audit_report_add(run->report, AUDIT_CHECKPOINT_FORGED, count.forged_seq,
		    "the checkpoint at entry %" PRId64
		    " is forged or one before it is gone; what it covers counts as removed by hand",
		    count.forged_seq);
	if (status == STATUS_OK)
		status = audit_checkpoint_start(&checkpoint, &run->state);
	run->start = checkpoint.upto_seq;
	audit_checkpoint_free(&checkpoint);
	return status;
}

/* Entries before the start: left by a roll that was interrupted, or numbers that no append gives. */
static enum status
look_before_start(struct audit_run *run, struct db *db)
{
	enum status status = audit_slice_read(&run->slice, db, INT64_MIN, 0);

	if (status == STATUS_OK && run->slice.count > 0)
		(void)audit_report_add(run->report, AUDIT_ENTRY_INSERTED, run->slice.entries[0].seq,
		    "entry %" PRId64 " was inserted: entries count from 1",
		    run->slice.entries[0].seq);
	if (status == STATUS_OK)
		status = audit_slice_read(&run->slice, db, 0, run->start);
	if (status == STATUS_OK && run->slice.count > 0)
		run->report->leftover_seq = run->slice.entries[0].seq;
	return status;
}

/* Everything that must be of one moment, in one read transaction. */
static enum status
begin(struct audit_run *run)
{
	struct db *db;
	enum status status = store_read(audit_store(run->audit), &db);

	if (status != STATUS_OK)
		return status;
	status = audit_covered_seq(db, &run->covered);
	if (status == STATUS_OK)
		status = read_heads(run, db);
	if (status == STATUS_OK)
		status = read_start(run, db);
	if (status == STATUS_OK)
		status = look_before_start(run, db);
	if (status == STATUS_OK)
		status = audit_last_seq(db, &run->end);
	store_read_end(audit_store(run->audit), db);
	if (run->end < run->start)
		run->end = run->start;
	return status;
}

static enum status
next_slice(struct audit_run *run)
{
	struct store *store = audit_store(run->audit);
	int64_t covered;
	struct db *db;
	enum status status = store_read(store, &db);

	if (status != STATUS_OK)
		return status;
	status = audit_covered_seq(db, &covered);
	if (status == STATUS_OK && covered != run->covered)
		status = STATUS_STALE;
	if (status == STATUS_OK)
		status = audit_slice_read(&run->slice, db, run->state.all.seq, run->end);
	store_read_end(store, db);
	return status;
}

static enum status
walk(struct audit_run *run)
{
	enum status status = audit_compare_older_anchor(run);
	unsigned breaks;

	if (status != STATUS_OK)
		return status;
	audit_compare_anchor(run);
	while (run->state.all.seq < run->end) {
		status = next_slice(run);
		if (status != STATUS_OK)
			return status;
		for (int i = 0; i < run->slice.count; i++) {
			int64_t previous = run->state.all.seq;

			status = audit_state_step(
			    &run->state, &run->slice.entries[i], run->slice.damaged[i], &breaks);
			if (status != STATUS_OK)
				return status;
			if (breaks != 0)
				audit_report_breaks(
				    run->report, &run->slice.entries[i], previous, breaks);
			run->report->entries++;
			audit_compare_anchor(run);
		}
		if (run->slice.count == 0)
			break; /* removed under our eyes: the end shows it */
		if (run->progress->done != NULL)
			run->progress->done(run->progress->context, run->state.all.seq - run->start,
			    run->end - run->start);
	}
	return STATUS_OK;
}

static enum status
verify_once(struct audit_run *run)
{
	enum status status;

	*run->report = (struct audit_report){0};
	audit_state_init(&run->state, audit_keys_of(run->audit));
	run->has_row = false;
	/* Before the head: an anchor is never ahead of a log that is looked at later. */
	run->anchor_status = audit_anchor_read(audit_keys_of(run->audit),
	    audit_state_dir(run->audit), &run->report->anchor, &run->report->anchor_ms);
	run->report->has_anchor = run->anchor_status == STATUS_OK;
	if (run->anchor_status != STATUS_OK && run->anchor_status != STATUS_NOT_FOUND &&
	    run->anchor_status != STATUS_REFUSED) {
		log_error("audit: cannot read %s/%s: %s", audit_state_dir(run->audit),
		    AUDIT_ANCHOR_FILE, strerror(errno));
		return run->anchor_status;
	}
	status = begin(run);
	if (status == STATUS_OK)
		status = walk(run);
	if (status == STATUS_OK)
		status = audit_compare_end(run);
	audit_state_free(&run->state);
	return status;
}

enum status
audit_verify(
    struct audit *audit, const struct audit_progress *progress, struct audit_report *report)
{
	struct audit_run *run = calloc(1, sizeof(*run));
	int64_t began = clock_us();
	enum status status = STATUS_STALE;

	if (run == NULL)
		return STATUS_NO_MEMORY;
	run->audit = audit;
	run->progress = progress;
	run->report = report;
	audit_slice_init(&run->slice);
	for (int i = 0; i < RESTARTS_MAX && status == STATUS_STALE; i++)
		status = verify_once(run);
	report->elapsed_us = clock_us() - began;
	audit_slice_free(&run->slice);
	free(run);
	return status == STATUS_STALE ? STATUS_BUSY : status;
}
