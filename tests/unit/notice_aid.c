/* notice_aid.c - notices, channels, hostile texts; see notice_aid.h. */
#include "notice_aid.h"

#include "json_aid.h"
#include "utf8.h"

#define MINUTE ((int64_t)60 * 1000)

const char *const aid_hostile[] = {
    "<b>bold</b><script>alert(1)</script><img src=x onerror=alert(1)>",
    "</code></b><a href=\"https://evil.example/\">click</a>",
    "*bold* _it_ ~no~ `code` [click](https://evil.example/) # head\\",
    "@channel @here @everyone <!channel> <!here> <!everyone> <@U012345> <#C012345>",
    "<https://evil.example/|Look and decide> https://evil.example/ evil.example mailto:a@b.example",
    ":rotating_light: :white_check_mark: /start #tag $TAG {{DATE(2026-01-01T00:00:00Z)}} {{tool}}",
    "<at>Boss</at> ${x} @{triggerBody()} {{{reason}}} {{&key}}",
    "\"quoted\" 'single' \\back\\slash\\ &amp; &lt;b&gt; &#60; %0d%0a =?UTF-8?Q?x?= =\r",
    "a\r\nBcc: evil@evil.example\r\n\r\n.\r\nbody",
    "a\nb\tc\x01\x1b[31mred\x7f\xc2\x80\xc2\x9b",
    "\xe2\x80\xae"
    "eman desrever\xe2\x80\xac \xe2\x81\xa6x\xe2\x81\xa9 \xd8\x9c",
    "zero\xe2\x80\x8bwidth\xe2\x80\x8d\xef\xbb\xbf\xc2\xad\xe3\x85\xa4\xe2\xa0\x80\xf3\xa0\x81\x81",
    "line\xe2\x80\xa8"
    "para\xe2\x80\xa9"
    "end",
    "Gr\xc3\xbc\xc3\x9f"
    "e \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x98\x80 \xd7\xa9\xd7\x9c",
    "cut \xf0\x9f\x98", /* not UTF-8: nobody should, but a form must not break */
    ".\nFrom x\n--=_enforgate_=_alternative--\n",
    " ",
    NULL,
};

struct notice
aid_notice(void)
{
	return (struct notice){
	    .event = EVENT_APPROVAL_CREATED,
	    .id = "dlv_0123456789abcdefghij",
	    .key_name = "crawler",
	    .server = "mail",
	    .tool = "send_mail",
	    .reason = "matched rule 0 of policy \"default\": mail leaves the house",
	    .call_id = "call_0123456789abcdefghij",
	    .approval_id = "apr_0123456789abcdefghij",
	    .state = "pending",
	    .by = "",
	    .duration = "",
	    .time_ms = AID_NOW - 250,
	    .created_ms = AID_NOW - 250,
	    .expires_ms = AID_NOW - 250 + 15 * MINUTE,
	    .link = AID_LINK,
	    .deny_link = AID_DENY_LINK,
	    .args_note = "",
	};
}

struct notice
aid_resolved(const char *state, const char *by, const char *duration)
{
	struct notice notice = aid_notice();

	notice.event = EVENT_APPROVAL_RESOLVED;
	notice.state = state;
	notice.by = by;
	notice.duration = duration;
	return notice;
}

struct notice
aid_blocked(void)
{
	struct notice notice = aid_notice();

	notice.event = EVENT_CALL_BLOCKED;
	notice.approval_id = "";
	notice.state = "";
	notice.created_ms = 0;
	notice.expires_ms = 0;
	return notice;
}

struct notice
aid_changed(void)
{
	struct notice notice = aid_blocked();

	notice.event = EVENT_TOOL_CHANGED;
	notice.call_id = "";
	notice.reason = "its description changed; it is in quarantine";
	return notice;
}

struct notice
aid_sample(void)
{
	return (struct notice){
	    .event = 0,
	    .id = "dlv_sample",
	    .key_name = "",
	    .server = "",
	    .tool = "",
	    .reason = "",
	    .call_id = "",
	    .approval_id = "",
	    .state = "",
	    .by = "",
	    .duration = "",
	    .time_ms = AID_NOW,
	    .args_note = "",
	};
}

struct channel
aid_channel_with(enum channel_kind kind, const char *settings)
{
	return (struct channel){
	    .id = "chn_0123456789abcdefghij",
	    .name = "ops",
	    .kind = kind,
	    .enabled = true,
	    .approver = true,
	    .show_args = true,
	    .deny_link = true,
	    .settings = aid_json(settings),
	};
}

struct channel
aid_channel(enum channel_kind kind)
{
	static const char *const settings[CHANNEL_KINDS] = {
	    [CHANNEL_EMAIL] = "{\"url\":\"smtps://mail.example.com:465\",\"user\":\"gate\","
			      "\"password\":\"secret\",\"from\":\"gate@example.com\","
			      "\"to\":\"ops@example.com, boss@example.org\"}",
	    [CHANNEL_SLACK] = "{\"url\":\"https://hooks.slack.com/services/T0/B0/x\"}",
	    [CHANNEL_TEAMS] = "{\"url\":\"https://example.com/workflows/x?sig=a%2Fb\"}",
	    [CHANNEL_TELEGRAM] = "{\"token\":\"123456:ABC-DEF_ghi\",\"chat\":\"-100123\"}",
	    [CHANNEL_WEBHOOK] = "{\"url\":\"https://example.com/hook\",\"secret\":\"whsec_abc\"}",
	    [CHANNEL_CONSOLE] = "{}",
	};

	return aid_channel_with(kind, settings[kind]);
}

char *
aid_repeat(const char *unit, size_t len)
{
	size_t each = strlen(unit), count = len / each;
	char *text = malloc(len + 1);

	assert_non_null(text);
	for (size_t i = 0; i < count; i++)
		memcpy(text + i * each, unit, each);
	text[count * each] = '\0';
	return text;
}

size_t
aid_units(const char *text)
{
	size_t len = strlen(text), count = 0, taken;

	for (size_t at = 0; at < len; at += taken) {
		taken = utf8_length(text + at, len - at);
		if (taken == 0)
			fail_msg("not UTF-8: %s", text);
		count += taken == 4 ? 2 : 1;
	}
	return count;
}

void
aid_assert_plain(const char *text)
{
	/* Written down again, not taken from plain.c: the most dangerous of each kind. */
	static const char *const bad[] = {"\xe2\x80\xae", "\xe2\x80\xaa", "\xe2\x80\xad",
	    "\xe2\x81\xa6", "\xe2\x81\xa7", "\xe2\x81\xa8", "\xe2\x81\xa9", "\xe2\x80\xac",
	    "\xe2\x80\x8b", "\xe2\x80\x8c", "\xe2\x80\x8d", "\xe2\x80\x8e", "\xe2\x80\x8f",
	    "\xe2\x80\xa8", "\xe2\x80\xa9", "\xef\xbb\xbf", "\xc2\xad", "\xd8\x9c", "\xc2\x85",
	    "\xc2\x80", "\xc2\x9b", "\xe3\x85\xa4", "\xe2\xa0\x80", "\xf3\xa0\x81\x81"};

	for (const char *at = text; *at != '\0'; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			fail_msg("control character %d in: %s", *at, text);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (strstr(text, bad[i]) != NULL)
			fail_msg("hidden character %zu in: %s", i, text);
}

struct json_object *
aid_node(const struct json_object *root, const char *path, bool *found)
{
	struct json_object *node = NULL;
	char name[64];
	size_t len;

	*found = true;
	for (bool first = true; *path != '\0'; first = false) {
		const struct json_object *in = first ? root : node;

		len = strcspn(path, ".");
		assert_true(len < sizeof(name));
		memcpy(name, path, len);
		name[len] = '\0';
		path += len + (path[len] == '.');
		if (json_type(in) == JSON_ARRAY) {
			size_t index = strtoul(name, NULL, 10);

			*found = index < json_length(in);
			node = *found ? json_element(in, index) : NULL;
		} else {
			node = json_member(in, name, found);
		}
		if (!*found)
			return NULL;
	}
	return node;
}

const char *
aid_at(const struct json_object *root, const char *path)
{
	bool found;
	size_t len;
	const char *text = json_string(aid_node(root, path, &found), &len);

	if (text == NULL)
		fail_msg("no text at %s", path);
	return text;
}

void
aid_only_members(const struct json_object *object, const char *const *names)
{
	struct json_walk walk = {0};
	size_t i;

	assert_int_equal(json_type(object), JSON_OBJECT);
	while (json_next_member(object, &walk)) {
		for (i = 0; names[i] != NULL && strcmp(names[i], walk.name) != 0; i++)
			;
		if (names[i] == NULL)
			fail_msg("a member \"%s\" that the format does not have", walk.name);
	}
}

enum status
aid_try(const struct notice *notice, const struct channel *channel, struct outgoing *out,
    struct problem *why)
{
	outgoing_init(out);
	switch (channel->kind) {
	case CHANNEL_SLACK:
		return notice_slack(notice, channel, AID_NOW, out, why);
	case CHANNEL_TEAMS:
		return notice_teams(notice, channel, AID_NOW, out, why);
	case CHANNEL_TELEGRAM:
		return notice_telegram(notice, channel, AID_NOW, out, why);
	case CHANNEL_WEBHOOK:
		return notice_webhook(notice, channel, AID_NOW, out, why);
	case CHANNEL_EMAIL:
	case CHANNEL_CONSOLE:
	case CHANNEL_KINDS:
		break;
	}
	fail_msg("kind %d has no JSON", (int)channel->kind);
	return STATUS_FAILED;
}

struct json_object *
aid_write(const struct notice *notice, const struct channel *channel, struct outgoing *out)
{
	struct problem why = {""};
	enum status status = aid_try(notice, channel, out, &why);

	if (status != STATUS_OK)
		fail_msg("%s: %s", status_name(status), why.text);
	assert_int_equal(out->nheaders > 0, true);
	assert_string_equal(out->headers[0], "content-type: application/json");
	return aid_json(buf_str(&out->body));
}
