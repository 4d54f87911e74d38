/* test_catalog.c - lists of several upstreams as one, from the database: names, pages, what is left out, and where names lead. */
#include "json_aid.h"
#include "policy_aid.h"
#include "store_place.h"

#include "clock.h"
#include "generation.h"
#include "mcp/catalog_parts.h"
#include "wake.h"

#define TOOL(name) "{\"name\":\"" name "\",\"inputSchema\":{\"type\":\"object\"}}"
#define ALLOW_ALL "[{\"tool\":\"*\",\"decision\":\"allow\"}]"

struct catalog_place {
	struct store_place *p;
	struct audit *audit;
	struct config config;
	struct secret_key master;
	struct mcp mcp;
	struct caller *caller;
	struct policy *policy;
	struct catalog_view view;
	char digest[SECRET_DIGEST_TEXT];
};

static int
setup(void **state)
{
	struct catalog_place *place = calloc(1, sizeof(*place));
	struct problem why;
	void *store_state;

	assert_non_null(place);
	(void)store_place_setup(&store_state);
	place->p = store_state;
	test_sql(place->p->database,
	    "INSERT INTO api_key (id, name, hash, prefix, created_ms, approval_timeout_ms, "
	    "allowances) VALUES ('key_1', 'agent', 'h', 'bwb_', 1, 900000, 1), "
	    "('key_2', 'other', 'h2', 'bwb_', 1, 900000, 1);");
	assert_status(
	    audit_open(place->p->store, &place->master, place->p->dir, &place->audit), STATUS_OK);
	place->caller = calloc(1, sizeof(*place->caller));
	assert_non_null(place->caller);
	place->policy = aid_policy(ALLOW_ALL, "p");
	place->caller->policies[0] = place->policy;
	place->caller->npolicies = 1;
	place->caller->generation = 1; /* that of a new database */
	(void)strcpy(place->caller->key.id, "key_1");
	(void)strcpy(place->caller->key.name, "agent");
	place->mcp = (struct mcp){.config = &place->config,
	    .store = place->p->store,
	    .audit = place->audit,
	    .master = &place->master,
	    .wake_fd = wake_open(place->p->dir, &why),
	    .end_fd = -1};
	assert_status(catalog_open(&place->mcp, &place->mcp.catalog, &why), STATUS_OK);
	assert_status(peer_view_digest(NULL, place->digest), STATUS_OK);
	place->view = (struct catalog_view){
	    .caller = place->caller, .peer = {.owner = ""}, .era = ERA_LEGACY};
	*state = place;
	return 0;
}

static int
teardown(void **state)
{
	struct catalog_place *place = *state;
	void *store_state = place->p;

	catalog_close(place->mcp.catalog);
	audit_close(place->audit);
	(void)close(place->mcp.wake_fd);
	policy_free(place->policy);
	free(place->caller);
	(void)store_place_teardown(&store_state);
	free(place);
	return 0;
}
#define CATALOG_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static void
add_upstream(struct catalog_place *place, const char *name, const char *flags)
{
	char sql[TEST_VALUE_MAX];

	/* kind, target, settings, position, required, prefix, pinning, timeout, created, changed */
	(void)snprintf(sql, sizeof(sql),
	    "INSERT INTO upstream VALUES ('ups_%s', 'key_1', '%s', 'http', 't', 's', "
	    "(SELECT count(*) FROM upstream), %s, 1000, 1, 1);"
	    "UPDATE generation SET value = value + 1",
	    name, name, flags);
	test_sql(place->p->database, sql);
	place->caller->generation++;
}

/* A list as if it had been fetched `age_ms` ago and held for a minute. */
static void
add_list(struct catalog_place *place, const char *name, enum list_kind kind, const char *entries,
    int64_t age_ms)
{
	char id[UPSTREAM_ID_MAX + 1];
	const struct list_id list = {id, place->digest, kind};
	const int64_t now_ms = clock_wall_ms() - age_ms;
	const struct list_facts facts = {
	    .ttl_ms = 60000, .fetched_ms = now_ms, .fresh_ms = now_ms + 60000};
	struct db *db = store_place_write(place->p->store);

	(void)snprintf(id, sizeof(id), "ups_%s", name);
	assert_status(list_keep(db, &list, &facts, entries, strlen(entries)), STATUS_OK);
	store_place_commit(place->p->store, db);
}

/* The page as a tree; fails where there is none. */
static struct json_object *
page(struct catalog_place *place, enum list_kind kind, const char *cursor)
{
	struct json_object *result = NULL;
	struct rpc_fault fault = {0};

	assert_status(
	    catalog_page(&place->mcp, &place->view, kind, cursor, &result, &fault), STATUS_OK);
	return result;
}

/* The names in a page, each with a blank behind it. */
static const char *
names(const struct json_object *result, enum list_kind kind)
{
	static char text[TEST_VALUE_MAX];
	bool found;
	size_t len;
	struct json_object *entries = json_member(result, list_member(kind), &found);

	text[0] = '\0';
	for (size_t i = 0; i < json_length(entries); i++)
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s ",
		    json_string(
			json_member(json_element(entries, i), list_name_member(kind), &found),
			&len));
	return text;
}

static void
assert_names(struct catalog_place *place, enum list_kind kind, const char *expected)
{
	struct json_object *result = page(place, kind, NULL);

	assert_string_equal(names(result, kind), expected);
	json_free(result);
}

static void
set_policy(struct catalog_place *place, const char *text)
{
	policy_free(place->policy);
	place->policy = aid_policy(text, "p");
	place->caller->policies[0] = place->policy;
}

static void
lists_of_all_upstreams_in_order_of_configuration(void **state)
{
	struct catalog_place *place = *state;

	add_upstream(place, "zoo", "0, 1, 'off'");
	add_upstream(place, "ape", "0, 1, 'off'");
	add_list(place, "zoo", LIST_TOOLS, "[" TOOL("b") "," TOOL("a") "]", 0);
	add_list(place, "ape", LIST_TOOLS, "[" TOOL("c__d") "]", 0);
	assert_names(place, LIST_TOOLS, "zoo__b zoo__a ape__c__d ");
	add_list(place, "zoo", LIST_RESOURCES, "[{\"uri\":\"file:///x\",\"name\":\"x\"}]", 0);
	add_list(place, "ape", LIST_RESOURCES, "[]", 0);
	assert_names(place, LIST_RESOURCES, "zoo+file:///x ");
	add_list(
	    place, "zoo", LIST_TEMPLATES, "[{\"uriTemplate\":\"t://{id}/d\",\"name\":\"x\"}]", 0);
	add_list(place, "ape", LIST_TEMPLATES, "[]", 0);
	assert_names(place, LIST_TEMPLATES, "zoo+t://{id}/d ");
	add_list(place, "zoo", LIST_PROMPTS, "[{\"name\":\"p\"}]", 0);
	add_list(place, "ape", LIST_PROMPTS, "[]", 0);
	assert_names(place, LIST_PROMPTS, "zoo__p ");
}

static void
entries_are_relayed_as_they_are_but_for_their_names(void **state)
{
	static const char tool[] =
	    "{\"name\":\"a\",\"inputSchema\":{\"type\":\"object\",\"$defs\":{\"x\":{\"$anchor\":\"y\"}},"
	    "\"allOf\":[{\"if\":true}]},\"_meta\":{\"a/b\":[1.50,null,\"\\u00e4\"]},\"icons\":[],"
	    "\"outputSchema\":{\"type\":\"array\"},\"unknown\":12345678901234567890}";
	struct catalog_place *place = *state;
	char expected[TEST_VALUE_MAX], list[TEST_VALUE_MAX];
	struct rpc_fault fault = {0};
	struct buf text;

	add_upstream(place, "u", "0, 1, 'off'");
	(void)snprintf(list, sizeof(list), "[%s]", tool);
	add_list(place, "u", LIST_TOOLS, list, 0);
	buf_init(&text, 1 << 20);
	place->view.era = ERA_MODERN;
	assert_status(catalog_page_text(&place->mcp, &place->view, LIST_TOOLS, NULL, &text, &fault),
	    STATUS_OK);
	(void)snprintf(expected, sizeof(expected),
	    "{\"tools\":[{\"name\":\"u__a\"%s],\"ttlMs\":", strstr(tool, ",\"inputSchema\""));
	/* Numbers keep their digits, text is written in UTF-8. */
	*strstr(expected, "\\u00e4") = '\0';
	assert_memory_equal(buf_str(&text), expected, strlen(expected));
	assert_non_null(strstr(buf_str(&text), "\"resultType\":\"complete\""));
	assert_non_null(strstr(buf_str(&text), "\"cacheScope\":\"private\""));
	assert_non_null(strstr(buf_str(&text), "\"unknown\":12345678901234567890"));
	assert_non_null(strstr(buf_str(&text), "\"outputSchema\""));
	buf_reset(&text);
	place->view.era = ERA_LEGACY;
	assert_status(catalog_page_text(&place->mcp, &place->view, LIST_TOOLS, NULL, &text, &fault),
	    STATUS_OK);
	/* Legacy clients fail a whole list for an outputSchema that is none of an object. */
	assert_null(strstr(buf_str(&text), "\"outputSchema\""));
	assert_null(strstr(buf_str(&text), "resultType"));
	assert_null(strstr(buf_str(&text), "ttlMs"));
	buf_free(&text);
}

static void
what_policy_denies_whatever_the_arguments_is_not_listed(void **state)
{
	struct catalog_place *place = *state;

	add_upstream(place, "u", "0, 1, 'off'");
	add_list(place, "u", LIST_TOOLS, "[" TOOL("a") "," TOOL("b") "]", 0);
	add_list(place, "u", LIST_PROMPTS, "[{\"name\":\"a\"},{\"name\":\"b\"}]", 0);
	add_list(place, "u", LIST_RESOURCES,
	    "[{\"uri\":\"x://a\",\"name\":\"a\"},{\"uri\":\"x://b\",\"name\":\"b\"}]", 0);
	set_policy(place,
	    "[{\"tool\":\"a\",\"decision\":\"deny\"},{\"tool\":\"prompt:b\",\"decision\":\"deny\"},"
	    "{\"tool\":\"resource:x://a\",\"decision\":\"deny\"},{\"tool\":\"*\",\"decision\":\"allow\"}]");
	assert_names(place, LIST_TOOLS, "u__b ");
	assert_names(place, LIST_PROMPTS, "u__a ");
	assert_names(place, LIST_RESOURCES, "u+x://b ");
	set_policy(place, "[{\"tool\":\"*\",\"server\":\"u\",\"decision\":\"deny\"}]");
	assert_names(place, LIST_TOOLS, "");
}

static void
pages_follow_one_another_and_cursors_are_ours(void **state)
{
	struct catalog_place *place = *state;
	struct json_object *first, *second, *result = NULL;
	struct rpc_fault fault = {0};
	char cursor[TEST_VALUE_MAX], forged[TEST_VALUE_MAX];
	static const char *const wrong[] = {"", "x", "0.0.500", "0.0.500.", "0.0.1.00", "-1.0.0.x"};
	struct buf list;
	bool found;
	size_t len;

	buf_init(&list, 1 << 20);
	for (int i = 0; i < LIST_PAGE + 3; i++)
		buf_printf(&list, "%c{\"name\":\"t%d\",\"inputSchema\":{\"type\":\"object\"}}",
		    i == 0 ? '[' : ',', i);
	buf_char(&list, ']');
	add_upstream(place, "u", "0, 1, 'off'");
	add_upstream(place, "v", "0, 1, 'off'");
	add_list(place, "u", LIST_TOOLS, buf_str(&list), 0);
	add_list(place, "v", LIST_TOOLS, "[" TOOL("last") "]", 0);
	first = page(place, LIST_TOOLS, NULL);
	assert_int_equal(json_length(json_member(first, "tools", &found)), LIST_PAGE);
	(void)snprintf(cursor, sizeof(cursor), "%s",
	    json_string(json_member(first, "nextCursor", &found), &len));
	second = page(place, LIST_TOOLS, cursor);
	assert_string_equal(names(second, LIST_TOOLS), "u__t500 u__t501 u__t502 v__last ");
	(void)json_member(second, "nextCursor", &found);
	assert_false(found);
	json_free(first);
	json_free(second);
	/* The next page is of the same list, whatever its time. */
	test_sql(place->p->database, "UPDATE upstream_list SET fresh_ms = 0");
	second = page(place, LIST_TOOLS, cursor);
	assert_string_equal(names(second, LIST_TOOLS), "u__t500 u__t501 u__t502 v__last ");
	json_free(second);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_status(
		    catalog_page(&place->mcp, &place->view, LIST_TOOLS, wrong[i], &result, &fault),
		    STATUS_INVALID);
		assert_int_equal(fault.code, RPC_INVALID_PARAMS);
		assert_int_equal(fault.http, 200);
	}
	/* Neither another place, nor another kind, nor another key. */
	(void)snprintf(forged, sizeof(forged), "0.0.499%s", strrchr(cursor, '.'));
	assert_status(catalog_page(&place->mcp, &place->view, LIST_TOOLS, forged, &result, &fault),
	    STATUS_INVALID);
	assert_status(
	    catalog_page(&place->mcp, &place->view, LIST_PROMPTS, cursor, &result, &fault),
	    STATUS_INVALID);
	(void)strcpy(place->caller->key.id, "key_2");
	assert_status(catalog_page(&place->mcp, &place->view, LIST_TOOLS, cursor, &result, &fault),
	    STATUS_INVALID);
	rpc_fault_free(&fault);
	buf_free(&list);
}

static void
changed_pins_are_left_out_at_once_and_come_back(void **state)
{
	struct catalog_place *place = *state;
	struct db *db;
	int64_t count;

	add_upstream(place, "u", "0, 1, 'quarantine'");
	add_list(place, "u", LIST_TOOLS, "[" TOOL("a") "," TOOL("b") "]", 0);
	/* What was never pinned is not used. */
	assert_names(place, LIST_TOOLS, "");
	test_sql(place->p->database,
	    "INSERT INTO tool_pin VALUES ('ups_u', 'a', 'd', 1, '', NULL, '{}', ''), "
	    "('ups_u', 'b', 'd', 1, 'e', 5, '{}', '{}');"
	    "INSERT INTO upstream_mark VALUES ('ups_u', 'tools', 1)");
	assert_names(place, LIST_TOOLS, "u__a ");
	db = store_place_write(place->p->store);
	assert_status(pins_accept(db, "ups_u", "b", 6, &count), STATUS_OK);
	store_place_commit(place->p->store, db);
	assert_names(place, LIST_TOOLS, "u__a u__b ");
	test_sql(place->p->database, "UPDATE tool_pin SET changed_ms = 7 WHERE tool = 'a';"
				     "UPDATE upstream_mark SET value = value + 1");
	assert_names(place, LIST_TOOLS, "u__b ");
	test_sql(place->p->database, "UPDATE upstream SET pinning = 'warn', changed_ms = 2;"
				     "UPDATE generation SET value = value + 1");
	place->caller->generation++;
	assert_names(place, LIST_TOOLS, "u__a u__b ");
}

static void
names_without_a_prefix_belong_to_the_first_that_has_them(void **state)
{
	struct catalog_place *place = *state;

	add_upstream(place, "one", "0, 0, 'off'");
	add_upstream(place, "two", "0, 0, 'off'");
	add_upstream(place, "fs", "0, 1, 'off'");
	add_list(place, "one", LIST_TOOLS, "[" TOOL("a") "," TOOL("fs__read") "]", 0);
	add_list(place, "two", LIST_TOOLS, "[" TOOL("a") "," TOOL("b") "]", 0);
	add_list(place, "fs", LIST_TOOLS, "[" TOOL("read") "]", 0);
	assert_names(place, LIST_TOOLS, "a b fs__read ");
}

static void
assert_route(struct catalog_place *place, enum list_kind kind, const char *name,
    const char *upstream, const char *own)
{
	struct problem why = {""};
	struct route route;
	enum status status = catalog_route(&place->mcp, &place->view, kind, name, &route, &why);

	if (upstream == NULL) {
		if (status != STATUS_NOT_FOUND)
			fail_msg("%s: %s", name, status_name(status));
		return;
	}
	if (status != STATUS_OK)
		fail_msg("%s: %s %s", name, status_name(status), why.text);
	assert_string_equal(route.upstream.name, upstream);
	assert_string_equal(route.name, own);
	route_free(&route);
}

static void
names_lead_to_their_upstreams(void **state)
{
	struct catalog_place *place = *state;

	add_upstream(place, "one", "0, 0, 'off'");
	add_upstream(place, "two", "0, 0, 'off'");
	add_upstream(place, "fs", "0, 1, 'off'");
	add_list(place, "one", LIST_TOOLS, "[" TOOL("a") "," TOOL("fs__read") "]", 0);
	add_list(place, "two", LIST_TOOLS, "[" TOOL("a") "," TOOL("b__c") "]", 0);
	add_list(place, "fs", LIST_TOOLS, "[" TOOL("read") "]", 0);
	assert_route(place, LIST_TOOLS, "fs__read", "fs", "read");
	assert_route(place, LIST_TOOLS, "a", "one", "a");
	assert_route(place, LIST_TOOLS, "b__c", "two", "b__c");
	assert_route(place, LIST_TOOLS, "two__a", NULL, NULL);
	assert_route(place, LIST_TOOLS, "nothing", NULL, NULL);
	assert_route(place, LIST_TOOLS, "", NULL, NULL);
	/* Unlisted, but not pinned either: its upstream answers. */
	assert_route(place, LIST_TOOLS, "fs__secret", "fs", "secret");
	add_list(place, "one", LIST_RESOURCES, "[{\"uri\":\"x://1\",\"name\":\"n\"}]", 0);
	add_list(place, "two", LIST_RESOURCES, "[{\"uri\":\"y://1\",\"name\":\"n\"}]", 0);
	add_list(place, "one", LIST_TEMPLATES, "[]", 0);
	add_list(place, "two", LIST_TEMPLATES,
	    "[{\"uriTemplate\":\"y://t/{id}/data{?q}\",\"name\":\"n\"}]", 0);
	assert_route(place, LIST_RESOURCES, "fs+file:///x", "fs", "file:///x");
	assert_route(place, LIST_RESOURCES, "y://1", "two", "y://1");
	assert_route(place, LIST_RESOURCES, "y://t/7/data", "two", "y://t/7/data");
	assert_route(place, LIST_RESOURCES, "y://u/7/data", NULL, NULL);
	assert_route(place, LIST_TEMPLATES, "y://t/{id}/data{?q}", "two", "y://t/{id}/data{?q}");
}

static void
only_upstream_without_a_prefix_gets_what_nobody_lists(void **state)
{
	struct catalog_place *place = *state;

	add_upstream(place, "one", "0, 0, 'off'");
	add_list(place, "one", LIST_TOOLS, "[]", 0);
	assert_route(place, LIST_TOOLS, "unlisted", "one", "unlisted");
	assert_route(place, LIST_RESOURCES, "x://unlisted", "one", "x://unlisted");
	test_sql(place->p->database, "UPDATE upstream SET pinning = 'quarantine', changed_ms = 2;"
				     "UPDATE generation SET value = value + 1");
	place->caller->generation++;
	assert_route(place, LIST_TOOLS, "unlisted", NULL, NULL);
	assert_route(place, LIST_RESOURCES, "x://unlisted", "one", "x://unlisted");
}

static void
route_tells_of_pins_and_headers(void **state)
{
	struct catalog_place *place = *state;
	struct problem why = {""};
	struct route route;
	bool found;

	add_upstream(place, "u", "0, 1, 'quarantine'");
	add_list(place, "u", LIST_TOOLS,
	    "[" TOOL(
		"plain") ",{\"name\":\"h\",\"inputSchema\":{\"type\":\"object\",\"properties\":"
			 "{\"a\":{\"type\":\"string\",\"x-mcp-header\":\"A\"}}}}]",
	    0);
	test_sql(place->p->database,
	    "INSERT INTO tool_pin VALUES ('ups_u', 'plain', 'd', 1, '', NULL, '{}', ''), "
	    "('ups_u', 'h', 'd', 1, 'e', 5, '{}', '{}');");
	assert_status(
	    catalog_route(&place->mcp, &place->view, LIST_TOOLS, "u__plain", &route, &why),
	    STATUS_OK);
	assert_int_equal(route.pin, PIN_KEPT);
	assert_true(route.listed);
	assert_null(route.definition);
	route_free(&route);
	assert_status(
	    catalog_route(&place->mcp, &place->view, LIST_TOOLS, "u__h", &route, &why), STATUS_OK);
	assert_int_equal(route.pin, PIN_QUARANTINED);
	assert_int_equal(
	    json_type(json_member(route.definition, "inputSchema", &found)), JSON_OBJECT);
	route_free(&route);
}

static void
change_is_known_to_all_by_the_mark_and_the_list_is_stale(void **state)
{
	struct catalog_place *place = *state;
	int64_t before, after, prompts, other;
	uint64_t wake = wake_value(place->mcp.wake_fd);

	add_upstream(place, "u", "0, 1, 'off'");
	add_list(place, "u", LIST_TOOLS, "[]", 0);
	assert_status(catalog_mark(&place->mcp, "key_1", LIST_TOOLS, &before), STATUS_OK);
	assert_status(catalog_mark(&place->mcp, "key_1", LIST_PROMPTS, &prompts), STATUS_OK);
	assert_status(catalog_mark(&place->mcp, "key_2", LIST_TOOLS, &other), STATUS_OK);
	catalog_changed(&place->mcp, "ups_u", LIST_TOOLS);
	assert_true(wake_value(place->mcp.wake_fd) != wake);
	assert_status(catalog_mark(&place->mcp, "key_1", LIST_TOOLS, &after), STATUS_OK);
	assert_true(after != before);
	assert_status(catalog_mark(&place->mcp, "key_1", LIST_PROMPTS, &after), STATUS_OK);
	assert_true(after == prompts);
	assert_status(catalog_mark(&place->mcp, "key_2", LIST_TOOLS, &after), STATUS_OK);
	assert_true(after == other);
	assert_int_equal(
	    test_sql_number(place->p->database, "SELECT fresh_ms FROM upstream_list"), 0);
	assert_status(catalog_mark(&place->mcp, "key_1", LIST_RESOURCES, &before), STATUS_OK);
	catalog_changed(&place->mcp, "ups_u", LIST_RESOURCES);
	assert_status(catalog_mark(&place->mcp, "key_1", LIST_RESOURCES, &after), STATUS_OK);
	assert_true(after != before);
	/* An upstream that goes takes its marks along. */
	before = after;
	test_sql(place->p->database,
	    "DELETE FROM upstream_mark; DELETE FROM upstream_list; DELETE FROM upstream;"
	    "UPDATE generation SET value = value + 1");
	assert_status(catalog_mark(&place->mcp, "key_1", LIST_RESOURCES, &after), STATUS_OK);
	assert_true(after != before);
}

static void
ttl_is_that_of_the_shortest(void **state)
{
	struct catalog_place *place = *state;
	struct json_object *result;
	int64_t ttl = -1;
	bool found;

	place->view.era = ERA_MODERN;
	result = page(place, LIST_TOOLS, NULL);
	assert_true(json_integer(json_member(result, "ttlMs", &found), &ttl));
	assert_int_equal(ttl, 0);
	json_free(result);
	add_upstream(place, "u", "0, 1, 'off'");
	add_upstream(place, "v", "0, 1, 'off'");
	add_list(place, "u", LIST_TOOLS, "[]", 0);
	add_list(place, "v", LIST_TOOLS, "[]", 30000);
	result = page(place, LIST_TOOLS, NULL);
	assert_true(json_integer(json_member(result, "ttlMs", &found), &ttl));
	assert_true(ttl > 20000 && ttl <= 30000);
	json_free(result);
	test_sql(place->p->database, "UPDATE upstream_list SET ttl_ms = -1");
	result = page(place, LIST_TOOLS, NULL);
	assert_true(json_integer(json_member(result, "ttlMs", &found), &ttl));
	assert_int_equal(ttl, 0);
	json_free(result);
}

static void
entries_that_clients_would_fail_the_list_for_are_unfit(void **state)
{
	static const struct {
		enum list_kind kind;
		const char *entry;
		bool fit;
	} cases[] = {
	    {LIST_TOOLS, TOOL("a"), true},
	    {LIST_TOOLS, "null", false},
	    {LIST_TOOLS, "{}", false},
	    {LIST_TOOLS, "{\"name\":\"a\"}", false},
	    {LIST_TOOLS, "{\"name\":\"\",\"inputSchema\":{\"type\":\"object\"}}", false},
	    {LIST_TOOLS, "{\"name\":\"a\\nb\",\"inputSchema\":{\"type\":\"object\"}}", false},
	    {LIST_TOOLS, "{\"name\":\"a\\u0000b\",\"inputSchema\":{\"type\":\"object\"}}", false},
	    {LIST_TOOLS, "{\"name\":1,\"inputSchema\":{\"type\":\"object\"}}", false},
	    {LIST_TOOLS, "{\"name\":\"a\",\"inputSchema\":{\"type\":\"string\"}}", false},
	    {LIST_TOOLS, "{\"name\":\"a\",\"inputSchema\":[]}", false},
	    {LIST_TOOLS, "{\"name\":\"a\",\"description\":7,\"inputSchema\":{\"type\":\"object\"}}",
		false},
	    {LIST_TOOLS, "{\"name\":\"a\",\"annotations\":7,\"inputSchema\":{\"type\":\"object\"}}",
		false},
	    {LIST_TOOLS,
		"{\"name\":\"a\",\"inputSchema\":{\"type\":\"object\",\"properties\":{\"n\":{\"type\":"
		"\"number\",\"x-mcp-header\":\"N\"}}}}",
		false},
	    {LIST_PROMPTS, "{\"name\":\"a\"}", true},
	    {LIST_PROMPTS, "{\"title\":\"a\"}", false},
	    {LIST_RESOURCES, "{\"uri\":\"x://a\",\"name\":\"a\"}", true},
	    {LIST_RESOURCES, "{\"uri\":\"x://a\"}", false},
	    {LIST_RESOURCES, "{\"name\":\"a\"}", false},
	    {LIST_TEMPLATES, "{\"uriTemplate\":\"x://{a}\",\"name\":\"a\"}", true},
	    {LIST_TEMPLATES, "{\"uri\":\"x://a\",\"name\":\"a\"}", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct json_object *entry = aid_json(cases[i].entry);
		struct problem scratch;

		if ((list_unfit(cases[i].kind, entry, true, &scratch) == NULL) != cases[i].fit)
			fail_msg("%s", cases[i].entry);
		json_free(entry);
	}
}

/* As several threads at once do, and while lists change. */
static void
lists_in_memory_are_given_up_by_age_and_are_right_all_the_same(void **state)
{
	struct catalog_place *place = *state;
	char name[UPSTREAM_NAME_MAX], expected[64];
	struct buf list;

	buf_init(&list, 16 << 20);
	buf_text(
	    &list, "[{\"name\":\"big\",\"inputSchema\":{\"type\":\"object\"},\"description\":\"");
	for (int i = 0; i < 6 << 20; i++)
		buf_char(&list, 'x');
	buf_text(&list, "\"}]");
	for (int i = 0; i < 7; i++) {
		(void)snprintf(name, sizeof(name), "u%d", i);
		add_upstream(place, name, "0, 1, 'off'");
		add_list(
		    place, name, LIST_TOOLS, i == 6 ? "[" TOOL("last") "]" : buf_str(&list), 0);
	}
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 7; i++) {
			(void)snprintf(name, sizeof(name), "u%d__%s", i, i == 6 ? "last" : "big");
			(void)snprintf(expected, sizeof(expected), "u%d", i);
			assert_route(place, LIST_TOOLS, name, expected, i == 6 ? "last" : "big");
			assert_true(place->mcp.catalog->slots.bytes <= CATALOG_BYTES_MAX);
		}
	buf_free(&list);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CATALOG_TEST(lists_of_all_upstreams_in_order_of_configuration),
	    CATALOG_TEST(entries_are_relayed_as_they_are_but_for_their_names),
	    CATALOG_TEST(what_policy_denies_whatever_the_arguments_is_not_listed),
	    CATALOG_TEST(pages_follow_one_another_and_cursors_are_ours),
	    CATALOG_TEST(changed_pins_are_left_out_at_once_and_come_back),
	    CATALOG_TEST(names_without_a_prefix_belong_to_the_first_that_has_them),
	    CATALOG_TEST(names_lead_to_their_upstreams),
	    CATALOG_TEST(only_upstream_without_a_prefix_gets_what_nobody_lists),
	    CATALOG_TEST(route_tells_of_pins_and_headers),
	    CATALOG_TEST(change_is_known_to_all_by_the_mark_and_the_list_is_stale),
	    CATALOG_TEST(ttl_is_that_of_the_shortest),
	    cmocka_unit_test(entries_that_clients_would_fail_the_list_for_are_unfit),
	    CATALOG_TEST(lists_in_memory_are_given_up_by_age_and_are_right_all_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
