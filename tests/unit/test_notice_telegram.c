/* test_notice_telegram.c - sendMessage: its exact shape, markup that Telegram can read, hostile names, limits. */
#include "notice_aid.h"

#define TEXT_MAX 4096 /* characters after the markup is read */

/* One entity or character of HTML text; the number of bytes, and its length in *units as Telegram counts. */
static size_t
html_unit(const char *at, size_t *units)
{
	static const char *const entities[] = {"&amp;", "&lt;", "&gt;", "&quot;"};
	unsigned char c = (unsigned char)*at;

	*units = 1;
	if (c == '&') {
		for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++)
			if (strncmp(at, entities[i], strlen(entities[i])) == 0)
				return strlen(entities[i]);
		fail_msg("& begins no entity in: %.40s", at);
	}
	if (c < 0x80)
		return 1;
	*units = c >= 0xf0 ? 2 : 1;
	return c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
}

/* Tags <b> and <code>, opened and closed in turn; the text without them is `plain`. Names stand in code: `coded` is that text. */
static void
read_html(const char *html, struct buf *plain, struct buf *coded)
{
	static const char *const tags[] = {"<b>", "<code>", "</b>", "</code>"};
	size_t open = 0, count = 0, len, units; /* open: 0 none, 1 b, 2 code */

	while (*html != '\0') {
		if (*html == '<') {
			size_t i = 0;

			while (i < 4 && strncmp(html, tags[i], strlen(tags[i])) != 0)
				i++;
			if (i == 4)
				fail_msg("no tag of ours: %.40s", html);
			assert_int_equal(open, i < 2 ? 0 : i - 1);
			open = i < 2 ? i + 1 : 0;
			html += strlen(tags[i]);
			continue;
		}
		assert_int_not_equal(*html, '>');
		len = html_unit(html, &units);
		count += units;
		buf_add(plain, html, len);
		if (open == 2)
			buf_add(coded, html, len);
		html += len;
	}
	assert_int_equal(open, 0);
	assert_in_range(count, 1, TEXT_MAX);
}

static void
assert_keyboard(const struct json_object *root)
{
	static const char *const names[] = {"text", "url", NULL};
	bool found;
	const struct json_object *rows = aid_node(root, "reply_markup.inline_keyboard", &found);

	if (!found)
		return;
	assert_in_range(json_length(rows), 1, 2);
	for (size_t i = 0; i < json_length(rows); i++) {
		assert_int_equal(json_type(json_element(rows, i)), JSON_ARRAY);
		assert_int_equal(json_length(json_element(rows, i)), 1);
		aid_only_members(json_element(json_element(rows, i), 0), names);
		assert_in_range(strlen(aid_at(json_element(json_element(rows, i), 0), "url")), 1,
		    NOTICE_LINK_MAX_TELEGRAM);
	}
}

static struct json_object *
message(const struct notice *notice, const struct channel *channel, struct buf *plain,
    struct buf *coded)
{
	static const char *const names[] = {
	    "chat_id", "text", "parse_mode", "link_preview_options", "reply_markup", NULL};
	struct outgoing out;
	struct json_object *root = aid_write(notice, channel, &out);
	bool found;

	assert_string_equal(out.url, "https://api.telegram.org/bot123456:ABC-DEF_ghi/sendMessage");
	outgoing_free(&out);
	assert_int_equal(out.url[0], '\0'); /* the token is in there */
	aid_only_members(root, names);
	assert_string_equal(aid_at(root, "chat_id"), "-100123");
	assert_string_equal(aid_at(root, "parse_mode"), "HTML");
	assert_true(json_bool(aid_node(root, "link_preview_options.is_disabled", &found)));
	buf_init(plain, 65536);
	buf_init(coded, 65536);
	read_html(aid_at(root, "text"), plain, coded);
	(void)aid_units(aid_at(root, "text"));
	assert_keyboard(root);
	return root;
}

static void
request_says_who_wants_what_why_and_until_when(void **state)
{
	struct notice notice = aid_notice();
	struct channel channel = aid_channel(CHANNEL_TELEGRAM);
	struct buf plain, coded;
	struct json_object *root = message(&notice, &channel, &plain, &coded);

	(void)state;
	assert_string_equal(aid_at(root, "text"),
	    "<b>Approval needed</b>\n"
	    "Agent &quot;<code>crawler</code>&quot; wants <code>mail/send_mail</code>.\n"
	    "Why a person is needed: <code>matched rule 0 of policy &quot;default&quot;: "
	    "mail leaves the house</code>\n"
	    "Valid for 15 minutes, until 18:44 UTC.\n"
	    "Approval apr_0123456789abcdefghij");
	assert_string_equal(
	    aid_at(root, "reply_markup.inline_keyboard.0.0.text"), "Look and decide");
	assert_string_equal(aid_at(root, "reply_markup.inline_keyboard.0.0.url"), AID_LINK);
	assert_string_equal(aid_at(root, "reply_markup.inline_keyboard.1.0.text"), "Deny at once");
	assert_string_equal(aid_at(root, "reply_markup.inline_keyboard.1.0.url"), AID_DENY_LINK);
	json_free(root);
	buf_free(&plain);
	buf_free(&coded);
	channel_free(&channel);
}

static void
others_have_no_button(void **state)
{
	struct notice notices[] = {
	    aid_resolved("denied", "enforgatectl", ""), aid_blocked(), aid_changed(), aid_sample()};
	struct channel channel = aid_channel(CHANNEL_TELEGRAM);
	struct buf plain, coded;
	bool found;

	(void)state;
	for (size_t i = 0; i < sizeof(notices) / sizeof(notices[0]); i++) {
		struct json_object *root = message(&notices[i], &channel, &plain, &coded);

		(void)aid_node(root, "reply_markup", &found);
		assert_false(found);
		if (i == 0)
			assert_non_null(strstr(buf_str(&plain),
			    "mail/send_mail of agent &quot;crawler&quot; was denied with enforgatectl."));
		json_free(root);
		buf_free(&plain);
		buf_free(&coded);
	}
	channel_free(&channel);
}

/* Telegram finds mentions, commands and addresses in everything that is not code. */
static void
hostile_names_stand_in_code_only(void **state)
{
	struct channel channel = aid_channel(CHANNEL_TELEGRAM);
	struct notice notices[2];
	struct buf plain, coded;

	(void)state;
	for (size_t i = 0; aid_hostile[i] != NULL; i++) {
		notices[0] = aid_notice();
		notices[1] = aid_resolved("approved", aid_hostile[i], "once");
		for (size_t j = 0; j < 2; j++) {
			notices[j].key_name = notices[j].server = aid_hostile[i];
			notices[j].tool = notices[j].reason = aid_hostile[i];
			json_free(message(&notices[j], &channel, &plain, &coded));
			aid_assert_plain(buf_str(&coded));
			if (strpbrk(aid_hostile[i], "@/$#") != NULL)
				assert_true(plain.len > coded.len);
			for (const char *sign = "@$#"; *sign != '\0'; sign++) {
				size_t all = 0, inside = 0;

				for (size_t k = 0; k < plain.len; k++)
					all += plain.data[k] == *sign;
				for (size_t k = 0; k < coded.len; k++)
					inside += coded.data[k] == *sign;
				assert_int_equal(all, inside);
			}
			buf_free(&plain);
			buf_free(&coded);
		}
	}
	channel_free(&channel);
}

static void
longest_texts_stay_within_the_limit(void **state)
{
	static const char *const units[] = {"&", "\"", "\x01", "\xff", "W", "\xf0\x9f\x98\x80"};
	struct channel channel = aid_channel(CHANNEL_TELEGRAM);
	struct notice notice = aid_notice();
	struct buf plain, coded;

	(void)state;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		char *name = aid_repeat(units[i], CALL_NAME_MAX),
		     *note = aid_repeat(units[i], 4096);
		char *reason = aid_repeat(units[i], VERDICT_REASON_MAX - 1);

		notice.server = notice.tool = name;
		notice.reason = reason;
		notice.args_note = note;
		notice.released_ms = 1;
		json_free(message(&notice, &channel, &plain, &coded));
		buf_free(&plain);
		buf_free(&coded);
		free(name);
		free(note);
		free(reason);
	}
	channel_free(&channel);
}

static void
settings_that_cannot_be_used_are_refused(void **state)
{
	static const char *const settings[] = {"{}", "{\"token\":\"1:x\"}", "{\"chat\":\"1\"}",
	    "{\"token\":\"1:x\",\"chat\":\"1\\n2\"}", "{\"token\":\"1:x\\u0000y\",\"chat\":\"1\"}",
	    "{\"token\":\"1:x/../y\",\"chat\":\"1\"}", "{\"token\":\"1:x?a\",\"chat\":\"1\"}",
	    "{\"token\":\"1:x\",\"chat\":\"1\",\"url\":\"file:///etc\"}"};
	struct notice notice = aid_notice();
	struct problem why = {""};
	struct outgoing out;

	(void)state;
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		struct channel channel = aid_channel_with(CHANNEL_TELEGRAM, settings[i]);

		assert_status(aid_try(&notice, &channel, &out, &why), STATUS_INVALID);
		assert_null(strstr(why.text, "1:x"));
		outgoing_free(&out);
		channel_free(&channel);
	}
}

static void
another_server_of_the_api_is_used(void **state)
{
	struct channel channel = aid_channel_with(CHANNEL_TELEGRAM,
	    "{\"token\":\"1:x\",\"chat\":\"@ops\",\"url\":\"http://127.0.0.1:9\"}");
	struct notice notice = aid_notice();
	struct outgoing out;

	(void)state;
	json_free(aid_write(&notice, &channel, &out));
	assert_string_equal(out.url, "http://127.0.0.1:9/bot1:x/sendMessage");
	outgoing_free(&out);
	channel_free(&channel);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(request_says_who_wants_what_why_and_until_when),
	    cmocka_unit_test(others_have_no_button),
	    cmocka_unit_test(hostile_names_stand_in_code_only),
	    cmocka_unit_test(longest_texts_stay_within_the_limit),
	    cmocka_unit_test(settings_that_cannot_be_used_are_refused),
	    cmocka_unit_test(another_server_of_the_api_is_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
