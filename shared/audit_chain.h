/*
 * audit_chain.h - how entries, heads, checkpoints and the anchor are authenticated.
 *
 * Shared by the append, the verification and the roll; nobody else needs it.
 */
#ifndef ENFORGATE_AUDIT_CHAIN_H
#define ENFORGATE_AUDIT_CHAIN_H

#include "audit.h"

#define AUDIT_HEAD_ALL "*" /* the installation head over all chains */

struct audit_keys {
	struct secret_key entry;
	struct secret_key head;
	struct secret_key anchor;
	struct secret_key checkpoint;
};

enum status audit_keys_derive(const struct secret_key *master, struct audit_keys *out) MUST_USE;

/* Where a chain stands. A chain without entries is {0, 64 zeros}. */
struct audit_head {
	int64_t seq;
	char mac[SECRET_DIGEST_TEXT];
};

void audit_head_init(struct audit_head *head);

/*
 * The mac of an entry that continues `previous` (mac of the last entry of its chain): every field goes in with its
 * length in front, so that no two entries share an encoding. entry->seq, chain_seq and time_ms must be set.
 */
enum status audit_entry_mac(const struct audit_keys *keys, const char *previous,
    const struct audit_entry *entry, char out[SECRET_DIGEST_TEXT]) MUST_USE;

/* The installation head after an entry. */
enum status audit_head_next(const struct audit_keys *keys, const struct audit_head *all,
    const char *entry_mac, struct audit_head *next) MUST_USE;

/* Head of a chain inside a transaction; one without a row reads as empty. */
enum status audit_head_read(struct db *db, const char *chain, struct audit_head *out) MUST_USE;
enum status audit_head_write(
    struct db *db, const char *chain, const struct audit_head *head, int64_t time_ms) MUST_USE;

/* The anchor file: one line with seq, mac and time of the installation head, and an HMAC over them. */
enum status audit_anchor_write(const struct audit_keys *keys, const char *state_dir,
    const struct audit_head *head, int64_t time_ms) MUST_USE;
/* STATUS_NOT_FOUND: no file; STATUS_REFUSED: not one that this installation wrote. */
enum status audit_anchor_read(const struct audit_keys *keys, const char *state_dir,
    struct audit_head *head, int64_t *time_ms) MUST_USE;

/* The keys and the place of an open audit, for verification and roll. */
const struct audit_keys *audit_keys_of(const struct audit *audit);
const char *audit_state_dir(const struct audit *audit);
struct store *audit_store(const struct audit *audit);

#endif
