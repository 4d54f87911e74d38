/* test_notice_teams.c - adaptive cards for a workflow's webhook: their exact shape, hostile names, limits. */
#include "notice_aid.h"

#define MESSAGE_MAX (28 * 1024) /* bytes of a message in Teams */
#define LINK_MAX NOTICE_LINK_MAX_TEAMS

/* A TextBlock reads Markdown: it holds our own words only, so it is one of these or begins so. */
static void
assert_text_block(const struct json_object *block)
{
	static const char *const names[] = {"type", "text", "size", "weight", "wrap", NULL};
	static const char *const ours[] = {"Approval needed", "Approved", "Denied", "Expired",
	    "Call blocked", "Test message", NULL};
	const char *text = aid_at(block, "text");

	aid_only_members(block, names);
	if (strncmp(text, "Valid for ", 10) == 0) {
		assert_null(strpbrk(text, "*_#[]<>`\\"));
		return;
	}
	for (size_t i = 0; ours[i] != NULL; i++)
		if (strcmp(text, ours[i]) == 0)
			return;
	fail_msg("a TextBlock with \"%s\"", text);
}

static void
assert_runs(const struct json_object *block)
{
	static const char *const names[] = {"type", "inlines", NULL};
	static const char *const run_names[] = {"type", "text", "weight", "size", "isSubtle", NULL};
	bool found;
	const struct json_object *runs = aid_node(block, "inlines", &found);

	aid_only_members(block, names);
	assert_in_range(json_length(runs), 1, 12);
	for (size_t i = 0; i < json_length(runs); i++) {
		const struct json_object *run = json_element(runs, i);

		aid_only_members(run, run_names);
		assert_string_equal(aid_at(run, "type"), "TextRun");
		assert_in_range(aid_units(aid_at(run, "text")), 1, 4096);
		aid_assert_plain(aid_at(run, "text"));
	}
}

static void
assert_actions(const struct json_object *card)
{
	static const char *const names[] = {"type", "title", "url", "style", NULL};
	bool found;
	const struct json_object *actions = aid_node(card, "actions", &found);

	if (!found)
		return;
	assert_in_range(json_length(actions), 1, 6); /* Teams shows six */
	for (size_t i = 0; i < json_length(actions); i++) {
		const struct json_object *action = json_element(actions, i);
		const char *style = aid_at(action, "style");

		aid_only_members(action, names);
		assert_string_equal(aid_at(action, "type"), "Action.OpenUrl");
		assert_true(strcmp(style, "positive") == 0 || strcmp(style, "destructive") == 0);
		assert_in_range(strlen(aid_at(action, "url")), 1, LINK_MAX);
	}
}

/* The card of a notice, in a message of the documented shape; json_free() the message. */
static const struct json_object *
card_of(const struct notice *notice, const struct channel *channel, struct json_object **root)
{
	static const char *const names[] = {"type", "attachments", NULL};
	static const char *const attachment[] = {"contentType", "contentUrl", "content", NULL};
	static const char *const card_names[] = {
	    "$schema", "type", "version", "msteams", "body", "actions", NULL};
	const struct json_object *card, *body;
	struct outgoing out;
	bool found;

	*root = aid_write(notice, channel, &out);
	assert_in_range(out.body.len, 1, MESSAGE_MAX);
	outgoing_free(&out);
	aid_only_members(*root, names);
	assert_string_equal(aid_at(*root, "type"), "message");
	assert_int_equal(json_length(aid_node(*root, "attachments", &found)), 1);
	aid_only_members(aid_node(*root, "attachments.0", &found), attachment);
	assert_string_equal(
	    aid_at(*root, "attachments.0.contentType"), "application/vnd.microsoft.card.adaptive");
	assert_null(aid_node(*root, "attachments.0.contentUrl", &found));
	card = aid_node(*root, "attachments.0.content", &found);
	aid_only_members(card, card_names);
	assert_string_equal(aid_at(card, "type"), "AdaptiveCard");
	assert_string_equal(aid_at(card, "version"), "1.4");
	body = aid_node(card, "body", &found);
	assert_in_range(json_length(body), 2, 10);
	for (size_t i = 0; i < json_length(body); i++) {
		const struct json_object *block = json_element(body, i);

		if (strcmp(aid_at(block, "type"), "TextBlock") == 0)
			assert_text_block(block);
		else
			assert_runs(block);
	}
	assert_actions(card);
	return card;
}

static void
request_says_who_wants_what_why_and_until_when(void **state)
{
	struct notice notice = aid_notice();
	struct channel channel = aid_channel(CHANNEL_TEAMS);
	struct json_object *root;
	const struct json_object *card = card_of(&notice, &channel, &root);

	(void)state;
	assert_string_equal(aid_at(card, "body.0.text"), "Approval needed");
	assert_string_equal(aid_at(card, "body.1.inlines.0.text"), "Agent \"");
	assert_string_equal(aid_at(card, "body.1.inlines.1.text"), "crawler");
	assert_string_equal(aid_at(card, "body.1.inlines.1.weight"), "Bolder");
	assert_string_equal(aid_at(card, "body.1.inlines.3.text"), "mail/send_mail");
	assert_string_equal(aid_at(card, "body.2.inlines.0.text"), "Why a person is needed");
	assert_string_equal(aid_at(card, "body.2.inlines.2.text"), notice.reason);
	assert_string_equal(aid_at(card, "body.3.text"),
	    "Valid for 15 minutes, until {{DATE(2026-11-23T18:44:59Z, SHORT)}} "
	    "{{TIME(2026-11-23T18:44:59Z)}}.");
	assert_string_equal(
	    aid_at(card, "body.4.inlines.0.text"), "Approval apr_0123456789abcdefghij");
	assert_string_equal(aid_at(card, "actions.0.title"), "Look and decide");
	assert_string_equal(aid_at(card, "actions.0.url"), AID_LINK);
	assert_string_equal(aid_at(card, "actions.1.title"), "Deny at once");
	assert_string_equal(aid_at(card, "actions.1.url"), AID_DENY_LINK);
	json_free(root);
	channel_free(&channel);
}

static void
others_have_no_action(void **state)
{
	struct notice notices[] = {aid_resolved("expired", "", ""), aid_blocked(), aid_changed()};
	struct channel channel = aid_channel(CHANNEL_TEAMS);
	struct json_object *root;
	const struct json_object *card;
	bool found;

	(void)state;
	card = card_of(&notices[0], &channel, &root);
	assert_string_equal(aid_at(card, "body.0.text"), "Expired");
	assert_string_equal(
	    aid_at(card, "body.1.inlines.0.text"), "Nobody decided in time, so it is refused: ");
	(void)aid_node(card, "actions", &found);
	assert_false(found);
	json_free(root);
	card = card_of(&notices[1], &channel, &root);
	assert_string_equal(aid_at(card, "body.0.text"), "Call blocked");
	(void)aid_node(card, "actions", &found);
	assert_false(found);
	json_free(root);
	channel_free(&channel);
}

static void
hostile_names_stay_text(void **state)
{
	struct channel channel = aid_channel(CHANNEL_TEAMS);
	struct json_object *root;
	struct notice notice;

	(void)state;
	for (size_t i = 0; aid_hostile[i] != NULL; i++) {
		notice = aid_notice();
		notice.key_name = notice.server = notice.tool = aid_hostile[i];
		notice.reason = notice.args_note = aid_hostile[i];
		(void)card_of(&notice, &channel, &root);
		json_free(root);
		notice = aid_resolved("approved", aid_hostile[i], "once");
		notice.tool = aid_hostile[i];
		(void)card_of(&notice, &channel, &root);
		json_free(root);
	}
	channel_free(&channel);
}

static void
longest_message_stays_within_the_limit(void **state)
{
	static const char *const units[] = {"\"", "\\", "\x01", "\xff", "\xf0\x9f\x98\x80"};
	struct channel channel = aid_channel(CHANNEL_TEAMS);
	struct notice notice = aid_notice();
	struct json_object *root;

	(void)state;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		char *name = aid_repeat(units[i], CALL_NAME_MAX), *link = aid_repeat("x", LINK_MAX);
		char *reason = aid_repeat(units[i], VERDICT_REASON_MAX - 1);

		memcpy(link, "https://", 8);
		notice.server = notice.tool = name;
		notice.reason = notice.args_note = reason;
		notice.released_ms = 1;
		notice.link = notice.deny_link = link;
		assert_string_equal(
		    aid_at(card_of(&notice, &channel, &root), "actions.0.url"), link);
		json_free(root);
		free(name);
		free(reason);
		free(link);
	}
	channel_free(&channel);
}

static void
link_is_never_cut(void **state)
{
	struct channel channel = aid_channel(CHANNEL_TEAMS);
	struct notice notice = aid_notice();
	char *link = aid_repeat("x", LINK_MAX + 1);
	struct problem why = {""};
	struct outgoing out;

	(void)state;
	notice.link = link;
	assert_status(aid_try(&notice, &channel, &out, &why), STATUS_TOO_LARGE);
	outgoing_free(&out);
	free(link);
	channel_free(&channel);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(request_says_who_wants_what_why_and_until_when),
	    cmocka_unit_test(others_have_no_action),
	    cmocka_unit_test(hostile_names_stay_text),
	    cmocka_unit_test(longest_message_stays_within_the_limit),
	    cmocka_unit_test(link_is_never_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
