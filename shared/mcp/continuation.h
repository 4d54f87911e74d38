/*
 * continuation.h - further rounds of a call that a person let through once (facts 16: single use is the server's own record).
 *
 * A modern upstream may answer input_required; the client comes again with the answers, which is a request of its own and is judged and recorded
 * as one. The person's decision was spent by the first round; a row here lets exactly one further round through, and is used up in the
 * transaction that records its verdict. A policy that now denies, a revoked key and the kill switch win, as always.
 */
#ifndef ENFORGATE_MCP_CONTINUATION_H
#define ENFORGATE_MCP_CONTINUATION_H

#include "store.h"

/*
 * After a round that wants input: one more may come for this call, and it is that round, from 2. `call_id` is of the verdict of the first
 * round, which spent the decision, in all of them.
 */
enum status continuation_add(struct db *db, const char *key_id, const char *call_id, int64_t round,
    const char *args_digest, int64_t until_ms) MUST_USE;
/* Uses it up; STATUS_NOT_FOUND: there is none, it was used, or its time is over. Within a write transaction. */
enum status continuation_use(struct db *db, const char *key_id, const char *call_id, int64_t round,
    const char *args_digest, int64_t now_ms) MUST_USE;
enum status continuation_sweep(struct db *db, int64_t now_ms) MUST_USE;

#endif
