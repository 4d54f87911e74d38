/*
 * audit_anchor.h - moving the anchor on, but only along the log that it saw.
 *
 * If any append moved the anchor, a log that was cut off or put back would lose its witness within a second. So the
 * entries since the last anchor are walked first: their macs must lead from its head to the present one. That costs a HMAC
 * for each entry of the last second, and no more.
 */
#ifndef ENFORGATE_AUDIT_ANCHOR_H
#define ENFORGATE_AUDIT_ANCHOR_H

#include "audit_chain.h"

/*
 * Under the lock on the state directory. STATUS_REFUSED: the anchor stays, because it is damaged or the log does not go on
 * from it; `why` says which. Only audit_accept_restore() replaces such an anchor.
 */
enum status audit_anchor_advance(struct store *store, const struct audit_keys *keys,
    const char *state_dir, struct problem *why) MUST_USE;

#endif
