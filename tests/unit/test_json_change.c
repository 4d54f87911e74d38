/* test_json_change.c - trees that are altered and copied. */
#include "json_aid.h"

static void
member_is_taken_away(void **state)
{
	struct json_object *root = aid_json("{\"a\":1,\"b\":{\"c\":[1,2]},\"d\":null}");

	(void)state;
	json_remove(root, "b");
	aid_json_is(root, "{\"a\":1,\"d\":null}", "root");
	json_remove(root, "nothing");
	json_remove(root, "d");
	json_remove(NULL, "d");
	aid_json_is(root, "{\"a\":1}", "root");
	assert_true(json_set_bool(root, "b", true));
	aid_json_is(root, "{\"a\":1,\"b\":true}", "root");
	json_free(root);
	root = aid_json("[1]");
	json_remove(root, "0");
	aid_json_is(root, "[1]", "root");
	json_free(root);
}

static void
element_is_replaced(void **state)
{
	struct json_object *root = aid_json("[1,{\"a\":2},null]");

	(void)state;
	assert_true(json_replace(root, 1, json_new_text("two", 3)));
	assert_true(json_replace(root, 2, json_new_object()));
	assert_true(json_replace(root, 0, NULL));
	aid_json_is(root, "[null,\"two\",{}]", "root");
	assert_false(json_replace(root, 3, json_new_object()));
	assert_false(json_replace(json_element(root, 2), 0, json_new_object()));
	assert_false(json_replace(NULL, 0, json_new_object()));
	aid_json_is(root, "[null,\"two\",{}]", "root");
	json_free(root);
}

static void
text_with_nul_is_no_c_text(void **state)
{
	struct json_object *root = aid_json("[\"\",\"abc\",\"a\\u0000c\",1,null]");
	struct json_object *text = json_new_text("a\0c", 3);

	(void)state;
	assert_string_equal(json_text(json_element(root, 0)), "");
	assert_string_equal(json_text(json_element(root, 1)), "abc");
	assert_null(json_text(json_element(root, 2)));
	assert_null(json_text(json_element(root, 3)));
	assert_null(json_text(NULL));
	assert_true(json_equal(text, json_element(root, 2)));
	json_free(text);
	json_free(root);
}

static void
copy_is_the_same_and_apart(void **state)
{
	static const char text[] =
	    "{\"s\":\"a\\u0000\\\"é\",\"n\":[0,-1,9223372036854775807,18446744073709551615,"
	    "-9223372036854775808,1.50,-0,1e400,12345678901234567890.5],\"t\":[true,false,null],"
	    "\"o\":{\"\":{},\"a\":[[]]}}";
	struct json_object *root = aid_json(text);
	struct json_object *copy = json_copy(root);
	struct buf before, after;

	(void)state;
	buf_init(&before, 4096);
	buf_init(&after, 4096);
	json_write(root, &before);
	json_write(copy, &after);
	assert_string_equal(buf_str(&after), buf_str(&before));
	json_free(root);
	buf_reset(&after);
	json_write(copy, &after);
	assert_string_equal(buf_str(&after), buf_str(&before));
	json_free(copy);
	assert_null(json_copy(NULL));
	buf_free(&before);
	buf_free(&after);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(member_is_taken_away),
	    cmocka_unit_test(element_is_replaced),
	    cmocka_unit_test(text_with_nul_is_no_c_text),
	    cmocka_unit_test(copy_is_the_same_and_apart),
	};

	return cmocka_run_group_tests_name("json_change", tests, NULL, NULL);
}
