/*
 * audit_checkpoint.h - where the log goes on after older entries were exported and removed.
 *
 * A checkpoint says where every chain stood behind entry `upto_seq`, under a mac that also covers the mac of
 * the checkpoint before it: neither a row nor the whole first part of the history can be replaced or left out. Its
 * mac is HMAC(checkpoint key, previous mac or 64 zeros, then every column with its length in front).
 */
#ifndef ENFORGATE_AUDIT_CHECKPOINT_H
#define ENFORGATE_AUDIT_CHECKPOINT_H

#include "audit_chain.h"
#include "audit_state.h"

#define AUDIT_CHECKPOINT_NEWEST INT64_MAX

struct audit_checkpoint {
	int64_t upto_seq;
	struct audit_head all; /* installation head as of upto_seq */
	int64_t created_ms;
	char export_sha256[SECRET_DIGEST_TEXT];
	struct buf heads; /* JSON as of audit_state_write() */
	char mac[SECRET_DIGEST_TEXT];
};

void audit_checkpoint_init(struct audit_checkpoint *checkpoint);
void audit_checkpoint_free(struct audit_checkpoint *checkpoint);

struct audit_checkpoint_count {
	int64_t rows;
	int64_t forged_seq; /* upto_seq of the first one whose mac is wrong; -1: none */
};

/*
 * Checks the macs of all checkpoints and takes the last right one with upto_seq <= `upto`: STATUS_OK, or
 * STATUS_NOT_FOUND (*out is the beginning of the log then). A forged one shows in count->forged_seq, and neither it nor any
 * later one is taken.
 */
enum status audit_checkpoint_find(struct db *db, const struct audit_keys *keys, int64_t upto,
    struct audit_checkpoint *out, struct audit_checkpoint_count *count) MUST_USE;

/* Starts a state there. */
enum status audit_checkpoint_start(
    const struct audit_checkpoint *checkpoint, struct audit_state *state) MUST_USE;

/* Fills and inserts the checkpoint after `previous` for where `state` stands. */
enum status audit_checkpoint_write(struct db *db, const struct audit_checkpoint *previous,
    const struct audit_state *state, int64_t now_ms, const char *export_sha256) MUST_USE;

#endif
