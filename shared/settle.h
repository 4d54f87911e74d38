/*
 * settle.h - what a person's decision makes of a verdict, in the transaction that records the verdict.
 *
 * A call that needs a person is allowed where an approval of it was given (which is spent by that), where it is a further round of a call that was
 * let through (mcp/continuation.h), or where an allowance is in force; denied where it was denied or nobody decided in time; otherwise somebody is asked, or it attaches to the question that is open already.
 * A deny of the policies stays one, and may have to be told (call.blocked).
 */
#ifndef ENFORGATE_SETTLE_H
#define ENFORGATE_SETTLE_H

#include "approval.h"
#include "outbox.h"
#include "stop.h"

/* What settling needs to know, all borrowed or copied before the transaction. */
struct settlement {
	const struct key *key;
	struct stop_files *stop_files;
	const char *server;
	const char *tool;
	const char *args_digest;
	const char *call_id;
	const char *continues_call; /* it is a further round of this call; NULL or "": it is none */
	int64_t continues_round;    /* which, from 2 */
	const struct lease *lease;  /* courier_lease(): who sends first; NULL: anybody */
	int64_t most;               /* pending approvals of a key */
	bool links;                 /* base_url is set: somebody can be asked */
	bool ask;                   /* the caller wants an approval made, attached to or spent */
	bool wait;                  /* and waits for the decision */
	bool release;               /* it has waited: nobody is asked again */
	bool tells_blocked;         /* a channel of the key wants to hear of denied calls */
	char made_id[APPROVAL_ID_MAX + 1];     /* for an approval that is made */
	char shown_digest[SECRET_DIGEST_TEXT]; /* likewise */

	/* The result. */
	char approval_id[APPROVAL_ID_MAX + 1]; /* "": none has to do with it */
	enum approval_state state; /* of that approval; APPROVED where it was spent by this call */
	int64_t expires_ms;        /* likewise */
	bool made;                 /* it was made by this call */
	bool continued;            /* allowed as a further round of a call that was approved */
	bool asked;                /* the answer says something about an approval */
	bool notices;              /* the outbox has something new */
	char
	    overdue_id[APPROVAL_ID_MAX + 1]; /* with STATUS_STALE: this one has to be ended first */
};

/*
 * Settles a verdict of the policies: may change its decision and reason. STATUS_STALE with overdue_id: an approval whose
 * time is over has to be ended (resolve.h), which has an entry of its own.
 */
enum status settle(
    struct db *db, struct settlement *s, struct verdict *verdict, int64_t now_ms) MUST_USE;

#endif
