/* test_notice_email.c - mails: header and parts, hostile names, long links, addresses. */
#include "mail_aid.h"
#include "notice_aid.h"
#include "secret.h"

static struct pages *pages;

static enum status
try_mail(const struct notice *notice, const struct channel *channel, struct outgoing *out,
    struct problem *why)
{
	outgoing_init(out);
	return notice_email(notice, channel, pages, AID_NOW, out, why);
}

/* Writes and reads it; mail_free() it. Its header has exactly the fields of a notice, so nothing was injected. */
static struct mail
mail_of(const struct notice *notice, const struct channel *channel)
{
	static const char *const names[] = {"Date", "From", "To", "Subject", "Message-ID",
	    "References", "Auto-Submitted", "MIME-Version", "Content-Type"};
	struct problem why = {""};
	struct outgoing out;
	struct mail mail;
	enum status status = try_mail(notice, channel, &out, &why);
	size_t field = 0;

	if (status != STATUS_OK)
		fail_msg("%s: %s", status_name(status), why.text);
	mail_read(&mail, buf_str(&out.body), out.body.len);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i], "References") == 0 && notice->approval_id[0] == '\0')
			continue;
		assert_true(field < mail.count);
		assert_string_equal(mail.fields[field].name, names[i]);
		field++;
	}
	assert_int_equal(field, mail.count);
	aid_assert_plain(mail_decoded(mail_field(&mail, "Subject")));
	outgoing_free(&out);
	return mail;
}

static void
assert_in(const struct buf *text, const char *part)
{
	if (strstr(buf_str(text), part) == NULL)
		fail_msg("no \"%s\" in:\n%s", part, buf_str(text));
}

static void
header_says_what_it_is(void **state)
{
	struct notice notice = aid_notice();
	struct channel channel = aid_channel(CHANNEL_EMAIL);
	struct mail mail = mail_of(&notice, &channel);
	struct problem why = {""};
	struct outgoing out;

	(void)state;
	assert_string_equal(mail_field(&mail, "Date"), "Mon, 23 Nov 2026 18:30:00 +0000");
	assert_string_equal(mail_field(&mail, "From"), "Enforgate <gate@example.com>");
	assert_string_equal(mail_field(&mail, "To"), "ops@example.com, boss@example.org");
	assert_string_equal(
	    mail_field(&mail, "Message-ID"), "<dlv_0123456789abcdefghij@example.com>");
	assert_string_equal(
	    mail_field(&mail, "References"), "<apr_0123456789abcdefghij@example.com>");
	assert_string_equal(mail_field(&mail, "Auto-Submitted"), "auto-generated");
	assert_string_equal(mail_field(&mail, "MIME-Version"), "1.0");
	assert_string_equal(mail_field(&mail, "Subject"),
	    "Approval needed: agent \"crawler\" wants mail/send_mail");
	mail_free(&mail);
	assert_status(try_mail(&notice, &channel, &out, &why), STATUS_OK);
	assert_string_equal(out.url, "smtps://mail.example.com:465");
	assert_string_equal(out.from, "gate@example.com");
	assert_string_equal(out.to, "ops@example.com,boss@example.org");
	assert_int_equal(out.nheaders, 0);
	outgoing_free(&out);
	channel_free(&channel);
}

static void
request_says_who_wants_what_why_and_until_when(void **state)
{
	struct notice notice = aid_notice();
	struct channel channel = aid_channel(CHANNEL_EMAIL);
	struct mail mail = mail_of(&notice, &channel);
	const char *const said[] = {
	    "crawler", "send_mail", "mail leaves the house", "15 minutes", "18:44 UTC"};

	(void)state;
	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
		assert_in(&mail.text, said[i]);
		assert_in(&mail.html, said[i]);
	}
	assert_in(&mail.text, "\n" AID_LINK "\n");
	assert_in(&mail.text, "\n" AID_DENY_LINK "\n");
	assert_in(&mail.html, "href=\"" AID_LINK "\"");
	assert_in(&mail.html, "href=\"" AID_DENY_LINK "\"");
	mail_free(&mail);
	notice.released_ms = AID_NOW - (int64_t)24 * 3600 * 1000;
	notice.args_note = "The arguments are too long for this link.";
	mail = mail_of(&notice, &channel);
	assert_in(&mail.text, "18:30 UTC on 22 November 2026");
	assert_in(&mail.text, "The arguments are too long for this link.");
	mail_free(&mail);
	channel_free(&channel);
}

static void
others_carry_no_link(void **state)
{
	static const char *const subjects[] = {"Approved: mail/send_mail of agent \"crawler\"",
	    "Denied: mail/send_mail of agent \"crawler\"",
	    "Expired: mail/send_mail of agent \"crawler\"",
	    "Call blocked: agent \"crawler\" wanted mail/send_mail",
	    "Tool changed: mail/send_mail, of the upstreams of agent \"crawler\"",
	    "Test message of channel \"ops\""};
	static const char *const said[] = {"calls of this tool for 8 hours",
	    "Denied with enforgatectl", "Nobody decided in time", "blocked", "upstream repin",
	    "sample"};
	struct notice notices[] = {aid_resolved("approved", "phone", "8h"),
	    aid_resolved("denied", "enforgatectl", ""), aid_resolved("expired", "", ""),
	    aid_blocked(), aid_changed(), aid_sample()};
	struct channel channel = aid_channel(CHANNEL_EMAIL);

	(void)state;
	for (size_t i = 0; i < sizeof(notices) / sizeof(notices[0]); i++) {
		struct mail mail = mail_of(&notices[i], &channel);

		assert_string_equal(mail_field(&mail, "Subject"), subjects[i]);
		assert_in(&mail.text, said[i]);
		assert_null(strstr(buf_str(&mail.text), "http"));
		assert_null(strstr(buf_str(&mail.html), "http"));
		mail_free(&mail);
	}
	channel_free(&channel);
}

/* No element that the template does not have: as many as with harmless names. */
static size_t
tags(const struct mail *mail)
{
	size_t count = 0;

	for (const char *at = buf_str(&mail->html); *at != '\0'; at++)
		count += *at == '<' || *at == '>';
	return count;
}

static void
hostile_names_stay_text(void **state)
{
	struct channel channel = aid_channel(CHANNEL_EMAIL);
	struct notice notice = aid_notice();
	struct mail mail;
	size_t usual;

	(void)state;
	notice.args_note = "x";
	mail = mail_of(&notice, &channel);
	usual = tags(&mail);
	mail_free(&mail);
	for (size_t i = 0; aid_hostile[i] != NULL; i++) {
		notice.key_name = notice.server = notice.tool = aid_hostile[i];
		notice.reason = notice.args_note = aid_hostile[i];
		mail = mail_of(&notice, &channel);
		assert_int_equal(tags(&mail), usual);
		assert_null(strstr(buf_str(&mail.text), "\nBcc:"));
		assert_null(strstr(buf_str(&mail.text), "\xe2\x80\xae"));
		assert_null(strstr(buf_str(&mail.html), "\xe2\x80\xae"));
		mail_free(&mail);
	}
	channel_free(&channel);
}

static void
longest_names_are_whole_in_the_text_and_short_in_the_subject(void **state)
{
	static const char *const units[] = {"x", "<", "=", "\xf0\x9f\x98\x80"};
	struct channel channel = aid_channel(CHANNEL_EMAIL);
	struct notice notice = aid_notice();

	(void)state;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		char *name = aid_repeat(units[i], CALL_NAME_MAX);
		char *reason = aid_repeat(units[i], VERDICT_REASON_MAX - 1);
		struct mail mail;

		notice.server = notice.tool = name;
		notice.reason = reason;
		mail = mail_of(&notice, &channel);
		assert_in(&mail.text, name);
		assert_in(&mail.text, reason);
		assert_in_range(aid_units(mail_decoded(mail_field(&mail, "Subject"))), 60, 300);
		mail_free(&mail);
		free(name);
		free(reason);
	}
	channel_free(&channel);
}

/* In quoted-printable, a link of 32 KB goes over many lines and comes out whole in both parts. */
static void
longest_link_is_whole_and_a_longer_one_refused(void **state)
{
	struct channel channel = aid_channel(CHANNEL_EMAIL);
	struct notice notice = aid_notice();
	char *link = aid_repeat("https://gate.example.com/v1/approve/x?action=approve#a=", 55);
	char *longest = aid_repeat("Az09-_.=%7B", NOTICE_LINK_MAX_EMAIL + 1);
	struct problem why = {""};
	struct outgoing out;
	struct mail mail;

	(void)state;
	memset(longest + strlen(longest), '=', NOTICE_LINK_MAX_EMAIL + 1 - strlen(longest));
	longest[NOTICE_LINK_MAX_EMAIL + 1] = '\0';
	memcpy(longest, link, strlen(link));
	notice.link = longest;
	assert_status(try_mail(&notice, &channel, &out, &why), STATUS_TOO_LARGE);
	outgoing_free(&out);
	longest[NOTICE_LINK_MAX_EMAIL] = '\0';
	mail = mail_of(&notice, &channel);
	assert_in(&mail.text, longest);
	assert_in(&mail.html, longest);
	mail_free(&mail);
	free(longest);
	free(link);
	channel_free(&channel);
}

static void
settings_that_cannot_be_used_are_refused(void **state)
{
#define FROM "\"from\":\"a@example.com\""
#define TO "\"to\":\"b@example.com\""
#define URL "\"url\":\"smtps://mail.example.com:465\""
	static const char *const settings[] = {"{}", "{" URL "," FROM "}", "{" URL "," TO "}",
	    "{" FROM "," TO "}", "{" URL "," FROM ",\"to\":\"b@example.com,,c@example.com\"}",
	    "{" URL "," FROM ",\"to\":\"b@example.com\\r\\nBcc: c@example.com\"}",
	    "{" URL ",\"from\":\"a@example.com\\nX: y\"," TO "}",
	    "{" URL "," FROM ",\"to\":\"Boss <b@example.com>\"}",
	    "{\"url\":\"https://mail.example.com\"," FROM "," TO "}"};
	struct notice notice = aid_notice();
	struct problem why = {""};
	struct outgoing out;

	(void)state;
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		struct channel channel = aid_channel_with(CHANNEL_EMAIL, settings[i]);

		if (try_mail(&notice, &channel, &out, &why) != STATUS_INVALID)
			fail_msg("taken: %s", settings[i]);
		assert_non_null(strstr(why.text, "\"ops\""));
		outgoing_free(&out);
		channel_free(&channel);
	}
}

static void
recipients_stand_one_a_line(void **state)
{
	struct channel channel;
	struct notice notice = aid_notice();
	struct buf settings;
	struct mail mail;

	(void)state;
	buf_init(&settings, CHANNEL_SETTINGS_MAX);
	buf_text(&settings, "{" URL "," FROM ",\"to\":\"first@example.com");
	for (int i = 0; i < 200; i++)
		buf_printf(&settings, " ,  someone.with.a.long.name.%d@example.com ", i);
	buf_text(&settings, "\"}");
	channel = aid_channel_with(CHANNEL_EMAIL, buf_str(&settings));
	mail = mail_of(&notice, &channel);
	assert_non_null(strstr(mail_field(&mail, "To"),
	    "first@example.com, someone.with.a.long.name.0@example.com, someone"));
	assert_non_null(
	    strstr(mail_field(&mail, "To"), ", someone.with.a.long.name.199@example.com"));
	mail_free(&mail);
	channel_free(&channel);
	buf_free(&settings);
}

static int
open_pages(void **state)
{
	struct problem why;

	(void)state;
	return secret_start() == STATUS_OK && pages_open(NULL, &pages, &why) == STATUS_OK ? 0 : -1;
}

static int
close_pages(void **state)
{
	(void)state;
	pages_close(pages);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(header_says_what_it_is),
	    cmocka_unit_test(request_says_who_wants_what_why_and_until_when),
	    cmocka_unit_test(others_carry_no_link),
	    cmocka_unit_test(hostile_names_stay_text),
	    cmocka_unit_test(longest_names_are_whole_in_the_text_and_short_in_the_subject),
	    cmocka_unit_test(longest_link_is_whole_and_a_longer_one_refused),
	    cmocka_unit_test(settings_that_cannot_be_used_are_refused),
	    cmocka_unit_test(recipients_stand_one_a_line),
	};

	return cmocka_run_group_tests(tests, open_pages, close_pages);
}
