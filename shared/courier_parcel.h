/* courier_parcel.h - one delivery on its way, from the claim to its result; private to courier*.c. */
#ifndef ENFORGATE_COURIER_PARCEL_H
#define ENFORGATE_COURIER_PARCEL_H

#include "approval.h"
#include "channels.h"
#include "courier_args.h"
#include "notice.h"
#include "outbox.h"

enum parcel_state {
	PARCEL_CLAIMED,
	PARCEL_UNDER_WAY,
	PARCEL_SENT,
	PARCEL_FAILED, /* this time; `why` says what happened */
	PARCEL_NEEDLESS
};

struct parcel {
	struct parcel *next;
	enum parcel_state state;
	struct delivery delivery;
	struct channel channel; /* with its settings */
	struct approval approval;
	char token[APPROVAL_TOKEN_LEN + 1]; /* "": there is no link */
	struct outgoing message;
	int64_t retry_ms; /* what the other end asked to wait */
	struct problem why;
};

struct parcel *parcel_new(const struct delivery *delivery); /* NULL: out of memory */
/* Wipes what is secret; accepts NULL. */
void parcel_free(struct parcel *parcel);

/*
 * In the write transaction of the claim: reads what the message needs and stores the hash of a new token where it carries a
 * link. STATUS_OK: the parcel is claimed, or its state says why not. Anything else: the transaction is to be rolled back.
 */
enum status parcel_prepare(
    struct parcel *parcel, struct db *db, const struct secret_key *seal, int64_t now_ms) MUST_USE;
/* After the commit: writes the message. Failure shows in its state. */
void parcel_write(struct parcel *parcel, const char *base_url, struct courier_args *args,
    const struct pages *pages, int64_t now_ms);
/* Notes the result in the outbox, in a write transaction. */
enum status parcel_note(
    const struct parcel *parcel, struct db *db, const struct lease *lease, int64_t now_ms) MUST_USE;

/* Appends the message to console.log in the state directory. */
enum status parcel_append(
    const char *state_dir, const struct outgoing *message, struct problem *why) MUST_USE;

#endif
