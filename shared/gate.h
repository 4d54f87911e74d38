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
#include "stop.h"

#define CALL_ID_MAX 40
#define CALL_ID_RANDOM 22 /* base62 characters: 131 bits */

struct gate {
	struct audit *audit;          /* borrowed */
	struct callers *callers;      /* borrowed */
	struct secret_key digest_key; /* of the digests of arguments */
	struct stop_files stop_files; /* of the kill switch */
};

/* What the gate decided. It is on disk. */
struct answer {
	enum decision decision;
	char reason[VERDICT_REASON_MAX];
	char policy_id[POLICY_ID_MAX + 1]; /* "": no policy decided */
	char call_id[CALL_ID_MAX + 1];
	int64_t latency_us;
};

/* One call on its way along the line. It lives, with what it borrows, until `done` is called. */
struct attempt {
	/* What a door brings. */
	const char *surface;       /* "check", "mcp" */
	const char *authorization; /* the header's value, or NULL */
	const char *request_id;    /* for the log, also in another thread; NULL: none */
	int64_t started_us;        /* clock_us() at the request's arrival */
	/*
	 * Reads the call, once, after the caller is known: a stranger's bytes are not parsed. Its status and `why`
	 * are handed through.
	 */
	enum status (*read_call)(struct attempt *attempt, struct call *call, struct problem *why);
	/*
	 * Called once, by this thread or by the one that commits. STATUS_OK: `answer` is a verdict that is recorded.
	 * Anything else is no verdict: STATUS_REFUSED (`why` for the log only), STATUS_INVALID or STATUS_TOO_LARGE (`why` for
	 * the caller), STATUS_BUSY (nothing was tried), STATUS_FAILED and STATUS_NO_MEMORY.
	 */
	void (*done)(struct attempt *attempt, enum status status);

	/* What it takes away. */
	struct answer answer;
	struct problem why;

	/* Private to gate.c. */
	struct gate *gate;
	struct caller *caller;
	struct call call;
	struct verdict verdict;
	struct audit_append append;
	int tries;
};

/*
 * Sends a call along the line. Its verdict is committed together with those of other calls, so the end may come later and in
 * another thread; the thread that called must call audit_work() next, or nobody may commit.
 */
void gate_decide(struct gate *gate, struct attempt *attempt);

#endif
