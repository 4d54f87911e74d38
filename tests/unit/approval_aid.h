/* approval_aid.h - a key and approvals of it, for the tests of what a person decides. */
#ifndef TEST_APPROVAL_AID_H
#define TEST_APPROVAL_AID_H

#include "store_place.h"

#include "approval.h"
#include "keys.h"

#define AID_CREATED_MS 1000
#define AID_EXPIRES_MS 2000

/* A new key, in a transaction of its own. */
struct key approval_aid_key(struct store *store, const char *name);
/* A pending one, from AID_CREATED_MS to AID_EXPIRES_MS, that is not in the database yet. */
struct approval approval_aid_new(const struct key *key, const char *tool, const char *args_digest);
/* The same in the database, in a transaction of its own. */
struct approval approval_aid_pending(struct store *store, const struct key *key, const char *tool);
/* Brings a pending one into a state, by the way that leads there. */
void approval_aid_bring(struct db *db, const char *id, enum approval_state state);
struct approval approval_aid_read(struct db *db, const char *id);
/* What a query for one integer says. */
int64_t approval_aid_count(struct db *db, const char *sql);

/* A new token of an approval; `hash` is what is stored of it. */
void approval_aid_token(struct store *store, const char *approval_id, const char *channel,
    char hash[SECRET_DIGEST_TEXT]);

#endif
