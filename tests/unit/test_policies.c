/* test_policies.c - policies and their versions in the database. */
#include "store_place.h"

#include "keys.h"
#include "policies.h"

static struct db *db;

/* Every test runs in one write transaction on a database of its own. */
static int
setup(void **state)
{
	struct store_place *p;

	(void)store_place_setup(state);
	p = *state;
	db = store_place_write(p->store);
	return 0;
}

static int
teardown(void **state)
{
	struct store_place *p = *state;

	store_rollback(p->store, db);
	return store_place_teardown(state);
}

static struct policy_row
put(const char *name, const char *document, int64_t priority, enum decision decision)
{
	struct policy_row row = {
	    .document = document, .priority = priority, .default_decision = decision};

	(void)snprintf(row.name, sizeof(row.name), "%s", name);
	assert_status(policies_put(db, &row), STATUS_OK);
	return row;
}

static bool
join(void *arg, const struct policy_row *row)
{
	char *at = arg;

	(void)snprintf(at + strlen(at), 100, "%s/%lld%s ", row->name, (long long)row->version,
	    row->enabled ? "" : "-");
	return true;
}

static void
new_policy_begins_with_version_1(void **state)
{
	struct policy_row row = put("p", "[]", 0, DECISION_NONE), found;
	int64_t before = store_place_generation(db);

	(void)state;
	assert_int_equal(row.version, 1);
	assert_true(row.enabled);
	assert_true(row.created_ms > 0);
	assert_status(policies_find(db, "p", 0, &found), STATUS_OK);
	assert_string_equal(found.id, row.id);
	assert_string_equal(found.document, "[]");
	assert_int_equal(found.default_decision, DECISION_NONE);
	policy_row_free(&found);
	(void)put("p", "[ ]", 0, DECISION_NONE);
	assert_true(store_place_generation(db) > before);
}

static void
every_version_is_kept_as_it_was_put(void **state)
{
	struct policy_row first = put("p", "{\"rules\":[]}", 7, DECISION_DENY), found;
	struct policy_row second = put("p", "[]", -3, DECISION_REQUIRE_APPROVAL);
	char names[200] = "";

	(void)state;
	assert_string_equal(first.id, second.id);
	assert_int_equal(second.version, 2);
	assert_status(policies_find(db, "p", 0, &found), STATUS_OK);
	assert_int_equal(found.version, 2);
	assert_int_equal(found.priority, -3);
	assert_int_equal(found.default_decision, DECISION_REQUIRE_APPROVAL);
	policy_row_free(&found);
	assert_status(policies_find(db, "p", 1, &found), STATUS_OK);
	assert_string_equal(found.document, "{\"rules\":[]}");
	assert_int_equal(found.priority, 7);
	assert_int_equal(found.default_decision, DECISION_DENY);
	policy_row_free(&found);
	assert_status(policies_history(db, "p", join, names), STATUS_OK);
	assert_string_equal(names, "p/2 p/1 ");
	assert_status(policies_find(db, "p", 3, &found), STATUS_NOT_FOUND);
	assert_status(policies_find(db, "q", 0, &found), STATUS_NOT_FOUND);
}

static void
kept_version_cannot_be_altered(void **state)
{
	(void)state;
	(void)put("p", "[]", 0, DECISION_NONE);
	assert_status(query_run(query(db, "UPDATE policy_version SET document = '[1]'"), NULL),
	    STATUS_REFUSED);
	assert_status(query_run(query(db, "DELETE FROM policy_version"), NULL), STATUS_REFUSED);
}

static void
disabled_policy_stays_disabled_through_a_new_version(void **state)
{
	struct policy_row row;
	int64_t before;

	(void)state;
	(void)put("p", "[]", 0, DECISION_NONE);
	before = store_place_generation(db);
	assert_status(policies_enable(db, "p", false), STATUS_OK);
	assert_true(store_place_generation(db) > before);
	row = put("p", "[]", 1, DECISION_NONE);
	assert_false(row.enabled);
	assert_status(policies_enable(db, "p", true), STATUS_OK);
	assert_status(policies_enable(db, "q", true), STATUS_NOT_FOUND);
}

/* A key with all four policies given. */
static struct key
key_with(const struct policy_row *rows, size_t count)
{
	struct key key = {.name = "demo", .approval_timeout_ms = 1};
	char text[KEY_TEXT_LEN + 1];
	const char *ids[4];

	key_make(text);
	assert_status(keys_add(db, &key, text), STATUS_OK);
	for (size_t i = 0; i < count; i++)
		ids[i] = rows[i].id;
	assert_status(keys_set_policies(db, key.id, ids, count), STATUS_OK);
	return key;
}

static void
policies_of_a_key_come_by_priority_then_name(void **state)
{
	struct policy_row rows[4] = {put("low", "[]", -1, DECISION_NONE),
	    put("b", "[]", 10, DECISION_NONE), put("a", "[]", 10, DECISION_NONE),
	    put("high", "[]", 100, DECISION_NONE)};
	struct key key = key_with(rows, 4);
	char names[200] = "";

	(void)state;
	(void)put("other", "[]", 1000, DECISION_NONE);
	assert_status(policies_of_key(db, key.id, join, names), STATUS_OK);
	assert_string_equal(names, "high/1 a/1 b/1 low/1 ");
	(void)put("low", "[]", 500, DECISION_NONE);
	assert_status(policies_enable(db, "a", false), STATUS_OK);
	names[0] = '\0';
	assert_status(policies_of_key(db, key.id, join, names), STATUS_OK);
	assert_string_equal(names, "low/2 high/1 b/1 ");
}

static void
removed_policy_judges_nobody_and_keeps_its_versions(void **state)
{
	struct policy_row rows[2] = {
	    put("p", "[]", 0, DECISION_NONE), put("q", "[]", 0, DECISION_NONE)};
	struct key key = key_with(rows, 2);
	struct policy_row found;
	char names[200] = "";
	int64_t before = store_place_generation(db);

	(void)state;
	assert_status(policies_remove(db, "p", 99), STATUS_OK);
	assert_true(store_place_generation(db) > before);
	assert_status(policies_of_key(db, key.id, join, names), STATUS_OK);
	assert_string_equal(names, "q/1 ");
	names[0] = '\0';
	assert_status(policies_each(db, join, names), STATUS_OK);
	assert_string_equal(names, "q/1 ");
	assert_status(policies_find(db, "p", 0, &found), STATUS_NOT_FOUND);
	assert_status(policies_find(db, "p", 1, &found), STATUS_OK);
	policy_row_free(&found);
	assert_status(policies_remove(db, "p", 99), STATUS_NOT_FOUND);
	assert_status(policies_enable(db, "p", true), STATUS_NOT_FOUND);
}

static void
removed_policy_comes_back_enabled_with_the_next_version_and_no_key(void **state)
{
	struct policy_row row = put("p", "[]", 0, DECISION_NONE);
	struct key key = key_with(&row, 1);
	char names[200] = "";

	(void)state;
	assert_status(policies_enable(db, "p", false), STATUS_OK);
	assert_status(policies_remove(db, "p", 99), STATUS_OK);
	row = put("p", "[]", 0, DECISION_NONE);
	assert_int_equal(row.version, 2);
	assert_true(row.enabled);
	assert_status(policies_of_key(db, key.id, join, names), STATUS_OK);
	assert_string_equal(names, "");
}

static bool
first_only(void *arg, const struct policy_row *row)
{
	(void)join(arg, row);
	return false;
}

static void
walk_ends_when_told(void **state)
{
	char names[200] = "";

	(void)state;
	(void)put("b", "[]", 0, DECISION_NONE);
	(void)put("a", "[]", 0, DECISION_NONE);
	assert_status(policies_each(db, first_only, names), STATUS_OK);
	assert_string_equal(names, "a/1 ");
}

#define IN_TRANSACTION(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_TRANSACTION(new_policy_begins_with_version_1),
	    IN_TRANSACTION(every_version_is_kept_as_it_was_put),
	    IN_TRANSACTION(kept_version_cannot_be_altered),
	    IN_TRANSACTION(disabled_policy_stays_disabled_through_a_new_version),
	    IN_TRANSACTION(policies_of_a_key_come_by_priority_then_name),
	    IN_TRANSACTION(removed_policy_judges_nobody_and_keeps_its_versions),
	    IN_TRANSACTION(removed_policy_comes_back_enabled_with_the_next_version_and_no_key),
	    IN_TRANSACTION(walk_ends_when_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
