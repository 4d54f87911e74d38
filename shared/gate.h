/*
 * gate.h - the line that every call walks: authenticate, evaluate, record, answer.
 *
 * The doors (check, mcp) bring an attempt and carry the answer away; what happens in between is here, once.
 */
#ifndef ENFORGATE_GATE_H
#define ENFORGATE_GATE_H

#include "audit.h"
#include "call.h"
#include "caller.h"
#include "policy.h"

#define CALL_ID_MAX 40
#define CALL_ID_RANDOM 22 /* base62 characters: 131 bits */

struct gate {
	struct audit *audit;          /* borrowed */
	struct callers *callers;      /* borrowed */
	struct secret_key digest_key; /* of the digests of arguments */
	int state_dir_fd;             /* where the files of the kill switch are looked for */
};

/* What a door brings. */
struct attempt {
	const char *surface;       /* "check", "mcp" */
	const char *authorization; /* the header's value, or NULL */
	int64_t started_us;        /* clock_us() at the request's arrival */
	/*
	 * Reads the call, once, after the caller is known: a stranger's bytes are not parsed. Its status and `why`
	 * are handed through.
	 */
	enum status (*read_call)(void *arg, struct call *call, struct problem *why);
	void *arg;
};

/* What the gate decided. It is on disk. */
struct answer {
	enum decision decision;
	char reason[VERDICT_REASON_MAX];
	char policy_id[POLICY_ID_MAX + 1]; /* "": no policy decided */
	char call_id[CALL_ID_MAX + 1];
	int64_t latency_us;
};

/*
 * STATUS_OK: *answer is a verdict that is recorded. Anything else is no verdict: STATUS_REFUSED (`why` for the log only),
 * STATUS_INVALID or STATUS_TOO_LARGE (`why` for the caller), STATUS_BUSY (nothing was tried), STATUS_FAILED and
 * STATUS_NO_MEMORY.
 */
enum status gate_decide(struct gate *gate, const struct attempt *attempt, struct answer *answer,
    struct problem *why) MUST_USE;

#endif
