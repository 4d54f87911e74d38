/* test_json_parse.c - what is refused, why, and at which byte. */
#include "testing.h"

#include "json.h"

static const struct json_limits roomy = {.bytes = 1 << 20, .nesting = 64, .members = 100000};

struct refusal {
	const char *text;
	size_t len;
	size_t at;
	const char *kind; /* part of the sentence */
};
#define R(text, at, kind)                                                                          \
	{                                                                                          \
		text, sizeof(text) - 1, at, kind                                                   \
	}

static void
assert_refused(const struct refusal *r)
{
	struct json_object *root = NULL;
	struct problem why = {""};
	char *exact = malloc(r->len + 1);
	char tail[40];

	/* No NUL and nothing else behind the text: reading on would be seen by the sanitizers. */
	assert_non_null(exact);
	exact = realloc(exact, r->len > 0 ? r->len : 1);
	memcpy(exact, r->text, r->len);
	assert_status(json_parse(exact, r->len, &roomy, &root, &why), STATUS_INVALID);
	free(exact);
	assert_null(root);
	(void)snprintf(tail, sizeof(tail), " at byte %zu", r->at);
	if (strstr(why.text, r->kind) == NULL || strlen(why.text) < strlen(tail) ||
	    strcmp(why.text + strlen(why.text) - strlen(tail), tail) != 0)
		fail_msg(
		    "%s: expected \"%s\" at %zu, got \"%s\"", r->text, r->kind, r->at, why.text);
}

static void
broken_structure_is_refused_at_its_byte(void **state)
{
	static const struct refusal cases[] = {
	    R("", 0, "too early"),
	    R("  ", 2, "too early"),
	    R("{", 1, "too early"),
	    R("[", 1, "too early"),
	    R("{\"a\"", 4, "too early"),
	    R("{\"a\":", 5, "too early"),
	    R("{\"a\":1", 6, "too early"),
	    R("[1,", 3, "too early"),
	    R("\"abc", 4, "too early"),
	    R("\"abc\\", 5, "too early"),
	    R("tru", 3, "too early"),
	    R("-", 1, "too early"),
	    R("1.", 2, "too early"),
	    R("1e", 2, "too early"),
	    R("{a:1}", 1, "member name"),
	    R("{'a':1}", 1, "member name"),
	    R("{1:1}", 1, "member name"),
	    R("{,}", 1, "member name"),
	    R("{\"a\":1,}", 7, "member name"),
	    R("{\"a\" 1}", 5, "colon"),
	    R("{\"a\":}", 5, "unexpected"),
	    R("[1,]", 3, "unexpected"),
	    R("[,1]", 1, "unexpected"),
	    R("[1 2]", 3, "comma nor ]"),
	    R("{\"a\":1 \"b\":2}", 7, "comma nor }"),
	    R("[1}", 2, "comma nor ]"),
	    R("{\"a\":[1}}", 7, "comma nor ]"),
	    R("{\"a\":1]", 6, "comma nor }"),
	    R("]", 0, "unexpected"),
	    R("1 2", 2, "behind"),
	    R("{} {}", 3, "behind"),
	    R("{}x", 2, "behind"),
	    R("{}\0", 2, "behind"),
	    R("null,", 4, "behind"),
	    R("True", 0, "unexpected"),
	    R("nul1", 3, "unexpected"),
	    R("NaN", 0, "unexpected"),
	    R("Infinity", 0, "unexpected"),
	    R("-Infinity", 1, "without digits"),
	    R("\xef\xbb\xbf{}", 0, "unexpected"),
	    R("/**/{}", 0, "unexpected"),
	    R("[1]\v", 3, "behind"),
	    R("\f1", 0, "unexpected"),
	    R("undefined", 0, "unexpected"),
	    R("'a'", 0, "unexpected"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_refused(&cases[i]);
}

static void
broken_string_is_refused_at_its_byte(void **state)
{
	static const struct refusal cases[] = {
	    R("[\"a\nb\"]", 3, "control"),
	    R("\"\t\"", 1, "control"),
	    R("\"a\0b\"", 2, "control"),
	    R("{\"a\x1f\":1}", 3, "control"),
	    R("\"\\x41\"", 1, "escape"),
	    R("\"a\\'\"", 2, "escape"),
	    R("\"\\U0041\"", 1, "escape"),
	    R("\"\\u12g4\"", 1, "four hex"),
	    R("\"\\u12\"", 1, "four hex"),
	    R("\"\\u+123\"", 1, "four hex"),
	    R("{\"a\\u0000b\":1}", 3, "\\u0000"),
	    R("\"\\ud800\"", 1, "surrogate"),
	    R("\"a\\udc00\"", 2, "surrogate"),
	    R("\"\\ud800\\ud800\"", 1, "surrogate"),
	    R("\"\\udc00\\ud800\"", 1, "surrogate"),
	    R("\"\\ud83dx\\ude00\"", 1, "surrogate"),
	    R("\"\\ud83d\\u0041\"", 1, "surrogate"),
	    R("\"\\ud83d\\ude0\"", 1, "surrogate"),
	    R("\"\\ud83d", 1, "surrogate"),
	    R("{\"\\udbff\":1}", 2, "surrogate"),
	    R("\"\x80\"", 1, "UTF-8"),
	    R("\"\xff\"", 1, "UTF-8"),
	    R("\"\xc0\x80\"", 1, "UTF-8"),
	    R("\"\xc1\xbf\"", 1, "UTF-8"),
	    R("\"\xc3\"", 1, "UTF-8"),
	    R("\"\xc3", 1, "UTF-8"),
	    R("\"\xe0\x80\xaf\"", 1, "UTF-8"),
	    R("\"\xe0\x9f\xbf\"", 1, "UTF-8"),
	    R("\"\xe2\x82\"", 1, "UTF-8"),
	    R("\"a\xed\xa0\x80\"", 2, "UTF-8"),
	    R("\"\xed\xbf\xbf\"", 1, "UTF-8"),
	    R("\"\xf0\x80\x80\x80\"", 1, "UTF-8"),
	    R("\"\xf0\x8f\xbf\xbf\"", 1, "UTF-8"),
	    R("\"\xf4\x90\x80\x80\"", 1, "UTF-8"),
	    R("\"\xf5\x80\x80\x80\"", 1, "UTF-8"),
	    R("\"\xf0\x9f\x98\"", 1, "UTF-8"),
	    R("{\"\xc3\x28\":1}", 2, "UTF-8"),
	    R("\"\xf8\x88\x80\x80\x80\"", 1, "UTF-8"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_refused(&cases[i]);
}

static void
broken_number_is_refused_at_its_byte(void **state)
{
	static const struct refusal cases[] = {
	    R("[01]", 1, "leading zero"),
	    R("-01", 1, "leading zero"),
	    R("00", 0, "leading zero"),
	    R("[-]", 2, "without digits"),
	    R("[+1]", 1, "unexpected"),
	    R("[.5]", 1, "unexpected"),
	    R("[1.]", 3, "after its point"),
	    R("[1.e5]", 3, "after its point"),
	    R("[1e]", 3, "exponent"),
	    R("[1e+]", 4, "exponent"),
	    R("[1.5.2]", 4, "comma nor ]"),
	    R("0x10", 1, "behind"),
	    R("[1a]", 2, "comma nor ]"),
	    R("18446744073709551616", 0, "64 bits"),
	    R("[0,-9223372036854775809]", 3, "64 bits"),
	    R("100000000000000000000", 0, "64 bits"),
	    R("-10000000000000000000", 0, "64 bits"),
	    R("1e1000001", 0, "too large an exponent"),
	    R("[1.5E-1000001]", 1, "too large an exponent"),
	    R("0e99999999999999999999999", 0, "too large an exponent"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_refused(&cases[i]);
}

static void
refusal_holds_nothing_of_the_text(void **state)
{
	static const char *const texts[] = {"{\"SECRET\":SECRET}", "{\"SECRET\" \"SECRET\"}",
	    "[\"SECRET\\x\",\"SECRET\"]", "\"SECRET\xff SECRET\"", "{\"SECRET\\u0000\":1}",
	    "SECRET", "{\"SECRET\":1}SECRET", "[\"SECRET\" SECRET]", "\"SECRET",
	    "{\"SECRET\":\"\\ud800\"}"};
	struct json_object *root;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct problem why = {""};

		assert_status(
		    json_parse(texts[i], strlen(texts[i]), &roomy, &root, &why), STATUS_INVALID);
		assert_true(strlen(why.text) > 0);
		assert_null(strstr(why.text, "SECRET"));
	}
}

static void
limit_is_the_last_size_accepted(void **state)
{
	static const char text[] = "{\"a\":[1,2,{\"b\":[]}],\"c\":{}}";
	struct json_limits limits = {.bytes = sizeof(text) - 1, .nesting = 4, .members = 6};
	struct json_object *root;
	struct problem why;

	(void)state;
	assert_status(json_parse(text, sizeof(text) - 1, &limits, &root, &why), STATUS_OK);
	json_free(root);
	limits.bytes--;
	assert_status(json_parse(text, sizeof(text) - 1, &limits, &root, &why), STATUS_TOO_LARGE);
	assert_string_equal(why.text, "the JSON text is longer than 26 bytes");
	limits.bytes++;
	limits.nesting--;
	assert_status(json_parse(text, sizeof(text) - 1, &limits, &root, &why), STATUS_TOO_LARGE);
	assert_string_equal(why.text, "nested deeper than 3 levels at byte 15");
	limits.nesting++;
	limits.members--;
	assert_status(json_parse(text, sizeof(text) - 1, &limits, &root, &why), STATUS_TOO_LARGE);
	assert_string_equal(why.text, "more than 5 members and elements at byte 20");
	assert_null(root);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(broken_structure_is_refused_at_its_byte),
	    cmocka_unit_test(broken_string_is_refused_at_its_byte),
	    cmocka_unit_test(broken_number_is_refused_at_its_byte),
	    cmocka_unit_test(refusal_holds_nothing_of_the_text),
	    cmocka_unit_test(limit_is_the_last_size_accepted),
	};

	return cmocka_run_group_tests_name("json_parse", tests, NULL, NULL);
}
