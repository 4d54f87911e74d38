/* test_convert.c - results, tools, faults and capabilities between the eras. */
#include "json_aid.h"

#include "mcp/convert.h"

#define INFO                                                                                                                      \
	"\"io.modelcontextprotocol/serverInfo\":{\"name\":\"enforgate\",\"title\":\"Enforgate\",\"version\":\"" ENFORGATE_VERSION \
	"\"}"
#define THEIRS "\"io.modelcontextprotocol/serverInfo\":{\"name\":\"x\",\"version\":\"1\"}"
#define L ERA_LEGACY
#define M ERA_MODERN
#define KEEP (-1)

static const struct {
	const char *what;
	const char *method;
	enum era from, to;
	int64_t ttl_ms;
	const char *before, *after;
} results[] = {
    {"a call", "tools/call", L, M, KEEP, "{\"content\":[]}",
	"{\"content\":[],\"resultType\":\"complete\",\"_meta\":{" INFO "}}"},
    {"other members of _meta stay", "tools/call", L, M, KEEP,
	"{\"_meta\":{\"a/b\":1," THEIRS "},\"content\":[]}",
	"{\"_meta\":{\"a/b\":1," INFO "},\"content\":[],\"resultType\":\"complete\"}"},
    {"_meta that is none", "tools/call", L, M, KEEP, "{\"_meta\":7}",
	"{\"_meta\":{" INFO "},\"resultType\":\"complete\"}"},
    {"a legacy server says nothing with resultType", "tools/call", L, M, KEEP,
	"{\"resultType\":\"input_required\"}",
	"{\"resultType\":\"complete\",\"_meta\":{" INFO "}}"},
    {"a list", "tools/list", L, M, KEEP, "{\"tools\":[]}",
	"{\"tools\":[],\"resultType\":\"complete\",\"ttlMs\":0,\"cacheScope\":\"private\",\"_meta\":{" INFO
	"}}"},
    {"a list with our time", "prompts/list", L, M, 1234, "{\"prompts\":[]}",
	"{\"prompts\":[],\"resultType\":\"complete\",\"ttlMs\":1234,\"cacheScope\":\"private\",\"_meta\":{" INFO
	"}}"},
    {"structured content of any type", "tools/call", L, M, KEEP,
	"{\"content\":[],\"structuredContent\":[1]}",
	"{\"content\":[],\"structuredContent\":[1],\"resultType\":\"complete\",\"_meta\":{" INFO
	"}}"},
    {"completion is not kept", "completion/complete", L, M, 5, "{\"completion\":{\"values\":[]}}",
	"{\"completion\":{\"values\":[]},\"resultType\":\"complete\",\"_meta\":{" INFO "}}"},

    {"a modern list", "resources/list", M, M, KEEP,
	"{\"resultType\":\"complete\",\"resources\":[],\"ttlMs\":5,\"cacheScope\":\"public\",\"_meta\":{" THEIRS
	"}}",
	"{\"resultType\":\"complete\",\"resources\":[],\"ttlMs\":5,\"cacheScope\":\"private\",\"_meta\":{" INFO
	"}}"},
    {"a time that is none", "resources/read", M, M, KEEP, "{\"contents\":[],\"ttlMs\":-1}",
	"{\"contents\":[],\"ttlMs\":0,\"resultType\":\"complete\",\"cacheScope\":\"private\",\"_meta\":{" INFO
	"}}"},
    {"a time that is no number", "resources/templates/list", M, M, KEEP, "{\"ttlMs\":\"5\"}",
	"{\"ttlMs\":0,\"resultType\":\"complete\",\"cacheScope\":\"private\",\"_meta\":{" INFO
	"}}"},
    {"a question", "resources/read", M, M, KEEP,
	"{\"resultType\":\"input_required\",\"requestState\":\"s\",\"ttlMs\":5,\"cacheScope\":\"public\"}",
	"{\"resultType\":\"input_required\",\"requestState\":\"s\",\"_meta\":{" INFO "}}"},
    {"a task", "tools/call", M, M, KEEP, "{\"resultType\":\"task\",\"taskId\":\"t\"}",
	"{\"resultType\":\"task\",\"taskId\":\"t\",\"_meta\":{" INFO "}}"},
    {"no resultType of a modern server", "tools/call", M, M, KEEP, "{\"resultType\":7}",
	"{\"resultType\":\"complete\",\"_meta\":{" INFO "}}"},
    {"discover", "server/discover", M, M, 0, "{}",
	"{\"resultType\":\"complete\",\"ttlMs\":0,\"cacheScope\":\"private\",\"_meta\":{" INFO
	"}}"},

    {"what only modern clients know goes", "tools/list", M, L, KEEP,
	"{\"resultType\":\"complete\",\"tools\":[{\"name\":\"a\",\"x-new\":1}],\"ttlMs\":5,\"cacheScope\":\"private\","
	"\"nextCursor\":\"c\",\"_meta\":{" THEIRS "}}",
	"{\"tools\":[{\"name\":\"a\",\"x-new\":1}],\"nextCursor\":\"c\"}"},
    {"other members of _meta stay here too", "prompts/get", M, L, KEEP,
	"{\"_meta\":{" THEIRS ",\"a/b\":1}}", "{\"_meta\":{\"a/b\":1}}"},
    {"an empty _meta stays", "prompts/get", M, L, KEEP, "{\"_meta\":{}}", "{\"_meta\":{}}"},
    {"what a legacy server says stays", "prompts/get", L, L, KEEP,
	"{\"resultType\":\"x\",\"ttlMs\":1,\"cacheScope\":2,\"_meta\":{" THEIRS "}}",
	"{\"resultType\":\"x\",\"ttlMs\":1,\"cacheScope\":2,\"_meta\":{" THEIRS "}}"},

    {"an array becomes text", "tools/call", M, L, KEEP,
	"{\"content\":[],\"structuredContent\":[1,\"\\u00e9\"]}",
	"{\"content\":[{\"type\":\"text\",\"text\":\"[1,\\\"\xc3\xa9\\\"]\"}]}"},
    {"behind what is there", "tools/call", L, L, KEEP,
	"{\"content\":[{\"type\":\"image\"}],\"structuredContent\":null}",
	"{\"content\":[{\"type\":\"image\"},{\"type\":\"text\",\"text\":\"null\"}]}"},
    {"text that is there is enough", "tools/call", M, L, KEEP,
	"{\"content\":[{\"type\":\"text\",\"text\":\"three\"}],\"structuredContent\":3}",
	"{\"content\":[{\"type\":\"text\",\"text\":\"three\"}]}"},
    {"content is missing", "tools/call", M, L, KEEP, "{\"structuredContent\":\"a\"}",
	"{\"content\":[{\"type\":\"text\",\"text\":\"\\\"a\\\"\"}]}"},
    {"an object stays", "tools/call", M, L, KEEP,
	"{\"content\":[],\"structuredContent\":{\"a\":1}}",
	"{\"content\":[],\"structuredContent\":{\"a\":1}}"},
    {"only of a call", "prompts/get", M, L, KEEP, "{\"structuredContent\":[1]}",
	"{\"structuredContent\":[1]}"},

    {"one schema goes, the others stay", "tools/list", M, L, KEEP,
	"{\"tools\":[{\"name\":\"a\",\"outputSchema\":{\"type\":\"object\",\"$defs\":{}}},{\"name\":\"b\",\"outputSchema\":{"
	"\"type\":\"array\"},\"z\":1},{\"name\":\"c\",\"outputSchema\":{\"anyOf\":[]}},{\"name\":\"d\",\"outputSchema\":true},{"
	"\"name\":\"e\",\"outputSchema\":{\"type\":[\"object\"]}},null]}",
	"{\"tools\":[{\"name\":\"a\",\"outputSchema\":{\"type\":\"object\",\"$defs\":{}}},{\"name\":\"b\",\"z\":1},{\"name\":"
	"\"c\"},{\"name\":\"d\"},{\"name\":\"e\"},null]}"},
    {"of a legacy server too", "tools/list", L, L, KEEP,
	"{\"tools\":[{\"outputSchema\":{\"type\":\"array\"}}]}", "{\"tools\":[{}]}"},
    {"modern clients get it", "tools/list", L, M, KEEP,
	"{\"tools\":[{\"outputSchema\":{\"type\":\"array\"}}]}",
	"{\"tools\":[{\"outputSchema\":{\"type\":\"array\"}}],\"resultType\":\"complete\",\"ttlMs\":0,\"cacheScope\":"
	"\"private\",\"_meta\":{" INFO "}}"},
    {"tools that are none", "tools/list", M, L, KEEP, "{\"tools\":7}", "{\"tools\":7}"},
};

static void
results_get_what_the_era_wants(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++) {
		struct json_object *result = aid_json(results[i].before);

		assert_true(convert_result(
		    result, results[i].method, results[i].from, results[i].to, results[i].ttl_ms));
		aid_json_was(result, results[i].after, results[i].what);
	}
}

/* Once more is the same: a result that passes twice is not altered the second time. */
static void
conversion_is_stable(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++) {
		struct json_object *result = aid_json(results[i].after);

		assert_true(convert_result(
		    result, results[i].method, results[i].to, results[i].to, results[i].ttl_ms));
		aid_json_was(result, results[i].after, results[i].what);
	}
}

/* Trees of lists are shared: a result made of them is changed without them. */
static void
what_is_shared_inside_stays(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++) {
		struct json_object *original = aid_json(results[i].before);
		struct json_object *result = rpc_copy(original);
		struct buf text;

		buf_init(&text, 4096);
		json_write(original, &text);
		assert_true(convert_result(
		    result, results[i].method, results[i].from, results[i].to, results[i].ttl_ms));
		aid_json_was(result, results[i].after, results[i].what);
		aid_json_was(original, buf_str(&text), results[i].what);
		buf_free(&text);
	}
}

static void
tools_fit_their_clients(void **state)
{
	struct json_object *tool =
	    aid_json("{\"name\":\"a\",\"outputSchema\":{\"type\":\"array\"}}");

	(void)state;
	assert_true(convert_tool(tool, ERA_MODERN));
	aid_json_is(tool, "{\"name\":\"a\",\"outputSchema\":{\"type\":\"array\"}}", "modern");
	assert_true(convert_tool(tool, ERA_LEGACY));
	aid_json_was(tool, "{\"name\":\"a\"}", "legacy");
}

static void
refusals_are_results_with_an_error(void **state)
{
	(void)state;
	aid_json_was(convert_refusal(ERA_LEGACY, "No \"x\"\n"),
	    "{\"content\":[{\"type\":\"text\",\"text\":\"No \\\"x\\\"\\n\"}],\"isError\":true}",
	    "legacy");
	aid_json_was(convert_refusal(ERA_MODERN, ""),
	    "{\"content\":[{\"type\":\"text\",\"text\":\"\"}],\"isError\":true,\"resultType\":\"complete\",\"_meta\":{" INFO
	    "}}",
	    "modern");
}

static const struct {
	int code;
	const char *data;
	enum era to;
	int after, http;
	bool keeps;
} faults[] = {
    {-32002, "{\"uri\":\"u\"}", M, -32602, 200, true},
    {-32002, "{\"uri\":\"u\"}", L, -32002, 200, true},
    {-32602, "{\"uri\":\"u\"}", L, -32002, 200, true},
    {-32602, "{\"uri\":\"u\"}", M, -32602, 200, true},
    {-32602, "{\"uri\":7}", L, -32602, 200, true},
    {-32602, NULL, L, -32602, 200, true},
    {-32042, "{\"elicitations\":[]}", M, -32603, 200, true},
    {-32042, "{\"elicitations\":[]}", L, -32042, 200, true},
    {-32601, NULL, M, -32601, 404, true},
    {-32601, NULL, L, -32601, 200, true},
    {-32021, "{\"requiredCapabilities\":{}}", M, -32021, 400, true},
    {-32021, "{\"requiredCapabilities\":{}}", L, -32000, 200, true},
    {-32020, "{}", M, -32603, 200, false},
    {-32020, "{}", L, -32603, 200, false},
    {-32022, "{\"supported\":[]}", M, -32603, 200, false},
    {-32022, "{\"supported\":[]}", L, -32603, 200, false},
    {-32000, "[1]", M, -32000, 200, true},
    {-32000, "[1]", L, -32000, 200, true},
    {42, NULL, M, 42, 200, true},
};

static void
faults_get_the_code_of_the_era(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		struct rpc_fault fault = {.http = 200,
		    .code = faults[i].code,
		    .message = "m",
		    .data = faults[i].data != NULL ? aid_json(faults[i].data) : NULL};

		convert_fault(&fault, faults[i].to);
		assert_int_equal(fault.code, faults[i].after);
		assert_int_equal(fault.http, faults[i].http);
		assert_int_equal(fault.data != NULL, faults[i].data != NULL && faults[i].keeps);
		assert_string_equal(fault.message, "m");
		rpc_fault_free(&fault);
	}
}

static void
capabilities_are_cut_to_what_is_bridged(void **state)
{
	static const char *const pairs[][2] = {
	    {"{}", "{}"},
	    {"null", "{}"},
	    {"[]", "{}"},
	    {"{\"roots\":{\"listChanged\":true},\"sampling\":{\"tools\":{},\"context\":{}},\"elicitation\":{\"form\":{\"x\":1},"
	     "\"url\":{}},\"experimental\":{\"a\":{}},\"extensions\":{\"io.modelcontextprotocol/tasks\":{}},\"tasks\":{}}",
		"{\"sampling\":{\"tools\":{},\"context\":{}},\"elicitation\":{\"form\":{\"x\":1},\"url\":{}},\"roots\":{"
		"\"listChanged\":true}}"},
	    {"{\"sampling\":true,\"elicitation\":null,\"roots\":[]}", "{}"},
	    {"{\"elicitation\":{}}", "{\"elicitation\":{}}"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		struct json_object *whole = aid_json(pairs[i][0]);
		struct json_object *cut = convert_capabilities(whole);

		json_free(whole); /* the cut ones are a tree of their own */
		aid_json_was(cut, pairs[i][1], pairs[i][0]);
	}
}

static const struct {
	const char *capabilities;
	const char *method;
	const char *params;
	bool may;
} asks[] = {
    {"{}", "sampling/createMessage", "{}", false},
    {"{}", "elicitation/create", "{}", false},
    {"{}", "roots/list", "null", false},
    {"null", "roots/list", "null", false},
    {"{\"roots\":true}", "roots/list", "null", false},
    {"{\"roots\":{}}", "roots/list", "null", true},
    {"{\"roots\":{}}", "roots/List", "null", false},
    {"{\"roots\":{}}", "ping", "null", false},
    {"{\"sampling\":{}}", "sampling/createMessage", "{\"messages\":[]}", true},
    {"{\"sampling\":{}}", "sampling/createMessage", "{\"tools\":[]}", false},
    {"{\"sampling\":{}}", "sampling/createMessage", "{\"toolChoice\":{}}", false},
    {"{\"sampling\":{\"tools\":{}}}", "sampling/createMessage", "{\"tools\":[],\"toolChoice\":{}}",
	true},
    {"{\"sampling\":{\"context\":{}}}", "sampling/createMessage", "{\"tools\":[]}", false},
    {"{\"elicitation\":{}}", "elicitation/create", "{\"message\":\"\"}", true},
    {"{\"elicitation\":{}}", "elicitation/create", "{\"mode\":\"form\"}", true},
    {"{\"elicitation\":{}}", "elicitation/create", "{\"mode\":\"url\"}", false},
    {"{\"elicitation\":{\"form\":{}}}", "elicitation/create", "{\"mode\":\"form\"}", true},
    {"{\"elicitation\":{\"form\":{}}}", "elicitation/create", "{\"mode\":\"url\"}", false},
    {"{\"elicitation\":{\"url\":{}}}", "elicitation/create", "{\"mode\":\"url\"}", true},
    {"{\"elicitation\":{\"url\":{}}}", "elicitation/create", "{}", false},
    {"{\"elicitation\":{\"url\":{},\"form\":{}}}", "elicitation/create", "{}", true},
    {"{\"elicitation\":{\"url\":true}}", "elicitation/create", "{\"mode\":\"url\"}", false},
    {"{\"elicitation\":{}}", "elicitation/create", "{\"mode\":\"voice\"}", false},
    {"{\"elicitation\":{}}", "elicitation/create", "{\"mode\":null}", false},
    {"{\"elicitation\":{}}", "elicitation/create", "{\"mode\":7}", false},
};

static void
clients_are_asked_what_they_declared(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(asks) / sizeof(asks[0]); i++) {
		struct json_object *capabilities = aid_json(asks[i].capabilities);
		struct json_object *params = aid_json(asks[i].params);

		if (convert_may_ask(capabilities, asks[i].method, params) != asks[i].may)
			fail_msg("%s: %s %s", asks[i].capabilities, asks[i].method, asks[i].params);
		json_free(capabilities);
		json_free(params);
	}
	assert_string_equal(convert_needed_capability("sampling/createMessage"), "sampling");
	assert_string_equal(convert_needed_capability("elicitation/create"), "elicitation");
	assert_string_equal(convert_needed_capability("roots/list"), "roots");
	assert_null(convert_needed_capability("ping"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(results_get_what_the_era_wants),
	    cmocka_unit_test(conversion_is_stable),
	    cmocka_unit_test(what_is_shared_inside_stays),
	    cmocka_unit_test(tools_fit_their_clients),
	    cmocka_unit_test(refusals_are_results_with_an_error),
	    cmocka_unit_test(faults_get_the_code_of_the_era),
	    cmocka_unit_test(capabilities_are_cut_to_what_is_bridged),
	    cmocka_unit_test(clients_are_asked_what_they_declared),
	};

	return cmocka_run_group_tests_name("convert", tests, NULL, NULL);
}
