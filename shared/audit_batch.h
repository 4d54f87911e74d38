/*
 * audit_batch.h - the entries of one write transaction.
 *
 * Entries are inserted one by one; the heads they move are kept in memory and written once, before the commit.
 */
#ifndef ENFORGATE_AUDIT_BATCH_H
#define ENFORGATE_AUDIT_BATCH_H

#include "audit_chain.h"

#define AUDIT_BATCH_CHAINS 32 /* heads held in memory; more are written in between */

struct audit_batch {
	struct db *db;
	const struct audit_keys *keys;
	struct audit_head before, all; /* the installation head at the beginning, and now */
	int nchains;
	struct {
		const char *chain; /* borrowed from the entry */
		struct audit_head head;
		int64_t time_ms;
		bool moved; /* has entries in this transaction */
	} chains[AUDIT_BATCH_CHAINS];
	int64_t time_ms; /* of entries that bring none */
	bool broken;     /* a head could not be written: nothing may be committed */
};

enum status audit_batch_begin(
    struct audit_batch *batch, const struct audit_keys *keys, struct db *db) MUST_USE;

/* A failed entry leaves the heads where they were, so that only its own request fails. */
enum status audit_batch_append(struct audit_batch *batch, struct audit_entry *entry) MUST_USE;

/* Writes the heads that were moved. Without them the batch must not be committed. */
enum status audit_batch_write_heads(struct audit_batch *batch) MUST_USE;

#endif
