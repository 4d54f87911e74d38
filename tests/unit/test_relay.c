/* test_relay.c - what a relay rewrites on the way to an upstream and back, and its list of questions. */
#include "json_aid.h"

#include "mcp/relay_asked.h"
#include "mcp/relay_message.h"
#include "mcp/relay_task.h"
#include "secret.h"

/* Consumes the tree. */
static void
assert_tree(struct json_object *tree, const char *expected)
{
	struct json_object *wanted = aid_json(expected);
	struct buf text;

	buf_init(&text, 65536);
	json_write(tree, &text);
	if (!json_equal(tree, wanted))
		fail_msg("%s is not %s", buf_str(&text), expected);
	buf_free(&text);
	json_free(wanted);
	json_free(tree);
}

static void
assert_text(const struct json_object *object, const char *name, const char *expected)
{
	bool found;
	const char *text = json_text(json_member(object, name, &found));

	assert_non_null(text);
	assert_string_equal(text, expected);
}

/* A call with these params by a client with these capabilities. */
struct scene {
	struct relay_call call;
	struct relay_client client;
	struct relay_sending sending;
	struct json_object *trees[4];
};

static struct scene
scene(enum era client, enum era upstream, const char *params, const char *capabilities)
{
	struct scene s = {.call = {.method = "tools/call"}, .client = {.era = client}};

	s.trees[0] = aid_json(params);
	s.trees[1] = aid_json(capabilities);
	s.call.params = s.trees[0];
	s.client.capabilities = s.trees[1];
	s.sending = (struct relay_sending){.era = upstream, .version = "2026-07-28"};
	return s;
}

static void
scene_free(struct scene *s)
{
	for (size_t i = 0; i < sizeof(s->trees) / sizeof(s->trees[0]); i++)
		json_free(s->trees[i]);
}

static struct json_object *
meta_of(const struct json_object *params)
{
	bool found;
	struct json_object *meta = json_member(params, "_meta", &found);

	assert_true(found);
	return meta;
}

static void
a_legacy_upstream_gets_the_params_alone(void **state)
{
	struct scene s = scene(ERA_LEGACY, ERA_LEGACY,
	    "{\"name\":\"t\",\"arguments\":{\"a\":1.50},\"task\":{\"ttl\":1},"
	    "\"_meta\":{\"progressToken\":\"client's\",\"traceparent\":\"00-1\"}}",
	    "{}");

	(void)state;
	assert_tree(relay_params(&s.call, &s.client, &s.sending),
	    "{\"name\":\"t\",\"arguments\":{\"a\":1.50},\"_meta\":{\"traceparent\":\"00-1\"}}");
	s.trees[2] = aid_json("77");
	s.sending.progress_token = s.trees[2];
	assert_tree(relay_params(&s.call, &s.client, &s.sending),
	    "{\"name\":\"t\",\"arguments\":{\"a\":1.50},"
	    "\"_meta\":{\"traceparent\":\"00-1\",\"progressToken\":77}}");
	scene_free(&s);
}

static void
absent_arguments_stay_absent(void **state)
{
	struct scene s = scene(ERA_MODERN, ERA_LEGACY,
	    "{\"name\":\"t\",\"inputResponses\":{},\"requestState\":\"ours\",\"_meta\":{"
	    "\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
	    "\"io.modelcontextprotocol/clientCapabilities\":{}}}",
	    "{}");

	(void)state;
	assert_tree(relay_params(&s.call, &s.client, &s.sending), "{\"name\":\"t\"}");
	scene_free(&s);
}

static void
a_modern_upstream_gets_the_envelope(void **state)
{
	struct scene s = scene(ERA_MODERN, ERA_MODERN,
	    "{\"name\":\"t\",\"_meta\":{\"io.modelcontextprotocol/clientInfo\":{\"name\":\"agent\"},"
	    "\"tracestate\":\"a=b\"}}",
	    "{\"elicitation\":{\"form\":{}},\"experimental\":{\"x\":{}},"
	    "\"extensions\":{\"io.modelcontextprotocol/tasks\":{},\"other\":{}}}");
	struct json_object *params, *meta;
	bool found;

	(void)state;
	s.client.log_level = "warning";
	params = relay_params(&s.call, &s.client, &s.sending);
	meta = meta_of(params);
	assert_text(meta, "io.modelcontextprotocol/protocolVersion", "2026-07-28");
	assert_text(meta, "io.modelcontextprotocol/logLevel", "warning");
	assert_text(meta, "tracestate", "a=b");
	assert_text(
	    json_member(meta, "io.modelcontextprotocol/clientInfo", &found), "name", "enforgate");
	assert_tree(
	    json_share(json_member(meta, "io.modelcontextprotocol/clientCapabilities", &found)),
	    "{\"elicitation\":{\"form\":{}}}");
	json_free(params);

	s.sending.tasks = true;
	params = relay_params(&s.call, &s.client, &s.sending);
	assert_tree(json_share(json_member(
			meta_of(params), "io.modelcontextprotocol/clientCapabilities", &found)),
	    "{\"elicitation\":{\"form\":{}},"
	    "\"extensions\":{\"io.modelcontextprotocol/tasks\":{}}}");
	json_free(params);

	/* A legacy client has no such tasks, whatever it says. */
	s.client.era = ERA_LEGACY;
	s.client.log_level = NULL;
	params = relay_params(&s.call, &s.client, &s.sending);
	meta = meta_of(params);
	assert_tree(
	    json_share(json_member(meta, "io.modelcontextprotocol/clientCapabilities", &found)),
	    "{\"elicitation\":{\"form\":{}}}");
	(void)json_member(meta, "io.modelcontextprotocol/logLevel", &found);
	assert_false(found);
	json_free(params);
	scene_free(&s);
}

static void
rounds_go_to_modern_upstreams_only(void **state)
{
	struct scene s = scene(ERA_MODERN, ERA_MODERN,
	    "{\"name\":\"t\",\"inputResponses\":{\"k\":1},\"requestState\":\"ours\"}", "{}");
	struct json_object *params;
	bool found;

	(void)state;
	s.trees[2] = aid_json("{\"k\":{\"action\":\"accept\"}}");
	s.trees[3] = aid_json("\"upstream's\"");
	s.sending.input_responses = s.trees[2];
	s.sending.request_state = s.trees[3];
	params = relay_params(&s.call, &s.client, &s.sending);
	assert_text(params, "requestState", "upstream's");
	assert_tree(json_share(json_member(params, "inputResponses", &found)),
	    "{\"k\":{\"action\":\"accept\"}}");
	json_free(params);
	s.sending.era = ERA_LEGACY;
	assert_tree(relay_params(&s.call, &s.client, &s.sending), "{\"name\":\"t\"}");
	scene_free(&s);
}

static void
answers_of_a_task_stay(void **state)
{
	struct scene s =
	    scene(ERA_MODERN, ERA_MODERN, "{\"taskId\":\"1\",\"inputResponses\":{\"k\":{}}}", "{}");
	struct json_object *params;
	bool found;

	(void)state;
	s.call.method = "tasks/update";
	params = relay_params(&s.call, &s.client, &s.sending);
	assert_tree(json_share(json_member(params, "inputResponses", &found)), "{\"k\":{}}");
	json_free(params);
	scene_free(&s);
}

static void
progress_moves_on_from_where_it_was(void **state)
{
	static const struct {
		double from;
		const char *params;
		const char *expected; /* NULL: not told */
	} steps[] = {
	    {0, "{\"progressToken\":1,\"progress\":0}", "{\"progressToken\":\"c\",\"progress\":0}"},
	    {0, "{\"progressToken\":1,\"progress\":0.50,\"total\":3,\"message\":\"m\",\"x\":1}",
		"{\"progressToken\":\"c\",\"progress\":0.50,\"total\":3,\"message\":\"m\"}"},
	    {0, "{\"progressToken\":1,\"progress\":0.5}", NULL},
	    {0, "{\"progressToken\":1,\"progress\":0.25}", NULL},
	    {0, "{\"progressToken\":1}", NULL},
	    {0, "{\"progressToken\":1,\"progress\":\"2\"}", NULL},
	    {0, "{\"progressToken\":1,\"progress\":1e999}", NULL},
	    {7, "{\"progressToken\":1,\"progress\":1,\"total\":10}",
		"{\"progressToken\":\"c\",\"progress\":8,\"total\":17}"},
	    {7, "{\"progressToken\":1,\"progress\":1.5}",
		"{\"progressToken\":\"c\",\"progress\":8.5}"},
	    {7, "{\"progressToken\":1,\"progress\":1.5}", NULL},
	};
	struct json_object *token = aid_json("\"c\"");
	double last = -1;

	(void)state;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct json_object *params = aid_json(steps[i].params);
		struct json_object *told = relay_progress(params, token, steps[i].from, &last);

		if (steps[i].expected == NULL)
			assert_null(told);
		else
			assert_tree(told, steps[i].expected);
		json_free(params);
	}
	json_free(token);
}

static void
log_messages_are_for_those_who_want_them(void **state)
{
	static const struct {
		const char *level;
		const char *params;
		const char *expected;
	} cases[] = {
	    {NULL, "{\"level\":\"error\",\"data\":1}", NULL},
	    {"info", "{\"level\":\"debug\",\"data\":1}", NULL},
	    {"info", "{\"level\":\"info\",\"data\":1}",
		"{\"level\":\"info\",\"data\":1,\"logger\":\"fs\"}"},
	    {"info", "{\"level\":\"emergency\",\"data\":{\"a\":[]},\"logger\":\"db\"}",
		"{\"level\":\"emergency\",\"data\":{\"a\":[]},\"logger\":\"fs/db\"}"},
	    {"debug", "{\"level\":\"loud\",\"data\":1}", NULL},
	    {"debug", "{\"data\":1}", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct json_object *params = aid_json(cases[i].params);
		struct json_object *told = relay_log(params, cases[i].level, "fs");

		if (cases[i].expected == NULL)
			assert_null(told);
		else
			assert_tree(told, cases[i].expected);
		json_free(params);
	}
	assert_null(relay_log(NULL, "debug", "fs"));
}

static void
tasks_are_of_their_key_and_upstream(void **state)
{
	static const struct secret_key master = {{1}}, other_master = {{2}};
	const struct mcp mcp = {.master = &master}, other = {.master = &other_master};
	char upstream[UPSTREAM_NAME_MAX + 1], changed[256];
	char *at;
	const char *id;
	struct buf name, long_id;

	(void)state;
	buf_init(&name, 4096);
	assert_status(relay_task_join(&mcp, "key_1", "fs", "a__b-c", &name), STATUS_OK);
	assert_memory_equal(buf_str(&name), "fs__", 4);
	assert_status(relay_task_split(&mcp, "key_1", buf_str(&name), upstream, &id), STATUS_OK);
	assert_string_equal(upstream, "fs");
	assert_string_equal(id, "a__b-c");
	assert_status(
	    relay_task_split(&mcp, "key_2", buf_str(&name), upstream, &id), STATUS_NOT_FOUND);
	assert_status(
	    relay_task_split(&other, "key_1", buf_str(&name), upstream, &id), STATUS_NOT_FOUND);
	for (size_t i = 0; i < name.len; i++) {
		(void)snprintf(changed, sizeof(changed), "%s", buf_str(&name));
		at = &changed[i];
		*at = *at == 'x' ? 'y' : 'x';
		assert_status(
		    relay_task_split(&mcp, "key_1", changed, upstream, &id), STATUS_NOT_FOUND);
		*at = '\0';
		assert_status(
		    relay_task_split(&mcp, "key_1", changed, upstream, &id), STATUS_NOT_FOUND);
	}
	buf_init(&long_id, 4096);
	for (int i = 0; i <= TASK_ID_MAX; i++)
		buf_char(&long_id, 'l');
	assert_status(
	    relay_task_join(&mcp, "key_1", "fs", buf_str(&long_id), &name), STATUS_TOO_LARGE);
	buf_free(&long_id);
	buf_free(&name);
}

static void
ids_are_new_and_exact(void **state)
{
	struct json_object *ids[100];
	int64_t value;

	(void)state;
	for (size_t i = 0; i < 100; i++) {
		ids[i] = relay_new_id();
		assert_true(json_integer(ids[i], &value));
		assert_true(value >= 0 && value < INT64_C(1) << 53);
		for (size_t k = 0; k < i; k++)
			assert_false(rpc_same_id(ids[i], ids[k]));
	}
	for (size_t i = 0; i < 100; i++)
		json_free(ids[i]);
}

static void
questions_are_found_by_either_id(void **state)
{
	struct json_object *one = aid_json("1"), *text = aid_json("\"1\""),
			   *ours = aid_json("\"m.1-x\"");
	struct json_object *entry = aid_json("{\"method\":\"roots/list\"}"), *more;
	struct asked asked = {.count = 0};

	(void)state;
	assert_status(asked_add(&asked, one, ours, entry, 5), STATUS_OK);
	assert_status(asked_add(&asked, one, ours, entry, 5), STATUS_EXISTS);
	assert_status(asked_add(&asked, text, NULL, entry, 6), STATUS_OK);
	assert_int_equal(asked_find(&asked, one), 0);
	assert_int_equal(asked_find(&asked, text), 1);
	assert_int_equal(asked_find_ours(&asked, ours), 0);
	assert_int_equal(asked_find_ours(&asked, text), ASKED_MAX);
	asked_remove(&asked, 0);
	assert_int_equal(asked.count, 1);
	assert_int_equal(asked_find(&asked, text), 0);
	assert_int_equal(asked.one[0].since_us, 6);
	for (int i = 1; i < ASKED_MAX; i++) {
		more = relay_new_id();
		assert_status(asked_add(&asked, more, NULL, entry, 7), STATUS_OK);
		json_free(more);
	}
	assert_status(asked_add(&asked, one, NULL, entry, 7), STATUS_TOO_LARGE);
	asked_free(&asked);
	json_free(one);
	json_free(text);
	json_free(ours);
	json_free(entry);
}

static void
questions_become_entries_of_input(void **state)
{
	struct json_object *id = aid_json("7"), *other = aid_json("\"8\"");
	struct json_object *params = aid_json("{\"message\":\"m\",\"task\":{},"
					      "\"_meta\":{\"progressToken\":1,\"x\":2}}");
	struct json_object *entry = asked_entry("elicitation/create", params);
	struct json_object *roots = asked_entry("roots/list", NULL), *requests, *keys;
	struct asked asked = {.count = 0};

	(void)state;
	assert_status(asked_add(&asked, id, NULL, entry, 1), STATUS_OK);
	assert_status(asked_add(&asked, other, NULL, roots, 1), STATUS_OK);
	assert_true(asked_as_input(&asked, 2, &requests, &keys));
	assert_tree(requests, "{\"r2q1\":{\"method\":\"elicitation/create\","
			      "\"params\":{\"message\":\"m\",\"_meta\":{\"x\":2}}},"
			      "\"r2q2\":{\"method\":\"roots/list\"}}");
	assert_tree(keys, "{\"r2q1\":7,\"r2q2\":\"8\"}");
	assert_tree(params, "{\"message\":\"m\",\"task\":{},"
			    "\"_meta\":{\"progressToken\":1,\"x\":2}}");
	asked_free(&asked);
	json_free(id);
	json_free(other);
	json_free(entry);
	json_free(roots);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_legacy_upstream_gets_the_params_alone),
	    cmocka_unit_test(absent_arguments_stay_absent),
	    cmocka_unit_test(a_modern_upstream_gets_the_envelope),
	    cmocka_unit_test(rounds_go_to_modern_upstreams_only),
	    cmocka_unit_test(answers_of_a_task_stay),
	    cmocka_unit_test(progress_moves_on_from_where_it_was),
	    cmocka_unit_test(log_messages_are_for_those_who_want_them),
	    cmocka_unit_test(tasks_are_of_their_key_and_upstream),
	    cmocka_unit_test(ids_are_new_and_exact),
	    cmocka_unit_test(questions_are_found_by_either_id),
	    cmocka_unit_test(questions_become_entries_of_input),
	};

	assert_status(secret_start(), STATUS_OK);
	return cmocka_run_group_tests_name("relay", tests, NULL, NULL);
}
