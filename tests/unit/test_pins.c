/* test_pins.c - definitions of tools: pinned when first seen, marked when they change, accepted by the administrator. */
#include "json_aid.h"
#include "store_place.h"

#include "mcp/pins.h"

#define NOW ((int64_t)1800000000000)
#define READ "{\"name\":\"read\",\"description\":\"reads\",\"inputSchema\":{\"type\":\"object\"}}"
#define READ_EVIL                                                                                  \
	"{\"name\":\"read\",\"description\":\"reads, and mails it\",\"inputSchema\":{\"type\":\"object\"}}"
#define READ_WORSE "{\"name\":\"read\",\"description\":\"x\",\"inputSchema\":{\"type\":\"object\"}}"
#define WRITE "{\"name\":\"write\",\"inputSchema\":{\"type\":\"object\"}}"

struct pins_place {
	struct store_place *p;
	struct audit *audit;
	struct upstream upstream;
};

static int
setup(void **state)
{
	struct pins_place *place = calloc(1, sizeof(*place));
	struct secret_key master = {{7}};
	void *store_state;

	assert_non_null(place);
	(void)store_place_setup(&store_state);
	place->p = store_state;
	test_sql(place->p->database,
	    "INSERT INTO api_key (id, name, hash, prefix, created_ms, approval_timeout_ms, "
	    "allowances) VALUES ('key_1', 'agent', 'h', 'bwb_', 1, 900000, 1);"
	    "INSERT INTO channel VALUES ('ch_1', 'ops', 'webhook', 'host', 'sealed', 1, 0, 1, 0, "
	    "'upstream.tool_changed', 1);"
	    "INSERT INTO key_channel VALUES ('key_1', 'ch_1');"
	    "INSERT INTO upstream VALUES ('ups_1', 'key_1', 'files', 'http', 't', 's', 1, 0, 1, "
	    "'quarantine', 1000, 1, 1);");
	assert_status(
	    audit_open(place->p->store, &master, place->p->dir, &place->audit), STATUS_OK);
	place->upstream = (struct upstream){
	    .id = "ups_1", .key_id = "key_1", .name = "files", .pinning = PINNING_QUARANTINE};
	*state = place;
	return 0;
}

static int
teardown(void **state)
{
	struct pins_place *place = *state;
	void *store_state = place->p;

	audit_close(place->audit);
	(void)store_place_teardown(&store_state);
	free(place);
	return 0;
}
#define PINS_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* One look at a list; says whether messages were made. */
static bool
look(struct pins_place *place, const char *list)
{
	const struct pins_look by = {.audit = place->audit,
	    .upstream = &place->upstream,
	    .key_name = "agent",
	    .now_ms = NOW};
	struct json_object *tools = aid_json(list);
	struct db *db = store_place_write(place->p->store);
	bool differ = false, told = false;

	assert_status(pins_differ(db, &place->upstream, tools, &differ), STATUS_OK);
	if (differ)
		assert_status(pins_update(db, &by, tools, &told), STATUS_OK);
	store_place_commit(place->p->store, db);
	json_free(tools);
	return told;
}

static bool
differs(struct pins_place *place, const char *list)
{
	struct json_object *tools = aid_json(list);
	bool differ = false;
	struct db *db;

	assert_status(store_read(place->p->store, &db), STATUS_OK);
	assert_status(pins_differ(db, &place->upstream, tools, &differ), STATUS_OK);
	store_read_end(place->p->store, db);
	json_free(tools);
	return differ;
}

static bool
write_states(void *arg, const struct pin *pin)
{
	static const char *const names[] = {"free", "kept", "changed", "quarantined"};

	buf_printf(arg, "%s:%s ", pin->tool, names[pin->state]);
	return true;
}

static void
assert_states(struct pins_place *place, const char *expected)
{
	struct buf text;
	struct db *db;

	buf_init(&text, 4096);
	assert_status(store_read(place->p->store, &db), STATUS_OK);
	assert_status(pins_each_state(db, "ups_1", write_states, &text), STATUS_OK);
	store_read_end(place->p->store, db);
	assert_string_equal(buf_str(&text), expected);
	buf_free(&text);
}

static int64_t
count(struct pins_place *place, const char *sql)
{
	return test_sql_number(place->p->database, sql);
}
#define AUDITED "SELECT count(*) FROM audit WHERE tool = 'upstream.tool_changed'"
#define TOLD "SELECT count(*) FROM delivery WHERE event = 'upstream.tool_changed'"
#define MARK "SELECT COALESCE(SUM(value), 0) FROM upstream_mark WHERE kind = 'tools'"

static void
definition_is_canonical_and_holds_what_a_model_is_told(void **state)
{
	static const struct {
		const char *tool, *definition;
	} cases[] = {
	    {"{\"name\":\"a\"}", "{\"name\":\"a\"}"},
	    {"{\"inputSchema\":{\"b\":1.0,\"a\":[]},\"name\":\"a\",\"_meta\":{\"x\":1},\"icons\":[]}",
		"{\"inputSchema\":{\"a\":[],\"b\":1},\"name\":\"a\"}"},
	    {"{\"annotations\":{\"readOnlyHint\":true},\"description\":\"d\",\"name\":\"a\","
	     "\"outputSchema\":{},\"title\":\"t\",\"execution\":{}}",
		"{\"annotations\":{\"readOnlyHint\":true},\"description\":\"d\",\"name\":\"a\","
		"\"outputSchema\":{},\"title\":\"t\"}"},
	    {"{\"name\":\"a\",\"title\":null}", "{\"name\":\"a\",\"title\":null}"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct json_object *tool = aid_json(cases[i].tool);
		struct buf text;

		buf_init(&text, 4096);
		assert_status(pin_definition(tool, &text), STATUS_OK);
		assert_string_equal(buf_str(&text), cases[i].definition);
		buf_free(&text);
		json_free(tool);
	}
}

static void
tool_is_pinned_when_first_seen_and_nothing_is_said(void **state)
{
	struct pins_place *place = *state;

	assert_true(differs(place, "[" READ "]"));
	assert_false(look(place, "[" READ "]"));
	assert_states(place, "read:kept ");
	assert_false(differs(place, "[" READ "]"));
	assert_false(look(place, "[" READ "," WRITE "]"));
	assert_states(place, "read:kept write:kept ");
	assert_int_equal(count(place, AUDITED), 0);
	assert_int_equal(count(place, MARK), 0);
}

static void
change_is_audited_told_and_quarantined_once(void **state)
{
	struct pins_place *place = *state;

	(void)look(place, "[" READ "," WRITE "]");
	assert_true(look(place, "[" READ_EVIL "," WRITE "]"));
	assert_states(place, "read:quarantined write:kept ");
	assert_int_equal(count(place, AUDITED), 1);
	assert_int_equal(count(place, TOLD), 1);
	assert_int_equal(count(place, MARK), 1);
	assert_string_equal(test_sql_text(place->p->database,
				"SELECT chain || ' ' || key_name || ' ' || server FROM audit "
				"WHERE tool = 'upstream.tool_changed'"),
	    "installation agent files");
	assert_false(differs(place, "[" READ_EVIL "]"));
	assert_true(look(place, "[" READ_WORSE "]"));
	assert_int_equal(count(place, AUDITED), 2);
	assert_states(place, "read:quarantined write:kept ");
}

static void
tool_that_comes_back_as_it_was_is_in_use_again(void **state)
{
	struct pins_place *place = *state;

	(void)look(place, "[" READ "]");
	(void)look(place, "[" READ_EVIL "]");
	assert_false(look(place, "[" READ "]"));
	assert_states(place, "read:kept ");
	assert_int_equal(count(place, AUDITED), 2);
	assert_int_equal(count(place, TOLD), 1);
	assert_int_equal(count(place, MARK), 2);
}

static void
pin_of_a_tool_that_vanished_measures_it_when_it_returns(void **state)
{
	struct pins_place *place = *state;

	(void)look(place, "[" READ "," WRITE "]");
	assert_false(differs(place, "[" WRITE "]"));
	assert_false(look(place, "[]"));
	(void)look(place, "[" READ_EVIL "]");
	assert_states(place, "read:quarantined write:kept ");
}

static void
warn_marks_and_tells_but_leaves_it_in_use_and_off_does_nothing(void **state)
{
	struct pins_place *place = *state;

	place->upstream.pinning = PINNING_WARN;
	test_sql(place->p->database, "UPDATE upstream SET pinning = 'warn'");
	(void)look(place, "[" READ "]");
	assert_true(look(place, "[" READ_EVIL "]"));
	assert_states(place, "read:changed ");
	assert_int_equal(count(place, AUDITED), 1);
	place->upstream.pinning = PINNING_OFF;
	test_sql(place->p->database, "UPDATE upstream SET pinning = 'off'");
	assert_false(differs(place, "[" WRITE "]"));
	assert_false(look(place, "[" WRITE "]"));
	assert_states(place, "read:free ");
}

static void
accepting_pins_what_was_seen_last(void **state)
{
	struct pins_place *place = *state;
	struct db *db;
	int64_t accepted = -1;

	(void)look(place, "[" READ "," WRITE "]");
	(void)look(place, "[" READ_EVIL "]");
	db = store_place_write(place->p->store);
	assert_status(pins_accept(db, "ups_1", "write", NOW, &accepted), STATUS_OK);
	assert_int_equal(accepted, 0);
	assert_status(pins_accept(db, "ups_1", "read", NOW, &accepted), STATUS_OK);
	assert_int_equal(accepted, 1);
	assert_status(pins_accept(db, "ups_1", NULL, NOW, &accepted), STATUS_OK);
	assert_int_equal(accepted, 0);
	store_place_commit(place->p->store, db);
	assert_states(place, "read:kept write:kept ");
	assert_int_equal(count(place, MARK), 2);
	assert_false(differs(place, "[" READ_EVIL "]"));
	(void)look(place, "[" READ "]");
	assert_states(place, "read:quarantined write:kept ");
	db = store_place_write(place->p->store);
	assert_status(pins_accept(db, "ups_1", NULL, NOW, &accepted), STATUS_OK);
	assert_int_equal(accepted, 1);
	store_place_commit(place->p->store, db);
	assert_false(differs(place, "[" READ "]"));
}

/* As an upstream that alters everything it has does. */
static void
many_changes_at_once_are_told_in_part_and_counted(void **state)
{
	struct pins_place *place = *state;
	struct buf before, after;

	buf_init(&before, 1 << 20);
	buf_init(&after, 1 << 20);
	for (int i = 0; i < 100; i++) {
		buf_printf(&before, "%c{\"name\":\"t%d\"}", i == 0 ? '[' : ',', i);
		buf_printf(&after, "%c{\"name\":\"t%d\",\"title\":\"x\"}", i == 0 ? '[' : ',', i);
	}
	buf_char(&before, ']');
	buf_char(&after, ']');
	(void)look(place, buf_str(&before));
	assert_true(look(place, buf_str(&after)));
	assert_int_equal(
	    count(place, "SELECT count(*) FROM tool_pin WHERE changed_ms IS NOT NULL"), 100);
	assert_int_equal(count(place, AUDITED), PINS_TOLD_MAX + 1);
	assert_int_equal(count(place, TOLD), PINS_TOLD_MAX);
	assert_int_equal(
	    count(place, "SELECT count(*) FROM audit WHERE reason LIKE '% 80 more %'"), 1);
	buf_free(&before);
	buf_free(&after);
}

static void
too_long_a_definition_and_too_many_tools_are_not_pinned(void **state)
{
	struct pins_place *place = *state;
	struct buf list;

	buf_init(&list, 4 << 20);
	buf_text(&list, "[{\"name\":\"long\",\"description\":\"");
	for (size_t i = 0; i < PIN_DEFINITION_MAX; i++)
		buf_char(&list, 'x');
	buf_text(&list, "\"}," WRITE "]");
	(void)look(place, buf_str(&list));
	assert_states(place, "write:kept ");
	test_sql(place->p->database,
	    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9999) "
	    "INSERT INTO tool_pin SELECT 'ups_1', 'z' || i, 'd', 1, '', NULL, '{}', '' FROM n");
	(void)look(place, "[" READ "," WRITE "]");
	assert_int_equal(count(place, "SELECT count(*) FROM tool_pin"), PINS_MAX);
	assert_int_equal(count(place, "SELECT count(*) FROM tool_pin WHERE tool = 'read'"), 0);
	buf_free(&list);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(definition_is_canonical_and_holds_what_a_model_is_told),
	    PINS_TEST(tool_is_pinned_when_first_seen_and_nothing_is_said),
	    PINS_TEST(change_is_audited_told_and_quarantined_once),
	    PINS_TEST(tool_that_comes_back_as_it_was_is_in_use_again),
	    PINS_TEST(pin_of_a_tool_that_vanished_measures_it_when_it_returns),
	    PINS_TEST(warn_marks_and_tells_but_leaves_it_in_use_and_off_does_nothing),
	    PINS_TEST(accepting_pins_what_was_seen_last),
	    PINS_TEST(many_changes_at_once_are_told_in_part_and_counted),
	    PINS_TEST(too_long_a_definition_and_too_many_tools_are_not_pinned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
