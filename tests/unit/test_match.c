/* test_match.c - globs and regular expressions: what they mean. */
#include "match_aid.h"

#include <pthread.h>

static enum match
searched(const char *pattern, const char *flags, const char *text)
{
	struct regex *regex = aid_regex(pattern, flags);
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
	struct regex *regex = aid_regex("secret", NULL);

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
	char *wide = aid_repeated('a', REGEX_PATTERN_MAX + 1);
	char *deep = aid_repeated('(', 101);

	(void)state;
	assert_non_null(strstr(refusal(nested, strlen(nested), NULL), "large"));
	assert_non_null(strstr(refusal(large, strlen(large), NULL), "large"));
	assert_non_null(strstr(refusal("(?<=a{256})b", 12, NULL), "255"));
	assert_non_null(strstr(refusal(wide, REGEX_PATTERN_MAX + 1, NULL), "4096"));
	assert_non_null(strstr(refusal(deep, 101, NULL), "at offset"));
	regex_free(aid_regex("(?<=a{255})b", NULL));
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
text_that_is_not_utf8_cannot_be_searched(void **state)
{
	(void)state;
	assert_int_equal(searched("a", NULL, "a\xff"), MATCH_CANNOT_TELL);
	assert_int_equal(searched("b", NULL, "\xed\xa0\x80"), MATCH_CANNOT_TELL);
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
	struct regex *regex = aid_regex("^[\\w.]+@example\\.com$", NULL);
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
	    cmocka_unit_test(text_that_is_not_utf8_cannot_be_searched),
	    cmocka_unit_test(one_regex_serves_several_threads),
	};

	return cmocka_run_group_tests_name("match", tests, NULL, NULL);
}
