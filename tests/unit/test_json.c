/* test_json.c - reading JSON: what is kept exactly, NULL as null, deep trees on small stacks. */
#include "json_aid.h"

#include <pthread.h>

static void
numbers_keep_their_text(void **state)
{
	static const char *const texts[] = {"0", "-1", "1.50", "0.10000000000000000555", "1e400",
	    "1e-400", "1E+2", "-0.0", "0e5", "18446744073709551615", "9223372036854775807",
	    "9223372036854775808", "-9223372036854775808", "9007199254740993", "10.25e-3",
	    "100000000000000000000.0", "12345678901234567890.5", "1e1000000"};
	char scratch[JSON_NUMBER_SCRATCH];

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct json_object *root = aid_json(texts[i]);

		assert_int_equal(json_type(root), JSON_NUMBER);
		assert_string_equal(json_number_text(root, scratch), texts[i]);
		json_free(root);
	}
	struct json_object *zero = aid_json("[-0]");

	assert_string_equal(json_number_text(json_element(zero, 0), scratch), "0");
	json_free(zero);
}

static void
integer_is_read_by_value(void **state)
{
	struct json_object *root =
	    aid_json("[1.0,-9223372036854775808,12e2,1.5,9223372036854775808,\"1\"]");
	int64_t value = 0;

	(void)state;
	assert_true(json_integer(json_element(root, 0), &value));
	assert_int_equal(value, 1);
	assert_true(json_integer(json_element(root, 1), &value));
	assert_true(value == INT64_MIN);
	assert_true(json_integer(json_element(root, 2), &value));
	assert_int_equal(value, 1200);
	for (size_t i = 3; i < 7; i++)
		assert_false(json_integer(json_element(root, i), &value));
	json_free(root);
}

static void
string_keeps_nul_and_pairs(void **state)
{
	struct json_object *root = aid_json("\"a\\u0000b\\ud83d\\ude00\\ud83d\\uDE00\\u20ac\\/\"");
	static const char expected[] = "a\0b\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xe2\x82\xac/";
	size_t len;
	const char *text = json_string(root, &len);

	(void)state;
	assert_int_equal(len, sizeof(expected) - 1);
	assert_memory_equal(text, expected, len);
	json_free(root);
}

static void
last_of_repeated_members_counts(void **state)
{
	struct json_object *root = aid_json("{\"a\":1,\"b\":2,\"a\":[3],\"\\u0061\":{\"x\":4}}");
	struct json_walk walk = {0};
	bool found;

	(void)state;
	assert_int_equal(json_length(root), 2);
	assert_int_equal(json_type(json_member(root, "a", &found)), JSON_OBJECT);
	assert_true(found);
	for (size_t seen = 0; json_next_member(root, &walk); seen++)
		assert_true(seen < 2);
	assert_false(json_next_member(root, &walk));
	json_free(root);
}

static void
documents_of_every_type_are_read(void **state)
{
	static const struct {
		const char *text;
		enum json_type type;
		const char *name;
	} cases[] = {{" null\n", JSON_NULL, "null"}, {"\ttrue\r", JSON_BOOL, "boolean"},
	    {"false", JSON_BOOL, "boolean"}, {" 12", JSON_NUMBER, "number"},
	    {"1.5 ", JSON_NUMBER, "number"}, {"\"\"", JSON_STRING, "string"},
	    {"[ ]", JSON_ARRAY, "array"}, {"{ }", JSON_OBJECT, "object"}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct json_object *root = aid_json(cases[i].text);

		assert_int_equal(json_type(root), cases[i].type);
		assert_string_equal(json_type_name(json_type(root)), cases[i].name);
		json_free(root);
	}
}

static void
null_is_accepted_everywhere(void **state)
{
	struct json_walk walk = {0};
	char scratch[JSON_NUMBER_SCRATCH];
	int64_t value;
	size_t len = 9;
	bool found = true;

	(void)state;
	assert_null(json_member(NULL, "a", &found));
	assert_false(found);
	assert_int_equal(json_length(NULL), 0);
	assert_null(json_element(NULL, 0));
	assert_null(json_string(NULL, &len));
	assert_int_equal(len, 0);
	assert_false(json_bool(NULL));
	assert_false(json_integer(NULL, &value));
	assert_null(json_number_text(NULL, scratch));
	assert_false(json_next_member(NULL, &walk));
	assert_null(json_share(NULL));
	json_free(NULL);
}

static void
setter_refuses_the_wrong_container_and_frees_the_value(void **state)
{
	struct json_object *array = json_new_array(), *object = json_new_object();

	(void)state;
	assert_false(json_set(array, "a", json_new_object()));
	assert_false(json_append(object, json_new_array()));
	assert_false(json_set(NULL, "a", json_new_object()));
	assert_true(json_set_text(object, "t", NULL) && json_set_bool(object, "b", true));
	assert_int_equal(json_length(object), 2);
	json_free(array);
	json_free(object);
}

/* Deepest trees on the smallest stack that the gateway gives a thread. */
#ifdef __SANITIZE_ADDRESS__
#define SMALL_STACK ((size_t)1 << 20)
#else
#define SMALL_STACK ((size_t)128 << 10)
#endif

static void *
handle_deepest(void *text)
{
	struct json_limits limits = aid_json_limits;
	struct json_object *root = NULL, *again = NULL, *copy;
	struct buf out;
	bool good;

	limits.nesting = 100000;
	buf_init(&out, 1 << 20);
	good = json_parse(text, strlen(text), &limits, &root, NULL) == STATUS_OK;
	json_write_canonical(root, &out);
	good = good && buf_status(&out) == STATUS_OK &&
	       json_parse(buf_str(&out), out.len, &limits, &again, NULL) == STATUS_OK &&
	       json_equal(root, again);
	copy = json_copy(root);
	good = good && json_equal(copy, root);
	json_free(copy);
	buf_reset(&out);
	json_write_pretty(root, &out);
	json_free(root);
	json_free(again);
	buf_free(&out);
	return good ? text : NULL;
}

static void
deepest_nesting_fits_a_small_stack(void **state)
{
	char text[JSON_NESTING_MAX * 6 + 8] = "";
	struct json_object *root;
	pthread_attr_t attr;
	pthread_t thread;
	void *result;

	(void)state;
	for (int i = 0; i < JSON_NESTING_MAX; i++)
		(void)strcat(text, i % 8 == 0 ? "[" : "{\"a\":");
	(void)strcat(text, "1");
	for (int i = JSON_NESTING_MAX - 1; i >= 0; i--)
		(void)strcat(text, i % 8 == 0 ? "]" : "}");
	assert_int_equal(pthread_attr_init(&attr), 0);
	assert_int_equal(pthread_attr_setstacksize(&attr, SMALL_STACK), 0);
	assert_int_equal(pthread_create(&thread, &attr, handle_deepest, text), 0);
	assert_int_equal(pthread_join(thread, &result), 0);
	(void)pthread_attr_destroy(&attr);
	assert_ptr_equal(result, text);
	memset(text, '[', JSON_NESTING_MAX + 1);
	assert_status(json_parse(text, JSON_NESTING_MAX + 1,
			  &(struct json_limits){.bytes = 9999, .nesting = 9999, .members = 9999},
			  &root, NULL),
	    STATUS_TOO_LARGE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(numbers_keep_their_text),
	    cmocka_unit_test(integer_is_read_by_value),
	    cmocka_unit_test(string_keeps_nul_and_pairs),
	    cmocka_unit_test(last_of_repeated_members_counts),
	    cmocka_unit_test(documents_of_every_type_are_read),
	    cmocka_unit_test(null_is_accepted_everywhere),
	    cmocka_unit_test(setter_refuses_the_wrong_container_and_frees_the_value),
	    cmocka_unit_test(deepest_nesting_fits_a_small_stack),
	};

	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
