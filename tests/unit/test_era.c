/* test_era.c - eras, envelopes, and the order of checks: rows 8 to 20 as one table. */
#include "json_aid.h"

#include "mcp/era.h"

#define V "\"io.modelcontextprotocol/protocolVersion\":"
#define C "\"io.modelcontextprotocol/clientCapabilities\":"
#define META "\"_meta\":{" V "\"2026-07-28\"," C "{}}"
#define CALL(method, params)                                                                       \
	"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"" method "\",\"params\":{" params "}}"
#define LIST CALL("tools/list", META)
#define TASK(caps) CALL("tasks/get", "\"taskId\":\"t\",\"_meta\":{" V "\"2026-07-28\"," C caps "}")
#define MODERN "2026-07-28"
#define OK 0, 0

/* Everything that one POST says, and what it is answered with; 0: nothing is wrong. */
static const struct {
	const char *what;
	const char *body;
	const char *version, *method, *name, *session; /* headers */
	int http, code;
	enum era era;
} posts[] = {
    /* Row 8 and 9: before there is an envelope. */
    {"8 a batch", "[" LIST "]", MODERN, "tools/list", NULL, NULL, 400, -32600, ERA_LEGACY},
    {"9 no message", "{\"jsonrpc\":\"2.0\"}", MODERN, NULL, NULL, NULL, 400, -32600, ERA_LEGACY},
    {"9 id null",
	"{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"tools/list\",\"params\":{" META "}}", MODERN,
	"tools/list", NULL, NULL, 400, -32600, ERA_LEGACY},

    {"a modern request", LIST, MODERN, "tools/list", NULL, NULL, OK, ERA_MODERN},
    {"a modern request with a session of the other era", LIST, MODERN, "tools/list", NULL, "abc",
	OK, ERA_MODERN},
    {"blanks round headers", LIST, " \t2026-07-28 ", "\ttools/list \t", NULL, NULL, OK, ERA_MODERN},
    {"a header that this method does not need", LIST, MODERN, "tools/list", "x", NULL, OK,
	ERA_MODERN},

    {"10 header without _meta", CALL("tools/list", ""), MODERN, "tools/list", NULL, NULL, 400,
	-32602, ERA_MODERN},
    {"10 header without params", "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/list\"}", MODERN,
	"tools/list", NULL, NULL, 400, -32602, ERA_MODERN},
    {"10 header, _meta is no object", CALL("tools/list", "\"_meta\":[]"), MODERN, "tools/list",
	NULL, NULL, 400, -32602, ERA_MODERN},
    {"10 no capabilities", CALL("tools/list", "\"_meta\":{" V "\"2026-07-28\"}"), MODERN,
	"tools/list", NULL, NULL, 400, -32602, ERA_MODERN},
    {"10 capabilities are no object", CALL("tools/list", "\"_meta\":{" V "\"2026-07-28\"," C "[]}"),
	MODERN, "tools/list", NULL, NULL, 400, -32602, ERA_MODERN},
    {"10 no version, with the header", CALL("tools/list", "\"_meta\":{" C "{}}"), MODERN,
	"tools/list", NULL, NULL, 400, -32602, ERA_MODERN},
    {"10 version is no text", CALL("tools/list", "\"_meta\":{" V "20260728," C "{}}"), MODERN,
	"tools/list", NULL, NULL, 400, -32602, ERA_MODERN},
    {"10 version is null", CALL("tools/list", "\"_meta\":{" V "null," C "{}}"), NULL, NULL, NULL,
	"abc", 400, -32602, ERA_MODERN},
    {"10 comes before 11", CALL("tools/list", "\"_meta\":{" V "\"2026-07-28\"}"), NULL, NULL, NULL,
	NULL, 400, -32602, ERA_MODERN},

    {"11 header missing", LIST, NULL, "tools/list", NULL, NULL, 400, -32020, ERA_MODERN},
    {"11 header empty", LIST, "", "tools/list", NULL, NULL, 400, -32020, ERA_MODERN},
    {"11 header of a legacy version", LIST, "2025-11-25", "tools/list", NULL, "abc", 400, -32020,
	ERA_MODERN},
    {"11 longer", LIST, "2026-07-281", "tools/list", NULL, NULL, 400, -32020, ERA_MODERN},
    {"11 shorter", LIST, "2026-07-2", "tools/list", NULL, NULL, 400, -32020, ERA_MODERN},
    {"11 comes before 12", CALL("tools/list", "\"_meta\":{" V "\"2099-01-01\"," C "{}}"), MODERN,
	"tools/list", NULL, NULL, 400, -32020, ERA_MODERN},

    {"12 a version of the future", CALL("tools/list", "\"_meta\":{" V "\"2099-01-01\"," C "{}}"),
	"2099-01-01", "tools/list", NULL, NULL, 400, -32022, ERA_MODERN},
    {"12 a legacy version as if it were modern",
	CALL("tools/list", "\"_meta\":{" V "\"2025-11-25\"," C "{}}"), "2025-11-25", "tools/list",
	NULL, "abc", 400, -32022, ERA_MODERN},
    {"12 an empty version", CALL("tools/list", "\"_meta\":{" V "\"\"," C "{}}"), "", "tools/list",
	NULL, NULL, 400, -32022, ERA_MODERN},
    {"12 comes before 13", CALL("tools/list", "\"_meta\":{" V "\"2099-01-01\"," C "{}}"),
	"2099-01-01", NULL, NULL, NULL, 400, -32022, ERA_MODERN},

    {"13 header missing", LIST, MODERN, NULL, NULL, NULL, 400, -32020, ERA_MODERN},
    {"13 another method", LIST, MODERN, "tools/call", NULL, NULL, 400, -32020, ERA_MODERN},
    {"13 other letters", LIST, MODERN, "Tools/List", NULL, NULL, 400, -32020, ERA_MODERN},
    {"13 comes before 14", CALL("tools/call", "\"name\":\"a\"," META), MODERN, NULL, NULL, NULL,
	400, -32020, ERA_MODERN},
    {"13 comes before 16", CALL("ping", META), MODERN, NULL, NULL, NULL, 400, -32020, ERA_MODERN},

    {"14 a name", CALL("tools/call", "\"name\":\"a b\"," META), MODERN, "tools/call", " a b ", NULL,
	OK, ERA_MODERN},
    {"14 a name in Base64", CALL("tools/call", "\"name\":\"\\u00e9\"," META), MODERN, "tools/call",
	"=?base64?w6k=?=", NULL, OK, ERA_MODERN},
    {"14 a plain name in Base64", CALL("prompts/get", "\"name\":\"a\"," META), MODERN,
	"prompts/get", "=?base64?YQ==?=", NULL, OK, ERA_MODERN},
    {"14 a URI", CALL("resources/read", "\"uri\":\"f://x\"," META), MODERN, "resources/read",
	"f://x", NULL, OK, ERA_MODERN},
    {"14 missing", CALL("tools/call", "\"name\":\"a\"," META), MODERN, "tools/call", NULL, NULL,
	400, -32020, ERA_MODERN},
    {"14 another name", CALL("tools/call", "\"name\":\"a\"," META), MODERN, "tools/call", "b", NULL,
	400, -32020, ERA_MODERN},
    {"14 another name of a prompt", CALL("prompts/get", "\"name\":\"a\"," META), MODERN,
	"prompts/get", "A", NULL, 400, -32020, ERA_MODERN},
    {"14 another URI", CALL("resources/read", "\"uri\":\"f://x\"," META), MODERN, "resources/read",
	"f://y", NULL, 400, -32020, ERA_MODERN},
    {"14 a NUL behind it", CALL("tools/call", "\"name\":\"a\\u0000b\"," META), MODERN, "tools/call",
	"a", NULL, 400, -32020, ERA_MODERN},
    {"14 bad padding", CALL("tools/call", "\"name\":\"\\u00e9\"," META), MODERN, "tools/call",
	"=?base64?w6k?=", NULL, 400, -32020, ERA_MODERN},
    {"14 bad alphabet", CALL("tools/call", "\"name\":\"\\u00e9\"," META), MODERN, "tools/call",
	"=?base64?w6-=?=", NULL, 400, -32020, ERA_MODERN},
    {"14 raw UTF-8", CALL("tools/call", "\"name\":\"\\u00e9\"," META), MODERN, "tools/call",
	"\xc3\xa9", NULL, 400, -32020, ERA_MODERN},
    {"14 a header for a name that is not there", CALL("tools/call", META), MODERN, "tools/call",
	"a", NULL, 400, -32020, ERA_MODERN},
    {"14 no name at all, which the method says", CALL("tools/call", META), MODERN, "tools/call",
	NULL, NULL, OK, ERA_MODERN},
    {"14 of a task comes before 17", CALL("tasks/cancel", "\"taskId\":\"t\"," META), MODERN,
	"tasks/cancel", "u", NULL, 400, -32020, ERA_MODERN},

    {"16 initialize", CALL("initialize", META), MODERN, "initialize", NULL, NULL, 404, -32601,
	ERA_MODERN},
    {"16 ping", CALL("ping", META), MODERN, "ping", NULL, NULL, 404, -32601, ERA_MODERN},
    {"16 logging/setLevel", CALL("logging/setLevel", META), MODERN, "logging/setLevel", NULL, NULL,
	404, -32601, ERA_MODERN},
    {"16 resources/subscribe", CALL("resources/subscribe", META), MODERN, "resources/subscribe",
	NULL, NULL, 404, -32601, ERA_MODERN},
    {"16 resources/unsubscribe", CALL("resources/unsubscribe", META), MODERN,
	"resources/unsubscribe", NULL, NULL, 404, -32601, ERA_MODERN},
    {"16 tasks/result", CALL("tasks/result", META), MODERN, "tasks/result", NULL, NULL, 404, -32601,
	ERA_MODERN},
    {"16 tasks/list", CALL("tasks/list", META), MODERN, "tasks/list", NULL, NULL, 404, -32601,
	ERA_MODERN},
    {"16 unknown", CALL("tools/Call", META), MODERN, "tools/Call", NULL, NULL, 404, -32601,
	ERA_MODERN},
    {"16 what a server asks", CALL("sampling/createMessage", META), MODERN,
	"sampling/createMessage", NULL, NULL, 404, -32601, ERA_MODERN},

    {"17 tasks without the extension", TASK("{}"), MODERN, "tasks/get", "t", NULL, 400, -32021,
	ERA_MODERN},
    {"17 the extension is no object",
	TASK("{\"extensions\":{\"io.modelcontextprotocol/tasks\":true}}"), MODERN, "tasks/get", "t",
	NULL, 400, -32021, ERA_MODERN},
    {"17 tasks with it", TASK("{\"extensions\":{\"io.modelcontextprotocol/tasks\":{}}}"), MODERN,
	"tasks/get", "t", NULL, OK, ERA_MODERN},

    {"21 requestState is no text", CALL("tools/list", "\"requestState\":{}," META), MODERN,
	"tools/list", NULL, NULL, 200, -32602, ERA_MODERN},
    {"21 inputResponses is no object", CALL("tools/list", "\"inputResponses\":[]," META), MODERN,
	"tools/list", NULL, NULL, 200, -32602, ERA_MODERN},
    {"23 a bad log level",
	CALL("tools/list", "\"_meta\":{" V "\"2026-07-28\"," C
			   "{},\"io.modelcontextprotocol/logLevel\":\"loud\"}"),
	MODERN, "tools/list", NULL, NULL, 200, -32602, ERA_MODERN},

    {"a modern notification", "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\"}",
	MODERN, NULL, NULL, NULL, OK, ERA_MODERN},
    {"a notification that says so itself",
	"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/x\",\"params\":{" META "}}", NULL, NULL,
	NULL, NULL, OK, ERA_MODERN},
    {"9 a modern response", "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}", MODERN, NULL, NULL,
	"abc", 400, -32600, ERA_MODERN},
    {"11 initialize with the modern header", CALL("initialize", ""), MODERN, "initialize", NULL,
	NULL, 400, -32020, ERA_LEGACY},

    {"legacy initialize", CALL("initialize", ""), NULL, NULL, NULL, NULL, OK, ERA_LEGACY},
    {"legacy initialize with a strange header", CALL("initialize", ""), "2024-11-05", NULL, NULL,
	NULL, OK, ERA_LEGACY},
    {"a legacy request", CALL("tools/list", ""), NULL, NULL, NULL, "abc", OK, ERA_LEGACY},
    {"of 2025-11-25", CALL("tools/list", ""), "2025-11-25", NULL, NULL, "abc", OK, ERA_LEGACY},
    {"of 2025-06-18", CALL("tools/list", ""), " 2025-06-18 ", NULL, NULL, "abc", OK, ERA_LEGACY},
    {"of 2025-03-26", CALL("tools/list", ""), "2025-03-26", NULL, NULL, "abc", OK, ERA_LEGACY},
    {"a method that is not served, as the answer is in the protocol", CALL("x/y", ""), NULL, NULL,
	NULL, "abc", OK, ERA_LEGACY},
    {"headers of the other era without its version", CALL("tools/list", ""), NULL, "tools/call",
	"x", "abc", OK, ERA_LEGACY},
    {"a legacy response", "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}", NULL, NULL, NULL, "abc",
	OK, ERA_LEGACY},
    {"a legacy notification", "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}",
	NULL, NULL, NULL, "abc", OK, ERA_LEGACY},
    {"18 no session", CALL("tools/list", ""), NULL, NULL, NULL, NULL, 400, -32000, ERA_LEGACY},
    {"18 an empty session", CALL("tools/list", ""), NULL, NULL, NULL, " \t", 400, -32000,
	ERA_LEGACY},
    {"18 a ping without", CALL("ping", ""), NULL, NULL, NULL, NULL, 400, -32000, ERA_LEGACY},
    {"18 a response without", "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}", NULL, NULL, NULL,
	NULL, 400, -32000, ERA_LEGACY},
    {"18 a notification that is called initialize",
	"{\"jsonrpc\":\"2.0\",\"method\":\"initialize\"}", NULL, NULL, NULL, NULL, 400, -32000,
	ERA_LEGACY},
    {"18 comes before 20", CALL("tools/list", ""), "2024-11-05", NULL, NULL, NULL, 400, -32000,
	ERA_LEGACY},
    {"20 a version that we do not speak", CALL("tools/list", ""), "2024-11-05", NULL, NULL, "abc",
	400, -32000, ERA_LEGACY},
    {"20 an empty one", CALL("tools/list", ""), "", NULL, NULL, "abc", 400, -32000, ERA_LEGACY},
};

static void
order_of_checks_is_kept(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(posts) / sizeof(posts[0]); i++) {
		struct mcp_headers headers = {.protocol_version = posts[i].version,
		    .method = posts[i].method,
		    .name = posts[i].name,
		    .session = posts[i].session};
		struct rpc_fault fault = {0};
		struct envelope envelope = {0};
		struct rpc_message m;
		enum status status = rpc_read(aid_json(posts[i].body), &m, &fault);

		if (status == STATUS_OK)
			status = era_read(&m, &headers, &envelope, &fault);
		if (fault.http != posts[i].http || fault.code != posts[i].code ||
		    (status == STATUS_OK) != (posts[i].http == 0))
			fail_msg(
			    "%s: %d %d %s", posts[i].what, fault.http, fault.code, fault.message);
		if (envelope.era != posts[i].era)
			fail_msg("%s: of the other era", posts[i].what);
		rpc_fault_free(&fault);
		rpc_free(&m);
	}
}

/* Reads a message that came with these headers; `fault` may be given. */
static enum status
read_one(const char *body, const struct mcp_headers *headers, struct rpc_message *m,
    struct envelope *envelope, struct rpc_fault *fault)
{
	assert_status(rpc_read(aid_json(body), m, fault), STATUS_OK);
	return era_read(m, headers, envelope, fault);
}

static void
envelope_holds_what_the_request_says(void **state)
{
	const struct mcp_headers headers = {
	    .protocol_version = MODERN, .method = "tools/call", .name = "a"};
	struct rpc_fault fault = {0};
	struct envelope e;
	struct rpc_message m;

	(void)state;
	assert_status(
	    read_one(
		CALL("tools/call",
		    "\"name\":\"a\",\"requestState\":\"s\",\"inputResponses\":{\"k\":1},\"_meta\":{" V
		    "\"2026-07-28\"," C
		    "{\"roots\":{}},\"io.modelcontextprotocol/clientInfo\":{\"name\":\"c\"},"
		    "\"io.modelcontextprotocol/logLevel\":\"alert\",\"progressToken\":5}"),
		&headers, &m, &e, &fault),
	    STATUS_OK);
	assert_string_equal(e.version, MODERN);
	assert_string_equal(e.log_level, "alert");
	assert_string_equal(e.request_state, "s");
	aid_json_is(e.capabilities, "{\"roots\":{}}", "capabilities");
	aid_json_is(e.client_info, "{\"name\":\"c\"}", "clientInfo");
	aid_json_is(e.progress_token, "5", "token");
	aid_json_is(e.input_responses, "{\"k\":1}", "responses");
	assert_false(era_is_initialize(&m, &e));
	rpc_free(&m);
	assert_status(
	    read_one(CALL("tools/call",
			 "\"name\":\"a\",\"_meta\":{" V "\"2026-07-28\"," C
			 "{},\"io.modelcontextprotocol/clientInfo\":7,\"progressToken\":{}}"),
		&headers, &m, &e, &fault),
	    STATUS_OK);
	assert_null(e.log_level);
	assert_null(e.request_state);
	assert_null(e.client_info);
	assert_null(e.progress_token);
	assert_null(e.input_responses);
	rpc_free(&m);
}

static void
legacy_envelope_takes_the_version_from_the_header(void **state)
{
	struct mcp_headers headers = {.protocol_version = "2025-06-18 ", .session = "abc"};
	struct rpc_fault fault = {0};
	struct envelope e;
	struct rpc_message m;

	(void)state;
	assert_status(
	    read_one(CALL("tools/list",
			 "\"requestState\":7,\"_meta\":{\"progressToken\":\"t\"," C "{}}"),
		&headers, &m, &e, &fault),
	    STATUS_OK);
	assert_string_equal(e.version, "2025-06-18");
	aid_json_is(e.progress_token, "\"t\"", "token");
	assert_null(e.capabilities);
	assert_null(e.request_state);
	rpc_free(&m);
	headers.protocol_version = NULL;
	assert_status(read_one(CALL("initialize", ""), &headers, &m, &e, &fault), STATUS_OK);
	assert_null(e.version);
	assert_true(era_is_initialize(&m, &e));
	rpc_free(&m);
}

static void
pipes_have_no_headers(void **state)
{
	struct rpc_fault fault = {0};
	struct envelope e;
	struct rpc_message m;

	(void)state;
	assert_status(
	    read_one(CALL("tools/call", "\"name\":\"a\"," META), NULL, &m, &e, &fault), STATUS_OK);
	assert_int_equal(e.era, ERA_MODERN);
	rpc_free(&m);
	assert_status(read_one(CALL("tools/list", ""), NULL, &m, &e, &fault), STATUS_OK);
	assert_int_equal(e.era, ERA_LEGACY);
	rpc_free(&m);
	assert_status(
	    read_one(CALL("tools/list", "\"_meta\":{" V "\"2026-07-28\"}"), NULL, &m, &e, &fault),
	    STATUS_INVALID);
	assert_int_equal(fault.code, RPC_INVALID_PARAMS);
	rpc_free(&m);
	assert_status(read_one(CALL("ping", META), NULL, &m, &e, &fault), STATUS_INVALID);
	assert_int_equal(fault.code, RPC_METHOD_NOT_FOUND);
	rpc_free(&m);
}

static void
faults_carry_what_the_client_needs_to_go_on(void **state)
{
	struct mcp_headers headers = {.protocol_version = "2099-01-01", .method = "tools/list"};
	struct rpc_fault fault = {0};
	struct envelope e;
	struct rpc_message m;

	(void)state;
	assert_status(read_one(CALL("tools/list", "\"_meta\":{" V "\"2099-01-01\"," C "{}}"),
			  &headers, &m, &e, &fault),
	    STATUS_INVALID);
	aid_json_is(fault.data,
	    "{\"supported\":[\"2026-07-28\",\"2025-11-25\",\"2025-06-18\",\"2025-03-26\"],\"requested\":"
	    "\"2099-01-01\"}",
	    "versions");
	rpc_free(&m);
	headers =
	    (struct mcp_headers){.protocol_version = MODERN, .method = "tasks/get", .name = "t"};
	assert_status(read_one(TASK("{}"), &headers, &m, &e, &fault), STATUS_INVALID);
	aid_json_is(fault.data,
	    "{\"requiredCapabilities\":{\"extensions\":{\"io.modelcontextprotocol/tasks\":{}}}}",
	    "capabilities");
	rpc_free(&m);
	headers = (struct mcp_headers){.protocol_version = MODERN, .method = "tools/list"};
	assert_status(read_one(CALL("tools/list", ""), &headers, &m, &e, &fault), STATUS_INVALID);
	assert_string_equal(fault.message,
	    "Invalid params: _meta lacks io.modelcontextprotocol/protocolVersion and "
	    "io.modelcontextprotocol/clientCapabilities");
	assert_null(fault.data);
	rpc_free(&m);
}

/* What a header or the body says is not told back: headers may be anything. */
static void
faults_repeat_no_value(void **state)
{
	const struct mcp_headers headers = {
	    .protocol_version = MODERN, .method = "tools/call", .name = "secret-header"};
	struct rpc_fault fault = {0};
	struct envelope e;
	struct rpc_message m;

	(void)state;
	assert_status(read_one(CALL("tools/call", "\"name\":\"secret-body\"," META), &headers, &m,
			  &e, &fault),
	    STATUS_INVALID);
	assert_null(strstr(fault.message, "secret"));
	rpc_free(&m);
}

static void
versions_are_negotiated(void **state)
{
	(void)state;
	assert_string_equal(era_negotiate("2025-03-26"), "2025-03-26");
	assert_string_equal(era_negotiate("2025-06-18"), "2025-06-18");
	assert_string_equal(era_negotiate("2025-11-25"), "2025-11-25");
	assert_string_equal(era_negotiate("2026-07-28"), "2025-11-25");
	assert_string_equal(era_negotiate("2024-11-05"), "2025-11-25");
	assert_string_equal(era_negotiate(" 2025-03-26"), "2025-11-25");
	assert_string_equal(era_negotiate(""), "2025-11-25");
	assert_string_equal(era_negotiate(NULL), "2025-11-25");
	assert_true(era_serves_legacy("2025-03-26"));
	assert_false(era_serves_legacy("2026-07-28"));
	assert_false(era_serves_legacy("2025-03-2"));
}

static void
methods_belong_to_eras(void **state)
{
	(void)state;
	assert_true(era_serves_method(ERA_MODERN, "server/discover"));
	assert_false(era_serves_method(ERA_LEGACY, "server/discover"));
	assert_true(era_serves_method(ERA_LEGACY, "ping"));
	assert_true(era_serves_method(ERA_LEGACY, "tools/call"));
	assert_true(era_serves_method(ERA_MODERN, "tools/call"));
	assert_false(era_serves_method(ERA_LEGACY, "tasks/get"));
	assert_false(era_serves_method(ERA_LEGACY, ""));
	assert_string_equal(era_name_member("resources/read"), "uri");
	assert_null(era_name_member("tools/list"));
	assert_null(era_name_member("nothing"));
	assert_true(era_is_log_level("emergency"));
	assert_false(era_is_log_level("Debug"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(order_of_checks_is_kept),
	    cmocka_unit_test(envelope_holds_what_the_request_says),
	    cmocka_unit_test(legacy_envelope_takes_the_version_from_the_header),
	    cmocka_unit_test(pipes_have_no_headers),
	    cmocka_unit_test(faults_carry_what_the_client_needs_to_go_on),
	    cmocka_unit_test(faults_repeat_no_value),
	    cmocka_unit_test(versions_are_negotiated),
	    cmocka_unit_test(methods_belong_to_eras),
	};

	return cmocka_run_group_tests_name("era", tests, NULL, NULL);
}
