/* test_rpc.c - JSON-RPC messages: what is one, what a fault looks like, and that ids compare by value. */
#include "json_aid.h"

#include "mcp/rpc.h"

#define REQUEST "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\""

static const struct {
	const char *text;
	enum rpc_kind kind;
	const char *id; /* NULL: none */
	const char *method;
	const char *params;
	const char *meta;
	const char *result;
	const char *error;
} good[] = {
    {REQUEST "}", RPC_REQUEST, "1", "m", NULL, NULL, NULL, NULL},
    {REQUEST ",\"params\":{}}", RPC_REQUEST, "1", "m", "{}", NULL, NULL, NULL},
    {REQUEST ",\"params\":{\"_meta\":{\"a\":1}}}", RPC_REQUEST, "1", "m", "{\"_meta\":{\"a\":1}}",
	"{\"a\":1}", NULL, NULL},
    {REQUEST ",\"params\":{\"_meta\":[]}}", RPC_REQUEST, "1", "m", "{\"_meta\":[]}", NULL, NULL,
	NULL},
    {REQUEST ",\"more\":1}", RPC_REQUEST, "1", "m", NULL, NULL, NULL, NULL},
    {"{\"jsonrpc\":\"2.0\",\"id\":\"\",\"method\":\"m\"}", RPC_REQUEST, "\"\"", "m", NULL, NULL,
	NULL, NULL},
    {"{\"jsonrpc\":\"2.0\",\"id\":-9223372036854775808,\"method\":\"m\"}", RPC_REQUEST,
	"-9223372036854775808", "m", NULL, NULL, NULL, NULL},
    {"{\"jsonrpc\":\"2.0\",\"id\":1.0,\"method\":\"m\"}", RPC_REQUEST, "1.0", "m", NULL, NULL, NULL,
	NULL},
    {"{\"jsonrpc\":\"2.0\",\"method\":\"m\"}", RPC_NOTIFICATION, NULL, "m", NULL, NULL, NULL, NULL},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"_meta\":{}}}", RPC_RESPONSE, "1", NULL, NULL,
	NULL, "{\"_meta\":{}}", NULL},
    {"{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"error\":{\"code\":-1,\"message\":\"\"}}", RPC_RESPONSE,
	"\"a\"", NULL, NULL, NULL, NULL, "{\"code\":-1,\"message\":\"\"}"},
    {"{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-1,\"message\":\"\",\"data\":[]}}",
	RPC_RESPONSE, NULL, NULL, NULL, NULL, NULL, "{\"code\":-1,\"message\":\"\",\"data\":[]}"},
    {"{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-1,\"message\":\"\"}}", RPC_RESPONSE, NULL, NULL,
	NULL, NULL, NULL, "{\"code\":-1,\"message\":\"\"}"},
};

static void
assert_part(const struct json_object *part, const char *expected, const char *what)
{
	if (expected == NULL)
		assert_null(part);
	else
		aid_json_is(part, expected, what);
}

static void
messages_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct rpc_fault fault = {0};
		struct rpc_message m;

		assert_status(rpc_read(aid_json(good[i].text), &m, &fault), STATUS_OK);
		assert_int_equal(m.kind, good[i].kind);
		assert_part(m.id, good[i].id, good[i].text);
		assert_part(m.params, good[i].params, good[i].text);
		assert_part(m.meta, good[i].meta, good[i].text);
		assert_part(m.result, good[i].result, good[i].text);
		assert_part(m.error, good[i].error, good[i].text);
		assert_int_equal(m.method != NULL, good[i].method != NULL);
		if (m.method != NULL)
			assert_string_equal(m.method, good[i].method);
		rpc_free(&m);
		assert_null(m.root);
	}
}

/* What is wrong, and the id that can be echoed. */
static const struct {
	const char *text;
	const char *says;
	const char *id;
} bad[] = {
    {"[]", "batches", NULL},
    {"[" REQUEST "}]", "batches", NULL},
    {"null", "is an object", NULL},
    {"\"x\"", "is an object", NULL},
    {"7", "is an object", NULL},
    {"{}", "2.0", NULL},
    {"{\"id\":7,\"method\":\"m\"}", "2.0", "7"},
    {"{\"jsonrpc\":\"1.0\",\"id\":7,\"method\":\"m\"}", "2.0", "7"},
    {"{\"jsonrpc\":2.0,\"id\":7,\"method\":\"m\"}", "2.0", "7"},
    {"{\"jsonrpc\":\"2.0\\u0000\",\"id\":7,\"method\":\"m\"}", "2.0", "7"},
    {"{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"m\"}", "an id is", NULL},
    {"{\"jsonrpc\":\"2.0\",\"id\":1.5,\"method\":\"m\"}", "an id is", NULL},
    {"{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"m\"}", "an id is", NULL},
    {"{\"jsonrpc\":\"2.0\",\"id\":[1],\"method\":\"m\"}", "an id is", NULL},
    {"{\"jsonrpc\":\"2.0\",\"id\":true,\"method\":\"m\"}", "an id is", NULL},
    {"{\"jsonrpc\":\"2.0\",\"id\":9223372036854775808,\"method\":\"m\"}", "an id is", NULL},
    {"{\"jsonrpc\":\"2.0\",\"id\":1e99,\"method\":\"m\"}", "an id is", NULL},
    {"{\"jsonrpc\":\"2.0\",\"id\":1}", "neither a request nor a response", "1"},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":7}", "`method`", "1"},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":null}", "`method`", "1"},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\"}", "`method`", "1"},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\\u0000x\"}", "`method`", "1"},
    {REQUEST ",\"params\":[]}", "`params`", "1"},
    {REQUEST ",\"params\":null}", "`params`", "1"},
    {REQUEST ",\"params\":\"x\"}", "`params`", "1"},
    {REQUEST ",\"result\":{}}", "at the same time", "1"},
    {REQUEST ",\"error\":{\"code\":1,\"message\":\"\"}}", "at the same time", "1"},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{},\"error\":{\"code\":1,\"message\":\"\"}}",
	"not both", "1"},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":null}", "`result`", "1"},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":[]}", "`result`", "1"},
    {"{\"jsonrpc\":\"2.0\",\"result\":{}}", "no id", NULL},
    {"{\"jsonrpc\":\"2.0\",\"id\":null,\"result\":{}}", "no id", NULL},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":null}", "`error`", "1"},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":1.5,\"message\":\"\"}}", "`error`", "1"},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":1,\"message\":null}}", "`error`", "1"},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"message\":\"\"}}", "`error`", "1"},
};

static void
other_things_are_refused_with_the_id_that_was_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct rpc_fault fault = {0};
		struct rpc_message m;

		assert_status(rpc_read(aid_json(bad[i].text), &m, &fault), STATUS_INVALID);
		assert_int_equal(fault.http, 400);
		assert_int_equal(fault.code, RPC_INVALID_REQUEST);
		assert_null(fault.data);
		if (strstr(fault.message, bad[i].says) == NULL)
			fail_msg("%s: %s", bad[i].text, fault.message);
		assert_part(m.id, bad[i].id, bad[i].text);
		rpc_free(&m);
	}
}

/* A text of that many bytes in the place of %s. */
static enum status
read_long(const char *format, size_t len)
{
	char *word = calloc(1, len + 1);
	struct rpc_fault fault = {0};
	struct rpc_message m;
	enum status status;
	struct buf text;

	assert_non_null(word);
	memset(word, 'x', len);
	buf_init(&text, 1 << 16);
	if (format[0] == 'i')
		buf_printf(&text, "{\"jsonrpc\":\"2.0\",\"id\":\"%s\",\"method\":\"m\"}", word);
	else
		buf_printf(&text, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\"}", word);
	status = rpc_read(aid_json(buf_str(&text)), &m, &fault);
	rpc_free(&m);
	buf_free(&text);
	free(word);
	return status;
}

static void
ids_and_methods_are_bounded(void **state)
{
	(void)state;
	assert_status(read_long("id", RPC_ID_MAX), STATUS_OK);
	assert_status(read_long("id", RPC_ID_MAX + 1), STATUS_INVALID);
	assert_status(read_long("method", RPC_METHOD_MAX), STATUS_OK);
	assert_status(read_long("method", RPC_METHOD_MAX + 1), STATUS_INVALID);
}

static void
messages_are_built(void **state)
{
	struct json_object *id = aid_json("\"a\"");
	struct json_object *part = aid_json("{\"x\":1.50}");
	struct rpc_fault fault = {0};

	(void)state;
	aid_json_was(rpc_request(id, "m", part),
	    "{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"method\":\"m\",\"params\":{\"x\":1.50}}",
	    "request");
	aid_json_was(rpc_request(id, "m", NULL),
	    "{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"method\":\"m\"}", "request without params");
	aid_json_was(rpc_notification("m", part),
	    "{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"params\":{\"x\":1.50}}", "notification");
	aid_json_was(rpc_response(id, part),
	    "{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"result\":{\"x\":1.50}}", "response");
	aid_json_was(rpc_response(id, NULL), "{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"result\":{}}",
	    "empty response");
	assert_status(
	    rpc_fault_set(&fault, 404, RPC_METHOD_NOT_FOUND, "No %s", "way"), STATUS_INVALID);
	aid_json_was(rpc_error(NULL, &fault),
	    "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32601,\"message\":\"No way\"}}",
	    "error without id");
	fault.data = json_share(part);
	aid_json_was(rpc_error(id, &fault),
	    "{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"error\":{\"code\":-32601,\"message\":\"No way\",\"data\":{\"x\":"
	    "1.50}}}",
	    "error");
	rpc_fault_free(&fault);
	aid_json_was(part, "{\"x\":1.50}", "the part, which others only shared");
	json_free(id);
}

static void
fault_replaces_what_it_held(void **state)
{
	struct rpc_fault fault = {0};

	(void)state;
	fault.data = json_new_object();
	(void)rpc_fault_set(&fault, 400, -1, "first");
	assert_null(fault.data);
	(void)rpc_fault_set(&fault, 200, -2, "%s, then %s", fault.message, "second");
	assert_string_equal(fault.message, "first, then second");
	assert_int_equal(fault.http, 200);
	assert_int_equal(fault.code, -2);
}

static void
message_of_a_fault_is_one_line_of_whole_characters(void **state)
{
	char text[PROBLEM_MAX + 8];
	struct rpc_fault fault = {0};

	(void)state;
	(void)rpc_fault_set(&fault, 200, -1, "%s", "a\nb\x7f\x1b[1m\xff\xc3\xa9\xc3");
	assert_string_equal(fault.message, "a?b??[1m?\xc3\xa9");
	/* Cut in the middle of a character of four bytes, at each of its places. */
	for (size_t before = PROBLEM_MAX - 6; before <= PROBLEM_MAX; before++) {
		memset(text, 'x', before);
		(void)snprintf(text + before, sizeof(text) - before, "\xf0\x9f\x98\x80");
		(void)rpc_fault_set(&fault, 200, -1, "%s", text);
		assert_int_equal(strlen(fault.message), before + 4 < PROBLEM_MAX ? before + 4
							: before < PROBLEM_MAX - 1
							    ? before
							    : PROBLEM_MAX - 1);
	}
}

static void
error_of_a_response_becomes_a_fault(void **state)
{
	struct json_object *error = aid_json(
	    "{\"code\":-32002,\"message\":\"line\\n\\ttwo\\u0007\",\"data\":{\"uri\":\"u\"}}");
	struct json_object *huge = aid_json("{\"code\":99999999999,\"message\":\"\\u0000\"}");
	struct rpc_fault fault = {.data = json_new_object()};

	(void)state;
	rpc_fault_from(&fault, error);
	assert_int_equal(fault.http, 200);
	assert_int_equal(fault.code, RPC_RESOURCE_NOT_FOUND);
	assert_string_equal(fault.message, "line\n\ttwo?");
	aid_json_is(fault.data, "{\"uri\":\"u\"}", "data");
	json_free(error);
	aid_json_is(fault.data, "{\"uri\":\"u\"}", "data, which the fault owns too");
	rpc_fault_from(&fault, huge);
	assert_int_equal(fault.code, RPC_INTERNAL);
	assert_string_equal(fault.message, "");
	assert_null(fault.data);
	json_free(huge);
	rpc_fault_free(&fault);
}

static void
ids_are_the_same_by_value(void **state)
{
	static const struct {
		const char *a, *b;
		bool same;
	} pairs[] = {
	    {"1", "1", true},
	    {"1", "1.0", true},
	    {"1", "1e0", true},
	    {"1", "2", false},
	    {"1", "\"1\"", false},
	    {"\"a\"", "\"a\"", true},
	    {"\"a\"", "\"a\\u0000\"", false},
	    {"\"\"", "\"\"", true},
	    {"\"\"", "null", false},
	    {"null", "null", false},
	    {"0", "null", false},
	    {"{}", "{}", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		struct json_object *a = aid_json(pairs[i].a);
		struct json_object *b = aid_json(pairs[i].b);

		assert_int_equal(rpc_same_id(a, b), pairs[i].same);
		assert_int_equal(rpc_same_id(b, a), pairs[i].same);
		json_free(a);
		json_free(b);
	}
}

static void
copy_is_changed_without_the_original(void **state)
{
	struct json_object *object = aid_json("{\"a\":{\"x\":1},\"b\":2,\"c\":null}");
	struct json_object *copy = rpc_copy(object);

	(void)state;
	aid_json_is(copy, "{\"a\":{\"x\":1},\"b\":2,\"c\":null}", "copy");
	json_remove(copy, "a");
	assert_true(json_set_integer(copy, "b", 3));
	assert_true(json_set_text(copy, "d", "new"));
	aid_json_was(copy, "{\"b\":3,\"c\":null,\"d\":\"new\"}", "changed copy");
	aid_json_was(object, "{\"a\":{\"x\":1},\"b\":2,\"c\":null}", "original");
	aid_json_was(rpc_copy(NULL), "{}", "copy of nothing");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(messages_are_read),
	    cmocka_unit_test(other_things_are_refused_with_the_id_that_was_read),
	    cmocka_unit_test(ids_and_methods_are_bounded),
	    cmocka_unit_test(messages_are_built),
	    cmocka_unit_test(fault_replaces_what_it_held),
	    cmocka_unit_test(message_of_a_fault_is_one_line_of_whole_characters),
	    cmocka_unit_test(error_of_a_response_becomes_a_fault),
	    cmocka_unit_test(ids_are_the_same_by_value),
	    cmocka_unit_test(copy_is_changed_without_the_original),
	};

	return cmocka_run_group_tests_name("rpc", tests, NULL, NULL);
}
