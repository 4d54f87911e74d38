/* audit_compare.h - one verification under way, and its comparison with heads and anchor. Private to audit_verify.c. */
#ifndef ENFORGATE_AUDIT_COMPARE_H
#define ENFORGATE_AUDIT_COMPARE_H

#include "audit_read.h"
#include "audit_state.h"
#include "audit_verify.h"

struct audit_run {
	struct audit *audit;
	const struct audit_progress *progress;
	struct audit_report *report;
	struct audit_state state;
	struct audit_slice slice;
	enum status anchor_status;
	struct audit_head row; /* of the installation head */
	bool has_row;
	int64_t covered; /* newest checkpoint, right or forged, when the walk began */
	int64_t start;   /* seq the walk starts behind */
	int64_t end;     /* last entry when the walk began */
};

/* Where the walk stands at the anchor's entry: the anchor saw the head at this very place. */
void audit_compare_anchor(struct audit_run *run);
/* At the start of the walk: an anchor from before it, which the walk itself never meets. */
enum status audit_compare_older_anchor(struct audit_run *run) MUST_USE;
/* At the end of the walk: heads, anchor, and the summary. */
enum status audit_compare_end(struct audit_run *run) MUST_USE;

#endif
