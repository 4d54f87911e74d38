/* test_sessions.c - sessions of legacy clients: found by their key alone, idle ones end, with all that is theirs. */
#include "store_place.h"

#include "keys.h"
#include "mcp/sessions.h"

#define NOW ((int64_t)1000000000)
#define IDLE ((int64_t)3600000)
#define MOST 3
#define TEXT_MAX 400

static void
add_key(struct db *db, const char *name, char id[KEY_ID_MAX + 1])
{
	struct key key = {.approval_timeout_ms = 1};
	char text[KEY_TEXT_LEN + 1];

	(void)snprintf(key.name, sizeof(key.name), "%s", name);
	key_make(text);
	assert_status(keys_add(db, &key, text), STATUS_OK);
	memcpy(id, key.id, sizeof(key.id));
}

static struct session
make(const char *key_id)
{
	struct session session = {
	    .version = "2025-11-25", .client = "tester 1.0", .capabilities = json_new_object()};

	(void)snprintf(session.key_id, sizeof(session.key_id), "%s", key_id);
	assert_true(json_set(session.capabilities, "roots", json_new_object()));
	return session;
}

static enum status
opened_at(struct db *db, const char *key_id, int64_t now_ms, char token[SESSION_TOKEN_LEN + 1],
    struct session *out)
{
	enum status status;

	*out = make(key_id);
	status = sessions_open(db, out, MOST, IDLE, now_ms, token);
	session_free(out);
	return status;
}

static bool
count_one(void *arg, const struct session *session)
{
	assert_null(session->capabilities);
	(*(int *)arg)++;
	return true;
}

static bool
join(void *arg, const char *uri)
{
	size_t len = strlen(arg);

	(void)snprintf((char *)arg + len, TEXT_MAX - len, "%s ", uri);
	return true;
}

static void
session_is_found_with_its_key_and_no_other(void **state)
{
	struct store_place *p = *state;
	struct db *db = store_place_write(p->store);
	char one[KEY_ID_MAX + 1], two[KEY_ID_MAX + 1], token[SESSION_TOKEN_LEN + 1];
	struct session new, found;
	bool there;

	add_key(db, "one", one);
	add_key(db, "two", two);
	assert_status(opened_at(db, one, NOW, token, &new), STATUS_OK);
	assert_int_equal(strlen(token), SESSION_TOKEN_LEN);
	assert_status(sessions_find(db, one, token, IDLE, NOW, &found), STATUS_OK);
	assert_string_equal(found.id, new.id);
	assert_string_equal(found.key_id, one);
	assert_string_equal(found.version, "2025-11-25");
	assert_string_equal(found.client, "tester 1.0");
	assert_string_equal(found.log_level, "");
	assert_int_equal(found.created_ms, NOW);
	assert_int_equal(found.used_ms, NOW);
	(void)json_member(found.capabilities, "roots", &there);
	assert_true(there);
	session_free(&found);
	assert_status(sessions_find(db, two, token, IDLE, NOW, &found), STATUS_NOT_FOUND);
	assert_status(sessions_find(db, one, new.id, IDLE, NOW, &found), STATUS_NOT_FOUND);
	assert_status(sessions_find(db, one, "", IDLE, NOW, &found), STATUS_NOT_FOUND);
	token[3] = token[3] == 'a' ? 'b' : 'a';
	assert_status(sessions_find(db, one, token, IDLE, NOW, &found), STATUS_NOT_FOUND);
	store_rollback(p->store, db);
}

static void
token_is_nowhere_in_the_files(void **state)
{
	struct store_place *p = *state;
	struct db *db = store_place_write(p->store);
	char key[KEY_ID_MAX + 1], token[SESSION_TOKEN_LEN + 1], command[TEST_PATH_MAX + 128];
	struct session new;

	add_key(db, "agent", key);
	assert_status(opened_at(db, key, NOW, token, &new), STATUS_OK);
	store_place_commit(p->store, db);
	(void)snprintf(command, sizeof(command), "grep -q %s '%s'/*", new.id, p->dir);
	assert_int_equal(system(command), 0);
	(void)snprintf(command, sizeof(command), "grep -q %s '%s'/*", token, p->dir);
	assert_int_not_equal(system(command), 0);
}

static void
key_has_only_so_many_that_are_in_use(void **state)
{
	struct store_place *p = *state;
	struct db *db = store_place_write(p->store);
	char key[KEY_ID_MAX + 1], other[KEY_ID_MAX + 1], token[SESSION_TOKEN_LEN + 1];
	struct session first, new;
	int64_t count = 0;

	add_key(db, "agent", key);
	add_key(db, "other", other);
	assert_status(opened_at(db, key, NOW, token, &first), STATUS_OK);
	assert_status(opened_at(db, key, NOW + 1, token, &new), STATUS_OK);
	assert_status(opened_at(db, key, NOW + 2, token, &new), STATUS_OK);
	assert_status(opened_at(db, key, NOW + 3, token, &new), STATUS_TOO_LARGE);
	assert_string_equal(token, "");
	assert_status(opened_at(db, other, NOW + 3, token, &new), STATUS_OK);
	assert_status(opened_at(db, key, NOW + IDLE, token, &new), STATUS_OK);
	assert_false(sessions_alive(db, first.id));
	assert_status(sessions_count(db, key, &count), STATUS_OK);
	assert_int_equal(count, MOST);
	store_rollback(p->store, db);
}

static void
use_keeps_a_session_and_is_written_once_a_minute(void **state)
{
	struct store_place *p = *state;
	struct db *db = store_place_write(p->store);
	char key[KEY_ID_MAX + 1], token[SESSION_TOKEN_LEN + 1];
	struct session new, found;

	add_key(db, "agent", key);
	assert_status(opened_at(db, key, NOW, token, &new), STATUS_OK);
	assert_false(session_stale(&new, NOW + SESSION_TOUCH_MS - 1));
	assert_true(session_stale(&new, NOW + SESSION_TOUCH_MS));
	assert_status(sessions_find(db, key, token, IDLE, NOW + IDLE, &found), STATUS_NOT_FOUND);
	assert_status(sessions_touch(db, new.id, NOW + 10), STATUS_OK);
	assert_status(sessions_touch(db, new.id, NOW + 5), STATUS_OK);
	assert_status(sessions_find(db, key, token, IDLE, NOW + IDLE + 9, &found), STATUS_OK);
	assert_int_equal(found.used_ms, NOW + 10);
	session_free(&found);
	store_rollback(p->store, db);
}

static void
level_is_kept(void **state)
{
	struct store_place *p = *state;
	struct db *db = store_place_write(p->store);
	char key[KEY_ID_MAX + 1], token[SESSION_TOKEN_LEN + 1];
	struct session new, found;

	add_key(db, "agent", key);
	assert_status(opened_at(db, key, NOW, token, &new), STATUS_OK);
	assert_status(sessions_set_level(db, new.id, "warning"), STATUS_OK);
	assert_status(sessions_set_level(db, "ses_none", "warning"), STATUS_NOT_FOUND);
	assert_status(sessions_find(db, key, token, IDLE, NOW, &found), STATUS_OK);
	assert_string_equal(found.log_level, "warning");
	session_free(&found);
	store_rollback(p->store, db);
}

static void
capabilities_that_are_too_many_count_as_none(void **state)
{
	struct store_place *p = *state;
	struct db *db = store_place_write(p->store);
	char key[KEY_ID_MAX + 1], token[SESSION_TOKEN_LEN + 1], large[SESSION_CAPABILITIES_MAX + 1];
	struct session new, found;

	memset(large, 'x', SESSION_CAPABILITIES_MAX);
	large[SESSION_CAPABILITIES_MAX] = '\0';
	add_key(db, "agent", key);
	new = make(key);
	assert_true(json_set_text(new.capabilities, "roots", large));
	assert_status(sessions_open(db, &new, MOST, IDLE, NOW, token), STATUS_OK);
	session_free(&new);
	assert_status(sessions_find(db, key, token, IDLE, NOW, &found), STATUS_OK);
	assert_int_equal(json_length(found.capabilities), 0);
	session_free(&found);
	assert_status(opened_at(db, key, NOW, token, &new), STATUS_OK);
	store_rollback(p->store, db);
}

static void
subscriptions_come_and_go(void **state)
{
	struct store_place *p = *state;
	struct db *db = store_place_write(p->store);
	char key[KEY_ID_MAX + 1], token[SESSION_TOKEN_LEN + 1], uri[32], text[TEXT_MAX] = "";
	struct session new;

	add_key(db, "agent", key);
	assert_status(opened_at(db, key, NOW, token, &new), STATUS_OK);
	assert_status(sessions_subscribe(db, new.id, "b:2", true), STATUS_OK);
	assert_status(sessions_subscribe(db, new.id, "a:1", true), STATUS_OK);
	assert_status(sessions_subscribe(db, new.id, "a:1", true), STATUS_OK);
	assert_status(sessions_subscribe(db, new.id, "c:3", true), STATUS_OK);
	assert_status(sessions_subscribe(db, new.id, "b:2", false), STATUS_OK);
	assert_status(sessions_subscribe(db, new.id, "d:4", false), STATUS_OK);
	assert_status(sessions_each_subscription(db, new.id, join, text), STATUS_OK);
	assert_string_equal(text, "a:1 c:3 ");
	for (int i = 0; i < SESSION_SUBSCRIPTIONS_MAX - 2; i++) {
		(void)snprintf(uri, sizeof(uri), "u:%d", i);
		assert_status(sessions_subscribe(db, new.id, uri, true), STATUS_OK);
	}
	assert_status(sessions_subscribe(db, new.id, "more:1", true), STATUS_TOO_LARGE);
	assert_status(sessions_subscribe(db, new.id, "a:1", true), STATUS_OK);
	assert_status(sessions_subscribe(db, "ses_none", "a:1", true), STATUS_OK);
	store_place_commit(p->store, db);
	assert_int_equal(test_sql_number(p->database, "SELECT count(*) FROM mcp_subscription"),
	    SESSION_SUBSCRIPTIONS_MAX);
}

static void
add_upstream_session(struct store_place *p, const char *key, const char *owner)
{
	char sql[600];

	(void)snprintf(sql, sizeof(sql),
	    "INSERT INTO upstream VALUES ('ups_%s', '%s', 'u%s', 'http', 't', 's', 1, 1, 1, 'off', "
	    "1, 1, 1); INSERT INTO upstream_session VALUES ('ups_%s', '%s', 'v', '', '{}', 1)",
	    owner, key, owner, owner, owner);
	test_sql(p->database, sql);
}

static void
ended_one_leaves_nothing(void **state)
{
	struct store_place *p = *state;
	struct db *db = store_place_write(p->store);
	char key[KEY_ID_MAX + 1], token[SESSION_TOKEN_LEN + 1];
	struct session new, found;

	add_key(db, "agent", key);
	assert_status(opened_at(db, key, NOW, token, &new), STATUS_OK);
	assert_status(sessions_subscribe(db, new.id, "a:1", true), STATUS_OK);
	store_place_commit(p->store, db);
	add_upstream_session(p, key, new.id);
	add_upstream_session(p, key, "");
	db = store_place_write(p->store);
	assert_true(sessions_alive(db, new.id));
	assert_status(sessions_end(db, new.id), STATUS_OK);
	assert_false(sessions_alive(db, new.id));
	assert_status(sessions_end(db, new.id), STATUS_NOT_FOUND);
	assert_status(sessions_end(db, ""), STATUS_NOT_FOUND);
	assert_status(sessions_find(db, key, token, IDLE, NOW, &found), STATUS_NOT_FOUND);
	store_place_commit(p->store, db);
	assert_int_equal(test_sql_number(p->database, "SELECT count(*) FROM mcp_subscription"), 0);
	assert_string_equal(
	    test_sql_text(p->database, "SELECT group_concat(owner) FROM upstream_session"), "");
	assert_int_equal(test_sql_number(p->database, "SELECT count(*) FROM upstream_session"), 1);
}

static void
sweep_ends_the_idle_and_those_of_revoked_keys(void **state)
{
	struct store_place *p = *state;
	struct db *db = store_place_write(p->store);
	char one[KEY_ID_MAX + 1], two[KEY_ID_MAX + 1], token[SESSION_TOKEN_LEN + 1];
	struct session idle, used, revoked;
	int64_t ended = 0;
	int left = 0;

	add_key(db, "one", one);
	add_key(db, "two", two);
	assert_status(opened_at(db, one, NOW, token, &idle), STATUS_OK);
	assert_status(opened_at(db, one, NOW + 1, token, &used), STATUS_OK);
	assert_status(opened_at(db, two, NOW + 1, token, &revoked), STATUS_OK);
	assert_true(sessions_alive(db, revoked.id));
	assert_status(keys_revoke(db, two, NOW), STATUS_OK);
	assert_false(sessions_alive(db, revoked.id));
	assert_status(sessions_sweep(db, IDLE, NOW + IDLE, 1, &ended), STATUS_OK);
	assert_int_equal(ended, 1);
	assert_status(sessions_sweep(db, IDLE, NOW + IDLE, 10, &ended), STATUS_OK);
	assert_int_equal(ended, 1);
	assert_status(sessions_each(db, NULL, count_one, &left), STATUS_OK);
	assert_int_equal(left, 1);
	assert_true(sessions_alive(db, used.id));
	left = 0;
	assert_status(sessions_each(db, two, count_one, &left), STATUS_OK);
	assert_int_equal(left, 0);
	store_rollback(p->store, db);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    STORE_TEST(session_is_found_with_its_key_and_no_other),
	    STORE_TEST(token_is_nowhere_in_the_files),
	    STORE_TEST(key_has_only_so_many_that_are_in_use),
	    STORE_TEST(use_keeps_a_session_and_is_written_once_a_minute),
	    STORE_TEST(level_is_kept),
	    STORE_TEST(capabilities_that_are_too_many_count_as_none),
	    STORE_TEST(subscriptions_come_and_go),
	    STORE_TEST(ended_one_leaves_nothing),
	    STORE_TEST(sweep_ends_the_idle_and_those_of_revoked_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
