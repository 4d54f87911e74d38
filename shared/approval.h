/*
 * approval.h - calls that a person decides: the owner of the tables approval and approval_token.
 *
 * An approval is for one call: key, server, tool and digest of the arguments. States:
 *
 *     pending -> approved -> spent          pending -> denied          pending, approved -> expired
 *
 * Every transition is one UPDATE that names the state it leaves, so of any number of simultaneous ones exactly one wins. The
 * functions run inside the caller's transaction; who decides also records (resolve.h), who spends records a verdict (gate.c).
 * A row whose time is over counts as expired whatever its column says.
 */
#ifndef ENFORGATE_APPROVAL_H
#define ENFORGATE_APPROVAL_H

#include <stdbool.h>
#include <stdint.h>

#include "keys.h"
#include "policy.h"
#include "secret.h"
#include "store.h"

#define APPROVAL_ID_MAX 40
#define APPROVAL_CALL_ID_MAX 40
#define APPROVAL_BY_MAX 64
#define APPROVAL_DURATION_MAX 8
#define APPROVAL_TOKEN_LEN 43 /* base62 characters: 256 bits */
#define APPROVAL_PIN_TRIES 5  /* wrong PINs before an approval is denied */
#define APPROVAL_KEEP_MS                                                                           \
	((int64_t)30 * 24 * 3600 * 1000) /* after its end, so that 410 never turns into 404 */
#define APPROVALS_PURGE_MOST 200         /* in one transaction, so that calls do not wait long */

enum approval_state {
	APPROVAL_PENDING,
	APPROVAL_APPROVED,
	APPROVAL_DENIED,
	APPROVAL_EXPIRED,
	APPROVAL_SPENT
};
/* "pending", "approved", "denied", "expired", "spent". */
const char *approval_state_name(enum approval_state state);

struct approval {
	char id[APPROVAL_ID_MAX + 1];
	char key_id[KEY_ID_MAX + 1];
	char key_name[KEY_NAME_MAX + 1]; /* of the key now; read only */
	bool allowances;                 /* of the key: it may be approved for a time; read only */
	bool key_revoked;                /* read only */
	char server[CALL_NAME_MAX + 1];
	char tool[CALL_NAME_MAX + 1];
	char args_digest[SECRET_DIGEST_TEXT];
	char shown_digest[SECRET_DIGEST_TEXT];
	char policy_id[POLICY_ID_MAX + 1];
	char policy_name[POLICY_NAME_MAX + 1];
	int64_t policy_version;
	int64_t rule;
	char reason[VERDICT_REASON_MAX];
	char call_id[APPROVAL_CALL_ID_MAX + 1];
	enum approval_state state;
	int64_t created_ms;
	int64_t expires_ms;
	int64_t decided_ms; /* 0: not decided */
	char decided_by[APPROVAL_BY_MAX + 1];
	char duration[APPROVAL_DURATION_MAX + 1];
	int64_t ended_ms;    /* 0: open */
	int64_t told_ms;     /* 0: no caller was told its end */
	int64_t released_ms; /* 0: the same call was not released before */
	int64_t pin_failures;
	char asker[APPROVAL_CALL_ID_MAX +
		   1]; /* call id of the request that waits; the newest takes over */
};

/* What counts at a time: EXPIRED instead of PENDING and APPROVED once the time is over, whatever the column says. */
enum approval_state approval_state_at(const struct approval *approval, int64_t now_ms);

/* The salt of shown_digest: derived, stored nowhere; SECRET_DIGEST_TEXT - 1 hex digits. */
enum status approval_salt(
    const struct secret_key *master, const char *id, char out[SECRET_DIGEST_TEXT]) MUST_USE;
/* SHA-256 in hex over the salt (as its hex text) followed by the canonical arguments. */
enum status approval_shown_digest(
    const char *salt, const char *canonical, size_t len, char out[SECRET_DIGEST_TEXT]) MUST_USE;

/* "apr_" and random text, as an id before the row is made: the salt depends on it. */
void approval_make_id(char out[APPROVAL_ID_MAX + 1]);

/*
 * Adds a pending one from every field that is not read only, but decided_*, duration, ended_ms, told_ms and pin_failures.
 * STATUS_EXISTS: an identical call is pending or approved; STATUS_TOO_LARGE: the key has `most` pending ones (most 0: no cap).
 */
enum status approval_create(
    struct db *db, const struct approval *approval, int64_t most, int64_t now_ms) MUST_USE;

/* STATUS_NOT_FOUND; STATUS_FAILED (logged) also where a row is not what this program wrote. */
enum status approval_find(struct db *db, const char *id, struct approval *out) MUST_USE;
/* The open one of a call, else the newest, in whatever state. STATUS_NOT_FOUND. */
enum status approval_find_call(struct db *db, const char *key_id, const char *server,
    const char *tool, const char *args_digest, struct approval *out) MUST_USE;
/* By the hash of a token; `channel` (APPROVAL_BY_MAX + 1 bytes) is where that token went. STATUS_NOT_FOUND. */
enum status approval_find_token(
    struct db *db, const char *hash, struct approval *out, char *channel) MUST_USE;
/* When the same call was last released (spent), whichever approval it was; 0: never, or longer ago than is kept. */
enum status approval_last_release(struct db *db, const char *key_id, const char *server,
    const char *tool, const char *args_digest, int64_t *time_ms) MUST_USE;

/* Newest first; `open_only`: pending and approved ones. Stops early when `each` returns false. */
enum status approvals_each(struct db *db, bool open_only, int64_t limit,
    bool (*each)(void *arg, const struct approval *approval), void *arg) MUST_USE;
/* Ids of pending and approved ones whose time is over at `now_ms`, at most `most` of them. */
enum status approvals_overdue(struct db *db, int64_t now_ms, int64_t most,
    bool (*each)(void *arg, const char *id), void *arg) MUST_USE;

/* Transitions. STATUS_NOT_FOUND: it is not in that state (any more), or its time is over (not yet, for expire). */
enum status approval_approve(
    struct db *db, const char *id, const char *by, const char *duration, int64_t now_ms) MUST_USE;
enum status approval_deny(struct db *db, const char *id, const char *by, int64_t now_ms) MUST_USE;
enum status approval_expire(struct db *db, const char *id, int64_t now_ms) MUST_USE;
enum status approval_spend(struct db *db, const char *id, int64_t now_ms) MUST_USE;
/*
 * The request that waits from now on: an older one that still waits, perhaps for a client that is long gone, must not spend the
 * decision. STATUS_NOT_FOUND: not pending.
 */
enum status approval_take(struct db *db, const char *id, const char *asker) MUST_USE;
/* A caller was told that it was denied or expired. */
enum status approval_tell(struct db *db, const char *id, int64_t now_ms) MUST_USE;
/*
 * Counts a try of a PIN, of a pending one, before it is known whether it is right; *failures is the count with it. STATUS_NOT_FOUND: not
 * pending. The other takes it back: the PIN was right, or could not be compared.
 */
enum status approval_pin_failed(
    struct db *db, const char *id, int64_t now_ms, int64_t *failures) MUST_USE;
enum status approval_pin_untry(struct db *db, const char *id) MUST_USE;

/* A new token's text; wipe it after use. */
void approval_token_make(char text[APPROVAL_TOKEN_LEN + 1]);
bool approval_token_valid(const char *text, size_t len);
enum status approval_token_hash(
    const char *text, size_t len, char out[SECRET_DIGEST_TEXT]) MUST_USE;
enum status approval_token_add(struct db *db, const char *approval_id, const char *hash,
    const char *channel, int64_t now_ms) MUST_USE;
/* How many links were made for it. */
enum status approval_token_count(struct db *db, const char *approval_id, int64_t *count) MUST_USE;

/*
 * Removes approvals that ended before `before_ms` with their tokens and deliveries, allowances that ended before, and notices of
 * blocked calls: at most APPROVALS_PURGE_MOST approvals and as many such notices. *removed counts the approvals; *more: there is
 * more to remove.
 */
enum status approvals_purge(
    struct db *db, int64_t before_ms, int64_t *removed, bool *more) MUST_USE;

#endif
