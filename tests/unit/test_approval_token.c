/* test_approval_token.c - tokens of links, the digest that the page checks, and what is thrown away in the end. */
#include "approval_aid.h"

#include "grant.h"

#define TOKENS 2000

static void
tokens_are_43_characters_of_base62(void **state)
{
	char a[APPROVAL_TOKEN_LEN + 1], b[APPROVAL_TOKEN_LEN + 1];

	(void)state;
	approval_token_make(a);
	approval_token_make(b);
	assert_int_equal(strlen(a), 43);
	assert_true(approval_token_valid(a, strlen(a)));
	assert_true(approval_token_valid(b, strlen(b)));
	assert_string_not_equal(a, b);
}

/* Every character comes up in every place: 62^43 are 256 bits. */
static void
tokens_spread_over_256_bits(void **state)
{
	static bool seen[APPROVAL_TOKEN_LEN][128];
	char text[APPROVAL_TOKEN_LEN + 1];
	int all = 0;

	(void)state;
	for (int i = 0; i < TOKENS; i++) {
		approval_token_make(text);
		for (size_t j = 0; j < APPROVAL_TOKEN_LEN; j++) {
			all += !seen[j][(unsigned char)text[j]];
			seen[j][(unsigned char)text[j]] = true;
		}
	}
	assert_int_equal(all, 43 * 62);
}

static void
text_of_another_form_is_no_token(void **state)
{
	char text[APPROVAL_TOKEN_LEN + 2];

	(void)state;
	approval_token_make(text);
	assert_false(approval_token_valid(text, APPROVAL_TOKEN_LEN - 1));
	assert_false(approval_token_valid("", 0));
	text[APPROVAL_TOKEN_LEN] = 'a';
	text[APPROVAL_TOKEN_LEN + 1] = '\0';
	assert_false(approval_token_valid(text, APPROVAL_TOKEN_LEN + 1));
	for (const char *c = "-_.~/%\n \x80"; *c != '\0'; c++) {
		text[20] = *c;
		assert_false(approval_token_valid(text, APPROVAL_TOKEN_LEN));
	}
	text[20] = '\0';
	assert_false(approval_token_valid(text, APPROVAL_TOKEN_LEN));
}

/* FIPS 180-2, appendix B.1. */
static void
hash_of_a_token_is_its_sha_256(void **state)
{
	char hash[SECRET_DIGEST_TEXT];

	(void)state;
	assert_status(secret_start(), STATUS_OK);
	assert_status(approval_token_hash("abc", 3, hash), STATUS_OK);
	assert_string_equal(
	    hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

/* Hashes a token and stores the hash, in a transaction of its own. */
static void
add_token(struct store *store, const char *approval_id, const char *channel,
    char hash[SECRET_DIGEST_TEXT])
{
	char text[APPROVAL_TOKEN_LEN + 1];
	struct db *db = store_place_write(store);

	approval_token_make(text);
	assert_status(approval_token_hash(text, strlen(text), hash), STATUS_OK);
	assert_status(approval_token_add(db, approval_id, hash, channel, 1000), STATUS_OK);
	store_place_commit(store, db);
}

static void
approval_is_found_by_each_of_its_tokens(void **state)
{
	struct store_place *p = *state;
	struct key key = approval_aid_key(p->store, "demo");
	struct approval made = approval_aid_pending(p->store, &key, "send"), found;
	struct approval other = approval_aid_pending(p->store, &key, "read");
	char a[SECRET_DIGEST_TEXT], b[SECRET_DIGEST_TEXT], c[SECRET_DIGEST_TEXT];
	char longest[APPROVAL_BY_MAX + 1], channel[APPROVAL_BY_MAX + 1];
	struct db *db;

	memset(longest, 'n', APPROVAL_BY_MAX);
	longest[APPROVAL_BY_MAX] = '\0';
	add_token(p->store, made.id, "ops", a);
	add_token(p->store, made.id, longest, b);
	add_token(p->store, other.id, "ops", c);
	db = store_place_write(p->store);
	assert_status(approval_find_token(db, a, &found, channel), STATUS_OK);
	assert_string_equal(found.id, made.id);
	assert_string_equal(found.key_name, "demo");
	assert_string_equal(channel, "ops");
	assert_status(approval_find_token(db, b, &found, channel), STATUS_OK);
	assert_string_equal(found.id, made.id);
	assert_string_equal(channel, longest);
	assert_status(approval_find_token(db, c, &found, channel), STATUS_OK);
	assert_string_equal(found.id, other.id);
	a[0] = a[0] == '0' ? '1' : '0';
	assert_status(approval_find_token(db, a, &found, channel), STATUS_NOT_FOUND);
	assert_status(approval_find_token(db, "", &found, channel), STATUS_NOT_FOUND);
	store_rollback(p->store, db);
}

static void
token_belongs_to_an_approval_and_is_new(void **state)
{
	struct store_place *p = *state;
	struct key key = approval_aid_key(p->store, "demo");
	struct approval made = approval_aid_pending(p->store, &key, "send");
	char hash[SECRET_DIGEST_TEXT];
	struct db *db;

	add_token(p->store, made.id, "ops", hash);
	db = store_place_write(p->store);
	assert_status(approval_token_add(db, made.id, hash, "ops", 1), STATUS_EXISTS);
	assert_status(approval_token_add(db, "apr_nobody", "h", "ops", 1), STATUS_REFUSED);
	store_rollback(p->store, db);
}

static void
token_of_an_ended_approval_is_found(void **state)
{
	struct store_place *p = *state;
	struct key key = approval_aid_key(p->store, "demo");
	static const enum approval_state ended[] = {
	    APPROVAL_DENIED, APPROVAL_EXPIRED, APPROVAL_SPENT};
	char hash[SECRET_DIGEST_TEXT], channel[APPROVAL_BY_MAX + 1];

	for (size_t i = 0; i < 3; i++) {
		struct approval made = approval_aid_pending(p->store, &key, "send"), found;
		struct db *db;

		add_token(p->store, made.id, "ops", hash);
		db = store_place_write(p->store);
		approval_aid_bring(db, made.id, ended[i]);
		assert_status(approval_find_token(db, hash, &found, channel), STATUS_OK);
		assert_int_equal(found.state, ended[i]);
		store_place_commit(p->store, db);
	}
}

/* The text is nowhere in the file; its hash is. */
static void
text_of_a_token_is_nowhere_in_the_database(void **state)
{
	struct store_place *p = *state;
	struct key key = approval_aid_key(p->store, "demo");
	struct approval made = approval_aid_pending(p->store, &key, "send");
	char text[APPROVAL_TOKEN_LEN + 1], hash[SECRET_DIGEST_TEXT];
	char command[TEST_PATH_MAX * 2 + 64];
	struct db *db = store_place_write(p->store);

	approval_token_make(text);
	assert_status(approval_token_hash(text, strlen(text), hash), STATUS_OK);
	assert_status(approval_token_add(db, made.id, hash, "ops", 1000), STATUS_OK);
	store_place_commit(p->store, db);
	(void)snprintf(command, sizeof(command), "grep -q %s '%s'*", hash, p->database);
	assert_int_equal(system(command), 0);
	(void)snprintf(command, sizeof(command), "grep -q %.10s '%s'*", text, p->database);
	assert_int_not_equal(system(command), 0);
	(void)snprintf(command, sizeof(command), "grep -q %s '%s'*", text + 33, p->database);
	assert_int_not_equal(system(command), 0);
}

static void
salt_follows_from_key_and_approval(void **state)
{
	struct secret_key a, b;
	char first[SECRET_DIGEST_TEXT], second[SECRET_DIGEST_TEXT];

	(void)state;
	assert_status(secret_start(), STATUS_OK);
	memset(&a, 1, sizeof(a));
	memset(&b, 2, sizeof(b));
	assert_status(approval_salt(&a, "apr_1", first), STATUS_OK);
	assert_int_equal(strlen(first), 64);
	assert_status(approval_salt(&a, "apr_1", second), STATUS_OK);
	assert_string_equal(first, second);
	assert_status(approval_salt(&a, "apr_2", second), STATUS_OK);
	assert_string_not_equal(first, second);
	assert_status(approval_salt(&b, "apr_1", second), STATUS_OK);
	assert_string_not_equal(first, second);
}

/* printf '00ff{"a":1}' | sha256sum: what the page computes in the browser. */
static void
shown_digest_is_over_the_salt_as_text_and_the_arguments(void **state)
{
	char digest[SECRET_DIGEST_TEXT];

	(void)state;
	assert_status(secret_start(), STATUS_OK);
	assert_status(approval_shown_digest("00ff", "{\"a\":1}", 7, digest), STATUS_OK);
	assert_string_equal(
	    digest, "15b7296166c00f4f166ed370303d4f4ec0412805b26c855008b5db5d27d3b2f0");
	assert_status(approval_shown_digest("00ff", "{\"a\":1}x", 7, digest), STATUS_OK);
	assert_string_equal(
	    digest, "15b7296166c00f4f166ed370303d4f4ec0412805b26c855008b5db5d27d3b2f0");
}

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
	add_token(p->store, made.id, "ops", hash);
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
	    cmocka_unit_test(tokens_are_43_characters_of_base62),
	    cmocka_unit_test(tokens_spread_over_256_bits),
	    cmocka_unit_test(text_of_another_form_is_no_token),
	    cmocka_unit_test(hash_of_a_token_is_its_sha_256),
	    cmocka_unit_test(salt_follows_from_key_and_approval),
	    cmocka_unit_test(shown_digest_is_over_the_salt_as_text_and_the_arguments),
	    STORE_TEST(approval_is_found_by_each_of_its_tokens),
	    STORE_TEST(token_belongs_to_an_approval_and_is_new),
	    STORE_TEST(token_of_an_ended_approval_is_found),
	    STORE_TEST(text_of_a_token_is_nowhere_in_the_database),
	    STORE_TEST(what_is_younger_or_open_is_kept),
	    STORE_TEST(approval_outlasts_its_allowance),
	    STORE_TEST(notices_of_blocked_calls_go_as_well),
	    STORE_TEST(purge_goes_in_steps),
	    STORE_TEST(notices_of_blocked_calls_go_in_steps),
	};

	return cmocka_run_group_tests_name("approval_token", tests, NULL, NULL);
}
