/* audit_anchor.c - whether the log is the one its anchor saw, and the next anchor; see audit_anchor.h. */
#include "audit_anchor.h"

#include <inttypes.h>
#include <string.h>

#include "audit_checkpoint.h"
#include "clock.h"

#define SLICE_ROWS 4096 /* macs read in one transaction */
#define FOLLOW_TRIES 2

static const char macs_sql[] =
    "SELECT seq, mac FROM audit WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?";

/* Moves `at` on over the next entries, as far as they follow without a gap. */
static enum status
walk_slice(struct db *db, const struct audit_keys *keys, int64_t end, struct audit_head *at)
{
	struct query *q = query(db, macs_sql);
	enum query_step step = QUERY_DONE;
	enum status status = STATUS_OK;

	query_bind_integer(q, 1, at->seq);
	query_bind_integer(q, 2, end);
	query_bind_integer(q, 3, SLICE_ROWS);
	while (status == STATUS_OK && (step = query_step(q)) == QUERY_ROW) {
		if (query_integer(q, 0) != at->seq + 1 ||
		    query_length(q, 1) != SECRET_DIGEST_TEXT - 1)
			break;
		status = audit_head_next(keys, at, query_text(q, 1), at);
	}
	query_end(q);
	return status == STATUS_OK && step == QUERY_FAILED ? STATUS_FAILED : status;
}

/*
 * Behind a roll the entries are gone: a checkpoint leads over the gap, but only one whose mac is right. A row is
 * soon inserted by hand, and would take the anchor along. STATUS_STALE: it leads further than `end`.
 */
static enum status
pass_gap(struct db *db, const struct audit_keys *keys, int64_t end, struct audit_head *at)
{
	struct audit_checkpoint checkpoint;
	struct audit_checkpoint_count count;
	enum status status;

	audit_checkpoint_init(&checkpoint);
	status = audit_checkpoint_find(db, keys, AUDIT_CHECKPOINT_NEWEST, &checkpoint, &count);
	if (status == STATUS_NOT_FOUND || (status == STATUS_OK && checkpoint.upto_seq <= at->seq))
		status = STATUS_REFUSED;
	if (status == STATUS_OK && checkpoint.upto_seq > end)
		status = STATUS_STALE;
	if (status == STATUS_OK)
		*at = checkpoint.all;
	audit_checkpoint_free(&checkpoint);
	return status;
}

/* Moves `at` on to `end`. STATUS_REFUSED: at a gap, which only `over_rolls` is passed where a roll made it. */
static enum status
walk(struct store *store, const struct audit_keys *keys, int64_t end, bool over_rolls,
    struct audit_head *at)
{
	enum status status = STATUS_OK;
	int64_t before;
	struct db *db;

	while (status == STATUS_OK && at->seq < end) {
		before = at->seq;
		status = store_read(store, &db);
		if (status != STATUS_OK)
			return status;
		status = walk_slice(db, keys, end, at);
		if (status == STATUS_OK && at->seq == before)
			status = over_rolls ? pass_gap(db, keys, end, at) : STATUS_REFUSED;
		store_read_end(store, db);
	}
	return status;
}

static enum status
read_head(struct store *store, struct audit_head *head)
{
	struct db *db;
	enum status status = store_read(store, &db);

	if (status != STATUS_OK)
		return status;
	status = audit_head_read(db, AUDIT_HEAD_ALL, head);
	store_read_end(store, db);
	return status;
}

/*
 * The head to move to, where the entries lead to it from `anchor`: that of the last commit, or the present one where another
 * process has moved the anchor further. A roll since then may have left it behind: a second look, at the present
 * head, tells that from a log that ends before its own checkpoint.
 */
static enum status
follow(struct store *store, const struct audit_keys *keys, const struct audit_head *anchor,
    const struct audit_track *track, struct audit_head *head)
{
	bool own = track->any && track->head.seq >= anchor->seq;
	enum status status = STATUS_STALE;
	struct audit_head at;

	for (int i = 0; i < FOLLOW_TRIES && status == STATUS_STALE; i++) {
		at = *anchor;
		*head = track->head;
		status = own && i == 0 ? STATUS_OK : read_head(store, head);
		if (status == STATUS_OK)
			status = walk(store, keys, head->seq, true, &at);
	}
	if (status != STATUS_OK)
		return status == STATUS_STALE ? STATUS_REFUSED : status;
	return at.seq == head->seq && strcmp(at.mac, head->mac) == 0 ? STATUS_OK : STATUS_REFUSED;
}

/* Entries behind an anchor are gone: a checkpoint at its very entry can still be compared. */
static enum status
compare_older(struct store *store, const struct audit_keys *keys, const struct audit_head *anchor)
{
	struct audit_checkpoint checkpoint;
	struct audit_checkpoint_count count;
	struct db *db;
	enum status status = store_read(store, &db);

	if (status != STATUS_OK)
		return status;
	audit_checkpoint_init(&checkpoint);
	status = audit_checkpoint_find(db, keys, anchor->seq, &checkpoint, &count);
	store_read_end(store, db);
	if (status == STATUS_NOT_FOUND)
		status = STATUS_OK;
	if (status == STATUS_OK && checkpoint.upto_seq == anchor->seq &&
	    strcmp(checkpoint.all.mac, anchor->mac) != 0)
		status = STATUS_REFUSED;
	audit_checkpoint_free(&checkpoint);
	return status;
}

enum status
audit_anchor_compare(struct store *store, const struct audit_keys *keys,
    const struct audit_head *anchor, const struct audit_head *start)
{
	bool older = anchor->seq < start->seq;
	const struct audit_head *end = older ? start : anchor;
	struct audit_head at = older ? *anchor : *start;
	enum status status = walk(store, keys, end->seq, false, &at);

	if (status == STATUS_REFUSED && older)
		return compare_older(store, keys, anchor);
	if (status == STATUS_OK && strcmp(at.mac, end->mac) != 0)
		status = STATUS_REFUSED;
	return status;
}

static bool
same(const struct audit_head *a, const struct audit_head *b)
{
	return a->seq == b->seq && strcmp(a->mac, b->mac) == 0;
}

void
audit_track_commit(
    struct audit_track *track, const struct audit_head *from, const struct audit_head *to)
{
	track->unbroken = track->unbroken && same(&track->head, from);
	track->head = *to;
	track->any = true;
}

enum status
audit_anchor_advance(struct store *store, const struct audit_keys *keys, const char *state_dir,
    const struct audit_track *track, struct problem *why)
{
	struct audit_head anchor, head = track->head;
	int64_t time_ms;
	enum status status, found = audit_anchor_read(keys, state_dir, &anchor, &time_ms);

	if (found == STATUS_REFUSED)
		problem_set(why, "%s was changed or is of another installation", AUDIT_ANCHOR_FILE);
	if (found != STATUS_OK && found != STATUS_NOT_FOUND)
		return found;
	if (found == STATUS_NOT_FOUND)
		status = read_head(store, &head);
	else if (track->unbroken && same(&track->anchor, &anchor))
		status = STATUS_OK;
	else
		status = follow(store, keys, &anchor, track, &head);
	if (status == STATUS_REFUSED)
		problem_set(why,
		    "the log does not go on from %s at entry %" PRId64
		    ": its end was cut off or a database put back",
		    AUDIT_ANCHOR_FILE, anchor.seq);
	if (status != STATUS_OK)
		return status;
	return audit_anchor_write(keys, state_dir, &head, clock_wall_ms());
}
