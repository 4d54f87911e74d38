/* test_outbox_changed.c - upstream.tool_changed in the outbox: to whom it goes, how many there are, what they say. */
#include "store_place.h"

#include "outbox.h"

#define NOW 1000000
#define CHANNEL(name, enabled, approver, events)                                                   \
	"INSERT INTO channel VALUES ('ch_" name "', '" name "', 'slack', 't', 's', " enabled       \
	", " approver ", 1, 0, '" events "', 1); INSERT INTO key_channel VALUES ('key_1', "        \
	"'ch_" name "');"

static int
setup(void **state)
{
	struct store_place *p;

	(void)store_place_setup(state);
	p = *state;
	test_sql(p->database,
	    "INSERT INTO api_key (id, name, hash, prefix, created_ms, approval_timeout_ms, "
	    "allowances) VALUES ('key_1', 'agent', 'h', 'bwb_', 1, 900000, 1);" CHANNEL(
		"told", "1", "0", "call.blocked,upstream.tool_changed") CHANNEL("off", "0", "0",
		"upstream.tool_changed") CHANNEL("approver", "1", "1", "approval.created")
		CHANNEL("other", "1", "0", "call.blocked"));
	return 0;
}
#define OUTBOX_TEST(name) cmocka_unit_test_setup_teardown(name, setup, store_place_teardown)

static void
add(struct store_place *p, const char *tool, const char *reason)
{
	struct db *db = store_place_write(p->store);

	assert_status(
	    outbox_add_tool_changed(db, "key_1", "files", tool, reason, NULL, NOW), STATUS_OK);
	store_place_commit(p->store, db);
}

static void
subscribers_alone_are_told(void **state)
{
	struct lease lease;
	struct store_place *p = *state;
	struct delivery got[2];
	struct db *db;
	int64_t count = 0;

	lease_make(&lease, 1000);
	add(p, "read", "its schema changed");
	assert_string_equal(
	    test_sql_text(p->database, "SELECT group_concat(channel_id) FROM delivery"), "ch_told");
	db = store_place_write(p->store);
	assert_status(outbox_claim(db, &lease, NOW, false, 2, got, &count), STATUS_OK);
	store_place_commit(p->store, db);
	assert_int_equal(count, 1);
	assert_int_equal(got[0].event, EVENT_TOOL_CHANGED);
	assert_string_equal(got[0].key_name, "agent");
	assert_string_equal(got[0].server, "files");
	assert_string_equal(got[0].tool, "read");
	assert_string_equal(got[0].reason, "its schema changed");
	assert_string_equal(got[0].approval_id, "");
	assert_string_equal(got[0].call_id, "");
}

static void
an_upstream_cannot_fill_the_outbox(void **state)
{
	struct store_place *p = *state;
	char tool[32];

	for (int i = 0; i < OUTBOX_NOTICES_MAX + 5; i++) {
		(void)snprintf(tool, sizeof(tool), "tool%d", i);
		add(p, tool, "it changed");
	}
	assert_int_equal(
	    test_sql_number(p->database, "SELECT count(*) FROM delivery"), OUTBOX_NOTICES_MAX);
	test_sql(p->database, "UPDATE delivery SET state = 'sent' WHERE tool = 'tool0'");
	add(p, "later", "it changed");
	assert_int_equal(
	    test_sql_number(p->database, "SELECT count(*) FROM delivery WHERE tool = 'later'"), 1);
}

static void
long_reason_is_cut_between_characters(void **state)
{
	struct store_place *p = *state;
	char reason[3 * VERDICT_REASON_MAX + 1] = "";

	for (size_t i = 0; i < VERDICT_REASON_MAX; i++)
		memcpy(reason + 3 * i, "\xe2\x82\xac", 4);
	add(p, "read", reason);
	assert_true(test_sql_number(p->database,
			"SELECT length(CAST(reason AS BLOB)) FROM delivery") < VERDICT_REASON_MAX);
	assert_int_equal(
	    test_sql_number(p->database, "SELECT length(CAST(reason AS BLOB)) % 3 FROM delivery"),
	    0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    OUTBOX_TEST(subscribers_alone_are_told),
	    OUTBOX_TEST(an_upstream_cannot_fill_the_outbox),
	    OUTBOX_TEST(long_reason_is_cut_between_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
