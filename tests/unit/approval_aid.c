/* approval_aid.c - see approval_aid.h. */
#include "approval_aid.h"

struct key
approval_aid_key(struct store *store, const char *name)
{
	struct key key = {.approval_timeout_ms = 900000, .allowances = true};
	struct db *db = store_place_write(store);
	char text[KEY_TEXT_LEN + 1];

	(void)snprintf(key.name, sizeof(key.name), "%s", name);
	key_make(text);
	assert_status(keys_add(db, &key, text), STATUS_OK);
	store_place_commit(store, db);
	return key;
}

struct approval
approval_aid_new(const struct key *key, const char *tool, const char *args_digest)
{
	struct approval approval = {.server = "mail",
	    .shown_digest = "5d",
	    .policy_id = "pol_1",
	    .policy_name = "office",
	    .policy_version = 3,
	    .rule = 2,
	    .reason = "matched rule 2 of policy \"office\"",
	    .call_id = "call_1",
	    .asker = "call_1",
	    .created_ms = AID_CREATED_MS,
	    .expires_ms = AID_EXPIRES_MS};

	approval_make_id(approval.id);
	(void)snprintf(approval.key_id, sizeof(approval.key_id), "%s", key->id);
	(void)snprintf(approval.tool, sizeof(approval.tool), "%s", tool);
	(void)snprintf(approval.args_digest, sizeof(approval.args_digest), "%s", args_digest);
	return approval;
}

struct approval
approval_aid_pending(struct store *store, const struct key *key, const char *tool)
{
	struct approval approval = approval_aid_new(key, tool, "d1");
	struct db *db = store_place_write(store);

	assert_status(approval_create(db, &approval, 0, AID_CREATED_MS), STATUS_OK);
	store_place_commit(store, db);
	return approval;
}

void
approval_aid_bring(struct db *db, const char *id, enum approval_state state)
{
	if (state == APPROVAL_APPROVED || state == APPROVAL_SPENT)
		assert_status(approval_approve(db, id, "ops", "once", 1100), STATUS_OK);
	if (state == APPROVAL_SPENT)
		assert_status(approval_spend(db, id, 1200), STATUS_OK);
	if (state == APPROVAL_DENIED)
		assert_status(approval_deny(db, id, "ops", 1100), STATUS_OK);
	if (state == APPROVAL_EXPIRED)
		assert_status(approval_expire(db, id, AID_EXPIRES_MS), STATUS_OK);
}

struct approval
approval_aid_read(struct db *db, const char *id)
{
	struct approval approval;

	assert_status(approval_find(db, id, &approval), STATUS_OK);
	return approval;
}

int64_t
approval_aid_count(struct db *db, const char *sql)
{
	struct query *q = query(db, sql);
	int64_t value;

	assert_int_equal(query_step(q), QUERY_ROW);
	value = query_integer(q, 0);
	query_end(q);
	return value;
}

void
approval_aid_token(struct store *store, const char *approval_id, const char *channel,
    char hash[SECRET_DIGEST_TEXT])
{
	char text[APPROVAL_TOKEN_LEN + 1];
	struct db *db = store_place_write(store);

	approval_token_make(text);
	assert_status(approval_token_hash(text, strlen(text), hash), STATUS_OK);
	assert_status(approval_token_add(db, approval_id, hash, channel, 1000), STATUS_OK);
	store_place_commit(store, db);
}
