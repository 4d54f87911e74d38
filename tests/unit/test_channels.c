/* test_channels.c - channels in the database: found, changed, sealed, and which keys use them. */
#include "store_place.h"

#include "channels.h"

#define SECRET_URL "https://hooks.example.com/services/T0/B0/verysecrettext"
#define NAMES_MAX 200

static const struct secret_key seal = {{9, 8, 7}};

static struct json_object *
settings(const char *url)
{
	struct json_object *object = json_new_object();

	assert_true(json_set_text(object, "url", url));
	assert_true(json_set_bool(object, "private", true));
	return object;
}

static struct channel
make(const char *name, const char *url)
{
	struct channel channel = {.kind = CHANNEL_SLACK,
	    .target = "hooks.example.com",
	    .enabled = true,
	    .approver = true,
	    .show_args = true,
	    .events = EVENT_APPROVAL_CREATED};

	(void)snprintf(channel.name, sizeof(channel.name), "%s", name);
	channel.settings = url != NULL ? settings(url) : NULL;
	return channel;
}

/* Adds one; its settings are freed. */
static struct channel
added(struct db *db, const char *name)
{
	struct channel channel = make(name, SECRET_URL);

	assert_status(channels_add(db, &seal, &channel), STATUS_OK);
	channel_free(&channel);
	return channel;
}

static struct key
added_key(struct db *db, const char *name)
{
	struct key key = {.approval_timeout_ms = 1};
	char text[KEY_TEXT_LEN + 1];

	(void)snprintf(key.name, sizeof(key.name), "%s", name);
	key_make(text);
	assert_status(keys_add(db, &key, text), STATUS_OK);
	return key;
}

static const char *
url_of(const struct channel *channel)
{
	bool found;
	size_t len;

	return json_string(json_member(channel->settings, "url", &found), &len);
}

static bool
join(void *arg, const char *name)
{
	size_t len = strlen(arg);

	(void)snprintf((char *)arg + len, NAMES_MAX - len, "%s ", name);
	return true;
}

static bool
join_channel(void *arg, const struct channel *channel)
{
	assert_null(channel->settings);
	return join(arg, channel->name);
}

static void
kinds_and_events_have_names(void **state)
{
	static const char *const names[] = {
	    "email", "slack", "teams", "telegram", "webhook", "console"};
	enum channel_kind kind;

	(void)state;
	for (unsigned i = 0; i < CHANNEL_KINDS; i++) {
		assert_string_equal(channel_kind_name((enum channel_kind)i), names[i]);
		assert_true(channel_kind_read(names[i], &kind));
		assert_int_equal(kind, i);
	}
	assert_false(channel_kind_read("Email", &kind));
	assert_false(channel_kind_read("", &kind));
	assert_string_equal(event_name(EVENT_CALL_BLOCKED), "call.blocked");
	assert_string_equal(event_name(EVENT_APPROVAL_CREATED), "approval.created");
	assert_string_equal(event_name(EVENT_APPROVAL_RESOLVED), "approval.resolved");
	assert_string_equal(event_name(EVENT_TOOL_CHANGED), "upstream.tool_changed");
	assert_true(event_of_approval(EVENT_APPROVAL_CREATED));
	assert_true(event_of_approval(EVENT_APPROVAL_RESOLVED));
	assert_false(event_of_approval(EVENT_CALL_BLOCKED));
	assert_false(event_of_approval(EVENT_TOOL_CHANGED));
	assert_false(event_of_approval(0));
}

static void
lists_of_events_are_read_and_written(void **state)
{
	static const char *const wrong[] = {"call", "call.blocked,", ",call.blocked",
	    "call.blocked,,approval.created", "call.blockedx", "call.blocked, approval.created",
	    "Call.blocked", ","};
	unsigned set = 0;
	struct buf out;

	(void)state;
	buf_init(&out, 200);
	assert_true(events_read("approval.resolved,call.blocked", &set));
	assert_int_equal(set, EVENT_APPROVAL_RESOLVED | EVENT_CALL_BLOCKED);
	events_write(set, &out);
	assert_string_equal(buf_str(&out), "call.blocked,approval.resolved");
	buf_reset(&out);
	assert_true(events_read("", &set));
	assert_int_equal(set, 0);
	events_write(EVENTS_ALL, &out);
	assert_string_equal(
	    buf_str(&out), "call.blocked,approval.created,approval.resolved,upstream.tool_changed");
	buf_free(&out);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(events_read(wrong[i], &set));
}

static void
channel_is_found_with_and_without_its_settings(void **state)
{
	struct store_place *p = *state;
	struct db *db = store_place_write(p->store);
	int64_t before = store_place_generation(db);
	struct channel made = added(db, "ops"), found;

	assert_true(store_place_generation(db) > before);
	assert_true(made.created_ms > 0);
	assert_status(channels_find(db, "ops", NULL, &found), STATUS_OK);
	assert_null(found.settings);
	assert_string_equal(found.id, made.id);
	assert_int_equal(found.kind, CHANNEL_SLACK);
	assert_string_equal(found.target, "hooks.example.com");
	assert_true(found.enabled && found.approver && found.show_args && !found.deny_link);
	assert_int_equal(found.events, EVENT_APPROVAL_CREATED);
	assert_int_equal(found.created_ms, made.created_ms);
	assert_status(channels_find_id(db, made.id, &seal, &found), STATUS_OK);
	assert_string_equal(found.name, "ops");
	assert_string_equal(url_of(&found), SECRET_URL);
	channel_free(&found);
	assert_null(found.settings);
	channel_free(&found);
	assert_status(channels_find(db, "Ops", &seal, &found), STATUS_NOT_FOUND);
	assert_status(channels_find_id(db, "ops", &seal, &found), STATUS_NOT_FOUND);
	store_rollback(p->store, db);
}

static void
taken_name_is_refused_and_the_transaction_goes_on(void **state)
{
	struct store_place *p = *state;
	struct db *db = store_place_write(p->store);
	struct channel again = make("ops", SECRET_URL);
	int64_t before;

	(void)added(db, "ops");
	before = store_place_generation(db);
	assert_status(channels_add(db, &seal, &again), STATUS_EXISTS);
	channel_free(&again);
	assert_int_equal(store_place_generation(db), before);
	(void)added(db, "other");
	store_place_commit(p->store, db);
}

/* Neither the database nor its journal gives the settings away. */
static void
settings_are_nowhere_in_the_files(void **state)
{
	struct store_place *p = *state;
	struct db *db = store_place_write(p->store);
	char command[TEST_PATH_MAX * 2 + 64];

	(void)added(db, "ops");
	store_place_commit(p->store, db);
	(void)snprintf(command, sizeof(command), "grep -q hooks.example.com '%s'/*", p->dir);
	assert_int_equal(system(command), 0);
	(void)snprintf(command, sizeof(command), "grep -q verysecret '%s'/*", p->dir);
	assert_int_not_equal(system(command), 0);
	(void)snprintf(command, sizeof(command), "grep -q private '%s'/*", p->dir);
	assert_int_not_equal(system(command), 0);
}

static void
settings_of_another_key_or_row_are_refused(void **state)
{
	struct store_place *p = *state;
	struct secret_key other = {{1}};
	struct db *db = store_place_write(p->store);
	struct channel found;

	(void)added(db, "a");
	(void)added(db, "b");
	assert_status(channels_find(db, "a", &other, &found), STATUS_REFUSED);
	assert_null(found.settings);
	assert_string_equal(found.name, "a");
	store_place_commit(p->store, db);
	test_sql(p->database, "UPDATE channel SET settings = (SELECT settings FROM channel "
			      "WHERE name = 'a') WHERE name = 'b'");
	db = store_place_write(p->store);
	assert_status(channels_find(db, "a", &seal, &found), STATUS_OK);
	channel_free(&found);
	assert_status(channels_find(db, "b", &seal, &found), STATUS_REFUSED);
	assert_null(found.settings);
	assert_status(channels_find(db, "b", NULL, &found), STATUS_OK);
	store_rollback(p->store, db);
}

static void
unknown_kind_is_no_channel(void **state)
{
	struct store_place *p = *state;
	struct db *db = store_place_write(p->store);
	struct channel found;
	char names[NAMES_MAX] = "";

	(void)added(db, "a");
	store_place_commit(p->store, db);
	test_sql(p->database, "UPDATE channel SET kind = 'pigeon'");
	db = store_place_write(p->store);
	assert_status(channels_find(db, "a", NULL, &found), STATUS_REFUSED);
	assert_status(channels_each(db, join_channel, names), STATUS_FAILED);
	store_rollback(p->store, db);
}

static void
update_changes_what_is_not_the_name(void **state)
{
	struct store_place *p = *state;
	struct db *db = store_place_write(p->store);
	struct channel channel = added(db, "ops"), found;
	int64_t before = store_place_generation(db);

	channel.enabled = channel.approver = channel.show_args = false;
	channel.deny_link = true;
	channel.events = EVENT_CALL_BLOCKED;
	(void)snprintf(channel.target, sizeof(channel.target), "elsewhere");
	assert_status(channels_update(db, &seal, &channel), STATUS_OK);
	assert_true(store_place_generation(db) > before);
	assert_status(channels_find(db, "ops", &seal, &found), STATUS_OK);
	assert_false(found.enabled || found.approver || found.show_args);
	assert_true(found.deny_link);
	assert_int_equal(found.events, EVENT_CALL_BLOCKED);
	assert_string_equal(found.target, "elsewhere");
	assert_string_equal(url_of(&found), SECRET_URL);
	channel_free(&found);
	channel.settings = settings("https://new.example.com/x");
	assert_status(channels_update(db, &seal, &channel), STATUS_OK);
	channel_free(&channel);
	assert_status(channels_find(db, "ops", &seal, &found), STATUS_OK);
	assert_string_equal(url_of(&found), "https://new.example.com/x");
	channel_free(&found);
	(void)snprintf(channel.id, sizeof(channel.id), "ch_none");
	assert_status(channels_update(db, &seal, &channel), STATUS_NOT_FOUND);
	store_rollback(p->store, db);
}

static void
channels_of_a_key_are_exactly_those_set(void **state)
{
	struct store_place *p = *state;
	struct db *db = store_place_write(p->store);
	struct key key = added_key(db, "demo"), other = added_key(db, "another");
	struct channel a = added(db, "a"), c = added(db, "c"), b = added(db, "b");
	const char *all[] = {c.id, a.id, b.id}, *unknown[] = {"ch_none"};
	char names[NAMES_MAX] = "";
	int64_t before = store_place_generation(db);

	assert_status(keys_set_channels(db, key.id, all, 3), STATUS_OK);
	assert_true(store_place_generation(db) > before);
	assert_status(keys_set_channels(db, other.id, all, 1), STATUS_OK);
	b.enabled = false;
	assert_status(channels_update(db, &seal, &b), STATUS_OK);
	assert_status(keys_each_channel(db, key.id, join, names), STATUS_OK);
	assert_string_equal(names, "a b c ");
	names[0] = '\0';
	assert_status(channels_of_key(db, key.id, join_channel, names), STATUS_OK);
	assert_string_equal(names, "a c ");
	names[0] = '\0';
	assert_status(channels_each_key(db, c.id, join, names), STATUS_OK);
	assert_string_equal(names, "another demo ");
	assert_status(keys_set_channels(db, key.id, all + 1, 1), STATUS_OK);
	names[0] = '\0';
	assert_status(keys_each_channel(db, key.id, join, names), STATUS_OK);
	assert_string_equal(names, "a ");
	names[0] = '\0';
	assert_status(channels_each(db, join_channel, names), STATUS_OK);
	assert_string_equal(names, "a b c ");
	assert_status(keys_set_channels(db, key.id, unknown, 1), STATUS_REFUSED);
	store_rollback(p->store, db);
}

static void
removed_channel_leaves_nothing_due(void **state)
{
	struct store_place *p = *state;
	struct db *db = store_place_write(p->store);
	struct key key = added_key(db, "demo");
	struct channel a = added(db, "a"), b = added(db, "b");
	const char *both[] = {a.id, b.id};
	char names[NAMES_MAX] = "";
	int64_t before;

	assert_status(keys_set_channels(db, key.id, both, 2), STATUS_OK);
	assert_status(
	    query_run(
		query(db, "INSERT INTO delivery (id, channel_id, key_id, event, approval_id, "
			  "call_id, server, tool, reason, state, created_ms, attempts, next_ms, "
			  "holder, lease_ms, error) SELECT 'd' || s.state || c.name, c.id, k.id, "
			  "'call.blocked', '', '', '', '', '', s.state, 1, 0, 1, 'h', 1, '' "
			  "FROM channel c, api_key k, "
			  "(SELECT 'due' AS state UNION SELECT 'sent') s"),
		NULL),
	    STATUS_OK);
	before = store_place_generation(db);
	assert_status(channels_remove(db, a.id, 4711), STATUS_OK);
	assert_true(store_place_generation(db) > before);
	assert_status(channels_remove(db, a.id, 4711), STATUS_NOT_FOUND);
	assert_status(channels_find(db, "a", NULL, &a), STATUS_NOT_FOUND);
	assert_status(keys_each_channel(db, key.id, join, names), STATUS_OK);
	assert_string_equal(names, "b ");
	store_place_commit(p->store, db);
	assert_string_equal(
	    test_sql_text(p->database,
		"SELECT group_concat(id || ' ' || state || ' ' || holder || ' ' || "
		"COALESCE(ended_ms, 0), ', ') FROM (SELECT * FROM delivery ORDER BY id)"),
	    "dduea dropped  4711, ddueb due h 0, dsenta sent h 0, dsentb sent h 0");
	/* The name is free again, and the new channel is another one. */
	db = store_place_write(p->store);
	a = added(db, "a");
	names[0] = '\0';
	assert_status(channels_each_key(db, a.id, join, names), STATUS_OK);
	assert_string_equal(names, "");
	store_rollback(p->store, db);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(kinds_and_events_have_names),
	    cmocka_unit_test(lists_of_events_are_read_and_written),
	    STORE_TEST(channel_is_found_with_and_without_its_settings),
	    STORE_TEST(taken_name_is_refused_and_the_transaction_goes_on),
	    STORE_TEST(settings_are_nowhere_in_the_files),
	    STORE_TEST(settings_of_another_key_or_row_are_refused),
	    STORE_TEST(unknown_kind_is_no_channel),
	    STORE_TEST(update_changes_what_is_not_the_name),
	    STORE_TEST(channels_of_a_key_are_exactly_those_set),
	    STORE_TEST(removed_channel_leaves_nothing_due),
	};

	return cmocka_run_group_tests_name("channels", tests, NULL, NULL);
}
