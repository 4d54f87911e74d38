/* test_keys.c - keys in the database. */
#include "store_place.h"

#include "keys.h"
#include "policies.h"

/* Adds a key in a transaction of its own. */
static struct key
added(struct store *store, const char *name, char text[KEY_TEXT_LEN + 1])
{
	struct key key = {.approval_timeout_ms = 900000, .allowances = true};
	struct db *db = store_place_write(store);

	(void)snprintf(key.name, sizeof(key.name), "%s", name);
	key_make(text);
	assert_status(keys_add(db, &key, text), STATUS_OK);
	store_place_commit(store, db);
	return key;
}

static enum status
find_text(struct db *db, const char *text, struct key *key)
{
	char hash[SECRET_DIGEST_TEXT];

	assert_status(key_hash(text, strlen(text), hash), STATUS_OK);
	return keys_find_hash(db, hash, key);
}

static void
key_text_is_prefix_and_43_characters(void **state)
{
	char a[KEY_TEXT_LEN + 1], b[KEY_TEXT_LEN + 1];

	(void)state;
	key_make(a);
	key_make(b);
	assert_int_equal(strlen(a), 47);
	assert_true(key_text_valid(a, strlen(a)));
	assert_true(key_text_valid(b, strlen(b)));
	assert_string_not_equal(a, b);
}

/* 2^256 / 62^42 is 60.7: the first of 43 digits is 'y' at most, and everything up to it comes up. */
static void
key_text_spreads_over_256_bits(void **state)
{
	char text[KEY_TEXT_LEN + 1];
	bool seen[128] = {false};
	int first = 0;

	(void)state;
	for (int i = 0; i < 2000; i++) {
		key_make(text);
		assert_int_not_equal(text[4], 'z');
		first += !seen[(unsigned char)text[4]];
		seen[(unsigned char)text[4]] = true;
	}
	assert_true(first > 55);
}

static void
text_of_another_form_is_no_key(void **state)
{
	char text[KEY_TEXT_LEN + 1];

	(void)state;
	key_make(text);
	assert_false(key_text_valid(text, KEY_TEXT_LEN - 1));
	assert_false(key_text_valid("", 0));
	text[10] = '-';
	assert_false(key_text_valid(text, KEY_TEXT_LEN));
	text[10] = '\0';
	assert_false(key_text_valid(text, KEY_TEXT_LEN));
	text[10] = 'a';
	text[0] = 'B';
	assert_false(key_text_valid(text, KEY_TEXT_LEN));
}

static void
names_are_checked(void **state)
{
	char longest[KEY_NAME_MAX + 2];

	(void)state;
	memset(longest, 'a', sizeof(longest));
	longest[KEY_NAME_MAX + 1] = '\0';
	assert_false(key_name_valid(longest));
	longest[KEY_NAME_MAX] = '\0';
	assert_true(key_name_valid(longest));
	assert_true(key_name_valid("Agent_1.x-y"));
	assert_false(key_name_valid(""));
	assert_false(key_name_valid(".x"));
	assert_false(key_name_valid("-x"));
	assert_false(key_name_valid("a b"));
	assert_false(key_name_valid("a/b"));
	assert_false(key_name_valid("\xc3\xa4"));
}

static void
key_is_found_by_its_text_and_by_its_name(void **state)
{
	struct store_place *p = *state;
	char text[KEY_TEXT_LEN + 1];
	struct key made = added(p->store, "demo", text), key;
	struct db *db = store_place_write(p->store);

	assert_status(find_text(db, text, &key), STATUS_OK);
	assert_string_equal(key.id, made.id);
	assert_string_equal(key.name, "demo");
	assert_memory_equal(key.shown, text, KEY_SHOWN);
	assert_int_equal(strlen(key.shown), KEY_SHOWN);
	assert_int_equal(key.expires_ms, 0);
	assert_int_equal(key.revoked_ms, 0);
	assert_true(key.created_ms > 0);
	assert_true(key.allowances);
	assert_status(keys_find_name(db, "demo", &key), STATUS_OK);
	assert_status(keys_find_name(db, "Demo", &key), STATUS_NOT_FOUND);
	text[20] = text[20] == 'a' ? 'b' : 'a';
	assert_status(find_text(db, text, &key), STATUS_NOT_FOUND);
	store_rollback(p->store, db);
}

/* Nothing in the database file gives the key away. */
static void
text_of_a_key_is_nowhere_in_the_database(void **state)
{
	struct store_place *p = *state;
	char text[KEY_TEXT_LEN + 1], command[TEST_PATH_MAX * 2 + 64];

	(void)added(p->store, "demo", text);
	(void)snprintf(
	    command, sizeof(command), "grep -q %.*s '%s'*", KEY_SHOWN, text, p->database);
	assert_int_equal(system(command), 0);
	(void)snprintf(command, sizeof(command), "grep -q %s '%s'*", text + KEY_SHOWN, p->database);
	assert_int_not_equal(system(command), 0);
}

static void
taken_name_is_refused_and_the_transaction_goes_on(void **state)
{
	struct store_place *p = *state;
	char text[KEY_TEXT_LEN + 1];
	struct key key = {.name = "demo", .approval_timeout_ms = 1}, other = {.name = "other"};
	struct db *db;
	int64_t before;

	(void)added(p->store, "demo", text);
	db = store_place_write(p->store);
	before = store_place_generation(db);
	key_make(text);
	assert_status(keys_add(db, &key, text), STATUS_EXISTS);
	assert_int_equal(store_place_generation(db), before);
	assert_status(keys_add(db, &other, text), STATUS_OK);
	store_place_commit(p->store, db);
}

static void
rotated_key_has_a_new_text_only(void **state)
{
	struct store_place *p = *state;
	char old[KEY_TEXT_LEN + 1], new[KEY_TEXT_LEN + 1];
	struct key made = added(p->store, "demo", old), key;
	struct db *db = store_place_write(p->store);
	int64_t before = store_place_generation(db);

	key_make(new);
	assert_status(keys_rotate(db, made.id, new), STATUS_OK);
	assert_true(store_place_generation(db) > before);
	assert_status(find_text(db, old, &key), STATUS_NOT_FOUND);
	assert_status(find_text(db, new, &key), STATUS_OK);
	assert_string_equal(key.id, made.id);
	assert_memory_equal(key.shown, new, KEY_SHOWN);
	assert_status(keys_rotate(db, "nobody", old), STATUS_NOT_FOUND);
	store_rollback(p->store, db);
}

static void
revoked_key_stays_revoked(void **state)
{
	struct store_place *p = *state;
	char text[KEY_TEXT_LEN + 1];
	struct key made = added(p->store, "demo", text), key;
	struct db *db = store_place_write(p->store);
	int64_t before = store_place_generation(db);

	assert_status(keys_revoke(db, made.id, 5000), STATUS_OK);
	assert_true(store_place_generation(db) > before);
	assert_status(keys_revoke(db, made.id, 6000), STATUS_NOT_FOUND);
	assert_status(find_text(db, text, &key), STATUS_OK);
	assert_int_equal(key.revoked_ms, 5000);
	assert_string_equal(key_state(&key, 4000), "revoked");
	store_rollback(p->store, db);
}

static void
key_expires_at_its_moment(void **state)
{
	struct store_place *p = *state;
	char text[KEY_TEXT_LEN + 1];
	struct key key = added(p->store, "demo", text);
	struct db *db = store_place_write(p->store);

	key.expires_ms = 1000;
	key.approval_timeout_ms = 77;
	key.allowances = false;
	assert_status(keys_update(db, &key), STATUS_OK);
	assert_status(keys_find_name(db, "demo", &key), STATUS_OK);
	assert_int_equal(key.approval_timeout_ms, 77);
	assert_false(key.allowances);
	assert_string_equal(key_state(&key, 999), "active");
	assert_string_equal(key_state(&key, 1000), "expired");
	key.expires_ms = 0;
	assert_status(keys_update(db, &key), STATUS_OK);
	assert_status(keys_find_name(db, "demo", &key), STATUS_OK);
	assert_string_equal(key_state(&key, INT64_MAX), "active");
	store_rollback(p->store, db);
}

static bool
join(void *arg, const char *name)
{
	char *at = arg;

	(void)snprintf(at + strlen(at), 66, "%s ", name);
	return true;
}

static bool
join_key(void *arg, const struct key *key)
{
	return join(arg, key->name) && strcmp(key->name, "b") != 0;
}

static void
keys_come_in_order_of_name_until_told_to_stop(void **state)
{
	struct store_place *p = *state;
	char text[KEY_TEXT_LEN + 1], names[200] = "";
	struct db *db;

	(void)added(p->store, "c", text);
	(void)added(p->store, "a", text);
	(void)added(p->store, "b", text);
	db = store_place_write(p->store);
	assert_status(keys_each(db, join_key, names), STATUS_OK);
	assert_string_equal(names, "a b ");
	store_rollback(p->store, db);
}

static void
policies_of_a_key_are_exactly_those_set(void **state)
{
	struct store_place *p = *state;
	struct policy_row first = {.name = "p", .document = "[]"},
			  q = {.name = "q", .document = "[]"};
	char text[KEY_TEXT_LEN + 1], names[200] = "";
	struct key key = added(p->store, "demo", text);
	const char *both[] = {NULL, NULL};
	const char *unknown[] = {"nobody"};
	struct db *db = store_place_write(p->store);

	assert_status(policies_put(db, &first), STATUS_OK);
	assert_status(policies_put(db, &q), STATUS_OK);
	both[0] = q.id;
	both[1] = first.id;
	assert_status(keys_set_policies(db, key.id, both, 2), STATUS_OK);
	assert_status(keys_each_policy(db, key.id, join, names), STATUS_OK);
	assert_string_equal(names, "p q ");
	assert_status(keys_set_policies(db, key.id, both, 1), STATUS_OK);
	names[0] = '\0';
	assert_status(keys_each_policy(db, key.id, join, names), STATUS_OK);
	assert_string_equal(names, "q ");
	names[0] = '\0';
	assert_status(keys_each_of_policy(db, q.id, join, names), STATUS_OK);
	assert_string_equal(names, "demo ");
	assert_status(keys_set_policies(db, key.id, unknown, 1), STATUS_REFUSED);
	store_rollback(p->store, db);
}

static void
key_without_audit_entries_was_never_used(void **state)
{
	struct store_place *p = *state;
	char text[KEY_TEXT_LEN + 1];
	struct key key = added(p->store, "demo", text);
	int64_t used = 7;
	struct db *db = store_place_write(p->store);

	assert_status(keys_last_used(db, key.id, &used), STATUS_OK);
	assert_int_equal(used, 0);
	assert_status(
	    query_run(query(db, "INSERT INTO audit_head (chain, seq, mac, time_ms) SELECT id, "
				"1, '', 4711 FROM api_key"),
		NULL),
	    STATUS_OK);
	assert_status(keys_last_used(db, key.id, &used), STATUS_OK);
	assert_int_equal(used, 4711);
	store_rollback(p->store, db);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(key_text_is_prefix_and_43_characters),
	    cmocka_unit_test(key_text_spreads_over_256_bits),
	    cmocka_unit_test(text_of_another_form_is_no_key),
	    cmocka_unit_test(names_are_checked),
	    STORE_TEST(key_is_found_by_its_text_and_by_its_name),
	    STORE_TEST(text_of_a_key_is_nowhere_in_the_database),
	    STORE_TEST(taken_name_is_refused_and_the_transaction_goes_on),
	    STORE_TEST(rotated_key_has_a_new_text_only),
	    STORE_TEST(revoked_key_stays_revoked),
	    STORE_TEST(key_expires_at_its_moment),
	    STORE_TEST(keys_come_in_order_of_name_until_told_to_stop),
	    STORE_TEST(policies_of_a_key_are_exactly_those_set),
	    STORE_TEST(key_without_audit_entries_was_never_used),
	};

	return cmocka_run_group_tests_name("keys", tests, NULL, NULL);
}
