/* test_upstreams.c - upstreams in the database: found in order, changed, sealed, removed with all that is theirs. */
#include "store_place.h"

#include "keys.h"
#include "mcp/upstreams.h"

#define NOW 1000000
#define SECRET_HEADER "Authorization: Bearer verysecrettext"
#define NAMES_MAX 400

static const struct secret_key seal = {{9, 8, 7}};

static struct json_object *
settings(const char *header)
{
	struct json_object *object = json_new_object(), *headers = json_new_array();

	assert_true(json_append_text(headers, header));
	assert_true(json_set_text(object, "url", "https://mcp.example.com/mcp"));
	assert_true(json_set(object, "headers", headers));
	return object;
}

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

static struct upstream
make(const char *key_id, const char *name)
{
	struct upstream upstream = {.kind = UPSTREAM_HTTP,
	    .target = "https://mcp.example.com/mcp",
	    .required = true,
	    .prefix = true,
	    .pinning = PINNING_QUARANTINE,
	    .timeout_ms = UPSTREAM_TIMEOUT_MS,
	    .settings = settings(SECRET_HEADER)};

	(void)snprintf(upstream.key_id, sizeof(upstream.key_id), "%s", key_id);
	(void)snprintf(upstream.name, sizeof(upstream.name), "%s", name);
	return upstream;
}

/* Adds one; its settings are freed. */
static struct upstream
added(struct db *db, const char *key_id, const char *name)
{
	struct upstream upstream = make(key_id, name);

	assert_status(upstreams_add(db, &seal, &upstream, NOW), STATUS_OK);
	upstream_free(&upstream);
	return upstream;
}

static const char *
header_of(const struct upstream *upstream)
{
	bool found;
	size_t len;

	return json_string(
	    json_element(json_member(upstream->settings, "headers", &found), 0), &len);
}

static bool
join(void *arg, const struct upstream *upstream)
{
	size_t len = strlen(arg);

	(void)snprintf((char *)arg + len, NAMES_MAX - len, "%s%s ", upstream->name,
	    upstream->settings != NULL ? "*" : "");
	return true;
}

static bool
first_only(void *arg, const struct upstream *upstream)
{
	(void)join(arg, upstream);
	return false;
}

static void
pinnings_and_kinds_have_names(void **state)
{
	static const char *const names[] = {"off", "warn", "quarantine"};
	enum pinning pinning;

	(void)state;
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_string_equal(pinning_name((enum pinning)i), names[i]);
		assert_true(pinning_read(names[i], &pinning));
		assert_int_equal(pinning, i);
	}
	assert_false(pinning_read("Off", &pinning));
	assert_false(pinning_read("", &pinning));
	assert_string_equal(upstream_kind_name(UPSTREAM_HTTP), "http");
	assert_string_equal(upstream_kind_name(UPSTREAM_STDIO), "stdio");
}

static void
upstream_is_found_with_and_without_its_settings(void **state)
{
	struct store_place *p = *state;
	struct db *db = store_place_write(p->store);
	char key[KEY_ID_MAX + 1];
	struct upstream new, found;
	int64_t before;

	add_key(db, "agent", key);
	before = store_place_generation(db);
	new = added(db, key, "files");
	assert_true(store_place_generation(db) > before);
	assert_status(upstreams_find(db, key, "files", NULL, &found), STATUS_OK);
	assert_null(found.settings);
	assert_string_equal(found.id, new.id);
	assert_string_equal(found.key_id, key);
	assert_int_equal(found.kind, UPSTREAM_HTTP);
	assert_string_equal(found.target, "https://mcp.example.com/mcp");
	assert_true(found.required && found.prefix);
	assert_int_equal(found.pinning, PINNING_QUARANTINE);
	assert_int_equal(found.timeout_ms, UPSTREAM_TIMEOUT_MS);
	assert_int_equal(found.created_ms, NOW);
	assert_int_equal(found.changed_ms, NOW);
	assert_status(upstreams_find_id(db, new.id, &seal, &found), STATUS_OK);
	assert_string_equal(header_of(&found), SECRET_HEADER);
	upstream_free(&found);
	assert_status(upstreams_find(db, key, "Files", &seal, &found), STATUS_NOT_FOUND);
	assert_status(upstreams_find(db, "other", "files", &seal, &found), STATUS_NOT_FOUND);
	assert_status(upstreams_find_id(db, "files", &seal, &found), STATUS_NOT_FOUND);
	store_rollback(p->store, db);
}

static void
each_key_has_its_own_in_order_of_configuration(void **state)
{
	struct store_place *p = *state;
	struct db *db = store_place_write(p->store);
	char one[KEY_ID_MAX + 1], two[KEY_ID_MAX + 1], names[NAMES_MAX] = "";
	struct upstream again;

	add_key(db, "one", one);
	add_key(db, "two", two);
	(void)added(db, one, "zoo");
	(void)added(db, two, "zoo");
	(void)added(db, one, "alpha");
	(void)added(db, one, "mail");
	again = make(one, "zoo");
	assert_status(upstreams_add(db, &seal, &again, NOW), STATUS_EXISTS);
	upstream_free(&again);
	assert_status(upstreams_each(db, one, NULL, join, names), STATUS_OK);
	assert_string_equal(names, "zoo alpha mail ");
	names[0] = '\0';
	assert_status(upstreams_each(db, two, &seal, join, names), STATUS_OK);
	assert_string_equal(names, "zoo* ");
	names[0] = '\0';
	assert_status(upstreams_each(db, one, &seal, first_only, names), STATUS_OK);
	assert_string_equal(names, "zoo* ");
	names[0] = '\0';
	assert_status(upstreams_each(db, NULL, NULL, join, names), STATUS_OK);
	assert_int_equal(strlen(names), strlen("zoo alpha mail zoo "));
	store_rollback(p->store, db);
}

static void
key_has_only_so_many(void **state)
{
	struct store_place *p = *state;
	struct db *db = store_place_write(p->store);
	char key[KEY_ID_MAX + 1], name[UPSTREAM_NAME_MAX];
	struct upstream more;

	add_key(db, "agent", key);
	for (int i = 0; i < UPSTREAMS_PER_KEY_MAX; i++) {
		(void)snprintf(name, sizeof(name), "u%d", i);
		(void)added(db, key, name);
	}
	more = make(key, "more");
	assert_status(upstreams_add(db, &seal, &more, NOW), STATUS_TOO_LARGE);
	upstream_free(&more);
	store_rollback(p->store, db);
}

/* Neither the database nor its journal gives the settings away. */
static void
settings_are_nowhere_in_the_files(void **state)
{
	struct store_place *p = *state;
	struct db *db = store_place_write(p->store);
	char command[TEST_PATH_MAX * 2 + 64], key[KEY_ID_MAX + 1];

	add_key(db, "agent", key);
	(void)added(db, key, "files");
	store_place_commit(p->store, db);
	(void)snprintf(command, sizeof(command), "grep -q mcp.example.com '%s'/*", p->dir);
	assert_int_equal(system(command), 0);
	(void)snprintf(command, sizeof(command), "grep -q verysecret '%s'/*", p->dir);
	assert_int_not_equal(system(command), 0);
}

static void
settings_of_another_key_or_row_are_refused(void **state)
{
	struct store_place *p = *state;
	struct secret_key other = {{1}};
	struct db *db = store_place_write(p->store);
	char key[KEY_ID_MAX + 1], names[NAMES_MAX] = "";
	struct upstream found;

	add_key(db, "agent", key);
	(void)added(db, key, "a");
	(void)added(db, key, "b");
	assert_status(upstreams_find(db, key, "a", &other, &found), STATUS_REFUSED);
	assert_null(found.settings);
	assert_string_equal(found.name, "a");
	store_place_commit(p->store, db);
	test_sql(p->database, "UPDATE upstream SET settings = (SELECT settings FROM upstream "
			      "WHERE name = 'a') WHERE name = 'b'");
	db = store_place_write(p->store);
	assert_status(upstreams_find(db, key, "b", &seal, &found), STATUS_REFUSED);
	assert_null(found.settings);
	assert_status(upstreams_each(db, key, &seal, join, names), STATUS_REFUSED);
	assert_string_equal(names, "a* ");
	assert_status(upstreams_find(db, key, "b", NULL, &found), STATUS_OK);
	store_rollback(p->store, db);
}

static void
row_that_makes_no_sense_is_no_upstream(void **state)
{
	static const char *const damage[] = {"kind = 'pigeon'", "pinning = 'maybe'",
	    "name = 'a-name-that-is-longer-than-any-could-be'", "timeout_ms = 'soon'"};
	struct store_place *p = *state;
	char key[KEY_ID_MAX + 1], names[NAMES_MAX] = "", sql[200];
	struct upstream new, found;
	struct db *db = store_place_write(p->store);

	add_key(db, "agent", key);
	new = added(db, key, "files");
	store_place_commit(p->store, db);
	for (size_t i = 0; i < sizeof(damage) / sizeof(damage[0]); i++) {
		test_sql(p->database, "CREATE TABLE kept AS SELECT * FROM upstream");
		(void)snprintf(sql, sizeof(sql), "UPDATE upstream SET %s", damage[i]);
		test_sql(p->database, sql);
		db = store_place_write(p->store);
		assert_status(upstreams_find_id(db, new.id, NULL, &found), STATUS_FAILED);
		assert_status(upstreams_each(db, key, NULL, join, names), STATUS_FAILED);
		store_rollback(p->store, db);
		test_sql(p->database, "DELETE FROM upstream; INSERT INTO upstream SELECT * FROM "
				      "kept; DROP TABLE kept");
	}
}

#define LEARN                                                                                      \
	"INSERT INTO upstream_era SELECT id, 'modern', '{}', 1 FROM upstream;"                     \
	"INSERT INTO upstream_session SELECT id, '', 'v', '', '{}', 1 FROM upstream;"              \
	"INSERT INTO upstream_list SELECT id, 'v', 'tools', '[]', 1, 1, 1 FROM upstream;"
#define OWN                                                                                        \
	"INSERT INTO upstream_mark SELECT id, 'tools', 7 FROM upstream;"                           \
	"INSERT INTO tool_pin SELECT id, 't', 'd', 1, '', NULL, '{}', '' FROM upstream;"
#define LEARNT                                                                                     \
	"SELECT (SELECT count(*) FROM upstream_era) * 100 + (SELECT count(*) FROM "                \
	"upstream_session) * 10 + (SELECT count(*) FROM upstream_list)"
#define OWNED "SELECT (SELECT count(*) FROM upstream_mark) * 10 + (SELECT count(*) FROM tool_pin)"

static void
update_changes_what_is_not_the_name_and_forgets_what_was_learnt(void **state)
{
	struct store_place *p = *state;
	struct db *db = store_place_write(p->store);
	char key[KEY_ID_MAX + 1];
	struct upstream upstream, found;
	int64_t before;

	add_key(db, "agent", key);
	upstream = added(db, key, "files");
	store_place_commit(p->store, db);
	test_sql(p->database, LEARN OWN);
	db = store_place_write(p->store);
	before = store_place_generation(db);
	upstream.required = upstream.prefix = false;
	upstream.pinning = PINNING_WARN;
	upstream.timeout_ms = 5;
	(void)snprintf(upstream.target, sizeof(upstream.target), "elsewhere");
	assert_status(upstreams_update(db, &seal, &upstream, NOW), STATUS_OK);
	assert_int_equal(upstream.changed_ms, NOW + 1);
	assert_true(store_place_generation(db) > before);
	store_place_commit(p->store, db);
	assert_int_equal(test_sql_number(p->database, LEARNT), 0);
	assert_int_equal(test_sql_number(p->database, OWNED), 11);
	db = store_place_write(p->store);
	assert_status(upstreams_find(db, key, "files", &seal, &found), STATUS_OK);
	assert_false(found.required || found.prefix);
	assert_int_equal(found.pinning, PINNING_WARN);
	assert_int_equal(found.timeout_ms, 5);
	assert_int_equal(found.changed_ms, NOW + 1);
	assert_int_equal(found.created_ms, NOW);
	assert_string_equal(found.target, "elsewhere");
	assert_string_equal(header_of(&found), SECRET_HEADER);
	upstream_free(&found);
	upstream.settings = settings("X-New: 1");
	upstream.kind = UPSTREAM_STDIO;
	assert_status(upstreams_update(db, &seal, &upstream, NOW + 50), STATUS_OK);
	assert_int_equal(upstream.changed_ms, NOW + 50);
	upstream_free(&upstream);
	assert_status(upstreams_find(db, key, "files", &seal, &found), STATUS_OK);
	assert_string_equal(header_of(&found), "X-New: 1");
	assert_int_equal(found.kind, UPSTREAM_STDIO);
	upstream_free(&found);
	(void)snprintf(upstream.id, sizeof(upstream.id), "ups_none");
	assert_status(upstreams_update(db, &seal, &upstream, NOW), STATUS_NOT_FOUND);
	store_rollback(p->store, db);
}

static void
removed_one_leaves_nothing_and_the_others_alone(void **state)
{
	struct store_place *p = *state;
	struct db *db = store_place_write(p->store);
	char key[KEY_ID_MAX + 1], names[NAMES_MAX] = "";
	struct upstream first;
	int64_t before;

	add_key(db, "agent", key);
	first = added(db, key, "first");
	(void)added(db, key, "second");
	store_place_commit(p->store, db);
	test_sql(p->database, LEARN OWN);
	assert_int_equal(test_sql_number(p->database, LEARNT), 222);
	db = store_place_write(p->store);
	before = store_place_generation(db);
	assert_status(upstreams_remove(db, first.id), STATUS_OK);
	assert_true(store_place_generation(db) > before);
	assert_status(upstreams_remove(db, first.id), STATUS_NOT_FOUND);
	assert_status(upstreams_each(db, key, NULL, join, names), STATUS_OK);
	assert_string_equal(names, "second ");
	store_place_commit(p->store, db);
	assert_int_equal(test_sql_number(p->database, LEARNT), 111);
	assert_int_equal(test_sql_number(p->database, OWNED), 11);
}

static void
settings_over_the_cap_are_refused(void **state)
{
	struct store_place *p = *state;
	struct db *db = store_place_write(p->store);
	char key[KEY_ID_MAX + 1], *large = malloc(UPSTREAM_SETTINGS_MAX + 1);
	struct upstream upstream;

	assert_non_null(large);
	memset(large, 'x', UPSTREAM_SETTINGS_MAX);
	large[UPSTREAM_SETTINGS_MAX] = '\0';
	add_key(db, "agent", key);
	upstream = make(key, "files");
	assert_true(json_set_text(upstream.settings, "url", large));
	assert_status(upstreams_add(db, &seal, &upstream, NOW), STATUS_TOO_LARGE);
	upstream_free(&upstream);
	free(large);
	store_rollback(p->store, db);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(pinnings_and_kinds_have_names),
	    STORE_TEST(upstream_is_found_with_and_without_its_settings),
	    STORE_TEST(each_key_has_its_own_in_order_of_configuration),
	    STORE_TEST(key_has_only_so_many),
	    STORE_TEST(settings_are_nowhere_in_the_files),
	    STORE_TEST(settings_of_another_key_or_row_are_refused),
	    STORE_TEST(row_that_makes_no_sense_is_no_upstream),
	    STORE_TEST(update_changes_what_is_not_the_name_and_forgets_what_was_learnt),
	    STORE_TEST(removed_one_leaves_nothing_and_the_others_alone),
	    STORE_TEST(settings_over_the_cap_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
