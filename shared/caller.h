/*
 * caller.h - authenticate: from the Authorization header to the key and its policies, or why not.
 *
 * Keys and compiled policies are kept in memory per process, stamped with the generation they were read under
 * (generation.h). One that is out of date is read again; a refusal is always made from the database, never from memory.
 */
#ifndef ENFORGATE_CALLER_H
#define ENFORGATE_CALLER_H

#include <stdatomic.h>

#include "keys.h"
#include "policy.h"
#include "store.h"

#define CALLERS_MAX 1024       /* keys kept in memory; more are read again when they call */
#define CALLER_POLICIES_MAX 64 /* policies of one key; one with more is denied everything */

/* One key with everything that judges its calls. Immutable and shared; give it back with caller_release(). */
struct caller {
	struct key key;
	char hash[SECRET_DIGEST_TEXT];
	int64_t generation;
	bool stopped;       /* by the kill switch in the database */
	bool tells_blocked; /* a channel of the key wants to hear of denied calls */
	size_t npolicies;
	const struct policy *policies[CALLER_POLICIES_MAX]; /* in order of evaluation */
	struct compiled *compiled[CALLER_POLICIES_MAX];     /* private to caller.c */
	char unreadable[POLICY_NAME_MAX +
			1]; /* a policy that cannot be read: everything is denied */
	atomic_int owners;
};

struct callers;

enum status callers_open(struct store *store, struct callers **out) MUST_USE;
void callers_close(struct callers *callers); /* accepts NULL; no caller may be in use */

/*
 * The caller of a request. `authorization` is the header's value or NULL. STATUS_REFUSED: missing, malformed, unknown,
 * revoked or expired; `why` is for the log only, the client must not learn which. STATUS_BUSY, STATUS_FAILED,
 * STATUS_NO_MEMORY: cannot be told now.
 */
enum status callers_authenticate(struct callers *callers, const char *authorization,
    struct caller **out, struct problem *why) MUST_USE;
void caller_release(struct callers *callers, struct caller *caller); /* accepts NULL */

/* After STATUS_STALE: looks up the generation, so that what is older is read again. */
enum status callers_refresh(struct callers *callers) MUST_USE;

#endif
