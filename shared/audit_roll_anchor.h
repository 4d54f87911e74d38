/*
 * audit_roll_anchor.h - whether the anchor lets a roll begin. Private to audit_roll.c.
 *
 * What verification finds about the anchor forbids a roll: it would export another history than the anchor saw, cover it
 * with a checkpoint of its own, and remove the evidence.
 */
#ifndef ENFORGATE_AUDIT_ROLL_ANCHOR_H
#define ENFORGATE_AUDIT_ROLL_ANCHOR_H

#include "audit_chain.h"

struct audit_roll_anchor {
	struct audit_head head;
	enum status status; /* of reading it */
};

/* Before the end of the log is looked up: an anchor is never ahead of a log that is looked at later. */
void audit_roll_anchor_read(struct audit_roll_anchor *anchor, const struct audit *audit);

/* For a log whose last entry is `last` (0: never had one). STATUS_REFUSED: the anchor is damaged, missing or ahead. */
enum status audit_roll_anchor_judge(
    const struct audit_roll_anchor *anchor, int64_t last, struct problem *why) MUST_USE;

/* Before anything goes. STATUS_REFUSED: the log around `start`, the newest checkpoint, is not the one the anchor saw. */
enum status audit_roll_anchor_compare(const struct audit_roll_anchor *anchor,
    const struct audit *audit, const struct audit_head *start, struct problem *why) MUST_USE;

#endif
