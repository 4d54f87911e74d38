/* test_mcp_pure.c - what is only looked at stays as it is, to the byte: trees of requests and lists are shared. */
#include "json_aid.h"

#include <pthread.h>

#include "mcp/convert.h"
#include "mcp/names.h"
#include "mcp/param_header.h"
#include "mcp/state.h"

/* One tree that is everything: a message, a result, a schema, capabilities, an error. */
static const char everything[] =
    "{\"jsonrpc\":\"2.0\",\"id\":1.0,\"method\":\"tools/call\",\"params\":{\"name\":\"a\",\"uri\":\"f:a\",\"_meta\":{"
    "\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\",\"io.modelcontextprotocol/clientCapabilities\":{"
    "\"elicitation\":{\"form\":{}},\"sampling\":{\"tools\":{}},\"roots\":{}},\"progressToken\":1.50},\"requestState\":\"s\","
    "\"inputResponses\":{\"k\":{}},\"mode\":\"form\",\"tools\":[{\"name\":\"t\",\"outputSchema\":{\"type\":\"array\"}}],"
    "\"toolChoice\":{}},\"content\":[{\"type\":\"resource_link\",\"uri\":\"f:a\"}],\"structuredContent\":[1e400],\"tools\":[{"
    "\"name\":\"t\",\"outputSchema\":{\"type\":\"array\"}}],\"_meta\":{\"io.modelcontextprotocol/serverInfo\":{},\"a\":1},"
    "\"ttlMs\":5,\"cacheScope\":\"public\",\"resultType\":\"complete\",\"type\":\"object\",\"properties\":{\"code\":{\"type\":"
    "\"integer\",\"x-mcp-header\":\"Code\"},\"message\":{\"type\":\"string\",\"x-mcp-header\":\"Message\"}},\"code\":-32602,"
    "\"message\":\"m\\n\",\"data\":{\"uri\":\"f:a\"},\"elicitation\":{\"url\":{}},\"sampling\":{},\"roots\":{\"listChanged\":"
    "true},\"extensions\":{\"x\":{}}}";

static const char *
no_header(void *arg, const char *name)
{
	(void)arg;
	(void)name;
	return NULL;
}

static bool
take_line(void *arg, const char *line)
{
	(void)arg;
	(void)line;
	return true;
}

static void
look_at_message(struct json_object *tree)
{
	const struct mcp_headers headers = {
	    .protocol_version = "2026-07-28", .method = "tools/call", .name = "a"};
	struct rpc_fault fault = {0};
	struct envelope envelope;
	struct rpc_message m;
	enum status status;
	bool found;

	/* It is a response too, which rpc_read() refuses; its parts are read all the same. */
	status = rpc_read(json_share(tree), &m, &fault);
	assert_true(status == STATUS_OK || status == STATUS_INVALID);
	m.kind = RPC_REQUEST;
	m.method = "tools/call";
	m.params = json_member(tree, "params", &found);
	m.meta = json_member(m.params, "_meta", &found);
	assert_status(era_read(&m, &headers, &envelope, &fault), STATUS_OK);
	(void)era_is_initialize(&m, &envelope);
	(void)era_has_extension(tree, "x");
	rpc_free(&m);
	rpc_fault_free(&fault);
}

static void
look_at_error(struct json_object *tree)
{
	struct rpc_fault fault = {0};

	rpc_fault_from(&fault, tree);
	convert_fault(&fault, ERA_LEGACY);
	convert_fault(&fault, ERA_MODERN);
	json_free(rpc_error(tree, &fault));
	(void)rpc_fault_set(&fault, 400, RPC_HEADER_MISMATCH, "other");
	rpc_fault_from(&fault, tree);
	fault.code = RPC_HEADER_MISMATCH;
	convert_fault(&fault, ERA_LEGACY);
	rpc_fault_free(&fault);
}

static void
build_with(struct json_object *tree)
{
	struct json_object *built[] = {rpc_request(tree, "m", tree), rpc_notification("m", tree),
	    rpc_response(tree, tree), rpc_copy(tree)};

	for (size_t i = 0; i < sizeof(built) / sizeof(built[0]); i++) {
		assert_non_null(built[i]);
		assert_true(json_set_text(built[i], "jsonrpc", "changed"));
		json_remove(built[i], "params");
		json_free(built[i]);
	}
	(void)rpc_same_id(tree, tree);
}

static void
look_at_capabilities(struct json_object *tree)
{
	struct json_object *cut = convert_capabilities(tree);
	bool found;

	assert_int_equal(json_length(cut), 3);
	assert_true(json_set_integer(json_member(cut, "elicitation", &found), "mine", 1));
	json_free(cut);
	(void)convert_may_ask(tree, "elicitation/create", tree);
	(void)convert_may_ask(tree, "sampling/createMessage", tree);
	(void)convert_may_ask(tree, "roots/list", tree);
}

static void
look_at_schema(struct json_object *tree)
{
	struct rpc_fault fault = {0};

	assert_true(param_headers_valid(tree, NULL));
	assert_status(param_headers_check(tree, tree, no_header, NULL, &fault), STATUS_INVALID);
	assert_status(param_headers_each(tree, tree, take_line, NULL), STATUS_OK);
	rpc_fault_free(&fault);
}

/* Results are changed, which is what these functions are for; but not what is inside and may be of another tree. */
static void
convert_copies(struct json_object *tree)
{
	static const char *const methods[] = {"tools/call", "tools/list", "resources/read"};

	for (size_t i = 0; i < 12; i++) {
		struct json_object *copy = rpc_copy(tree);

		assert_true(convert_result(copy, methods[i / 4], i & 1 ? ERA_MODERN : ERA_LEGACY,
		    i & 2 ? ERA_MODERN : ERA_LEGACY, 7));
		assert_true(convert_modern(copy, "complete"));
		assert_true(convert_tool(copy, ERA_LEGACY));
		assert_true(names_prefix_uris(copy, "up"));
		json_free(copy);
	}
}

static void
seal_with(struct json_object *tree)
{
	static const struct secret_key key = {{1}};
	static const struct state_bond bond = {"k", "m", "s", "n", "d"};
	struct state state = {.round = 1, .own = json_new_text("x", 1), .asked = json_share(tree)};
	struct buf text;

	buf_init(&text, STATE_TEXT_MAX);
	assert_status(state_seal(&key, &bond, &state, &text), STATUS_OK);
	buf_free(&text);
	state_free(&state);
}

static void
copy_whole(struct json_object *tree)
{
	struct json_object *copy = json_copy(tree);

	assert_true(names_prefix_uris(copy, "up"));
	assert_false(json_equal(copy, tree));
	json_free(copy);
	assert_true(names_prefix_uris(tree, NULL));
}

static const struct {
	const char *what;
	void (*use)(struct json_object *tree);
} uses[] = {
    {"a message that is read", look_at_message},
    {"an error that becomes a fault", look_at_error},
    {"parts of messages that are built", build_with},
    {"capabilities", look_at_capabilities},
    {"a schema and arguments", look_at_schema},
    {"what is inside of results", convert_copies},
    {"what is sealed", seal_with},
    {"the original of a copy", copy_whole},
};

static void
trees_stay_as_they_are(void **state)
{
	struct json_object *tree = aid_json(everything);
	struct buf before;

	(void)state;
	buf_init(&before, sizeof(everything) * 2);
	json_write(tree, &before);
	for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++) {
		uses[i].use(tree);
		aid_json_is(tree, buf_str(&before), uses[i].what);
	}
	buf_free(&before);
	json_free(tree);
}

/* Deepest trees on a stack as a thread of the gateway has it, less what its callers take. */
#ifdef __SANITIZE_ADDRESS__
#define SMALL_STACK ((size_t)1 << 20)
#else
#define SMALL_STACK ((size_t)128 << 10)
#endif

static void *
handle_deepest(void *text)
{
	struct json_limits limits = aid_json_limits;
	struct json_object *root = NULL, *copy, *cut;
	struct rpc_fault fault = {0};
	bool good;

	limits.nesting = JSON_NESTING_MAX;
	good = json_parse(text, strlen(text), &limits, &root, NULL) == STATUS_OK;
	copy = rpc_copy(root);
	cut = convert_capabilities(root);
	good = good && copy != NULL && cut != NULL && names_prefix_uris(copy, "up") &&
	       convert_result(copy, "tools/call", ERA_MODERN, ERA_LEGACY, 0) &&
	       param_headers_valid(root, NULL) &&
	       param_headers_check(root, root, no_header, NULL, &fault) == STATUS_OK &&
	       param_headers_each(root, root, take_line, NULL) == STATUS_OK;
	json_free(cut);
	json_free(copy);
	json_free(root);
	rpc_fault_free(&fault);
	return good ? text : NULL;
}

static void
deepest_trees_fit_a_small_stack(void **state)
{
	/* What is repeated, and how many levels it opens. */
	static const struct {
		const char *begin, *opens, *closes;
		int levels;
	} trees[] = {
	    {"{\"properties\":{\"a\":", "{\"properties\":{\"a\":", "}}", 2},
	    {"{\"items\":", "{\"items\":", "}", 1},
	    {"{\"oneOf\":[", "{\"oneOf\":[", "]}", 2},
	    {"{\"content\":[", "{\"type\":\"tool_result\",\"content\":[", "]}", 2},
	    {"{\"structuredContent\":[", "{\"a\":[", "]}", 2},
	    {"{\"sampling\":{\"a\":", "{\"sampling\":{\"a\":", "}}", 2},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(trees) / sizeof(trees[0]); i++) {
		const int count = JSON_NESTING_MAX / trees[i].levels;
		pthread_attr_t attr;
		pthread_t thread;
		struct buf text;
		void *result;

		buf_init(&text, 1 << 16);
		buf_text(&text, trees[i].begin);
		for (int n = 1; n < count; n++)
			buf_text(&text, trees[i].opens);
		if (trees[i].closes[0] == '}')
			buf_char(&text, '1');
		for (int n = 0; n < count; n++)
			buf_text(&text, trees[i].closes);
		assert_int_equal(pthread_attr_init(&attr), 0);
		assert_int_equal(pthread_attr_setstacksize(&attr, SMALL_STACK), 0);
		assert_int_equal(pthread_create(&thread, &attr, handle_deepest, text.data), 0);
		assert_int_equal(pthread_join(thread, &result), 0);
		(void)pthread_attr_destroy(&attr);
		if (result != text.data)
			fail_msg("%s", trees[i].begin);
		buf_free(&text);
	}
}

static int
start(void **state)
{
	(void)state;
	assert_status(secret_start(), STATUS_OK);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(trees_stay_as_they_are),
	    cmocka_unit_test(deepest_trees_fit_a_small_stack),
	};

	return cmocka_run_group_tests_name("mcp_pure", tests, start, NULL);
}
