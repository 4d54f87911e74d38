/* test_match.c - globs and regular expressions: what they mean, and what one search may cost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <pthread.h>
#include <time.h>

#include <cmocka.h>

#include "match.h"

/*
 * The goal is 50 ms; sanitizers and valgrind slow a search down many times, and a shared machine
 * stretches it, so the bound of the test is wider. An unbounded search takes minutes.
 */
#define SEARCH_SECONDS_MAX 2.0
#define LONG_TEXT 100000

static struct regex *
compiled(const char *pattern, const char *flags)
{
	struct regex *regex = NULL;
	struct problem why = {""};
	enum status status = regex_compile(pattern, strlen(pattern), flags, &regex, &why);

	if (status != STATUS_OK)
		fail_msg("%s: %s", pattern, why.text);
	return regex;
}

static enum match
searched(const char *pattern, const char *flags, const char *text)
{
	struct regex *regex = compiled(pattern, flags);
	enum match found = regex_search(regex, text, strlen(text), NULL);

	regex_free(regex);
	return found;
}

static const char *
refusal(const char *pattern, size_t len, const char *flags)
{
	static struct problem why;
	struct regex *regex = NULL;

	why.text[0] = '\0';
	assert_int_equal(regex_compile(pattern, len, flags, &regex, &why), STATUS_INVALID);
	assert_null(regex);
	return why.text;
}

static char *
repeated(char c, size_t len)
{
	char *text = malloc(len + 1);

	assert_non_null(text);
	memset(text, c, len);
	text[len] = '\0';
	return text;
}

/* Searches and fails where it takes too long; the steps taken. */
static uint64_t
cost(const char *pattern, const char *text, size_t len, enum match *found)
{
	struct regex *regex = compiled(pattern, NULL);
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
glob_without_wildcards_matches_only_itself(void **state)
{
	(void)state;
	assert_true(match_glob("send_mail", "send_mail"));
	assert_false(match_glob("send_mail", "send_mails"));
	assert_false(match_glob("send_mail", "send_mai"));
	assert_false(match_glob("send_mail", "Send_mail"));
	assert_false(match_glob("send.mail", "send_mail"));
	assert_false(match_glob("[ab]", "a"));
	assert_true(match_glob("[ab]", "[ab]"));
	assert_true(match_glob("", ""));
	assert_false(match_glob("", "a"));
}

static void
glob_star_is_any_run_also_an_empty_one(void **state)
{
	(void)state;
	assert_true(match_glob("*", ""));
	assert_true(match_glob("*", "anything/at:all"));
	assert_true(match_glob("send_*", "send_"));
	assert_true(match_glob("*_mail", "send_mail"));
	assert_true(match_glob("a*b*c", "axxbyyc"));
	assert_true(match_glob("a**c", "abc"));
	assert_true(match_glob("*ab", "aab"));
	assert_true(match_glob("*ab*ab", "abab"));
	assert_false(match_glob("a*b*c", "axxbyy"));
	assert_false(match_glob("*ab*ab", "aab"));
	assert_false(match_glob("send_*", "xsend_"));
}

static void
glob_question_mark_is_one_character_not_one_byte(void **state)
{
	(void)state;
	assert_true(match_glob("?", "a"));
	assert_true(match_glob("?", "\xc3\xa9"));
	assert_true(match_glob("a?c", "a\xf0\x9f\x98\x80"
				      "c"));
	assert_true(match_glob("*?c", "\xf0\x9f\x98\x80"
				      "c"));
	assert_false(match_glob("??", "\xc3\xa9"));
	assert_false(match_glob("?", ""));
	assert_false(match_glob("a?", "a"));
}

static void
search_finds_anywhere_unless_anchored(void **state)
{
	(void)state;
	assert_int_equal(searched("b+", NULL, "abbc"), MATCH_YES);
	assert_int_equal(searched("^b+", NULL, "abbc"), MATCH_NO);
	assert_int_equal(searched("^abbc$", NULL, "abbc"), MATCH_YES);
	assert_int_equal(searched("", NULL, ""), MATCH_YES);
	assert_int_equal(searched("x", NULL, ""), MATCH_NO);
	assert_int_equal(searched("^(?!.*@example\\.com$)", NULL, "a@example.com"), MATCH_NO);
	assert_int_equal(searched("^(?!.*@example\\.com$)", NULL, "a@example.org"), MATCH_YES);
	assert_int_equal(searched("(?<!un)safe", NULL, "unsafe"), MATCH_NO);
}

static void
search_means_what_ecmascript_means(void **state)
{
	(void)state;
	assert_int_equal(searched("example\\.com$", NULL, "example.com\n"), MATCH_NO);
	assert_int_equal(searched("^a$", "m", "b\na\nc"), MATCH_YES);
	assert_int_equal(searched("\\u0041\\x42", NULL, "AB"), MATCH_YES);
	assert_int_equal(searched("^\\u{1F600}$", "u", "\xf0\x9f\x98\x80"), MATCH_YES);
	assert_int_equal(searched("[]", NULL, "a"), MATCH_NO);
	assert_int_equal(searched("^[^]$", NULL, "\n"), MATCH_YES);
	assert_int_equal(searched("a.b", NULL, "a\nb"), MATCH_NO);
	assert_int_equal(searched("a.b", NULL, "a\rb"), MATCH_NO);
	assert_int_equal(searched("a.b", "s", "a\nb"), MATCH_YES);
	assert_int_equal(searched("^.$", NULL, "\xc3\xa9"), MATCH_YES);
	assert_int_equal(searched("\\d", NULL, "\xd9\xa1"), MATCH_NO);
	assert_int_equal(searched("\\w", NULL, "\xc3\xa9"), MATCH_NO);
	assert_int_equal(searched("(?:(a)|b)\\1c", NULL, "bc"), MATCH_YES);
	assert_int_equal(searched("EXAMPLE", "i", "example"), MATCH_YES);
	assert_int_equal(searched("\xc3\x89", "i", "\xc3\xa9"), MATCH_YES);
	assert_int_equal(searched("EXAMPLE", "", "example"), MATCH_NO);
	assert_int_equal(searched("a.B", "si", "A\nb"), MATCH_YES);
}

static void
search_sees_past_a_nul(void **state)
{
	struct regex *regex = compiled("secret", NULL);

	(void)state;
	assert_int_equal(regex_search(regex, "a\0secret", 8, NULL), MATCH_YES);
	assert_int_equal(regex_search(regex, "a\0secre", 7, NULL), MATCH_NO);
	regex_free(regex);
}

static void
faulty_pattern_is_refused_with_its_offset(void **state)
{
	(void)state;
	assert_non_null(strstr(refusal("a(b", 3, NULL), "at offset 3"));
	assert_non_null(strstr(refusal("ab[c", 4, NULL), "at offset 4"));
	assert_non_null(strstr(refusal("*a", 2, NULL), "at offset"));
	assert_non_null(strstr(refusal("a{2,1}", 6, NULL), "at offset"));
	assert_non_null(strstr(refusal("(?<n>a)\\k<m>", 12, NULL), "at offset"));
	assert_non_null(strstr(refusal("\\C", 2, NULL), "at offset"));
	assert_non_null(strstr(refusal("a\xff", 2, NULL), "at offset 1"));
	assert_non_null(strstr(refusal("(*NOSUCH)a", 10, NULL), "at offset"));
}

static void
pattern_that_cannot_be_bounded_is_refused(void **state)
{
	static const char nested[] = "(?:(?:(?:a{1,60}){1,60}){1,60}){1,60}";
	static const char large[] = "(?:(?:abcdefgh){90}){90}";
	char *wide = repeated('a', REGEX_PATTERN_MAX + 1);
	char *deep = repeated('(', 101);

	(void)state;
	assert_non_null(strstr(refusal(nested, strlen(nested), NULL), "large"));
	assert_non_null(strstr(refusal(large, strlen(large), NULL), "large"));
	assert_non_null(strstr(refusal("(?<=a{256})b", 12, NULL), "255"));
	assert_non_null(strstr(refusal(wide, REGEX_PATTERN_MAX + 1, NULL), "4096"));
	assert_non_null(strstr(refusal(deep, 101, NULL), "at offset"));
	regex_free(compiled("(?<=a{255})b", NULL));
	free(wide);
	free(deep);
}

static void
unknown_or_repeated_flag_is_refused(void **state)
{
	static const char *const wrong[] = {"g", "ii", "x", "I", "i m", "imsui", "y", "\xc3\xa9"};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_false(regex_flags_valid(wrong[i]));
		assert_non_null(strstr(refusal("a", 1, wrong[i]), "flags"));
	}
	assert_true(regex_flags_valid("imsu"));
	assert_true(regex_flags_valid("us"));
	assert_true(regex_flags_valid(""));
	assert_true(regex_flags_valid(NULL));
}

static void
hostile_pattern_and_text_end_in_bounded_time(void **state)
{
	static const char *const patterns[] = {"(x+)+$", "(x+)+[yz]", "x*x*x*x*y", "x*x*x*x*[yz]",
	    "(?=(x+)+[yz])", "(?:(?:x*)*)*[yz]", "(x+x+)+[yz]", "(x|xx)+[yz]", "(.*)*[yz][qr]",
	    "(?:x{2000}|z)[yq]", "(?:x{60000}|z)[yq]", "(x*)\\1[yz]", "(x*)(?:\\1[yz]|\\1\\1[yz])",
	    "(?<=x{255})x[yz]", "^(?:x|y)*$", "(x(?R)?[yz])", "^((?:x|(?1))*)*[yz]", "\\w+[@!]\\w+",
	    "(?:\\p{L}\\p{M}*)+[!1]", "\\X+[!1]", "(x?){60}x{60}[!1]"};
	char *text = repeated('x', LONG_TEXT);
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
	char *text = repeated('x', LONG_TEXT);
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
	char *text = repeated('x', len);
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
	char *text = repeated('x', LONG_TEXT);
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
	char *text = repeated('x', REGEX_TEXT_MAX + 1);
	enum match found;

	(void)state;
	(void)cost("x", text, REGEX_TEXT_MAX, &found);
	assert_int_equal(found, MATCH_YES);
	(void)cost("x", text, REGEX_TEXT_MAX + 1, &found);
	assert_int_equal(found, MATCH_CANNOT_TELL);
	free(text);
}

static void
text_that_is_not_utf8_cannot_be_searched(void **state)
{
	(void)state;
	assert_int_equal(searched("a", NULL, "a\xff"), MATCH_CANNOT_TELL);
	assert_int_equal(searched("b", NULL, "\xed\xa0\x80"), MATCH_CANNOT_TELL);
}

static void
searches_share_the_budget_they_are_given(void **state)
{
	struct regex *regex = compiled("a[bc]", NULL);
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
	char *text = repeated('x', 5000);
	enum match found;
	uint64_t first = cost("(x|xx)+y?$", text, 5000, &found);

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(cost("(x|xx)+y?$", text, 5000, &found), first);
	free(text);
}

static void *
search_often(void *arg)
{
	long wrong = 0;

	for (int i = 0; i < 2000; i++) {
		wrong += regex_search(arg, "some.body@example.com", 21, NULL) != MATCH_YES;
		wrong += regex_search(arg, "some.body@example.org", 21, NULL) != MATCH_NO;
	}
	return (void *)wrong;
}

static void
one_regex_serves_several_threads(void **state)
{
	struct regex *regex = compiled("^[\\w.]+@example\\.com$", NULL);
	pthread_t threads[4];
	void *wrong;

	(void)state;
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, search_often, regex), 0);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(pthread_join(threads[i], &wrong), 0);
		assert_null(wrong);
	}
	regex_free(regex);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(glob_without_wildcards_matches_only_itself),
	    cmocka_unit_test(glob_star_is_any_run_also_an_empty_one),
	    cmocka_unit_test(glob_question_mark_is_one_character_not_one_byte),
	    cmocka_unit_test(search_finds_anywhere_unless_anchored),
	    cmocka_unit_test(search_means_what_ecmascript_means),
	    cmocka_unit_test(search_sees_past_a_nul),
	    cmocka_unit_test(faulty_pattern_is_refused_with_its_offset),
	    cmocka_unit_test(pattern_that_cannot_be_bounded_is_refused),
	    cmocka_unit_test(unknown_or_repeated_flag_is_refused),
	    cmocka_unit_test(hostile_pattern_and_text_end_in_bounded_time),
	    cmocka_unit_test(search_that_runs_out_of_steps_cannot_tell),
	    cmocka_unit_test(honest_search_of_a_long_text_is_answered),
	    cmocka_unit_test(wide_class_on_a_long_text_cannot_tell),
	    cmocka_unit_test(text_beyond_the_cap_cannot_be_searched),
	    cmocka_unit_test(text_that_is_not_utf8_cannot_be_searched),
	    cmocka_unit_test(searches_share_the_budget_they_are_given),
	    cmocka_unit_test(same_search_takes_the_same_steps_every_time),
	    cmocka_unit_test(one_regex_serves_several_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
