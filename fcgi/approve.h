/*
 * approve.h - a visit to the approve route, shared by the files of that responder (design 3.3).
 *
 * approve.c takes it in, approve_wish.c reads what is asked, approve_case.c finds what it is about, approve_decide.c decides,
 * approve_pin.c tries a PIN, approve_reply.c and approve_page.c answer, in JSON or as a page. The token is the capability: it is in the path, only its hash goes further.
 */
#ifndef ENFORGATE_APPROVE_H
#define ENFORGATE_APPROVE_H

#include "approval.h"
#include "grant.h"
#include "pin.h"
#include "resolve.h"
#include "serve.h"

#define APPROVE_ROUTE "/v1/approve/"
#define APPROVE_BODY_MAX ((size_t)8 << 10)
#define APPROVE_BUSY_RETRY_S 1

enum action { ACTION_NONE, ACTION_APPROVE, ACTION_DENY };

/* What is asked for. */
struct wish {
	enum action action;
	char duration[APPROVAL_DURATION_MAX + 1]; /* one that exists */
	char pin[PIN_LEN_MAX + 2];                /* "": none; a longer one is cut, and is wrong */
	bool these_args;
	int64_t calls; /* 0: any number */
};

struct visit {
	struct exchange *exchange;
	int64_t now_ms;
	bool html;    /* what goes wrong is answered with a page */
	bool changes; /* neither HEAD nor a prefetch, which never decide */
	struct wish wish;
	struct approval approval;
	char channel[APPROVAL_BY_MAX + 1]; /* where the link went */
	enum approval_state state;         /* at now_ms */
	bool has_pin;
	struct pin pin;
	struct problem off; /* why approving here is out of the question; "": it is not */
	int off_status;     /* HTTP */
	const char *off_code;
};

/* Reads query or body. False: answered. */
bool wish_read(struct visit *visit);
void wish_wipe(struct visit *visit);

/* Finds the approval by the hash of the token, and what stands in the way of approving it. */
enum status case_find(struct visit *visit, const char *hash) MUST_USE;

/* Approves or denies, as is wished, and answers. */
void decide(struct visit *visit);

/*
 * What approve_pin.c needs of it: the decision as the wish has it, taking it within a transaction (as resolve(); the visit then knows
 * how it went), and what is done once it is committed.
 */
struct resolution decide_resolution(const struct visit *visit, enum approval_state to);
enum status decide_in(struct visit *visit, struct db *db, const struct resolution *resolution,
    struct problem *why) MUST_USE;
void decide_committed(struct visit *visit);

/*
 * Tries the PIN of the wish, and approves where it is right. Any number of visits in any number of processes get APPROVAL_PIN_TRIES
 * tries together; one PIN at a time is computed by all processes of the installation, as it costs 16 MB and 50 ms.
 *
 * STATUS_OK: approved. STATUS_REFUSED: wrong; *left tries remain, where none does the approval was denied, and visit->off says
 * where approving is off from now on. STATUS_EXISTS: decided by somebody else. STATUS_NOT_FOUND: the key needs none any more.
 * STATUS_BUSY: nothing was tried. STATUS_INVALID, with `why`, as resolve().
 */
enum status pin_decide(struct visit *visit, int64_t *left, struct problem *why) MUST_USE;
/* Approving by link is off: sets visit->off. */
void case_lock(struct visit *visit);

#endif
