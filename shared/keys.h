/*
 * keys.h - the keys of agents: the owner of the tables api_key and key_policy.
 *
 * A key is KEY_PREFIX and 32 random bytes in base62 (43 characters, left-padded with '0'). Only its SHA-256 and a
 * display prefix are stored. Functions that change something run inside the caller's write transaction and
 * move the generation; the caller adds the audit entry to the same transaction.
 */
#ifndef ENFORGATE_KEYS_H
#define ENFORGATE_KEYS_H

#include <stdbool.h>
#include <stdint.h>

#include "secret.h"
#include "store.h"

#define KEY_PREFIX "bwb_"
#define KEY_TEXT_LEN (4 + 43)
#define KEY_SHOWN 8 /* characters of a key kept for display, prefix included */
#define KEY_NAME_MAX 64
#define KEY_ID_MAX 40

struct key {
	char id[KEY_ID_MAX + 1];
	char name[KEY_NAME_MAX + 1]; /* [A-Za-z0-9._-], unique, not starting with '.' or '-' */
	char shown[KEY_SHOWN + 1];
	int64_t created_ms;
	int64_t expires_ms; /* 0: never */
	int64_t revoked_ms; /* 0: in use */
	int64_t approval_timeout_ms;
	bool allowances;
};

bool key_name_valid(const char *name);

/* "active", "expired" or "revoked" at a time. */
const char *key_state(const struct key *key, int64_t now_ms);

/* Makes the text of a new key; wipe it after use. */
void key_make(char text[KEY_TEXT_LEN + 1]);
/* Whether a text has the form of a key; says nothing about whether there is such a key. */
bool key_text_valid(const char *text, size_t len);
/* The hash under which a key's text is stored, hex. */
enum status key_hash(const char *text, size_t len, char out[SECRET_DIGEST_TEXT]) MUST_USE;

/* STATUS_NOT_FOUND where there is none; expired and revoked ones are found. */
enum status keys_find_hash(struct db *db, const char *hash, struct key *out) MUST_USE;
enum status keys_find_name(struct db *db, const char *name, struct key *out) MUST_USE;
enum status keys_find_id(struct db *db, const char *id, struct key *out) MUST_USE;
/* In order of name; stops early when `each` returns false. */
enum status keys_each(
    struct db *db, bool (*each)(void *arg, const struct key *key), void *arg) MUST_USE;

/* When the key was last used: the time of the last entry of its audit chain; 0: never. */
enum status keys_last_used(struct db *db, const char *id, int64_t *time_ms) MUST_USE;

/* `text` is the new key's text; id, shown and (where 0) created_ms are set. STATUS_EXISTS: the name is taken. */
enum status keys_add(struct db *db, struct key *key, const char *text) MUST_USE;
/* Expiry, timeout and allowances as in `key`, found by key->id. */
enum status keys_update(struct db *db, const struct key *key) MUST_USE;
/* STATUS_NOT_FOUND: none such, or revoked already. */
enum status keys_revoke(struct db *db, const char *id, int64_t now_ms) MUST_USE;
/* Also sets the shown prefix. The old text stops working in the same transaction. */
enum status keys_rotate(struct db *db, const char *id, const char *text) MUST_USE;

/* The policies of a key: exactly those named replace what there was. */
enum status keys_set_policies(
    struct db *db, const char *id, const char *const *policy_ids, size_t count) MUST_USE;
/* Names of a key's policies, disabled ones too, in order of name. */
enum status keys_each_policy(
    struct db *db, const char *id, bool (*each)(void *arg, const char *name), void *arg) MUST_USE;
/* Names of the keys that a policy judges, in order. */
enum status keys_each_of_policy(struct db *db, const char *policy_id,
    bool (*each)(void *arg, const char *name), void *arg) MUST_USE;

#endif
