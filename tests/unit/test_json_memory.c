/* test_json_memory.c - with no memory left JSON is refused or right, never altered, and nothing leaks. */
#include "failing_heap.h"

#include "call.h"
#include "json.h"

static const struct json_limits roomy = {.bytes = 1 << 20, .nesting = 64, .members = 1000};
/* Every kind of value; members and elements past the first size of json-c's tables, repeated ones too. */
static const char document[] =
    "{\"s\":\"plain\",\"e\":\"\\u20ac\\ud83d\\ude00\\n\",\"\\u006e\":null,\"t\":true,\"f\":false,"
    "\"i\":[0,-0,-9223372036854775808,18446744073709551615],\"d\":[1.50,1e400,-0.0],"
    "\"o\":{\"a\":{},\"b\":[],\"c\":[{\"d\":[[]]}]},\"s\":\"a longer text than before\","
    "\"l\":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,"
    "33,34,35],\"m\":{\"1\":1,\"2\":2,\"3\":3,\"4\":4,\"5\":5,\"6\":6,\"7\":7,\"8\":8,\"9\":9,"
    "\"10\":10,\"11\":11,\"12\":{\"x\":[\"y\"]},\"13\":13,\"14\":14,\"15\":15,\"16\":16,\"17\":17,"
    "\"18\":18,\"19\":19,\"20\":20,\"21\":21,\"22\":22,\"23\":23,\"24\":24},\"o\":[1]}";
static const char written[] =
    "{\"s\":\"a longer text than before\",\"e\":\"\xe2\x82\xac\xf0\x9f\x98\x80\\n\",\"n\":null,"
    "\"t\":true,\"f\":false,\"i\":[0,0,-9223372036854775808,18446744073709551615],"
    "\"d\":[1.50,1e400,-0.0],\"o\":[1],"
    "\"l\":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,"
    "33,34,35],\"m\":{\"1\":1,\"2\":2,\"3\":3,\"4\":4,\"5\":5,\"6\":6,\"7\":7,\"8\":8,\"9\":9,"
    "\"10\":10,\"11\":11,\"12\":{\"x\":[\"y\"]},\"13\":13,\"14\":14,\"15\":15,\"16\":16,\"17\":17,"
    "\"18\":18,\"19\":19,\"20\":20,\"21\":21,\"22\":22,\"23\":23,\"24\":24}}";

static struct json_object *
parse(void)
{
	struct json_object *root;

	assert_status(json_parse(document, sizeof(document) - 1, &roomy, &root, NULL), STATUS_OK);
	return root;
}

static void
assert_written(const struct json_object *root)
{
	struct buf out;

	buf_init(&out, 1 << 16);
	json_write(root, &out);
	assert_status(buf_status(&out), STATUS_OK);
	assert_string_equal(buf_str(&out), written);
	buf_free(&out);
}

static void
parse_once(long fail_at, bool exhausted)
{
	struct json_object *root;
	struct problem why = {""};
	enum status status;
	bool failed;

	arm(fail_at, exhausted);
	status = json_parse(document, sizeof(document) - 1, &roomy, &root, &why);
	failed = disarm();
	assert_status(status, failed ? STATUS_NO_MEMORY : STATUS_OK);
	if (failed) {
		assert_null(root);
		assert_string_equal(why.text, "out of memory");
	} else {
		assert_written(root);
	}
	heap.armed = true;
	json_free(root);
	heap.armed = false;
	assert_nothing_lives();
}

static void
document_is_read_exactly_or_refused(void **state)
{
	(void)state;
	fail_each_allocation(parse_once, 100);
}

static void
build_once(long fail_at, bool exhausted)
{
	struct json_object *root, *list;
	char name[16];
	bool good, failed;

	arm(fail_at, exhausted);
	root = json_new_object();
	list = json_new_array();
	good = json_append_text(list, "text") && json_append(list, json_new_object());
	good = json_set(root, "list", list) && good;
	for (int i = 0; i < 40; i++) {
		(void)snprintf(name, sizeof(name), "m%d", i);
		good = json_set_integer(root, name, i) && json_set_text(root, name, name) && good;
	}
	failed = disarm();
	/* A node that could not be made is null, which is why json.h says to look at it. */
	if (!failed)
		assert_true(good && json_length(root) == 41);
	heap.armed = true;
	json_free(root);
	heap.armed = false;
	assert_nothing_lives();
}

static void
tree_that_cannot_be_built_leaks_nothing(void **state)
{
	(void)state;
	fail_each_allocation(build_once, 80);
}

static char expected_canonical[2048];

static void
write_canonical_once(long fail_at, bool exhausted)
{
	struct json_object *root = parse();
	struct buf out;
	bool failed;

	arm(fail_at, exhausted);
	buf_init(&out, 1 << 16);
	json_write_canonical(root, &out);
	failed = disarm();
	assert_status(buf_status(&out), failed ? STATUS_NO_MEMORY : STATUS_OK);
	if (!failed)
		assert_string_equal(buf_str(&out), expected_canonical);
	heap.armed = true;
	buf_free(&out);
	heap.armed = false;
	assert_nothing_lives();
	json_free(root);
}

static void
canonical_form_is_whole_or_refused(void **state)
{
	struct json_object *root = parse();
	struct buf out;

	(void)state;
	buf_init(&out, sizeof(expected_canonical) - 1);
	json_write_canonical(root, &out);
	assert_status(buf_status(&out), STATUS_OK);
	(void)strcpy(expected_canonical, buf_str(&out));
	buf_free(&out);
	json_free(root);
	fail_each_allocation(write_canonical_once, 2);
}

static const struct secret_key key = {{1, 2, 3}};
static char expected_digest[SECRET_DIGEST_TEXT];

static void
digest_once(long fail_at, bool exhausted)
{
	struct call call = {.args = parse()};
	enum status status;
	bool failed;

	arm(fail_at, exhausted);
	status = call_digest(&call, &key);
	failed = disarm();
	/* libcrypto does not say why it failed. */
	if (status != STATUS_FAILED || !failed)
		assert_status(status, failed ? STATUS_NO_MEMORY : STATUS_OK);
	assert_string_equal(call.digest, failed ? "" : expected_digest);
	/* Else libcrypto has freed or renewed what it keeps for the thread. */
	if (status == STATUS_NO_MEMORY)
		assert_nothing_lives();
	call_free(&call);
}

static void
digest_is_right_or_refused(void **state)
{
	struct call call = {.args = parse()};

	(void)state;
	assert_status(secret_start(), STATUS_OK);
	/* libcrypto keeps what it needs for a thread from the first digest on. */
	assert_status(call_digest(&call, &key), STATUS_OK);
	(void)strcpy(expected_digest, call.digest);
	call_free(&call);
	fail_each_allocation(digest_once, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(document_is_read_exactly_or_refused),
	    cmocka_unit_test(tree_that_cannot_be_built_leaks_nothing),
	    cmocka_unit_test(canonical_form_is_whole_or_refused),
	    cmocka_unit_test(digest_is_right_or_refused),
	};

	return cmocka_run_group_tests_name("json_memory", tests, NULL, NULL);
}
