/* test_json_memory.c - with no memory left JSON is refused or right, never altered, and nothing leaks. */
#include "testing.h"

#include <dlfcn.h>

#include "call.h"
#include "json.h"

/*
 * malloc() and its relatives of this program stand in front of those of the C library, for libraries
 * as well. They may run before a sanitizer is ready, hence the attribute.
 * valgrind puts its own in front unless told --soname-synonyms=somalloc=nouserintercepts.
 */
#define UNCHECKED __attribute__((no_sanitize("address", "thread", "undefined")))

static struct {
	bool armed;     /* count, and fail as told */
	bool exhausted; /* fail all from then on, not just one */
	long fail_at;   /* which allocation, from 1 */
	long count;
	long live; /* allocations less frees */
} heap;

static UNCHECKED bool
refused(void)
{
	if (!heap.armed)
		return false;
	heap.count++;
	return heap.count == heap.fail_at || (heap.exhausted && heap.count > heap.fail_at);
}

static UNCHECKED void *
counted(void *block, long blocks)
{
	if (heap.armed && block != NULL)
		heap.live += blocks;
	return block;
}

static struct {
	void *(*malloc)(size_t);
	void *(*calloc)(size_t, size_t);
	void *(*realloc)(void *, size_t);
	void (*free)(void *);
	bool looking;
	bool found;
} next;

/* False while dlsym() is at work, which can do without memory. */
static UNCHECKED bool
found_next(void)
{
	if (next.looking || next.found)
		return next.found;
	next.looking = true;
	*(void **)&next.malloc = dlsym(RTLD_NEXT, "malloc");
	*(void **)&next.calloc = dlsym(RTLD_NEXT, "calloc");
	*(void **)&next.realloc = dlsym(RTLD_NEXT, "realloc");
	*(void **)&next.free = dlsym(RTLD_NEXT, "free");
	next.looking = false;
	next.found = true;
	return true;
}

UNCHECKED void *
malloc(size_t size)
{
	return !found_next() || refused() ? NULL : counted(next.malloc(size), 1);
}

UNCHECKED void *
calloc(size_t count, size_t size)
{
	return !found_next() || refused() ? NULL : counted(next.calloc(count, size), 1);
}

UNCHECKED void *
realloc(void *block, size_t size)
{
	if (!found_next() || refused())
		return NULL;
	return counted(next.realloc(block, size), block == NULL ? 1 : 0);
}

UNCHECKED void
free(void *block)
{
	if (found_next())
		next.free(counted(block, -1));
}

/* Whether there was an allocation left to fail since arm(). */
static bool
disarm(void)
{
	heap.armed = false;
	return heap.count >= heap.fail_at;
}

static void
arm(long fail_at, bool exhausted)
{
	heap.fail_at = fail_at;
	heap.exhausted = exhausted;
	heap.count = 0;
	heap.live = 0;
	heap.armed = true;
}

/* AddressSanitizer has a strdup() that does not come through here; it finds leaks by itself. */
static void
assert_nothing_lives(void)
{
#ifndef __SANITIZE_ADDRESS__
	assert_int_equal(heap.live, 0);
#endif
}

/* Runs a scenario with each of its allocations failing, alone and with all that follow, then with none. */
static void
fail_each_allocation(void (*scenario)(long fail_at, bool exhausted), long expected)
{
	for (int exhausted = 0; exhausted < 2; exhausted++) {
		long fail_at = 0;

		do
			scenario(++fail_at, exhausted != 0);
		while (heap.count >= fail_at);
		/* Else they did not come through here. */
		if (fail_at <= expected)
			fail_msg("only %ld allocations", fail_at - 1);
	}
}

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
