/*
 * courier_args.h - the arguments of calls that wait for a decision, in memory for the links; private to courier*.c.
 *
 * Bounded: where room runs out the oldest are forgotten. What is forgotten is wiped. Any thread may call.
 */
#ifndef ENFORGATE_COURIER_ARGS_H
#define ENFORGATE_COURIER_ARGS_H

#include <pthread.h>

#include "approval.h"
#include "buf.h"
#include "courier.h"

struct courier_args {
	pthread_mutex_t lock;
	struct kept *newest; /* owned */
	size_t count;
	size_t bytes;
};

void courier_args_init(struct courier_args *args);
void courier_args_free(struct courier_args *args);

/* Copies the canonical arguments of an approval. Where memory runs out they count as lost. */
void courier_args_keep(
    struct courier_args *args, const char *approval_id, const char *canonical, size_t len);

enum args_known { ARGS_ADDED, ARGS_TOO_LONG, ARGS_LOST };
/*
 * Appends them to a link as a fragment, "#a=" and base64url without padding (RFC 4648 section 5), or "#cut" where the link
 * would be longer than `most` bytes, or nothing where they are not known.
 */
enum args_known courier_args_add(
    struct courier_args *args, const char *approval_id, size_t most, struct buf *link);

/*
 * Forgets those for which `wanted` says no. The youngest stay: their approvals may be younger than what `wanted` sees of the
 * database.
 */
void courier_args_sweep(
    struct courier_args *args, bool (*wanted)(void *arg, const char *approval_id), void *arg);

#endif
