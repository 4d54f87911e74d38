/*
 * fill.c - appends many audit entries through the project's own audit log, for `make bench-large`.
 *
 * fill COUNT STATE_DIR KEY_FILE
 *
 * Entries look like those of plain checks and continue one chain, so the filled log verifies. Many
 * share one transaction: it is the table that is wanted here, not the way it came to be.
 * SPDX-License-Identifier: MIT
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "secret.h"
#include "store.h"

#define BATCH 5000
#define PROGRESS_EVERY 500000
#define CALL_ID_MAX 48
#define DEADLINE_MS 60000

static enum status
append_one(struct audit *audit, struct db *db, long number)
{
	static const char digest[] =
	    "5f1d7c4be8a3902647d5c8e19b70a36f2e4d8c5b1a0f9e7d6c5b4a3928170655";
	char call_id[CALL_ID_MAX];
	struct audit_entry entry = {.chain = "bench-fill",
	    .kind = "verdict",
	    .call_id = call_id,
	    .key_name = "bench-fill",
	    .surface = "check",
	    .server = "filesystem",
	    .tool = "read_text_file",
	    .args_digest = digest,
	    .decision = "allow",
	    .policy_id = "bench-fill",
	    .policy_name = "bench-fill",
	    .policy_version = 1,
	    .rule = 19,
	    .reason = "matched rule 19 of policy \"bench-fill\"",
	    .latency_us = 250};

	(void)snprintf(call_id, sizeof(call_id), "fill-%026ld", number);
	return audit_append_in(audit, db, &entry);
}

static enum status
append_batch(struct store *store, struct audit *audit, long first, long count)
{
	enum status status;
	struct db *db = NULL;

	status = store_write(store, &db);
	if (status != STATUS_OK)
		return status;
	for (long i = 0; status == STATUS_OK && i < count; i++)
		status = append_one(audit, db, first + i);
	if (status == STATUS_OK)
		return store_commit(store, db);
	store_rollback(store, db);
	return status;
}

static enum status
fill(struct store *store, struct audit *audit, long count)
{
	enum status status = STATUS_OK;
	long done = 0;

	while (status == STATUS_OK && done < count) {
		long batch = count - done < BATCH ? count - done : BATCH;

		status = append_batch(store, audit, done, batch);
		done += batch;
		if (done % PROGRESS_EVERY == 0)
			(void)fprintf(stderr, "fill: %ld of %ld\n", done, count);
	}
	return status;
}

static enum status
open_and_fill(const char *state_dir, const char *key_path, long count, struct problem *why)
{
	const struct store_options options = {.state_dir = state_dir, .deadline_ms = DEADLINE_MS};
	struct secret_key master = {{0}};
	struct store *store = NULL;
	struct audit *audit = NULL;
	enum status status;

	status = secret_start();
	if (status == STATUS_OK)
		status = secret_key_read(key_path, &master, why);
	if (status == STATUS_OK)
		status = store_open(&options, &store, why);
	if (status == STATUS_OK)
		status = audit_open(store, &master, state_dir, &audit);
	if (status == STATUS_OK)
		status = fill(store, audit, count);
	audit_close(audit);
	store_close(store);
	secret_wipe(&master, sizeof(master));
	return status;
}

int
main(int argc, char **argv)
{
	struct problem why = {""};
	enum status status;
	long count = argc == 4 ? strtol(argv[1], NULL, 10) : 0;

	if (count < 1) {
		(void)fprintf(stderr, "usage: fill COUNT STATE_DIR KEY_FILE\n");
		return 2;
	}
	status = open_and_fill(argv[2], argv[3], count, &why);
	if (status != STATUS_OK)
		(void)fprintf(stderr, "fill: %s %s\n", status_name(status), why.text);
	return status == STATUS_OK ? 0 : 2;
}
