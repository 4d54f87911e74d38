/*
 * audit_state.h - where all chains stand at one place of the log, moved on entry by entry.
 *
 * Verification, roll and the verification of exports are all this walk, from different starts. Memory is
 * bounded by the number of chains: only chains with a row in audit_head, in a checkpoint or with a first entry whose mac is
 * right get in.
 */
#ifndef ENFORGATE_AUDIT_STATE_H
#define ENFORGATE_AUDIT_STATE_H

#include <stdbool.h>
#include <stddef.h>

#include "audit_chain.h"
#include "buf.h"

#define AUDIT_CHAINS_MAX 1000000
#define AUDIT_CHAIN_NAME_MAX 128 /* bytes */

struct audit_chain {
	char *name; /* owned */
	struct audit_head head;
	struct audit_head row; /* what the table audit_head says, where has_row */
	bool has_row;
	bool lost; /* something before was missing: the next mac cannot be judged */
};

struct audit_state {
	const struct audit_keys *keys;
	struct audit_head all;
	bool all_lost;             /* entries were missing: all.mac means nothing any more */
	struct audit_chain *slots; /* a hash table, empty where name is NULL */
	size_t nslots, used;
};

void audit_state_init(struct audit_state *state, const struct audit_keys *keys);
void audit_state_free(struct audit_state *state);

/* The chain of that name; NULL where there is none. */
struct audit_chain *audit_state_find(const struct audit_state *state, const char *name);
/* The same, added at its beginning where there is none. Pointers got earlier are void then. STATUS_TOO_LARGE over a cap. */
enum status audit_state_add(
    struct audit_state *state, const char *name, struct audit_chain **out) MUST_USE;
/* Walks the chains: start with NULL. */
struct audit_chain *audit_state_next(const struct audit_state *state, struct audit_chain *chain);

/* What is wrong with an entry at this place; several may be. */
enum {
	AUDIT_BREAK_GAP = 1,       /* entries before it are missing */
	AUDIT_BREAK_CHANGED = 2,   /* its mac does not fit its contents and its chain */
	AUDIT_BREAK_CHAIN_GAP = 4, /* entries of its chain before it are missing */
	AUDIT_BREAK_ORDER = 8,     /* its number in the chain was had already */
};

/* Judges an entry and moves on behind it, also behind a wrong one. `damaged` as in struct audit_slice. */
enum status audit_state_step(struct audit_state *state, const struct audit_entry *entry,
    bool damaged, unsigned *breaks) MUST_USE;

/* The chains that have entries, as JSON: [[name, chain_seq, mac], ...]; and back, into an empty state. */
void audit_state_write(const struct audit_state *state, struct buf *out);
enum status audit_state_read(struct audit_state *state, const char *json, size_t len) MUST_USE;

#endif
