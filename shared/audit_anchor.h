/*
 * audit_anchor.h - comparing the log with its anchor, and moving that on, but only along the log that it saw.
 *
 * If any append moved the anchor, a log that was cut off or put back would lose its witness within a second. So the
 * entries since the last anchor are walked first: their macs must lead from its head to the present one. That costs a HMAC
 * for each entry of the last second, and nothing where this process wrote all of them itself.
 */
#ifndef ENFORGATE_AUDIT_ANCHOR_H
#define ENFORGATE_AUDIT_ANCHOR_H

#include "audit_chain.h"

/* What this process knows of the log by its own commits. All zero at first. */
struct audit_track {
	bool any;                 /* it has committed */
	struct audit_head head;   /* the installation head by its last commit */
	struct audit_head anchor; /* the head when it last moved the anchor */
	bool unbroken;            /* its own commits alone lead from `anchor` to `head` */
};

/* After a commit that moved the installation head from `from` to `to`. */
void audit_track_commit(
    struct audit_track *track, const struct audit_head *from, const struct audit_head *to);

/*
 * Moves the anchor to the head of the last commit of `track`, or to the present one where there is none or another process
 * has moved the anchor past it. Under the lock on the state directory.
 * The walk is spared where the track is unbroken from this very anchor. STATUS_REFUSED: the anchor stays, because it is damaged or
 * the log does not go on from it; `why` says which. Only audit_accept_restore() replaces such an anchor.
 */
enum status audit_anchor_advance(struct store *store, const struct audit_keys *keys,
    const char *state_dir, const struct audit_track *track, struct problem *why) MUST_USE;

/*
 * Whether the log around `start` (where the newest checkpoint or the beginning stands) is the one that `anchor` saw: the macs
 * of the entries must lead from one to the other. STATUS_REFUSED: they do not, or entries behind `start` are missing. An
 * anchor older than `start` is compared as far as its entries are still there, or a checkpoint at its very entry.
 */
enum status audit_anchor_compare(struct store *store, const struct audit_keys *keys,
    const struct audit_head *anchor, const struct audit_head *start) MUST_USE;

#endif
