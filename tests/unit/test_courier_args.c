/* test_courier_args.c - arguments that wait in memory for the links. */
#include "testing.h"

#include "courier_args.h"
#include "notice.h"

#define ROOM 30000

static const char *
fragment(struct courier_args *args, const char *id, size_t most, enum args_known expected)
{
	static struct buf link;

	buf_free(&link);
	buf_init(&link, NOTICE_BODY_MAX);
	buf_text(&link, "https://x/");
	assert_int_equal(courier_args_add(args, id, most, &link), expected);
	assert_status(buf_status(&link), STATUS_OK);
	return buf_str(&link);
}

/* RFC 4648 sections 5 and 10, without padding; 0xfb 0xff gives both characters that differ from base64. */
static void
arguments_are_base64url_without_padding(void **state)
{
	static const char *const pairs[][2] = {{"", "https://x/#a="}, {"f", "https://x/#a=Zg"},
	    {"fo", "https://x/#a=Zm8"}, {"foo", "https://x/#a=Zm9v"},
	    {"foob", "https://x/#a=Zm9vYg"}, {"fooba", "https://x/#a=Zm9vYmE"},
	    {"foobar", "https://x/#a=Zm9vYmFy"}, {"\xfb\xff", "https://x/#a=-_8"}};
	struct courier_args args;

	(void)state;
	courier_args_init(&args);
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		courier_args_keep(&args, "apr_1", pairs[i][0], strlen(pairs[i][0]));
		assert_string_equal(fragment(&args, "apr_1", ROOM, ARGS_ADDED), pairs[i][1]);
	}
	courier_args_free(&args);
}

static void
unknown_arguments_leave_the_link_as_it_is(void **state)
{
	struct courier_args args;

	(void)state;
	courier_args_init(&args);
	courier_args_keep(&args, "apr_1", "{}", 2);
	assert_string_equal(fragment(&args, "apr_2", ROOM, ARGS_LOST), "https://x/");
	courier_args_free(&args);
}

static void
link_is_never_longer_than_it_may_be(void **state)
{
	struct courier_args args;
	char text[64];

	(void)state;
	courier_args_init(&args);
	memset(text, 'x', sizeof(text));
	for (size_t len = 0; len < sizeof(text); len++) {
		size_t whole;

		courier_args_keep(&args, "apr_1", text, len);
		whole = strlen(fragment(&args, "apr_1", ROOM, ARGS_ADDED));
		assert_int_equal(strlen(fragment(&args, "apr_1", whole, ARGS_ADDED)), whole);
		assert_string_equal(
		    fragment(&args, "apr_1", whole - 1, ARGS_TOO_LONG), "https://x/#cut");
	}
	courier_args_free(&args);
}

/* What no link can carry takes no room, and is not called lost. */
static void
huge_arguments_are_remembered_as_too_long(void **state)
{
	const size_t len = (size_t)200 << 10;
	char *text = calloc(1, len);
	struct courier_args args;

	(void)state;
	assert_non_null(text);
	courier_args_init(&args);
	courier_args_keep(&args, "apr_1", text, len);
	assert_int_equal(args.bytes, 0);
	assert_string_equal(fragment(&args, "apr_1", 1 << 20, ARGS_TOO_LONG), "https://x/#cut");
	courier_args_free(&args);
	free(text);
}

static void
oldest_go_when_there_are_too_many(void **state)
{
	struct courier_args args;
	char id[16];

	(void)state;
	courier_args_init(&args);
	for (int i = 0; i <= COURIER_APPROVALS_MAX; i++) {
		(void)snprintf(id, sizeof(id), "apr_%d", i);
		courier_args_keep(&args, id, "{}", 2);
	}
	assert_int_equal(args.count, COURIER_APPROVALS_MAX);
	assert_int_equal(args.bytes, 2 * COURIER_APPROVALS_MAX);
	(void)fragment(&args, "apr_0", ROOM, ARGS_LOST);
	(void)fragment(&args, "apr_1", ROOM, ARGS_ADDED);
	(void)fragment(&args, id, ROOM, ARGS_ADDED);
	courier_args_free(&args);
}

static void
oldest_go_when_they_are_too_large(void **state)
{
	const size_t len = NOTICE_LINK_MAX_EMAIL * 3 / 4;
	char *text = calloc(1, len);
	struct courier_args args;
	char id[16];
	int count = (int)(COURIER_ARGS_MAX / len) + 1;

	(void)state;
	assert_non_null(text);
	courier_args_init(&args);
	for (int i = 0; i < count; i++) {
		(void)snprintf(id, sizeof(id), "apr_%d", i);
		courier_args_keep(&args, id, text, len);
	}
	assert_true(args.bytes <= COURIER_ARGS_MAX);
	(void)fragment(&args, "apr_0", 1 << 20, ARGS_LOST);
	(void)fragment(&args, "apr_1", 1 << 20, ARGS_ADDED);
	courier_args_free(&args);
	free(text);
}

static bool
nobody(void *arg, const char *approval_id)
{
	(void)arg;
	(void)approval_id;
	return false;
}
static bool
only(void *arg, const char *approval_id)
{
	return strcmp(arg, approval_id) == 0;
}

/* Its row may be younger than what the sweep sees. */
static void
sweep_leaves_what_is_young(void **state)
{
	struct courier_args args;

	(void)state;
	courier_args_init(&args);
	courier_args_keep(&args, "apr_1", "{}", 2);
	courier_args_sweep(&args, nobody, NULL);
	(void)fragment(&args, "apr_1", ROOM, ARGS_ADDED);
	courier_args_free(&args);
}

static void
sweep_forgets_what_nobody_wants(void **state)
{
	struct courier_args args;
	char wanted[] = "apr_2";

	(void)state;
	courier_args_init(&args);
	courier_args_keep(&args, "apr_1", "{}", 2);
	courier_args_keep(&args, "apr_2", "{}", 2);
	courier_args_keep(&args, "apr_3", "{}", 2);
	usleep((COURIER_LOOK_MS + 10) * 1000);
	courier_args_keep(&args, "apr_4", "{}", 2);
	courier_args_sweep(&args, only, wanted);
	assert_int_equal(args.count, 2);
	assert_int_equal(args.bytes, 4);
	(void)fragment(&args, "apr_1", ROOM, ARGS_LOST);
	(void)fragment(&args, "apr_2", ROOM, ARGS_ADDED);
	(void)fragment(&args, "apr_3", ROOM, ARGS_LOST);
	(void)fragment(&args, "apr_4", ROOM, ARGS_ADDED);
	courier_args_free(&args);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(arguments_are_base64url_without_padding),
	    cmocka_unit_test(unknown_arguments_leave_the_link_as_it_is),
	    cmocka_unit_test(link_is_never_longer_than_it_may_be),
	    cmocka_unit_test(huge_arguments_are_remembered_as_too_long),
	    cmocka_unit_test(oldest_go_when_there_are_too_many),
	    cmocka_unit_test(oldest_go_when_they_are_too_large),
	    cmocka_unit_test(sweep_leaves_what_is_young),
	    cmocka_unit_test(sweep_forgets_what_nobody_wants),
	};

	return cmocka_run_group_tests_name("courier args", tests, NULL, NULL);
}
