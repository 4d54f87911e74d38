/* test_when.c - moments and spans as people read them. */
#include "testing.h"

#include "when.h"

#define SECOND ((int64_t)1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

static void
moment_is(int64_t ms, const char *expected)
{
	char text[WHEN_TEXT_MAX];

	when_moment_text(ms, text);
	assert_string_equal(text, expected);
}

static void
span_is(int64_t ms, const char *expected)
{
	char text[WHEN_TEXT_MAX];

	when_span_text(ms, text);
	assert_string_equal(text, expected);
}

static void
moments_are_in_utc(void **state)
{
	(void)state;
	(void)setenv("TZ", "Asia/Tokyo", 1);
	moment_is(0, "00:00 UTC on 1 January 1970");
	moment_is(1785249120LL * 1000, "14:32 UTC on 28 July 2026");
	moment_is(1785249120LL * 1000 + 59999, "14:32 UTC on 28 July 2026");
	moment_is(4102444799LL * 1000, "23:59 UTC on 31 December 2099");
}

static void
spans_are_rounded_down(void **state)
{
	(void)state;
	span_is(-5 * MINUTE, "less than a minute");
	span_is(0, "less than a minute");
	span_is(MINUTE - 1, "less than a minute");
	span_is(MINUTE, "1 minute");
	span_is(2 * MINUTE - 1, "1 minute");
	span_is(2 * MINUTE, "2 minutes");
	span_is(HOUR - 1, "59 minutes");
	span_is(HOUR, "1 hour");
	span_is(HOUR + MINUTE, "61 minutes");
	span_is(2 * HOUR - 1, "119 minutes");
	span_is(2 * HOUR, "2 hours");
	span_is(24 * HOUR, "24 hours");
	span_is(2 * DAY - 1, "47 hours");
	span_is(2 * DAY, "2 days");
	span_is(400 * DAY, "400 days");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(moments_are_in_utc),
	    cmocka_unit_test(spans_are_rounded_down),
	};

	return cmocka_run_group_tests_name("when", tests, NULL, NULL);
}
