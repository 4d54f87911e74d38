/* test_match_cost.c - what one search may cost, whatever the pattern and the text. */
#include "match_aid.h"

#include <time.h>

/*
 * The goal is 50 ms; sanitizers and valgrind slow a search down many times, and a shared machine
 * stretches it, so the bound of the test is wider. An unbounded search takes minutes.
 */
#define SEARCH_SECONDS_MAX 2.0
#define LONG_TEXT 100000

/* Searches and fails where it takes too long; the steps taken. */
static uint64_t
cost(const char *pattern, const char *text, size_t len, enum match *found)
{
	struct regex *regex = aid_regex(pattern, NULL);
	uint64_t steps = REGEX_STEPS;
	struct timespec from, to;
	double seconds;

	assert_int_equal(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from), 0);
	*found = regex_search(regex, text, len, &steps);
	assert_int_equal(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to), 0);
	seconds = (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
	regex_free(regex);
	if (seconds > SEARCH_SECONDS_MAX)
		fail_msg("%s on %zu bytes took %.1f s", pattern, len, seconds);
	return REGEX_STEPS - steps;
}

static void
hostile_pattern_and_text_end_in_bounded_time(void **state)
{
	static const char *const patterns[] = {"(x+)+$", "(x+)+[yz]", "x*x*x*x*y", "x*x*x*x*[yz]",
	    "(?=(x+)+[yz])", "(?:(?:x*)*)*[yz]", "(x+x+)+[yz]", "(x|xx)+[yz]", "(.*)*[yz][qr]",
	    "(?:x{2000}|z)[yq]", "(?:x{60000}|z)[yq]", "(x*)\\1[yz]", "(x*)(?:\\1[yz]|\\1\\1[yz])",
	    "(?<=x{255})x[yz]", "^(?:x|y)*$", "(x(?R)?[yz])", "^((?:x|(?1))*)*[yz]", "\\w+[@!]\\w+",
	    "(?:\\p{L}\\p{M}*)+[!1]", "\\X+[!1]", "(x?){60}x{60}[!1]"};
	char *text = aid_repeated('x', LONG_TEXT);
	enum match found;

	(void)state;
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		(void)cost(patterns[i], text, LONG_TEXT, &found);
		(void)cost(patterns[i], text, 1000, &found);
		text[44] = '!';
		(void)cost(patterns[i], text, 45, &found);
		text[44] = 'x';
	}
	free(text);
}

static void
search_that_runs_out_of_steps_cannot_tell(void **state)
{
	char *text = aid_repeated('x', LONG_TEXT);
	enum match found;

	(void)state;
	assert_int_equal(cost("(x+)+[yz]", text, LONG_TEXT, &found), REGEX_STEPS);
	assert_int_equal(found, MATCH_CANNOT_TELL);
	assert_int_equal(cost("x*x*x*x*[yz]", text, LONG_TEXT, &found), REGEX_STEPS);
	assert_int_equal(found, MATCH_CANNOT_TELL);
	assert_int_equal(cost("(?=(x+)+[yz])", text, 100, &found), REGEX_STEPS);
	assert_int_equal(found, MATCH_CANNOT_TELL);
	/* Quadratic through its starts alone: what PCRE2's own limit does not see. */
	assert_int_equal(cost("x*[yz]", text, LONG_TEXT, &found), REGEX_STEPS);
	assert_int_equal(found, MATCH_CANNOT_TELL);
	free(text);
}

static void
honest_search_of_a_long_text_is_answered(void **state)
{
	size_t len = REGEX_TEXT_MAX / 4;
	char *text = aid_repeated('x', len);
	enum match found;

	(void)state;
	(void)cost("^(?!.*password)", text, len, &found);
	assert_int_equal(found, MATCH_YES);
	(void)cost("\\bfoo[a-z]+\\b", text, len, &found);
	assert_int_equal(found, MATCH_NO);
	memcpy(text + len - 9, "password1", 9);
	(void)cost("^(?!.*password)", text, len, &found);
	assert_int_equal(found, MATCH_NO);
	(void)cost("password\\d", text, len, &found);
	assert_int_equal(found, MATCH_YES);
	free(text);
}

/* A class of characters beyond ASCII is tried member by member: a thousand times the usual cost. */
static void
wide_class_on_a_long_text_cannot_tell(void **state)
{
	char pattern[REGEX_PATTERN_MAX] = "[";
	char *text = aid_repeated('x', LONG_TEXT);
	enum match found;
	size_t len = 1;

	(void)state;
	for (unsigned i = 0x100; len + 16 < sizeof(pattern) && i < 0x7f0; i += 2) {
		pattern[len++] = (char)(0xc0 | i >> 6);
		pattern[len++] = (char)(0x80 | (i & 0x3f));
	}
	(void)snprintf(pattern + len, sizeof(pattern) - len, "x]*[yz][qr]");
	(void)cost(pattern, text, LONG_TEXT, &found);
	assert_int_equal(found, MATCH_CANNOT_TELL);
	(void)cost("[\xc3\xa0-\xc3\xbfx]+$", text, LONG_TEXT, &found);
	assert_int_equal(found, MATCH_YES);
	free(text);
}

static void
text_beyond_the_cap_cannot_be_searched(void **state)
{
	char *text = aid_repeated('x', REGEX_TEXT_MAX + 1);
	enum match found;

	(void)state;
	(void)cost("x", text, REGEX_TEXT_MAX, &found);
	assert_int_equal(found, MATCH_YES);
	(void)cost("x", text, REGEX_TEXT_MAX + 1, &found);
	assert_int_equal(found, MATCH_CANNOT_TELL);
	free(text);
}

static void
searches_share_the_budget_they_are_given(void **state)
{
	struct regex *regex = aid_regex("a[bc]", NULL);
	uint64_t steps = 200, before;

	(void)state;
	before = steps;
	assert_int_equal(regex_search(regex, "xxxxac", 6, &steps), MATCH_YES);
	assert_true(steps < before);
	while (steps > 20) {
		before = steps;
		(void)regex_search(regex, "xxxxac", 6, &steps);
		assert_true(steps < before);
	}
	steps = 6;
	assert_int_equal(regex_search(regex, "xxxxac", 6, &steps), MATCH_CANNOT_TELL);
	steps = 0;
	assert_int_equal(regex_search(regex, "ac", 2, &steps), MATCH_CANNOT_TELL);
	assert_int_equal(steps, 0);
	regex_free(regex);
}

static void
same_search_takes_the_same_steps_every_time(void **state)
{
	char *text = aid_repeated('x', 5000);
	enum match found;
	uint64_t first = cost("(x|xx)+y?$", text, 5000, &found);

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(cost("(x|xx)+y?$", text, 5000, &found), first);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(hostile_pattern_and_text_end_in_bounded_time),
	    cmocka_unit_test(search_that_runs_out_of_steps_cannot_tell),
	    cmocka_unit_test(honest_search_of_a_long_text_is_answered),
	    cmocka_unit_test(wide_class_on_a_long_text_cannot_tell),
	    cmocka_unit_test(text_beyond_the_cap_cannot_be_searched),
	    cmocka_unit_test(searches_share_the_budget_they_are_given),
	    cmocka_unit_test(same_search_takes_the_same_steps_every_time),
	};

	return cmocka_run_group_tests_name("match_cost", tests, NULL, NULL);
}
