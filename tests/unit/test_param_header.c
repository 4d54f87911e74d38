/* test_param_header.c - x-mcp-header: which annotations are valid, and arguments against headers, both ways. */
#include "json_aid.h"

#include "mcp/param_header.h"

#define P(properties) "{\"type\":\"object\",\"properties\":{" properties "}}"
#define REGION "\"region\":{\"type\":\"string\",\"x-mcp-header\":\"Region\"}"

static const struct {
	const char *schema;
	const char *wrong; /* NULL: nothing */
} schemas[] = {
    {"null", NULL},
    {"true", NULL},
    {"{}", NULL},
    {P(""), NULL},
    {P(REGION), NULL},
    {P("\"n\":{\"type\":\"integer\",\"x-mcp-header\":\"N\"},\"b\":{\"type\":\"boolean\",\"x-mcp-header\":\"B\"}"),
	NULL},
    {P("\"o\":{\"type\":\"object\",\"properties\":{" REGION "}}"), NULL},
    {P("\"x-mcp-header\":{\"type\":\"object\"}"), NULL},
    {P("\"a\":{\"type\":\"string\",\"x-mcp-header\":\"!#$%&'*+-.^_`|~09azAZ\"}"), NULL},
    {P("\"a\":{\"default\":{\"x-mcp-header\":\"\"},\"enum\":[{\"x-mcp-header\":1}],\"const\":{\"x-mcp-header\":1}}"),
	NULL},
    {P("\"a\":{\"type\":\"string\",\"x-mcp-header\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}"),
	NULL},
    {P("\"a\":{\"type\":\"string\",\"x-mcp-header\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}"),
	"no name"},
    {P("\"a\":{\"type\":\"string\",\"x-mcp-header\":\"\"}"), "no name"},
    {P("\"a\":{\"type\":\"string\",\"x-mcp-header\":null}"), "no name"},
    {P("\"a\":{\"type\":\"string\",\"x-mcp-header\":7}"), "no name"},
    {P("\"a\":{\"type\":\"string\",\"x-mcp-header\":\"a b\"}"), "no name"},
    {P("\"a\":{\"type\":\"string\",\"x-mcp-header\":\"a:b\"}"), "no name"},
    {P("\"a\":{\"type\":\"string\",\"x-mcp-header\":\"a\\r\\nX\"}"), "no name"},
    {P("\"a\":{\"type\":\"string\",\"x-mcp-header\":\"a\\u0000\"}"), "no name"},
    {P("\"a\":{\"type\":\"string\",\"x-mcp-header\":\"\\u00e9\"}"), "no name"},
    {P("\"a\":{\"type\":\"number\",\"x-mcp-header\":\"A\"}"), "neither string"},
    {P("\"a\":{\"type\":\"object\",\"x-mcp-header\":\"A\"}"), "neither string"},
    {P("\"a\":{\"type\":\"array\",\"x-mcp-header\":\"A\"}"), "neither string"},
    {P("\"a\":{\"type\":[\"string\"],\"x-mcp-header\":\"A\"}"), "neither string"},
    {P("\"a\":{\"x-mcp-header\":\"A\"}"), "neither string"},
    {P("\"a\":{\"$ref\":\"#/$defs/a\",\"x-mcp-header\":\"A\"}"), "neither string"},
    {P(REGION ",\"b\":{\"type\":\"string\",\"x-mcp-header\":\"rEGION\"}"), "twice"},
    {P(REGION ",\"o\":{\"properties\":{\"b\":{\"type\":\"string\",\"x-mcp-header\":\"region\"}}}"),
	"twice"},
    {P("\"a\":{\"type\":\"string\",\"x-mcp-header\":\"a-b\"},\"b\":{\"type\":\"string\",\"x-mcp-header\":\"A_B\"}"),
	"twice"},
    {"{\"type\":\"string\",\"x-mcp-header\":\"A\"}", "something else"},
    {P("\"a\":{\"type\":\"array\",\"items\":{\"type\":\"string\",\"x-mcp-header\":\"A\"}}"),
	"something else"},
    {P("\"a\":{\"type\":\"array\",\"items\":{\"properties\":{" REGION "}}}"), "something else"},
    {P("\"a\":{\"prefixItems\":[{\"type\":\"string\",\"x-mcp-header\":\"A\"}]}"), "something else"},
    {"{\"oneOf\":[{\"properties\":{" REGION "}}]}", "something else"},
    {"{\"anyOf\":[{\"properties\":{" REGION "}}]}", "something else"},
    {"{\"allOf\":[{\"properties\":{" REGION "}}]}", "something else"},
    {"{\"not\":{\"properties\":{" REGION "}}}", "something else"},
    {"{\"if\":{\"properties\":{" REGION "}}}", "something else"},
    {"{\"then\":{\"properties\":{" REGION "}}}", "something else"},
    {"{\"else\":{\"properties\":{" REGION "}}}", "something else"},
    {"{\"$defs\":{\"a\":{\"type\":\"string\",\"x-mcp-header\":\"A\"}}}", "something else"},
    {"{\"definitions\":{\"a\":{\"properties\":{" REGION "}}}}", "something else"},
    {"{\"patternProperties\":{\"a\":{\"type\":\"string\",\"x-mcp-header\":\"A\"}}}",
	"something else"},
    {"{\"additionalProperties\":{\"type\":\"string\",\"x-mcp-header\":\"A\"}}", "something else"},
    {"{\"dependentSchemas\":{\"a\":{\"properties\":{" REGION "}}}}", "something else"},
};

static void
annotations_are_checked(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(schemas) / sizeof(schemas[0]); i++) {
		struct json_object *schema = aid_json(schemas[i].schema);
		struct problem why = {""};
		bool valid = param_headers_valid(schema, &why);

		if (valid != (schemas[i].wrong == NULL) ||
		    (!valid && strstr(why.text, schemas[i].wrong) == NULL))
			fail_msg("%s: %s", schemas[i].schema, why.text);
		assert_int_equal(param_headers_valid(schema, NULL), valid);
		json_free(schema);
	}
}

static void
number_of_annotations_is_bounded(void **state)
{
	(void)state;
	for (int count = PARAM_HEADERS_MAX; count <= PARAM_HEADERS_MAX + 1; count++) {
		struct json_object *schema;
		struct buf text;

		buf_init(&text, 65536);
		buf_text(&text, "{\"properties\":{");
		for (int i = 0; i < count; i++)
			buf_printf(&text,
			    "%s\"p%d\":{\"type\":\"string\",\"x-mcp-header\":\"h%d\"}",
			    i > 0 ? "," : "", i, i);
		buf_text(&text, "}}");
		schema = aid_json(buf_str(&text));
		assert_int_equal(param_headers_valid(schema, NULL), count == PARAM_HEADERS_MAX);
		json_free(schema);
		buf_free(&text);
	}
}

#define ALL                                                                                                                     \
	P("\"s\":{\"type\":\"string\",\"x-mcp-header\":\"S\"},\"n\":{\"type\":\"integer\",\"x-mcp-header\":\"N\"},\"b\":{"      \
	  "\"type\":\"boolean\",\"x-mcp-header\":\"B\"},\"o\":{\"type\":\"object\",\"properties\":{\"d\":{\"type\":\"string\"," \
	  "\"x-mcp-header\":\"Deep-One\"}}}")

/* Headers as NAME=VALUE pieces, the names as CGI folds them. */
static const char *
header(void *arg, const char *name)
{
	const char *const *pieces = arg;

	for (; *pieces != NULL; pieces++) {
		size_t len = strlen(name);

		if (strncmp(*pieces, name, len) == 0 && (*pieces)[len] == '=')
			return *pieces + len + 1;
	}
	return NULL;
}

static const struct {
	const char *arguments;
	const char *headers[4];
	bool good;
} calls[] = {
    {"null", {NULL}, true},
    {"{}", {NULL}, true},
    {"{\"x\":1}", {NULL}, true},
    {"{\"s\":null}", {NULL}, true},
    {"{\"s\":\"a\"}", {"S=a"}, true},
    {"{\"s\":\"a\"}", {"S= a\t"}, true},
    {"{\"s\":\"a\"}", {"S=a", "Other=x"}, true},
    {"{\"s\":\"a\"}", {"S==?base64?YQ==?="}, true},
    {"{\"s\":\"\\u00e9\"}", {"S==?base64?w6k=?="}, true},
    {"{\"s\":\"\"}", {"S="}, true},
    {"{\"s\":\" a\"}", {"S==?base64?IGE=?="}, true},
    {"{\"s\":\"a\"}", {NULL}, false},
    {"{\"s\":\"a\"}", {"S=b"}, false},
    {"{\"s\":\"a\"}", {"S=A"}, false},
    {"{\"s\":\"a\"}", {"S=a b"}, false},
    {"{\"s\":\"a\\u0000b\"}", {"S=a"}, false},
    {"{\"s\":\"\\u00e9\"}", {"S=\xc3\xa9"}, false},
    {"{\"s\":\"a\"}", {"S==?base64?YQ?="}, false},
    {"{\"s\":\"=?base64?YQ==?=\"}", {"S==?base64?YQ==?="}, false},
    {"{\"s\":\"1\"}", {"S=1.0"}, false},
    {"{}", {"S=a"}, false},
    {"{\"s\":null}", {"S=null"}, false},
    {"null", {"S=a"}, false},
    {"{\"n\":42}", {"N=42"}, true},
    {"{\"n\":42}", {"N=42.0"}, true},
    {"{\"n\":42.0}", {"N=42"}, true},
    {"{\"n\":-7}", {"N=-7"}, true},
    {"{\"n\":0}", {"N=-0"}, true},
    {"{\"n\":9007199254740993}", {"N=9007199254740993"}, true},
    {"{\"n\":9007199254740993}", {"N=9007199254740992"}, false},
    {"{\"n\":42}", {"N=43"}, false},
    {"{\"n\":42}", {"N=042"}, false},
    {"{\"n\":42}", {"N=+42"}, false},
    {"{\"n\":42}", {"N=0x2a"}, false},
    {"{\"n\":42}", {"N="}, false},
    {"{\"n\":42}", {"N=42 1"}, false},
    {"{\"n\":42}", {NULL}, false},
    {"{\"b\":true}", {"B=true"}, true},
    {"{\"b\":false}", {"B=false"}, true},
    {"{\"b\":true}", {"B=True"}, false},
    {"{\"b\":true}", {"B=1"}, false},
    {"{\"b\":true}", {"B==?base64?dHJ1ZQA=?="}, false},
    {"{\"b\":false}", {NULL}, false},
    {"{\"o\":{\"d\":\"x\"}}", {"Deep-One=x"}, true},
    {"{\"o\":{\"d\":\"x\"}}", {NULL}, false},
    {"{\"o\":{}}", {NULL}, true},
    {"{\"o\":[]}", {NULL}, true},
    {"{\"d\":\"x\"}", {NULL}, true},
    /* Another type than the schema has, which the upstream will say: no header can carry it. */
    {"{\"s\":{\"a\":1}}", {NULL}, true},
    {"{\"s\":[1]}", {"S=[1]"}, false},
    {"{\"s\":7}", {"S=7"}, true},
    {"{\"s\":\"a\",\"n\":1,\"b\":true,\"o\":{\"d\":\"x\"}}", {"S=a", "N=1", "B=true", "Deep-One=x"},
	true},
    {"{\"s\":\"a\",\"n\":1,\"b\":true,\"o\":{\"d\":\"x\"}}", {"S=a", "N=1", "B=true", "Deep-One=y"},
	false},
};

static void
headers_have_to_say_what_the_arguments_do(void **state)
{
	struct json_object *schema = aid_json(ALL);

	(void)state;
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		const char *pieces[5] = {calls[i].headers[0], calls[i].headers[1],
		    calls[i].headers[2], calls[i].headers[3], NULL};
		struct json_object *arguments = aid_json(calls[i].arguments);
		struct rpc_fault fault = {0};
		enum status status = param_headers_check(schema, arguments, header, pieces, &fault);

		if ((status == STATUS_OK) != calls[i].good)
			fail_msg("%s with %s: %s", calls[i].arguments,
			    pieces[0] != NULL ? pieces[0] : "nothing", fault.message);
		if (!calls[i].good) {
			assert_int_equal(fault.http, 400);
			assert_int_equal(fault.code, RPC_HEADER_MISMATCH);
		}
		json_free(arguments);
	}
	json_free(schema);
}

static bool
collect(void *arg, const char *line)
{
	buf_text(arg, line);
	buf_char(arg, '\n');
	return true;
}

static const struct {
	const char *arguments;
	const char *lines;
} sent[] = {
    {"null", ""},
    {"{}", ""},
    {"{\"s\":null,\"n\":{},\"b\":[]}", ""},
    {"{\"s\":\"a\"}", "Mcp-Param-S: a\n"},
    {"{\"s\":\"\"}", "Mcp-Param-S: =?base64?"
		     "?=\n"},
    {"{\"s\":\"a\\r\\nX: y\"}", "Mcp-Param-S: =?base64?YQ0KWDogeQ==?=\n"},
    {"{\"n\":42}", "Mcp-Param-N: 42\n"},
    {"{\"n\":42.0}", "Mcp-Param-N: 42\n"},
    {"{\"n\":1e3}", "Mcp-Param-N: 1000\n"},
    {"{\"n\":-7}", "Mcp-Param-N: -7\n"},
    {"{\"n\":1.50}", "Mcp-Param-N: 1.50\n"},
    {"{\"n\":18446744073709551615}", "Mcp-Param-N: 18446744073709551615\n"},
    {"{\"b\":true}", "Mcp-Param-B: true\n"},
    {"{\"b\":false}", "Mcp-Param-B: false\n"},
    {"{\"o\":{\"d\":\"x\"},\"s\":\"y\"}", "Mcp-Param-S: y\nMcp-Param-Deep-One: x\n"},
};

static void
headers_are_made_of_the_arguments(void **state)
{
	struct json_object *schema = aid_json(ALL);

	(void)state;
	for (size_t i = 0; i < sizeof(sent) / sizeof(sent[0]); i++) {
		struct json_object *arguments = aid_json(sent[i].arguments);
		struct buf lines;

		buf_init(&lines, 4096);
		assert_status(param_headers_each(schema, arguments, collect, &lines), STATUS_OK);
		assert_string_equal(buf_str(&lines), sent[i].lines);
		buf_free(&lines);
		json_free(arguments);
	}
	json_free(schema);
}

static bool
once(void *arg, const char *line)
{
	(void)line;
	++*(int *)arg;
	return false;
}

static void
telling_stops_and_is_bounded(void **state)
{
	struct json_object *schema = aid_json(ALL);
	struct json_object *arguments = aid_json("{\"s\":\"a\",\"n\":1,\"o\":{\"d\":\"x\"}}");
	char *text = calloc(1, PARAM_HEADER_LINE_MAX + 1);
	struct buf lines;
	int count = 0;

	(void)state;
	assert_non_null(text);
	assert_status(param_headers_each(schema, arguments, once, &count), STATUS_OK);
	assert_int_equal(count, 1);
	memset(text, 'x', PARAM_HEADER_LINE_MAX);
	assert_true(json_set_text(arguments, "s", text));
	buf_init(&lines, 2 * PARAM_HEADER_LINE_MAX);
	assert_status(param_headers_each(schema, arguments, collect, &lines), STATUS_TOO_LARGE);
	text[PARAM_HEADER_LINE_MAX - strlen("Mcp-Param-S: ")] = '\0';
	assert_true(json_set_text(arguments, "s", text));
	assert_status(param_headers_each(schema, arguments, collect, &lines), STATUS_OK);
	buf_free(&lines);
	free(text);
	json_free(arguments);
	json_free(schema);
}

/* No client uses such a tool, and for the others there is no header. */
static void
invalid_annotations_are_none(void **state)
{
	struct json_object *schema =
	    aid_json(P(REGION ",\"a\":{\"type\":\"number\",\"x-mcp-header\":\"A\"}"));
	struct json_object *arguments = aid_json("{\"region\":\"x\"}");
	const char *pieces[] = {"Region=y", NULL};
	struct rpc_fault fault = {0};
	int count = 0;

	(void)state;
	assert_status(param_headers_check(schema, arguments, header, pieces, &fault), STATUS_OK);
	assert_status(param_headers_each(schema, arguments, once, &count), STATUS_OK);
	assert_int_equal(count, 0);
	json_free(schema);
	json_free(arguments);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(annotations_are_checked),
	    cmocka_unit_test(number_of_annotations_is_bounded),
	    cmocka_unit_test(headers_have_to_say_what_the_arguments_do),
	    cmocka_unit_test(headers_are_made_of_the_arguments),
	    cmocka_unit_test(telling_stops_and_is_bounded),
	    cmocka_unit_test(invalid_annotations_are_none),
	};

	return cmocka_run_group_tests_name("param_header", tests, NULL, NULL);
}
