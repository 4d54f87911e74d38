/* test_notice_mime.c - quoted-printable, encoded words, dates, addresses. */
#include "mail_aid.h"
#include "notice_aid.h"
#include "notice_mime.h"

static void
assert_encoded(const char *text, const char *expected)
{
	struct buf out, back;

	buf_init(&out, (size_t)1 << 20);
	buf_init(&back, (size_t)1 << 20);
	mime_quoted_printable(&out, text, strlen(text));
	if (expected != NULL)
		assert_string_equal(buf_str(&out), expected);
	mail_quoted_printable(&back, buf_str(&out), out.len);
	if (text[0] != '\0' && text[strlen(text) - 1] != '\n')
		buf_char(&out, '\n');
	assert_memory_equal(buf_str(&back), text, strlen(text));
	buf_free(&out);
	buf_free(&back);
}

static void
quoted_printable_of_known_texts(void **state)
{
	(void)state;
	assert_encoded("", "");
	assert_encoded("plain\n", "plain\r\n");
	assert_encoded("no end", "no end\r\n");
	assert_encoded("a=b\n", "a=3Db\r\n");
	assert_encoded("\xc3\xbc\n", "=C3=BC\r\n");
	assert_encoded("end \n\t\nx ", "end=20\r\n=09\r\nx=20\r\n");
	assert_encoded(
	    ".\n.x\nFrom me\nFrom\n-- \n", "=2E\r\n=2Ex\r\n=46rom me\r\nFrom\r\n--=20\r\n");
	assert_encoded("--=_enforgate_=_alternative--\n", "--=3D_enforgate_=3D_alternative--\r\n");
}

/* Around the 76th column: plain, encoded, a dot that comes to stand at the beginning, white space. */
static void
quoted_printable_breaks_no_sign(void **state)
{
	static const char *const tails[] = {
	    "aaaa", "====", "....", "    ", "\xc3\xbc\xc3\xbc", "From x", "From From "};
	char text[256];

	(void)state;
	for (size_t lead = 65; lead < 80; lead++)
		for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
			memset(text, 'x', lead);
			(void)snprintf(text + lead, sizeof(text) - lead, "%s%s\nnext\n", tails[i],
			    lead % 2 == 0 ? "" : "more");
			assert_encoded(text, NULL);
		}
	for (size_t i = 0; aid_hostile[i] != NULL; i++) {
		char *many = aid_repeat(aid_hostile[i], 2000);

		for (char *at = many; *at != '\0'; at++)
			if (*at == '\r')
				*at = '\n';
		assert_encoded(many, NULL);
		free(many);
	}
}

static void
assert_subject(const char *text, const char *expected)
{
	struct buf out;
	char *value;

	buf_init(&out, 65536);
	mime_subject(&out, text);
	assert_status(buf_status(&out), STATUS_OK);
	if (expected != NULL)
		assert_string_equal(buf_str(&out), expected);
	value = malloc(out.len + 1);
	assert_non_null(value);
	memcpy(value, buf_str(&out), out.len + 1);
	for (size_t column = 0, i = 0; i < out.len; i++) {
		column = value[i] == '\n' ? 0 : column + 1;
		assert_true(column <= 77); /* with its CR */
		assert_true(value[i] != '\n' || i + 1 == out.len || value[i + 1] == ' ');
	}
	/* Unfolded: encoded words with one space between. */
	for (char *at; (at = strstr(value, "\r\n")) != NULL;)
		memmove(at, at + 2, strlen(at + 2) + 1);
	assert_string_equal(mail_decoded(value + strlen("Subject: ")), text);
	free(value);
	buf_free(&out);
}

static void
subjects_come_back_as_they_were(void **state)
{
	(void)state;
	assert_subject("Approval needed: agent \"crawler\" wants mail/send_mail",
	    "Subject: Approval needed: agent \"crawler\" wants mail/send_mail\r\n");
	assert_subject("\xc3\xbc", "Subject: =?UTF-8?Q?=C3=BC?=\r\n");
	assert_subject("=?UTF-8?Q?x?=", "Subject: =?UTF-8?Q?=3D=3FUTF-8=3FQ=3Fx=3F=3D?=\r\n");
	assert_subject(" space", "Subject: =?UTF-8?Q?_space?=\r\n");
	for (size_t i = 0; aid_hostile[i] != NULL; i++) {
		char *many = aid_repeat(aid_hostile[i], 900);

		if (strstr(many, "cut") == NULL)
			assert_subject(many, NULL);
		free(many);
	}
	for (size_t len = 1; len < 200; len++) {
		char *text = aid_repeat("\xf0\x9f\x98\x80", len * 4), *ascii = aid_repeat("x", len);

		assert_subject(text, NULL);
		assert_subject(ascii, NULL);
		free(text);
		free(ascii);
	}
}

static void
dates_are_those_of_the_calendar(void **state)
{
	static const struct {
		int64_t ms;
		const char *text;
	} cases[] = {
	    {0, "Date: Thu, 1 Jan 1970 00:00:00 +0000\r\n"},
	    {AID_NOW, "Date: Mon, 23 Nov 2026 18:30:00 +0000\r\n"},
	    {1709210096999, "Date: Thu, 29 Feb 2024 12:34:56 +0000\r\n"},
	};
	struct buf out;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buf_init(&out, 100);
		mime_date(&out, cases[i].ms);
		assert_string_equal(buf_str(&out), cases[i].text);
		buf_free(&out);
	}
}

static void
addresses_are_bare_and_ascii(void **state)
{
	static const char *const good[] = {"a@b", "ops@example.com",
	    "first.last+tag@sub.example.com", "o'neil@example.com", "x@[127.0.0.1]",
	    "x@[IPv6:2001:db8::1]", NULL};
	static const char *const bad[] = {"", "@", "a@", "@b", "a", "a b@c", "a@b c", "<a@b>",
	    "A <a@b>", "a@b,c@d", "a@b\r\nBcc: x@y", "\"a b\"@c", "a..b@c", ".a@b", "a.@b", "a@.b",
	    "a@b.", "a@b@c", "\xc3\xbc@b", "a@\xc3\xbc.example", "a@[]", "a@b;", "(x)a@b", NULL};
	char *longest = aid_repeat("x", 260);

	(void)state;
	for (size_t i = 0; good[i] != NULL; i++)
		if (!mime_address_valid(good[i], strlen(good[i])))
			fail_msg("%s is an address", good[i]);
	for (size_t i = 0; bad[i] != NULL; i++)
		if (mime_address_valid(bad[i], strlen(bad[i])))
			fail_msg("%s is no address", bad[i]);
	longest[1] = '@';
	assert_true(mime_address_valid(longest, 254));
	assert_false(mime_address_valid(longest, 255));
	assert_false(mime_address_valid("a\0b@c", 5));
	free(longest);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(quoted_printable_of_known_texts),
	    cmocka_unit_test(quoted_printable_breaks_no_sign),
	    cmocka_unit_test(subjects_come_back_as_they_were),
	    cmocka_unit_test(dates_are_those_of_the_calendar),
	    cmocka_unit_test(addresses_are_bare_and_ascii),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
