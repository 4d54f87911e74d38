/* test_mcp_memory.c - with no memory left messages and results are whole or refused, and nothing leaks. */
#include "failing_heap.h"

#include "json.h"
#include "mcp/convert.h"
#include "mcp/names.h"
#include "mcp/param_header.h"
#include "mcp/state.h"

static const struct json_limits limits = {.bytes = 1 << 16, .nesting = 64, .members = 4096};

static struct json_object *
parse(const char *text)
{
	struct json_object *root;

	assert_status(json_parse(text, strlen(text), &limits, &root, NULL), STATUS_OK);
	return root;
}

static const char everything[] =
    "{\"_meta\":{\"a/b\":1,\"io.modelcontextprotocol/serverInfo\":{}},\"content\":[{\"type\":\"resource_link\",\"uri\":"
    "\"f:a\"}],\"structuredContent\":[1.50,{\"x\":\"a text that is longer than what json-c keeps in a node\"}],\"tools\":[{"
    "\"name\":\"a\",\"outputSchema\":{\"type\":\"array\"}},{\"name\":\"b\"}],\"contents\":[{\"uri\":\"f:b\"}],\"messages\":[{\"content\":{\"type\":\"resource\",\"resource\":{\"uri\":\"f:c\"}}}],\"ttlMs\":5,"
    "\"type\":\"object\",\"properties\":{\"s\":{\"type\":\"string\",\"x-mcp-header\":\"S\"}},\"s\":\"\\u00e9\","
    "\"elicitation\":{\"form\":{\"x\":1}},\"sampling\":{},\"roots\":{}}";
static const struct state_bond bond = {"k", "m", "s", "n", "d"};
static const struct secret_key key = {{1}};

/* What one run made, as text: that of a run with enough memory is what every other one has to make, or nothing. */
static char expected[8192];
static bool recording;

/* `root` is freed; NULL: it was refused. */
static void
made(struct json_object *root, bool failed)
{
	struct buf text;

	if (root != NULL) {
		buf_init(&text, sizeof(expected) - 1);
		json_write(root, &text);
		assert_status(buf_status(&text), STATUS_OK);
		if (recording)
			(void)strcpy(expected, buf_str(&text));
		assert_string_equal(buf_str(&text), expected);
		buf_free(&text);
	}
	assert_true(failed || root != NULL);
	heap.armed = true;
	json_free(root);
	heap.armed = false;
}

static struct json_object *
make_request(struct json_object *tree)
{
	return rpc_request(tree, "m", tree);
}
static struct json_object *
make_notification(struct json_object *tree)
{
	return rpc_notification("m", tree);
}
static struct json_object *
make_response(struct json_object *tree)
{
	return rpc_response(tree, tree);
}
static struct json_object *
make_empty_response(struct json_object *tree)
{
	return rpc_response(tree, NULL);
}
static struct json_object *
make_error(struct json_object *tree)
{
	const struct rpc_fault fault = {.code = -1, .message = "m", .data = tree};

	return rpc_error(tree, &fault);
}
static struct json_object *
make_copy(struct json_object *tree)
{
	return rpc_copy(tree);
}
static struct json_object *
make_deep_copy(struct json_object *tree)
{
	return json_copy(tree);
}
static struct json_object *
make_capabilities(struct json_object *tree)
{
	return convert_capabilities(tree);
}
static struct json_object *
make_versions(struct json_object *tree)
{
	(void)tree;
	return era_versions();
}
static struct json_object *
make_refusal(struct json_object *tree)
{
	(void)tree;
	return convert_refusal(ERA_MODERN, "text");
}
static struct json_object *
make_prefixed(struct json_object *tree)
{
	struct json_object *copy = rpc_copy(tree);

	if (copy != NULL && names_prefix_uris(copy, "up"))
		return copy;
	json_free(copy);
	return NULL;
}
/* Each of the four ways, of each method that has something of its own. */
static struct json_object *
make_converted(struct json_object *tree)
{
	static const char *const methods[] = {"tools/call", "tools/list", "resources/read"};
	struct json_object *copy = json_copy(tree);
	bool good = copy != NULL;

	for (size_t i = 0; good && i < 12; i++)
		good = convert_result(copy, methods[i / 4], i & 1 ? ERA_MODERN : ERA_LEGACY,
		    i & 2 ? ERA_LEGACY : ERA_MODERN, 7);
	if (good)
		return copy;
	json_free(copy);
	return NULL;
}

static const struct {
	const char *what;
	struct json_object *(*make)(struct json_object *tree);
	long least; /* allocations */
} makes[] = {
    {"request", make_request, 4},
    {"notification", make_notification, 4},
    {"response", make_response, 4},
    {"empty response", make_empty_response, 4},
    {"error", make_error, 8},
    {"copy", make_copy, 8},
    {"deep copy", make_deep_copy, 40},
    {"capabilities", make_capabilities, 6},
    {"versions", make_versions, 4},
    {"refusal", make_refusal, 20},
    {"prefixed", make_prefixed, 20},
    {"converted", make_converted, 80},
};

static size_t making;

static void
make_once(long fail_at, bool exhausted)
{
	struct json_object *tree = parse(everything);
	struct json_object *root;
	bool failed;

	arm(fail_at, exhausted);
	root = makes[making].make(tree);
	failed = disarm();
	made(root, failed);
	assert_nothing_lives();
	json_free(tree);
}

static void
trees_are_whole_or_refused(void **state)
{
	(void)state;
	for (making = 0; making < sizeof(makes) / sizeof(makes[0]); making++) {
		recording = true;
		make_once(1000000, false);
		recording = false;
		fail_each_allocation(make_once, makes[making].least);
	}
}

static struct buf lines;

static bool
take_line(void *arg, const char *line)
{
	(void)arg;
	(void)line;
	return true;
}

static void
tell_once(long fail_at, bool exhausted)
{
	struct json_object *tree = parse(everything);
	enum status status;
	bool failed;

	arm(fail_at, exhausted);
	status = param_headers_each(tree, tree, take_line, NULL);
	failed = disarm();
	assert_status(status, failed ? STATUS_NO_MEMORY : STATUS_OK);
	assert_nothing_lives();
	json_free(tree);
}

static const char *
right_header(void *arg, const char *name)
{
	(void)arg;
	return *name == 'S' ? "=?base64?w6k=?=" : NULL;
}

static void
check_once(long fail_at, bool exhausted)
{
	struct json_object *tree = parse(everything);
	struct rpc_fault fault = {0};
	enum status status;
	bool failed;

	arm(fail_at, exhausted);
	status = param_headers_check(tree, tree, right_header, NULL, &fault);
	failed = disarm();
	assert_status(status, failed ? STATUS_INVALID : STATUS_OK);
	if (failed)
		assert_int_equal(fault.code, RPC_INTERNAL); /* not what the client did wrong */
	assert_nothing_lives();
	json_free(tree);
}

static void
headers_are_told_and_checked_or_refused(void **state)
{
	(void)state;
	fail_each_allocation(tell_once, 1);
	fail_each_allocation(check_once, 1);
}

static void
open_once(long fail_at, bool exhausted)
{
	struct state from = {.round = 1,
	    .until_ms = 2000,
	    .own = json_new_text("theirs", 6),
	    .asked = parse("{\"a\":1}")};
	struct state out = {0};
	enum status status;
	bool failed;

	buf_init(&lines, STATE_TEXT_MAX);
	arm(fail_at, exhausted);
	status = state_seal(&key, &bond, &from, &lines);
	if (status == STATUS_OK)
		status = state_unseal(&key, &bond, buf_str(&lines), 1000, &out);
	failed = disarm();
	/* libcrypto does not say why it failed, and may do without some of what it asks for. */
	assert_true(failed || status == STATUS_OK);
	if (status == STATUS_OK)
		assert_true(json_equal(out.own, from.own) && json_equal(out.asked, from.asked));
	state_free(&out);
	state_free(&from);
	buf_free(&lines);
}

static void
states_are_opened_or_refused(void **state)
{
	(void)state;
	assert_status(secret_start(), STATUS_OK);
	open_once(1000000, false); /* libcrypto keeps what it needs for a thread */
	fail_each_allocation(open_once, 20);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(trees_are_whole_or_refused),
	    cmocka_unit_test(headers_are_told_and_checked_or_refused),
	    cmocka_unit_test(states_are_opened_or_refused),
	};

	return cmocka_run_group_tests_name("mcp_memory", tests, NULL, NULL);
}
