/*
 * gate.h - the line that every call walks: authenticate, evaluate, record, hold where a person decides, forward, record the outcome.
 *
 * The doors (check, mcp) bring an attempt and carry the answer away; what happens in between is here, once.
 */
#ifndef ENFORGATE_GATE_H
#define ENFORGATE_GATE_H

#include "audit.h"
#include "call.h"
#include "caller.h"
#include "courier.h"
#include "settle.h"

#define CALL_ID_MAX 40
#define CALL_ID_RANDOM 22 /* base62 characters: 131 bits */
#define OUTCOME_REASON_MAX 256

struct gate {
	struct audit *audit;             /* borrowed */
	struct callers *callers;         /* borrowed */
	struct secret_key digest_key;    /* of the digests of arguments */
	struct stop_files stop_files;    /* of the kill switch */
	struct store *store;             /* borrowed */
	struct courier *courier;         /* borrowed; NULL: others send */
	const struct secret_key *master; /* borrowed; of the salts */
	int64_t approvals_per_key;       /* pending ones */
	bool links;                      /* base_url is set */
};

/* What the gate decided. It is on disk. */
struct answer {
	enum decision decision;
	char reason[VERDICT_REASON_MAX];
	char policy_id[POLICY_ID_MAX + 1]; /* "": no policy decided */
	char call_id[CALL_ID_MAX + 1];
	int64_t latency_us;
	bool continued; /* allowed as a further round of a call that a person let through */
	/* Where the caller asked for an approval and there is one. */
	char approval_id[APPROVAL_ID_MAX + 1]; /* "": none */
	enum approval_state approval_state;    /* approved also where it was spent by this call */
	int64_t approval_expires_ms;
};

/* What became of a call that was forwarded, as the audit log will have it. */
struct outcome {
	const char *
	    what; /* a constant: "completed", "error", "blocked" (by the gateway: nothing was sent), "unknown" (it may have run) */
	char reason[OUTCOME_REASON_MAX]; /* no argument, no result */
};

/* One call on its way along the line. It lives, with what it borrows, until `done` is called; one that is run, until gate_run() returns. */
struct attempt {
	/* What a door brings. */
	const char *surface;       /* "check", "mcp" */
	const char *authorization; /* the header's value, or NULL */
	const char *request_id;    /* for the log, also in another thread; NULL: none */
	int64_t started_us;        /* clock_us() at the request's arrival */
	/*
	 * Reads the call after the caller is known: a stranger's bytes are not parsed. Once, and once more after a hold. It may set
	 * `ask` and `wait`. Its status and `why` are handed through.
	 */
	enum status (*read_call)(struct attempt *attempt, struct call *call, struct problem *why);
	/*
	 * Called once, by this thread or by the one that commits. STATUS_OK: `answer` is a verdict that is recorded.
	 * Anything else is no verdict: STATUS_REFUSED (`why` for the log only), STATUS_INVALID or STATUS_TOO_LARGE (`why` for
	 * the caller), STATUS_BUSY (nothing was tried), STATUS_FAILED and STATUS_NO_MEMORY.
	 */
	void (*done)(struct attempt *attempt, enum status status);
	/*
	 * Called where `wait` is set and the recorded verdict waits for a person: takes the attempt over until gate_release()
	 * or gate_give_up(). It holds nothing of the call by then. False: it cannot be held, and is answered as it is. May be NULL.
	 */
	bool (*hold)(struct attempt *attempt);
	/*
	 * Carries an allowed call to where it runs, and says what became of it. gate_run() calls it. NULL: calls are only judged, and
	 * whoever asked makes them. Where it is set and `done` brings STATUS_OK and an allow, gate_run() must follow.
	 */
	void (*forward)(struct attempt *attempt, struct outcome *outcome);
	/* Set by read_call: denied for this reason whatever the policies say; NULL: they decide. Borrowed. */
	const char *refusal;
	bool ask;  /* make, attach to or spend an approval where one is needed */
	bool wait; /* and wait for the decision */
	/* Of a further round of a call (mcp/continuation.h), set by read_call; NULL: it is none. Borrowed. */
	const char *continues_call;
	int64_t continues_round; /* which round it is, from 2 */

	/* What it takes away. */
	struct answer answer;
	struct problem why;

	/* Private to gate.c. */
	struct gate *gate;
	struct caller *caller;
	struct call call;
	struct verdict verdict;
	struct audit_append append;
	struct settlement settlement;
	struct buf canonical; /* of the arguments, where links may carry them */
	int tries;
	bool held; /* it has waited */
};

/*
 * Sends a call along the line. Its verdict is committed together with those of other calls, so the end may come later and in
 * another thread; the thread that called must call audit_work() next, or nobody may commit.
 */
void gate_decide(struct gate *gate, struct attempt *attempt);

/*
 * Of an attempt that is held: whether there is anything to wait for any more, as of a read transaction. GATE_DECIDED: gate_release();
 * GATE_SUPERSEDED: a newer request waits for the same decision, gate_give_up().
 */
enum gate_wait { GATE_WAITING, GATE_DECIDED, GATE_SUPERSEDED };
enum gate_wait gate_look(struct db *db, const struct attempt *attempt, int64_t now_ms);
/* Walks the line once more, under the policies of now; the end of gate_decide() applies, audit_work() too. */
void gate_release(struct attempt *attempt);
/* Ends it with the verdict that is recorded: a person has to decide still. */
void gate_give_up(struct attempt *attempt);

/*
 * The rest of the line for a call that was allowed (gate_run.c), in a thread that may wait: the kill switch and the key once more,
 * forward, record the outcome. STATUS_OK: the outcome, `out`, is on disk. Otherwise nobody may be told what came of it.
 */
enum status gate_run(struct attempt *attempt, struct outcome *out) MUST_USE;

/* Nothing of the call stays in memory. For gate*.c only. */
void gate_let_go(struct attempt *attempt);

#endif
