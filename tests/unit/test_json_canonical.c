/* test_json_canonical.c - writing JSON: RFC 8785, one form for equal values, nothing lost on the way. */
#include "json_aid.h"

typedef void writer(const struct json_object *root, struct buf *out);

/* The tree of `text` as one of the writers gives it; owned by the caller. */
static struct buf
written(writer *write, const char *text)
{
	struct json_object *root = aid_json(text);
	struct buf out;

	buf_init(&out, (size_t)1 << 22);
	write(root, &out);
	assert_status(buf_status(&out), STATUS_OK);
	json_free(root);
	return out;
}

static void
assert_written(writer *write, const char *text, const char *expected)
{
	struct buf out = written(write, text);

	assert_string_equal(buf_str(&out), expected);
	buf_free(&out);
}

/* Equality and canonical form of two texts have to say the same. */
static void
assert_same(const char *a, const char *b, bool same)
{
	struct buf p = written(json_write_canonical, a), q = written(json_write_canonical, b);
	struct json_object *x = aid_json(a), *y = aid_json(b);

	if (json_equal(x, y) != same || json_equal(y, x) != same)
		fail_msg("%s and %s: equal is not %d", a, b, same);
	if ((strcmp(buf_str(&p), buf_str(&q)) == 0) != same)
		fail_msg("%s and %s: same form is not %d", a, b, same);
	json_free(x);
	json_free(y);
	buf_free(&p);
	buf_free(&q);
}

static void
example_of_rfc_8785_has_its_form_but_for_the_long_number(void **state)
{
	static const char text[] =
	    "{\n"
	    "  \"numbers\": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],\n"
	    "  \"string\": \"\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\\"\\/\",\n"
	    "  \"literals\": [null, true, false]\n"
	    "}";

	(void)state;
	assert_written(json_write_canonical, text,
	    "{\"literals\":[null,true,false],\"numbers\":[333333333.33333329,1e+30,4.5,0.002,1e-27],"
	    "\"string\":\"\xe2\x82\xac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");
}

static void
members_sort_by_utf_16_code_units(void **state)
{
	static const char text[] =
	    "{\"\\u20ac\":\"Euro Sign\",\"\\r\":\"Carriage Return\","
	    "\"\\ufb33\":\"Hebrew Letter Dalet With Dagesh\",\"1\":\"One\","
	    "\"\\ud83d\\ude00\":\"Emoji: Grinning Face\",\"\\u0080\":\"Control\","
	    "\"\\u00f6\":\"Latin Small Letter O With Diaeresis\"}";

	(void)state;
	assert_written(json_write_canonical, text,
	    "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\xc2\x80\":\"Control\","
	    "\"\xc3\xb6\":\"Latin Small Letter O With Diaeresis\",\"\xe2\x82\xac\":\"Euro Sign\","
	    "\"\xf0\x9f\x98\x80\":\"Emoji: Grinning Face\","
	    "\"\xef\xac\xb3\":\"Hebrew Letter Dalet With Dagesh\"}");
	assert_written(json_write_canonical,
	    "{\"b\":1,\"a\\uffff\":2,\"a\\ud800\\udc00\":3,\"a\":4,\"\":5,\"a\\ue000\":6,\"a\\ud7ff\":7,"
	    "\"a\\udbff\\udfff\":8,\"ab\":9,\"B\":10}",
	    "{\"\":5,\"B\":10,\"a\":4,\"ab\":9,\"a\xed\x9f\xbf\":7,\"a\xf0\x90\x80\x80\":3,"
	    "\"a\xf4\x8f\xbf\xbf\":8,\"a\xee\x80\x80\":6,\"a\xef\xbf\xbf\":2,\"b\":1}");
}

static void
many_members_sort_at_every_depth(void **state)
{
	struct buf text, forwards, backwards;

	(void)state;
	buf_init(&text, 1 << 20);
	for (int step = 1; step >= -1; step -= 2) {
		buf_reset(&text);
		buf_char(&text, '{');
		for (int i = step > 0 ? 0 : 499; i >= 0 && i < 500; i += step)
			buf_printf(&text, "%s\"m%03d\":{\"z\":[{\"y\":1,\"x\":%d}],\"a\":0}",
			    i == (step > 0 ? 0 : 499) ? "" : ",", i, i);
		buf_char(&text, '}');
		*(step > 0 ? &forwards : &backwards) =
		    written(json_write_canonical, buf_str(&text));
	}
	assert_string_equal(buf_str(&forwards), buf_str(&backwards));
	assert_non_null(
	    strstr(buf_str(&forwards), "{\"m000\":{\"a\":0,\"z\":[{\"x\":0,\"y\":1}]},\"m001\":"));
	assert_non_null(
	    strstr(buf_str(&forwards), ",\"m499\":{\"a\":0,\"z\":[{\"x\":499,\"y\":1}]}}"));
	buf_free(&text);
	buf_free(&forwards);
	buf_free(&backwards);
}

static void
string_has_one_spelling(void **state)
{
	(void)state;
	assert_written(json_write_canonical,
	    "\"\\u0000\\u0001\\u0007\\u0008\\u0009\\u000A\\u000B\\u000c\\u000D\\u001f\\u0020\\u007f\\u0080"
	    "\\u2028\\/<\\u003e\"",
	    "\"\\u0000\\u0001\\u0007\\b\\t\\n\\u000b\\f\\r\\u001f \x7f\xc2\x80\xe2\x80\xa8/<>\"");
	assert_same("\"\\ud83d\\ude00\"", "\"\xf0\x9f\x98\x80\"", true);
	assert_same("{\"\\u0061\":1}", "{\"a\":1}", true);
	/* No normalisation: what looks alike is not the same. */
	assert_same("\"\\u00e9\"", "\"e\\u0301\"", false);
	assert_same("\"a\\u0000b\"", "\"a\\u0000c\"", false);
	assert_same("\"a\"", "\"a\\u0000\"", false);
}

static void
equal_values_share_a_form_and_no_others_do(void **state)
{
	static const struct {
		const char *a, *b;
		bool same;
	} cases[] = {
	    {"9007199254740992", "9007199254740993", false},
	    {"9007199254740993", "9007199254740993.0", true},
	    {"9007199254740992", "9.007199254740992e15", true},
	    {"18446744073709551615", "18446744073709551615.0", true},
	    {"18446744073709551615", "18446744073709551614", false},
	    {"-9223372036854775808", "-9223372036854775807", false},
	    {"9223372036854775808", "9223372036854775807", false},
	    {"18446744073709551615", "-1", false},
	    {"1", "1.0", true},
	    {"1", "1e0", true},
	    {"0", "-0", true},
	    {"0", "-0.0", true},
	    {"0", "0e5", true},
	    {"0.1", "0.10000000000000000555", false},
	    {"0.1", "0.1000000000000000000000", true},
	    {"333333333.33333329", "333333333.3333333", false},
	    {"1e400", "1e401", false},
	    {"1e400", "10e399", true},
	    {"1e-400", "0", false},
	    {"1", "\"1\"", false},
	    {"1", "true", false},
	    {"0", "false", false},
	    {"null", "false", false},
	    {"null", "\"null\"", false},
	    {"[]", "{}", false},
	    {"[1,2]", "[2,1]", false},
	    {"[1,2]", "[1.0,20e-1]", true},
	    {"[1]", "[1,null]", false},
	    {"{\"a\":1,\"b\":2}", "{\"b\":2.0,\"a\":1}", true},
	    {"{\"a\":1}", "{\"a\":1,\"b\":null}", false},
	    {"{\"a\":null}", "{\"b\":null}", false},
	    {"{\"a\":1,\"a\":2}", "{\"a\":2}", true},
	    {"{\"a\":1,\"a\":2}", "{\"a\":1}", false},
	    {"{\"a\":1,\"b\":0,\"a\":{\"x\":1,\"x\":[3]}}", "{\"b\":0,\"a\":{\"x\":[3]}}", true},
	    {"[\"a,b\"]", "[\"a\",\"b\"]", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_same(cases[i].a, cases[i].b, cases[i].same);
}

static void
compact_form_keeps_order_and_digits(void **state)
{
	(void)state;
	assert_written(json_write,
	    " { \"b\" : [ 1.50 , 1E5 , { } , [ ] , null ] , \"a\" : \"x\\/\\u0001\" } ",
	    "{\"b\":[1.50,1E5,{},[],null],\"a\":\"x/\\u0001\"}");
	assert_written(json_write, "18446744073709551615", "18446744073709551615");
}

static void
pretty_form_is_indented(void **state)
{
	(void)state;
	assert_written(json_write_pretty, "{\"b\":[1,{}],\"a\":{\"c\":[]}}",
	    "{\n  \"b\": [\n    1,\n    {}\n  ],\n  \"a\": {\n    \"c\": []\n  }\n}");
}

static void
built_tree_is_written(void **state)
{
	struct json_object *root = json_new_object(), *list = json_new_array(), *shared;
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	assert_true(json_append_text(list, "x\"") && json_append(list, json_new_object()));
	shared = json_share(list);
	assert_true(json_set(root, "list", list));
	assert_true(json_set(root, "again", shared));
	assert_true(json_set_text(root, "text", "\n"));
	assert_true(json_set_text(root, "none", NULL));
	assert_true(json_set_integer(root, "least", INT64_MIN));
	assert_true(json_set_bool(root, "yes", true));
	json_write(root, &out);
	assert_string_equal(buf_str(&out),
	    "{\"list\":[\"x\\\"\",{}],\"again\":[\"x\\\"\",{}],\"text\":\"\\n\",\"none\":null,"
	    "\"least\":-9223372036854775808,\"yes\":true}");
	json_free(root);
	buf_free(&out);
}

static void
form_beyond_the_cap_fails(void **state)
{
	struct json_object *root = aid_json("{\"a\":\"\\u0001\\u0001\\u0001\"}");
	struct buf out;

	(void)state;
	buf_init(&out, 25);
	json_write_canonical(root, &out);
	assert_status(buf_status(&out), STATUS_TOO_LARGE);
	buf_free(&out);
	buf_init(&out, 26);
	json_write_canonical(root, &out);
	assert_status(buf_status(&out), STATUS_OK);
	buf_free(&out);
	json_free(root);
}

static const char *const seeds[] = {
    "{\"a\":[1,2.5,-3e7,null,true,false,\"x\"],\"b\":{\"c\":{\"d\":[[[]]]}}}",
    "[0,-0,1.0,10e-1,9007199254740993,18446744073709551615,-9223372036854775808,1e400]",
    "{\"\\u20ac\":\"\\ud83d\\ude00\",\"\xef\xac\xb3\":\"\xf0\x9f\x98\x80\",\"\xc3\xb6\":\"\\u0000\\n\"}",
    "{\"a\":1,\"a\":2,\"aa\":{\"a\":[{\"b\":0.1,\"b\":0.10000000000000000555}]}}",
    "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"",
    " [ 12345678901234567890.5 , { } , [ ] , \"\" ] ",
};
#define SEEDS (sizeof(seeds) / sizeof(seeds[0]))
#define MUTANT_MAX 400

/* One random change: a byte of JSON's alphabet, any byte, a piece moved, a piece of another seed. */
static size_t
mutate(char *text, size_t len)
{
	static const char alphabet[] = "{}[]:,\"\\u0123456789abcdefDd+-.eE tn";
	const char *other = seeds[rand() % (int)SEEDS];
	size_t at = len > 0 ? (size_t)rand() % len : 0, piece = (size_t)rand() % 8 + 1;

	switch (rand() % 5) {
	case 0:
		text[at] = alphabet[(size_t)rand() % (sizeof(alphabet) - 1)];
		return len > 0 ? len : 1;
	case 1:
		text[at] = (char)(rand() % 256);
		return len > 0 ? len : 1;
	case 2:
		piece = piece < len - at ? piece : len - at;
		memmove(text + at, text + at + piece, len - at - piece);
		return len - piece;
	default:
		piece = strlen(other) < piece ? strlen(other) : piece;
		other += (size_t)rand() % (strlen(other) - piece + 1);
		memmove(text + at + piece, text + at, len - at);
		memcpy(text + at, other, piece);
		return len + piece;
	}
}

static void
assert_reads_back(struct json_object *root, writer *write, const struct buf *form)
{
	struct json_object *again = NULL;
	struct problem why = {""};
	struct buf text, second;

	buf_init(&text, 1 << 16);
	buf_init(&second, 1 << 16);
	write(root, &text);
	assert_status(buf_status(&text), STATUS_OK);
	assert_status(
	    json_parse(buf_str(&text), text.len, &aid_json_limits, &again, &why), STATUS_OK);
	assert_true(json_equal(root, again));
	json_write_canonical(again, &second);
	assert_int_equal(second.len, form->len);
	assert_memory_equal(buf_str(&second), buf_str(form), form->len);
	json_free(again);
	buf_free(&text);
	buf_free(&second);
}

/*
 * Whatever the guard lets pass, json-c has to read, and nothing may change on the way out and in. The
 * canonical form is not read back: it writes 1e20 in full, which is an integer past 64 bits.
 */
static void
accepted_mutants_survive_writing_and_reading(void **state)
{
	char text[MUTANT_MAX + 16];
	size_t accepted = 0, refused = 0;

	(void)state;
	srand(20260103);
	for (int i = 0; i < 60000; i++) {
		struct json_object *root = NULL;
		struct problem why = {""};
		size_t len = strlen(seeds[i % (int)SEEDS]);
		enum status status;
		struct buf form;

		memcpy(text, seeds[i % (int)SEEDS], len);
		for (int changes = rand() % 4; changes >= 0; changes--)
			len = mutate(text, len);
		status = json_parse(text, len, &aid_json_limits, &root, &why);
		if (status != STATUS_OK) {
			refused++;
			assert_null(strstr(why.text, "not read as JSON"));
			assert_non_null(strstr(why.text, " at byte "));
			continue;
		}
		accepted++;
		buf_init(&form, 1 << 16);
		json_write_canonical(root, &form);
		assert_reads_back(root, json_write, &form);
		assert_reads_back(root, json_write_pretty, &form);
		json_free(root);
		buf_free(&form);
	}
	assert_true(accepted > 5000 && refused > 5000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(example_of_rfc_8785_has_its_form_but_for_the_long_number),
	    cmocka_unit_test(members_sort_by_utf_16_code_units),
	    cmocka_unit_test(many_members_sort_at_every_depth),
	    cmocka_unit_test(string_has_one_spelling),
	    cmocka_unit_test(equal_values_share_a_form_and_no_others_do),
	    cmocka_unit_test(compact_form_keeps_order_and_digits),
	    cmocka_unit_test(pretty_form_is_indented),
	    cmocka_unit_test(built_tree_is_written),
	    cmocka_unit_test(form_beyond_the_cap_fails),
	    cmocka_unit_test(accepted_mutants_survive_writing_and_reading),
	};

	return cmocka_run_group_tests_name("json_canonical", tests, NULL, NULL);
}
