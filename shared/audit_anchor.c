/* audit_anchor.c - whether the log goes on from its anchor, and the next anchor; see audit_anchor.h. */
#include "audit_anchor.h"

#include <inttypes.h>
#include <string.h>

#include "audit_read.h"
#include "clock.h"

#define SLICE_ROWS 4096 /* macs read in one transaction */

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

/* STATUS_REFUSED where the entries do not lead from `anchor` to `head`. */
static enum status
follow(struct store *store, const struct audit_keys *keys, const struct audit_head *anchor,
    const struct audit_head *head)
{
	struct audit_head at = *anchor;
	struct db *db;
	enum status status = STATUS_OK;
	int64_t covered = 0, before = -1;

	while (status == STATUS_OK && at.seq < head->seq && at.seq != before) {
		before = at.seq;
		status = store_read(store, &db);
		if (status != STATUS_OK)
			return status;
		status = audit_covered_seq(db, &covered);
		if (status == STATUS_OK)
			status = walk_slice(db, keys, head->seq, &at);
		store_read_end(store, db);
	}
	/* Behind a roll the entries are gone; its checkpoint is what verification looks at then. */
	if (status != STATUS_OK || (at.seq < head->seq && at.seq < covered))
		return status;
	return at.seq == head->seq && strcmp(at.mac, head->mac) == 0 ? STATUS_OK : STATUS_REFUSED;
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

enum status
audit_anchor_advance(
    struct store *store, const struct audit_keys *keys, const char *state_dir, struct problem *why)
{
	struct audit_head anchor, head;
	int64_t time_ms;
	enum status status, found = audit_anchor_read(keys, state_dir, &anchor, &time_ms);

	if (found == STATUS_REFUSED)
		problem_set(why, "%s was changed or is of another installation", AUDIT_ANCHOR_FILE);
	if (found != STATUS_OK && found != STATUS_NOT_FOUND)
		return found;
	status = read_head(store, &head);
	if (status == STATUS_OK && found == STATUS_OK)
		status = follow(store, keys, &anchor, &head);
	if (status == STATUS_REFUSED)
		problem_set(why,
		    "the log does not go on from %s at entry %" PRId64
		    ": its end was cut off or a database put back",
		    AUDIT_ANCHOR_FILE, anchor.seq);
	if (status != STATUS_OK)
		return status;
	return audit_anchor_write(keys, state_dir, &head, clock_wall_ms());
}
