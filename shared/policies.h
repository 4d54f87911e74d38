/*
 * policies.h - policies in the database: the owner of the tables policy and policy_version.
 *
 * What a policy means is policy.h; here are its versions, which are only ever added. Functions that change something run
 * inside the caller's write transaction and move the generation.
 */
#ifndef ENFORGATE_POLICIES_H
#define ENFORGATE_POLICIES_H

#include <stdbool.h>
#include <stdint.h>

#include "policy.h"
#include "store.h"

struct policy_row {
	char id[POLICY_ID_MAX + 1];
	char name[POLICY_NAME_MAX + 1];
	bool enabled;
	int64_t version;
	int64_t priority;
	enum decision default_decision;
	int64_t created_ms; /* of this version */
	const char
	    *document; /* borrowed while `each` runs; policy_row_free() after policies_find() */
};

/*
 * The version in force (version 0) or a given one, which is found of a removed policy too.
 * STATUS_NOT_FOUND; else policy_row_free().
 */
enum status policies_find(
    struct db *db, const char *name, int64_t version, struct policy_row *row) MUST_USE;
void policy_row_free(struct policy_row *row); /* accepts one that is all zero */
/* Versions in force in order of name, disabled ones too; removed ones are left out. */
enum status policies_each(
    struct db *db, bool (*each)(void *arg, const struct policy_row *row), void *arg) MUST_USE;
/* All versions of one policy, removed ones too, newest first. */
enum status policies_history(struct db *db, const char *name,
    bool (*each)(void *arg, const struct policy_row *row), void *arg) MUST_USE;
/* Enabled policies of a key in order of evaluation: highest priority first, then by name. */
enum status policies_of_key(struct db *db, const char *key_id,
    bool (*each)(void *arg, const struct policy_row *row), void *arg) MUST_USE;

/*
 * Adds a version (and the policy where the name is new or was removed) from row->name, priority,
 * default_decision and document, which policy_read() has accepted; sets row->id, version, created_ms and
 * enabled. A disabled policy stays disabled, one that was removed comes back enabled.
 */
enum status policies_put(struct db *db, struct policy_row *row) MUST_USE;
/* STATUS_NOT_FOUND. */
enum status policies_enable(struct db *db, const char *name, bool enabled) MUST_USE;
/* No key uses it any more; its versions stay for the audit log. STATUS_NOT_FOUND. */
enum status policies_remove(struct db *db, const char *name, int64_t now_ms) MUST_USE;

#endif
