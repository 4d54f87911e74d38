/* test_buf.c - the cap holds and failure is sticky. */
#include "testing.h"

#include "buf.h"

static void
empty_buffer_is_an_empty_text(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 10);
	assert_string_equal(buf_str(&b), "");
	assert_status(buf_status(&b), STATUS_OK);
	buf_free(&b);
}

static void
appends_up_to_the_cap_and_not_beyond(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 5);
	buf_text(&b, "abcde");
	assert_status(buf_status(&b), STATUS_OK);
	assert_string_equal(buf_str(&b), "abcde");
	buf_char(&b, 'f');
	assert_status(buf_status(&b), STATUS_TOO_LARGE);
	assert_string_equal(buf_str(&b), "abcde");
	buf_free(&b);
}

static void
failure_stays_until_reset(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 3);
	buf_text(&b, "long text");
	buf_text(&b, "a");
	assert_status(buf_status(&b), STATUS_TOO_LARGE);
	assert_string_equal(buf_str(&b), "");
	buf_reset(&b);
	buf_text(&b, "a");
	assert_status(buf_status(&b), STATUS_OK);
	assert_string_equal(buf_str(&b), "a");
	buf_free(&b);
}

static void
formatted_text_obeys_the_cap(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	for (int i = 0; i < 100; i++)
		buf_printf(&b, "%04d,", i);
	assert_status(buf_status(&b), STATUS_OK);
	assert_int_equal(b.len, 500);
	assert_memory_equal(buf_str(&b) + 495, "0099,", 6);
	buf_printf(&b, "%600s", "x");
	assert_status(buf_status(&b), STATUS_TOO_LARGE);
	assert_int_equal(b.len, 500);
	buf_free(&b);
}

static void
bytes_may_hold_nul(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 10);
	buf_add(&b, "a\0b", 3);
	assert_int_equal(b.len, 3);
	assert_memory_equal(buf_str(&b), "a\0b", 4);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(empty_buffer_is_an_empty_text),
	    cmocka_unit_test(appends_up_to_the_cap_and_not_beyond),
	    cmocka_unit_test(failure_stays_until_reset),
	    cmocka_unit_test(formatted_text_obeys_the_cap),
	    cmocka_unit_test(bytes_may_hold_nul),
	};

	return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
