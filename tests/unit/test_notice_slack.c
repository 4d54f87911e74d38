/* test_notice_slack.c - Block Kit messages: their exact shape, hostile names, the documented limits. */
#include "notice_aid.h"

/* Block Kit reference, in characters. */
#define HEADER_MAX 150
#define SECTION_MAX 3000
#define BUTTON_TEXT_MAX 75
#define BUTTON_URL_MAX 3000
#define BLOCKS_MAX 50
#define CONTEXT_MAX 10
#define TEXT_MAX 40000

/* A text object; a plain one without emoji unless `may_mark`. */
static void
assert_text(const struct json_object *object, size_t most, bool may_mark)
{
	static const char *const plain[] = {"type", "text", "emoji", NULL};
	static const char *const marked[] = {"type", "text", NULL};
	const char *type = aid_at(object, "type"), *text = aid_at(object, "text");
	bool found;

	assert_in_range(aid_units(text), 1, most);
	aid_assert_plain(text);
	if (may_mark && strcmp(type, "mrkdwn") == 0) {
		aid_only_members(object, marked);
		return;
	}
	assert_string_equal(type, "plain_text");
	aid_only_members(object, plain);
	assert_int_equal(json_type(aid_node(object, "emoji", &found)), JSON_BOOL);
	assert_false(json_bool(aid_node(object, "emoji", &found)));
}

static void
assert_button(const struct json_object *button)
{
	static const char *const names[] = {"type", "text", "url", "style", "action_id", NULL};
	const char *style = aid_at(button, "style");
	bool found;

	aid_only_members(button, names);
	assert_string_equal(aid_at(button, "type"), "button");
	assert_text(aid_node(button, "text", &found), BUTTON_TEXT_MAX, false);
	assert_in_range(strlen(aid_at(button, "url")), 1, BUTTON_URL_MAX);
	assert_true(strcmp(style, "primary") == 0 || strcmp(style, "danger") == 0);
	assert_in_range(strlen(aid_at(button, "action_id")), 1, 255);
}

static void
assert_block(const struct json_object *block)
{
	static const char *const text[] = {"type", "text", NULL};
	static const char *const elements[] = {"type", "elements", NULL};
	const char *type = aid_at(block, "type");
	bool found;
	const struct json_object *list = aid_node(block, "elements", &found);

	if (strcmp(type, "header") == 0 || strcmp(type, "section") == 0) {
		aid_only_members(block, text);
		assert_text(aid_node(block, "text", &found),
		    type[0] == 'h' ? HEADER_MAX : SECTION_MAX, false);
		return;
	}
	aid_only_members(block, elements);
	assert_in_range(json_length(list), 1, CONTEXT_MAX);
	assert_true(strcmp(type, "context") == 0 || strcmp(type, "actions") == 0);
	for (size_t i = 0; i < json_length(list); i++) {
		if (type[0] == 'c')
			assert_text(json_element(list, i), SECTION_MAX, true);
		else
			assert_button(json_element(list, i));
	}
}

/* mrkdwn: no markup but ours, so every & begins one of three entities and no < is left. */
static void
assert_escaped(const char *text)
{
	for (; *text != '\0'; text++) {
		assert_int_not_equal(*text, '<');
		assert_int_not_equal(*text, '>');
		if (*text == '&')
			assert_true(strncmp(text, "&amp;", 5) == 0 ||
				    strncmp(text, "&lt;", 4) == 0 || strncmp(text, "&gt;", 4) == 0);
	}
}

/* The message of a notice, which has the documented shape; json_free() it. */
static struct json_object *
message(const struct notice *notice, const struct channel *channel)
{
	static const char *const names[] = {"text", "blocks", "unfurl_links", "unfurl_media", NULL};
	struct outgoing out;
	struct json_object *root = aid_write(notice, channel, &out);
	bool found;
	const struct json_object *blocks = aid_node(root, "blocks", &found);

	assert_string_equal(out.url, "https://hooks.slack.com/services/T0/B0/x");
	assert_int_equal(out.nheaders, 1);
	aid_only_members(root, names);
	assert_in_range(aid_units(aid_at(root, "text")), 1, TEXT_MAX);
	aid_assert_plain(aid_at(root, "text"));
	assert_escaped(aid_at(root, "text"));
	assert_false(json_bool(aid_node(root, "unfurl_links", &found)));
	assert_in_range(json_length(blocks), 2, BLOCKS_MAX);
	for (size_t i = 0; i < json_length(blocks); i++)
		assert_block(json_element(blocks, i));
	outgoing_free(&out);
	return root;
}

static void
request_says_who_wants_what_why_and_until_when(void **state)
{
	struct notice notice = aid_notice();
	struct channel channel = aid_channel(CHANNEL_SLACK);
	struct json_object *root = message(&notice, &channel);
	bool found;

	(void)state;
	assert_string_equal(
	    aid_at(root, "text"), "Approval needed: agent \"crawler\" wants mail/send_mail");
	assert_string_equal(aid_at(root, "blocks.0.text.text"), "Approval needed");
	assert_string_equal(
	    aid_at(root, "blocks.1.text.text"), "Agent \"crawler\" wants mail/send_mail.");
	assert_string_equal(aid_at(root, "blocks.2.text.text"),
	    "Why a person is needed: matched rule 0 of policy \"default\": mail leaves the house");
	assert_string_equal(aid_at(root, "blocks.3.elements.0.text"),
	    "Valid for 15 minutes, until <!date^1795459499^{date_short_pretty} {time}|18:44 UTC>.");
	assert_string_equal(
	    aid_at(root, "blocks.3.elements.1.text"), "Approval apr_0123456789abcdefghij");
	assert_string_equal(aid_at(root, "blocks.4.elements.0.text.text"), "Look and decide");
	assert_string_equal(aid_at(root, "blocks.4.elements.0.url"), AID_LINK);
	assert_string_equal(aid_at(root, "blocks.4.elements.1.text.text"), "Deny at once");
	assert_string_equal(aid_at(root, "blocks.4.elements.1.url"), AID_DENY_LINK);
	(void)aid_node(root, "blocks.5", &found);
	assert_false(found);
	json_free(root);
	channel_free(&channel);
}

static void
what_the_approver_should_know_is_said(void **state)
{
	struct notice notice = aid_notice();
	struct channel channel = aid_channel(CHANNEL_SLACK);
	struct json_object *root;
	bool found;

	(void)state;
	notice.released_ms = AID_NOW - (int64_t)3600 * 1000;
	notice.args_note = "The arguments are too long for this link.";
	notice.deny_link = NULL;
	root = message(&notice, &channel);
	assert_string_equal(aid_at(root, "blocks.3.elements.1.text"),
	    "The same call was let through before (17:30 UTC); approved, it runs once more.");
	assert_string_equal(
	    aid_at(root, "blocks.3.elements.2.text"), "The arguments are too long for this link.");
	(void)aid_node(root, "blocks.4.elements.1", &found);
	assert_false(found);
	json_free(root);
	channel_free(&channel);
}

static void
others_have_no_button(void **state)
{
	struct notice notices[] = {
	    aid_resolved("approved", "phone", "8h"), aid_blocked(), aid_changed()};
	struct channel channel = aid_channel(CHANNEL_SLACK);
	struct json_object *root;

	(void)state;
	root = message(&notices[0], &channel);
	assert_string_equal(aid_at(root, "text"), "Approved: mail/send_mail of agent \"crawler\"");
	assert_string_equal(aid_at(root, "blocks.1.text.text"),
	    "mail/send_mail of agent \"crawler\" was approved by the link sent to phone: "
	    "calls of this tool for 8 hours.");
	assert_null(strstr(aid_at(root, "blocks.3.elements.0.text"), "Valid"));
	json_free(root);
	root = message(&notices[1], &channel);
	assert_string_equal(
	    aid_at(root, "text"), "Call blocked: agent \"crawler\" wanted mail/send_mail");
	json_free(root);
	channel_free(&channel);
}

static void
hostile_names_stay_text(void **state)
{
	struct channel channel = aid_channel(CHANNEL_SLACK);
	struct notice notice;

	(void)state;
	for (size_t i = 0; aid_hostile[i] != NULL; i++) {
		notice = aid_notice();
		notice.key_name = notice.server = notice.tool = aid_hostile[i];
		notice.reason = notice.args_note = aid_hostile[i];
		json_free(message(&notice, &channel));
		notice = aid_resolved("denied", aid_hostile[i], "");
		notice.tool = aid_hostile[i];
		json_free(message(&notice, &channel));
	}
	channel_free(&channel);
}

/* Units whose escape, or whose sign, is longest; at the caps of names and reasons. */
static void
longest_texts_stay_within_the_limits(void **state)
{
	static const char *const units[] = {
	    "&", "<", "\"", "\\", "\x01", "\xff", "W", "\xf0\x9f\x98\x80", "\xe6\x97\xa5"};
	struct channel channel = aid_channel(CHANNEL_SLACK);
	struct notice notice = aid_notice();

	(void)state;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		char *key = aid_repeat("k", KEY_NAME_MAX),
		     *name = aid_repeat(units[i], CALL_NAME_MAX);
		char *reason = aid_repeat(units[i], VERDICT_REASON_MAX - 1);
		char *note = aid_repeat(units[i], 4096);

		notice.key_name = key;
		notice.server = notice.tool = name;
		notice.reason = reason;
		notice.args_note = note;
		notice.released_ms = 1;
		json_free(message(&notice, &channel));
		free(key);
		free(name);
		free(reason);
		free(note);
	}
	channel_free(&channel);
}

/* A link is whole or refused: 3000 is the most that a button takes. */
static void
link_is_never_cut(void **state)
{
	struct channel channel = aid_channel(CHANNEL_SLACK);
	struct notice notice = aid_notice();
	char *link = aid_repeat("x", BUTTON_URL_MAX + 1);
	struct problem why = {""};
	struct outgoing out;
	struct json_object *root;

	(void)state;
	memcpy(link, "https://", 8);
	notice.link = link;
	assert_status(aid_try(&notice, &channel, &out, &why), STATUS_TOO_LARGE);
	assert_non_null(strstr(why.text, "3000"));
	outgoing_free(&out);
	link[BUTTON_URL_MAX] = '\0';
	root = message(&notice, &channel);
	assert_string_equal(aid_at(root, "blocks.4.elements.0.url"), link);
	json_free(root);
	notice = aid_notice();
	notice.deny_link = link;
	link[BUTTON_URL_MAX] = 'x';
	assert_status(aid_try(&notice, &channel, &out, &why), STATUS_TOO_LARGE);
	outgoing_free(&out);
	free(link);
	channel_free(&channel);
}

static void
url_that_cannot_be_used_is_refused(void **state)
{
	static const char *const settings[] = {"{}", "{\"url\":\"\"}", "{\"url\":7}",
	    "{\"url\":\"ftp://example.com/\"}", "{\"url\":\"https://example.com/a b\"}",
	    "{\"url\":\"https://example.com/\\r\\nx\"}",
	    "{\"url\":\"https://example.com/\\u0000\"}"};
	struct notice notice = aid_notice();
	struct problem why = {""};
	struct outgoing out;

	(void)state;
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		struct channel channel = aid_channel_with(CHANNEL_SLACK, settings[i]);

		assert_status(aid_try(&notice, &channel, &out, &why), STATUS_INVALID);
		assert_non_null(strstr(why.text, "\"ops\""));
		assert_null(strstr(why.text, "example.com"));
		outgoing_free(&out);
		channel_free(&channel);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(request_says_who_wants_what_why_and_until_when),
	    cmocka_unit_test(what_the_approver_should_know_is_said),
	    cmocka_unit_test(others_have_no_button),
	    cmocka_unit_test(hostile_names_stay_text),
	    cmocka_unit_test(longest_texts_stay_within_the_limits),
	    cmocka_unit_test(link_is_never_cut),
	    cmocka_unit_test(url_that_cannot_be_used_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
