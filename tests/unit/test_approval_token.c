/* test_approval_token.c - tokens of links, and the digest that the page checks. */
#include "approval_aid.h"

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
	approval_aid_token(p->store, made.id, "ops", a);
	approval_aid_token(p->store, made.id, longest, b);
	approval_aid_token(p->store, other.id, "ops", c);
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

	approval_aid_token(p->store, made.id, "ops", hash);
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

		approval_aid_token(p->store, made.id, "ops", hash);
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
	};

	return cmocka_run_group_tests_name("approval_token", tests, NULL, NULL);
}
