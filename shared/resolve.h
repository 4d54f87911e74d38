/*
 * resolve.h - a decision about an approval with all that follows from it, in one write transaction.
 *
 * The transition, the entry in the audit log (kind "outcome", in the key's chain, with the toolCallId of the verdict that
 * asked), the allowance, and the notices of approval.resolved. The page, the administrator, the lock-out of wrong PINs
 * and the end of time all come here. After the commit the caller calls wake_all() (wake.h).
 */
#ifndef ENFORGATE_RESOLVE_H
#define ENFORGATE_RESOLVE_H

#include "approval.h"
#include "audit.h"

struct resolution {
	const char *approval_id;
	enum approval_state to; /* APPROVAL_APPROVED, APPROVAL_DENIED or APPROVAL_EXPIRED */
	const char *surface; /* for the audit log: "approve", "ctl", "sweep", or that of a call */
	const char
	    *by; /* name of the channel whose link it was, "enforgatectl"; "" for the end of time */
	const char *why; /* for the audit log; NULL: as the state says */
	/* Of an approval. */
	const char *duration; /* "once", "1h", "8h", "24h"; NULL: once */
	bool these_args;      /* the allowance is for these arguments only */
	int64_t calls;        /* most calls of the allowance, this one included; 0: any number */
};

/*
 * STATUS_OK: this one has won; *out is the approval as it is now. STATUS_NOT_FOUND: no such approval. STATUS_EXISTS: it was
 * decided or had expired before; *out says how, nothing was written. STATUS_INVALID: a duration that does not exist, one
 * that the key forbids, or a number of calls out of range; `why` says which. Any other status: roll back.
 */
enum status resolve(struct db *db, struct audit *audit, const struct resolution *resolution,
    int64_t now_ms, struct approval *out, struct problem *why) MUST_USE;

/* Ends what is overdue, at most `most` approvals (and 256), each as above. *ended counts them. */
enum status resolve_overdue(
    struct db *db, struct audit *audit, int64_t now_ms, int64_t most, int64_t *ended) MUST_USE;

#endif
