/* test_plain.c - texts of others as people may be shown them. */
#include "testing.h"

#include "notice_aid.h"
#include "plain.h"
#include "utf8.h"

#define SIGN "\xef\xbf\xbd"
#define DOTS "\xe2\x80\xa6"

static void
assert_plain(const char *text, size_t most, const char *expected)
{
	struct buf out;
	char copy[512];

	buf_init(&out, 4096);
	plain_add(&out, text, most);
	assert_status(buf_status(&out), STATUS_OK);
	assert_string_equal(buf_str(&out), expected);
	buf_free(&out);
	plain_copy(copy, sizeof(copy), text, most);
	assert_string_equal(copy, expected);
}

static void
readable_text_stays(void **state)
{
	(void)state;
	assert_plain("", 10, "");
	assert_plain("send_mail <b> & \"x\"", 100, "send_mail <b> & \"x\"");
	assert_plain("Gr\xc3\xbc\xc3\x9f"
		     "e \xe6\x97\xa5 \xf0\x9f\x98\x80 \xd7\xa9",
	    100,
	    "Gr\xc3\xbc\xc3\x9f"
	    "e \xe6\x97\xa5 \xf0\x9f\x98\x80 \xd7\xa9");
}

static void
what_hides_or_turns_is_shown_as_a_sign(void **state)
{
	(void)state;
	assert_plain("a\nb\r\tc\x7f", 100, "a" SIGN "b" SIGN SIGN "c" SIGN);
	assert_plain("\xc2\x85\xc2\x9b", 100, SIGN SIGN);
	assert_plain("x\xe2\x80\xae"
		     "gnp",
	    100, "x" SIGN "gnp");
	assert_plain("\xe2\x81\xa6\xe2\x81\xa9\xd8\x9c\xe2\x80\x8e", 100, SIGN SIGN SIGN SIGN);
	assert_plain("\xe2\x80\x8b\xe2\x80\xa8\xef\xbb\xbf\xc2\xad", 100, SIGN SIGN SIGN SIGN);
	assert_plain("\xef\xbf\xbe\xf0\x9f\xbf\xbf", 100, SIGN SIGN); /* U+FFFE, U+1FFFF */
	assert_plain("\xf3\xa0\x81\x81", 100, SIGN);                  /* a tag */
}

/* Each stray byte by itself: nothing behind it is swallowed. */
static void
bytes_that_are_not_utf8_are_signs(void **state)
{
	(void)state;
	assert_plain("\xf0\x9f\x98", 100, SIGN SIGN SIGN);
	assert_plain("\xc3<b>", 100, SIGN "<b>");
	assert_plain("\xed\xa0\x80", 100, SIGN SIGN SIGN); /* a surrogate */
	assert_plain("\xc0\xaf", 100, SIGN SIGN);          /* overlong */
}

static void
long_text_is_cut_between_characters(void **state)
{
	(void)state;
	assert_plain("abcdef", 6, "abcdef");
	assert_plain("abcdef", 5, "abcd" DOTS);
	assert_plain("abcdef", 1, DOTS);
	assert_plain("abcdef", 0, "");
	assert_plain("\xc3\xbc\xc3\xbc\xc3\xbc", 2, "\xc3\xbc" DOTS);
}

static void
no_copy_passes_its_array(void **state)
{
	char out[16];

	(void)state;
	for (size_t i = 0; aid_hostile[i] != NULL; i++)
		for (size_t size = 1; size <= sizeof(out); size++) {
			memset(out, 'X', sizeof(out));
			plain_copy(out, size, aid_hostile[i], 100);
			assert_true(strlen(out) < size);
			for (size_t j = size; j < sizeof(out); j++)
				assert_int_equal(out[j], 'X');
			(void)aid_units(out); /* fails where a character is cut */
			aid_assert_plain(out);
		}
	plain_copy(out, 8, "abcdefgh", 100);
	assert_string_equal(out, "abcd" DOTS);
	plain_copy(out, 8, "abcdefg", 100);
	assert_string_equal(out, "abcdefg");
}

static void
plain_size_holds_whatever_comes(void **state)
{
	char out[PLAIN_SIZE(4)];

	(void)state;
	plain_copy(out, sizeof(out), "\x01\x02\x03\x04", 4);
	assert_string_equal(out, SIGN SIGN SIGN SIGN);
	plain_copy(out, sizeof(out), "\x80\x80\x80\x80", 4);
	assert_string_equal(out, SIGN SIGN SIGN SIGN);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(readable_text_stays),
	    cmocka_unit_test(what_hides_or_turns_is_shown_as_a_sign),
	    cmocka_unit_test(bytes_that_are_not_utf8_are_signs),
	    cmocka_unit_test(long_text_is_cut_between_characters),
	    cmocka_unit_test(no_copy_passes_its_array),
	    cmocka_unit_test(plain_size_holds_whatever_comes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
