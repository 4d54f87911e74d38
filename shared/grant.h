/*
 * grant.h - temporary allowances that an approver gave: the owner of the table allowance.
 *
 * An allowance turns require_approval into allow for the same key, server and tool until it ends; a deny stays a deny. It may
 * be for these arguments only, and for at most n calls. The functions run inside the caller's transaction.
 */
#ifndef ENFORGATE_GRANT_H
#define ENFORGATE_GRANT_H

#include "approval.h"

#define GRANT_ID_MAX 40
#define GRANT_CALLS_MAX 1000000

struct grant {
	char id[GRANT_ID_MAX + 1];
	char key_id[KEY_ID_MAX + 1];
	char key_name[KEY_NAME_MAX + 1]; /* read only */
	char server[CALL_NAME_MAX + 1];
	char tool[CALL_NAME_MAX + 1];
	char args_digest[SECRET_DIGEST_TEXT]; /* "": whatever the arguments */
	char approval_id[APPROVAL_ID_MAX + 1];
	int64_t created_ms;
	int64_t expires_ms;
	int64_t calls_left; /* -1: any number */
	int64_t revoked_ms; /* 0: in force */
};

/* "1h", "8h", "24h" in ms; 0 for "once"; -1 for anything else. */
int64_t grant_duration_ms(const char *duration);

/* Sets id. */
enum status grant_add(struct db *db, struct grant *grant) MUST_USE;
/*
 * Uses one call of an allowance for this call, in one statement. STATUS_NOT_FOUND: there is none. The one that
 * is bound to these arguments goes first, then the one that ends first.
 */
enum status grant_use(struct db *db, const char *key_id, const char *server, const char *tool,
    const char *args_digest, int64_t now_ms, struct grant *out) MUST_USE;
/* STATUS_NOT_FOUND: none such, ended or revoked already. */
enum status grant_revoke(struct db *db, const char *id, int64_t now_ms) MUST_USE;
enum status grant_find(struct db *db, const char *id, struct grant *out) MUST_USE;
/* Newest first; `live_only`: those in force at now_ms. */
enum status grants_each(struct db *db, bool live_only, int64_t now_ms,
    bool (*each)(void *arg, const struct grant *grant), void *arg) MUST_USE;

#endif
