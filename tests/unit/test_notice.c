/* test_notice.c - what all forms have in common: who gets a link, words about time, the console's text. */
#include "notice_aid.h"

#include "notice_out.h"
#include "secret.h"

#define MINUTE ((int64_t)60 * 1000)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

static struct pages *pages;

/* The body of any kind; outgoing_free() it. */
static void
write_any(const struct notice *notice, const struct channel *channel, struct outgoing *out)
{
	struct problem why = {""};
	enum status status;

	outgoing_init(out);
	status = notice_write(notice, channel, pages, AID_NOW, out, &why);
	if (status != STATUS_OK)
		fail_msg("%s: %s", status_name(status), why.text);
	assert_true(out->body.len > 0);
}

static bool
carries_link(const struct notice *notice, const struct channel *channel)
{
	struct outgoing out;
	bool found;

	write_any(notice, channel, &out);
	/* The token, where quoted-printable does not break it. */
	found = strstr(buf_str(&out.body), "/v1/approve/") != NULL;
	outgoing_free(&out);
	return found;
}

/* Law 6: whoever fills in the notice, only a question to an approver carries what decides it. */
static void
only_questions_to_approvers_carry_links(void **state)
{
	struct notice notices[] = {aid_notice(), aid_resolved("approved", "phone", "once"),
	    aid_resolved("denied", "phone", ""), aid_resolved("expired", "", ""), aid_blocked(),
	    aid_changed()};

	(void)state;
	for (unsigned kind = 0; kind < CHANNEL_KINDS; kind++) {
		struct channel channel = aid_channel((enum channel_kind)kind);

		for (size_t i = 0; i < sizeof(notices) / sizeof(notices[0]); i++) {
			assert_non_null(notices[i].link);
			channel.approver = true;
			assert_int_equal(carries_link(&notices[i], &channel), i == 0);
			channel.approver = false;
			assert_false(carries_link(&notices[i], &channel));
		}
		channel_free(&channel);
	}
}

static void
denying_link_does_not_come_alone(void **state)
{
	struct notice notice = aid_notice();

	(void)state;
	notice.link = NULL;
	for (unsigned kind = 0; kind < CHANNEL_KINDS; kind++) {
		struct channel channel = aid_channel((enum channel_kind)kind);

		assert_false(carries_link(&notice, &channel));
		channel_free(&channel);
	}
}

static void
console_prints_the_link_on_a_line(void **state)
{
	struct notice notice = aid_notice();
	struct channel channel = aid_channel(CHANNEL_CONSOLE);
	struct outgoing out;

	(void)state;
	notice.tool = "a\nb";
	write_any(&notice, &channel, &out);
	assert_string_equal(buf_str(&out.body),
	    "2026-11-23T18:30:00.123Z Approval needed: Agent \"crawler\" wants "
	    "mail/a\xef\xbf\xbd"
	    "b.\n"
	    "    Why a person is needed: matched rule 0 of policy \"default\": mail leaves the house\n"
	    "    Valid for 15 minutes, until 18:44 UTC. Approval apr_0123456789abcdefghij\n"
	    "    Look and decide: " AID_LINK "\n"
	    "    Deny at once: " AID_DENY_LINK "\n");
	assert_string_equal(out.url, "");
	outgoing_free(&out);
	channel_free(&channel);
}

static void
assert_span(int64_t span_ms, const char *expected)
{
	char text[WORDS_PHRASE_SIZE];

	words_span(text, sizeof(text), span_ms);
	assert_string_equal(text, expected);
}

static void
spans_read_as_people_say_them(void **state)
{
	(void)state;
	assert_span(-5 * DAY, "less than a minute");
	assert_span(0, "less than a minute");
	assert_span(29 * 1000, "less than a minute");
	assert_span(31 * 1000, "1 minute");
	assert_span(15 * MINUTE - 250, "15 minutes");
	assert_span(119 * MINUTE, "119 minutes");
	assert_span(2 * HOUR, "2 hours");
	assert_span(47 * HOUR, "47 hours");
	assert_span(2 * DAY, "2 days");
	assert_span(30 * DAY, "30 days");
}

static void
moment_of_another_day_has_its_date(void **state)
{
	struct channel channel = aid_channel(CHANNEL_SLACK);
	struct notice notice = aid_notice();
	struct problem why = {""};
	struct words words;

	(void)state;
	notice.expires_ms = AID_NOW + 6 * HOUR;
	assert_status(notice_words(&notice, &channel, AID_NOW, &words, &why), STATUS_OK);
	assert_string_equal(words.left, "6 hours");
	assert_string_equal(words.until, "00:30 UTC on 24 November 2026");
	channel_free(&channel);
}

static void
sentence_and_its_pieces_are_the_same(void **state)
{
	struct notice notices[] = {aid_notice(), aid_resolved("approved", "phone", "24h"),
	    aid_resolved("denied", "enforgatectl", ""), aid_resolved("expired", "", ""),
	    aid_resolved("denied", "", ""), aid_blocked(), aid_changed(), aid_sample()};
	struct channel channel = aid_channel(CHANNEL_SLACK);
	struct problem why = {""};
	struct words words;
	char *longest = aid_repeat("\x01", CALL_NAME_MAX);

	(void)state;
	for (size_t i = 0; i < sizeof(notices) / sizeof(notices[0]); i++) {
		struct buf all;

		if (notices[i].event != 0)
			notices[i].server = notices[i].tool = longest;
		assert_status(
		    notice_words(&notices[i], &channel, AID_NOW, &words, &why), STATUS_OK);
		buf_init(&all, WORDS_SENTENCE_SIZE);
		for (const struct piece *piece = words.pieces; piece->text != NULL; piece++) {
			assert_true(piece < words.pieces + WORDS_PIECES - 1);
			buf_text(&all, piece->text);
		}
		assert_status(buf_status(&all), STATUS_OK);
		assert_string_equal(words.sentence, buf_str(&all));
		assert_int_equal(words.sentence[strlen(words.sentence) - 1], '.');
		buf_free(&all);
	}
	free(longest);
	channel_free(&channel);
}

static void
sending_twice_gives_the_same_but_for_time(void **state)
{
	struct notice notice = aid_notice();

	(void)state;
	for (unsigned kind = 0; kind < CHANNEL_KINDS; kind++) {
		struct channel channel = aid_channel((enum channel_kind)kind);
		struct outgoing first, second;

		write_any(&notice, &channel, &first);
		write_any(&notice, &channel, &second);
		assert_string_equal(buf_str(&first.body), buf_str(&second.body));
		outgoing_free(&first);
		outgoing_free(&second);
		channel_free(&channel);
	}
}

static void
header_cannot_begin_another_one(void **state)
{
	struct outgoing out;
	struct problem why = {""};
	char *longest = aid_repeat("x", NOTICE_HEADER_MAX - strlen("a: "));

	(void)state;
	outgoing_init(&out);
	assert_status(notice_header(&out, "a", "b\r\nc: d", &why), STATUS_INVALID);
	assert_status(notice_header(&out, "a", "b\x7f", &why), STATUS_INVALID);
	assert_status(notice_header(&out, "a", longest, &why), STATUS_INVALID);
	assert_int_equal(out.nheaders, 0);
	longest[strlen(longest) - 1] = '\0';
	for (size_t i = 0; i < NOTICE_HEADERS_MAX; i++)
		assert_status(notice_header(&out, "a", longest, &why), STATUS_OK);
	assert_status(notice_header(&out, "a", "b", &why), STATUS_INVALID);
	assert_int_equal(out.nheaders, NOTICE_HEADERS_MAX);
	outgoing_free(&out);
	free(longest);
}

static int
start(void **state)
{
	struct problem why;

	(void)state;
	return secret_start() == STATUS_OK && pages_open(NULL, &pages, &why) == STATUS_OK ? 0 : -1;
}

static int
end(void **state)
{
	(void)state;
	pages_close(pages);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(only_questions_to_approvers_carry_links),
	    cmocka_unit_test(denying_link_does_not_come_alone),
	    cmocka_unit_test(console_prints_the_link_on_a_line),
	    cmocka_unit_test(spans_read_as_people_say_them),
	    cmocka_unit_test(moment_of_another_day_has_its_date),
	    cmocka_unit_test(sentence_and_its_pieces_are_the_same),
	    cmocka_unit_test(header_cannot_begin_another_one),
	    cmocka_unit_test(sending_twice_gives_the_same_but_for_time),
	};

	return cmocka_run_group_tests(tests, start, end);
}
