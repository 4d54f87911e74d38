/* test_approval_purge.c - what of old approvals is thrown away, and what is kept. */
#include "approval_aid.h"

#include "grant.h"

/* Ended at `ended_ms`, with a token, a delivery and, where `grant_ends_ms` is not 0, an allowance. */
static void
add_ended(struct store_place *p, const struct key *key, const char *tool, int64_t ended_ms,
    int64_t grant_ends_ms)
{
	struct approval made = approval_aid_new(key, tool, "d1");
	struct grant grant = {.expires_ms = grant_ends_ms, .calls_left = -1};
	char hash[SECRET_DIGEST_TEXT];
	struct db *db = store_place_write(p->store);

	made.expires_ms = INT64_MAX;
	assert_status(approval_create(db, &made, 0, 1000), STATUS_OK);
	if (ended_ms != 0)
		assert_status(approval_deny(db, made.id, "ops", ended_ms), STATUS_OK);
	if (grant_ends_ms != 0) {
		memcpy(grant.key_id, key->id, sizeof(grant.key_id));
		memcpy(grant.approval_id, made.id, sizeof(grant.approval_id));
		assert_status(grant_add(db, &grant), STATUS_OK);
	}
	store_place_commit(p->store, db);
	approval_aid_token(p->store, made.id, "ops", hash);
	test_sql(p->database,
	    "INSERT INTO delivery SELECT 'd_' || id, 'ch', key_id, 'approval.created', id, call_id, '', "
	    "'', '', 'sent', 1, 1, 1, '', 0, 1, '' FROM approval WHERE true "
	    "ON CONFLICT (id) DO NOTHING");
}

static int64_t
purge(struct store_place *p, int64_t before_ms)
{
	struct db *db = store_place_write(p->store);
	int64_t removed = -1;
	bool more = true;

	assert_status(approvals_purge(db, before_ms, &removed, &more), STATUS_OK);
	store_place_commit(p->store, db);
	assert_int_equal(more, removed == APPROVALS_PURGE_MOST);
	return removed;
}

/* What is left, by tool, in approvals, tokens and deliveries. */
static void
assert_left(struct store_place *p, const char *tools)
{
	assert_string_equal(test_sql_text(p->database,
				"SELECT group_concat(tool, ' ') FROM (SELECT tool FROM approval "
				"ORDER BY tool)"),
	    tools);
	assert_string_equal(
	    test_sql_text(p->database,
		"SELECT group_concat(tool, ' ') FROM (SELECT a.tool FROM approval_token t "
		"JOIN approval a ON a.id = t.approval_id ORDER BY a.tool)"),
	    tools);
	assert_string_equal(
	    test_sql_text(p->database,
		"SELECT group_concat(tool, ' ') FROM (SELECT a.tool FROM delivery d "
		"JOIN approval a ON a.id = d.approval_id ORDER BY a.tool)"),
	    tools);
	assert_int_equal(test_sql_number(p->database, "SELECT COUNT(*) FROM approval_token "
						      "WHERE approval_id NOT IN (SELECT id FROM "
						      "approval)"),
	    0);
	assert_int_equal(test_sql_number(p->database, "SELECT COUNT(*) FROM delivery "
						      "WHERE approval_id NOT IN (SELECT id FROM "
						      "approval)"),
	    0);
}

static void
what_is_younger_or_open_is_kept(void **state)
{
	struct store_place *p = *state;
	struct key key = approval_aid_key(p->store, "demo");

	add_ended(p, &key, "a-older", 4999, 0);
	add_ended(p, &key, "b-younger", 5000, 0);
	add_ended(p, &key, "c-open", 0, 0);
	assert_int_equal(purge(p, 4999), 0);
	assert_left(p, "a-older b-younger c-open");
	assert_int_equal(purge(p, 5000), 1);
	assert_left(p, "b-younger c-open");
	assert_int_equal(purge(p, 5001), 1);
	assert_left(p, "c-open");
	assert_int_equal(purge(p, INT64_MAX), 0);
	assert_left(p, "c-open");
}

/* The approval is there as long as the list of allowances names it. */
static void
approval_outlasts_its_allowance(void **state)
{
	struct store_place *p = *state;
	struct key key = approval_aid_key(p->store, "demo");

	add_ended(p, &key, "a-over", 1500, 4999);
	add_ended(p, &key, "b-not", 1500, 5000);
	add_ended(p, &key, "c-revoked", 1500, 90000);
	test_sql(p->database, "UPDATE allowance SET revoked_ms = 4000 WHERE expires_ms = 90000");
	assert_int_equal(purge(p, 4000), 0);
	assert_int_equal(test_sql_number(p->database, "SELECT COUNT(*) FROM allowance"), 3);
	assert_int_equal(purge(p, 5000), 2);
	assert_left(p, "b-not");
	assert_int_equal(test_sql_number(p->database, "SELECT expires_ms FROM allowance"), 5000);
	assert_int_equal(purge(p, 5001), 1);
	assert_int_equal(test_sql_number(p->database, "SELECT COUNT(*) FROM allowance"), 0);
}

static void
notices_of_blocked_calls_go_as_well(void **state)
{
	struct store_place *p = *state;

	test_sql(p->database,
	    "INSERT INTO delivery VALUES "
	    "('a', 'ch', 'k', 'call.blocked', '', 'c', 's', 't', 'r', 'sent', 1, 1, 1, '', 0, 4999, ''),"
	    "('b', 'ch', 'k', 'call.blocked', '', 'c', 's', 't', 'r', 'sent', 1, 1, 1, '', 0, 5000, ''),"
	    "('c', 'ch', 'k', 'call.blocked', '', 'c', 's', 't', 'r', 'due', 1, 1, 1, '', 0, NULL, '')");
	assert_int_equal(purge(p, 5000), 0);
	assert_string_equal(
	    test_sql_text(p->database, "SELECT group_concat(id) FROM delivery"), "b,c");
}

static void
purge_goes_in_steps(void **state)
{
	struct store_place *p = *state;
	struct key key = approval_aid_key(p->store, "demo");
	struct db *db = store_place_write(p->store);

	for (int i = 0; i < APPROVALS_PURGE_MOST + 7; i++) {
		struct approval made = approval_aid_new(&key, "t", "d1");

		(void)snprintf(made.tool, sizeof(made.tool), "t%d", i);
		assert_status(approval_create(db, &made, 0, 1000), STATUS_OK);
		assert_status(approval_deny(db, made.id, "ops", 1500), STATUS_OK);
		assert_status(approval_token_add(db, made.id, made.tool, "ops", 1), STATUS_OK);
	}
	store_place_commit(p->store, db);
	assert_int_equal(purge(p, 5000), APPROVALS_PURGE_MOST);
	assert_int_equal(test_sql_number(p->database, "SELECT COUNT(*) FROM approval"), 7);
	assert_int_equal(test_sql_number(p->database, "SELECT COUNT(*) FROM approval_token"), 7);
	assert_int_equal(purge(p, 5000), 7);
}

static void
notices_of_blocked_calls_go_in_steps(void **state)
{
	struct store_place *p = *state;
	struct db *db;
	int64_t removed;
	bool more;

	test_sql(p->database,
	    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 207) "
	    "INSERT INTO delivery SELECT 'd' || i, 'ch', 'k', 'call.blocked', '', 'c', 's', 't', 'r', "
	    "'sent', 1, 1, 1, '', 0, 1, '' FROM n");
	for (int left = 207; left > 0; left -= APPROVALS_PURGE_MOST) {
		db = store_place_write(p->store);
		assert_status(approvals_purge(db, 5000, &removed, &more), STATUS_OK);
		store_place_commit(p->store, db);
		assert_int_equal(removed, 0);
		assert_int_equal(more, left > APPROVALS_PURGE_MOST);
		assert_int_equal(test_sql_number(p->database, "SELECT COUNT(*) FROM delivery"),
		    more ? left - APPROVALS_PURGE_MOST : 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    STORE_TEST(what_is_younger_or_open_is_kept),
	    STORE_TEST(approval_outlasts_its_allowance),
	    STORE_TEST(notices_of_blocked_calls_go_as_well),
	    STORE_TEST(purge_goes_in_steps),
	    STORE_TEST(notices_of_blocked_calls_go_in_steps),
	};

	return cmocka_run_group_tests_name("approval_purge", tests, NULL, NULL);
}
