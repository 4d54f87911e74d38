/* test_notice_webhook.c - what programs get: body and signature, who gets a link, hostile names. */
#include "notice_aid.h"

#include "secret.h"

/* The header's value; fails where there is none. */
static const char *
header(const struct outgoing *out, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < out->nheaders; i++)
		if (strncmp(out->headers[i], name, len) == 0 &&
		    strncmp(out->headers[i] + len, ": ", 2) == 0)
			return out->headers[i] + len + 2;
	fail_msg("no header %s", name);
	return "";
}

static bool
has(const struct json_object *root, const char *name)
{
	bool found;

	(void)json_member(root, name, &found);
	return found;
}

static void
request_has_every_fact(void **state)
{
	static const char *const names[] = {"event", "id", "time", "key", "server", "tool",
	    "reason", "toolCallId", "approvalId", "state", "createdAt", "expiresAt", "link",
	    "denyLink", NULL};
	struct notice notice = aid_notice();
	struct channel channel = aid_channel(CHANNEL_WEBHOOK);
	struct outgoing out;
	struct json_object *root = aid_write(&notice, &channel, &out);

	(void)state;
	aid_only_members(root, names);
	assert_string_equal(out.url, "https://example.com/hook");
	assert_string_equal(header(&out, "x-enforgate-event"), "approval.created");
	assert_string_equal(aid_at(root, "event"), "approval.created");
	assert_string_equal(aid_at(root, "id"), "dlv_0123456789abcdefghij");
	assert_string_equal(aid_at(root, "time"), "2026-11-23T18:29:59.873Z");
	assert_string_equal(aid_at(root, "key"), "crawler");
	assert_string_equal(aid_at(root, "server"), "mail");
	assert_string_equal(aid_at(root, "tool"), "send_mail");
	assert_string_equal(aid_at(root, "reason"), notice.reason);
	assert_string_equal(aid_at(root, "toolCallId"), "call_0123456789abcdefghij");
	assert_string_equal(aid_at(root, "approvalId"), "apr_0123456789abcdefghij");
	assert_string_equal(aid_at(root, "state"), "pending");
	assert_string_equal(aid_at(root, "expiresAt"), "2026-11-23T18:44:59.873Z");
	assert_string_equal(aid_at(root, "link"), AID_LINK);
	assert_string_equal(aid_at(root, "denyLink"), AID_DENY_LINK);
	json_free(root);
	outgoing_free(&out);
	channel_free(&channel);
}

static void
others_have_their_facts(void **state)
{
	struct notice notices[] = {
	    aid_resolved("approved", "phone", "8h"), aid_blocked(), aid_sample(), aid_changed()};
	struct channel channel = aid_channel(CHANNEL_WEBHOOK);
	struct outgoing out;
	struct json_object *root = aid_write(&notices[0], &channel, &out);

	(void)state;
	assert_string_equal(aid_at(root, "event"), "approval.resolved");
	assert_string_equal(aid_at(root, "state"), "approved");
	assert_string_equal(aid_at(root, "decidedBy"), "phone");
	assert_string_equal(aid_at(root, "duration"), "8h");
	assert_false(has(root, "link") || has(root, "denyLink"));
	json_free(root);
	outgoing_free(&out);
	root = aid_write(&notices[1], &channel, &out);
	assert_string_equal(aid_at(root, "event"), "call.blocked");
	assert_false(has(root, "approvalId") || has(root, "state") || has(root, "expiresAt"));
	json_free(root);
	outgoing_free(&out);
	root = aid_write(&notices[2], &channel, &out);
	assert_string_equal(aid_at(root, "event"), "sample");
	assert_string_equal(header(&out, "x-enforgate-event"), "sample");
	assert_false(has(root, "key") || has(root, "tool"));
	json_free(root);
	outgoing_free(&out);
	root = aid_write(&notices[3], &channel, &out);
	assert_string_equal(aid_at(root, "event"), "upstream.tool_changed");
	assert_string_equal(header(&out, "x-enforgate-event"), "upstream.tool_changed");
	assert_string_equal(aid_at(root, "key"), "crawler");
	assert_string_equal(aid_at(root, "server"), "mail");
	assert_string_equal(aid_at(root, "tool"), "send_mail");
	assert_string_equal(aid_at(root, "reason"), "its description changed; it is in quarantine");
	assert_false(has(root, "toolCallId") || has(root, "approvalId") || has(root, "state"));
	json_free(root);
	outgoing_free(&out);
	channel_free(&channel);
}

/* Of "1795458600123.{...}"; computed here from the pieces, and by openssl in tests/flow/notify_webhook.sh. */
static void
signature_covers_time_and_body(void **state)
{
	struct notice notice = aid_notice();
	struct channel channel = aid_channel(CHANNEL_WEBHOOK);
	unsigned char mac[SECRET_BYTES];
	char hex[SECRET_DIGEST_TEXT];
	struct outgoing out;
	struct buf text;

	(void)state;
	json_free(aid_write(&notice, &channel, &out));
	assert_string_equal(header(&out, "x-enforgate-timestamp"), "1795458600123");
	buf_init(&text, NOTICE_BODY_MAX);
	buf_printf(&text, "1795458600123.%s", buf_str(&out.body));
	assert_status(
	    secret_hmac_text("whsec_abc", 9, buf_str(&text), text.len, NULL, 0, mac), STATUS_OK);
	secret_hex(mac, sizeof(mac), hex);
	assert_string_equal(header(&out, "x-enforgate-signature"), hex);
	buf_free(&text);
	outgoing_free(&out);
	channel_free(&channel);
}

static void
names_come_as_they_are(void **state)
{
	struct channel channel = aid_channel(CHANNEL_WEBHOOK);
	struct notice notice;
	struct outgoing out;

	(void)state;
	for (size_t i = 0; aid_hostile[i] != NULL; i++) {
		struct json_object *root;

		notice = aid_notice();
		notice.key_name = notice.server = notice.tool = notice.reason = aid_hostile[i];
		root = aid_write(&notice, &channel, &out);
		if (strstr(aid_hostile[i], "cut") == NULL)
			assert_string_equal(aid_at(root, "tool"), aid_hostile[i]);
		else
			assert_string_equal(
			    aid_at(root, "tool"), "cut \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
		for (size_t j = 0; j < out.nheaders; j++)
			assert_null(strpbrk(out.headers[j], "\r\n"));
		json_free(root);
		outgoing_free(&out);
	}
	channel_free(&channel);
}

static void
monitoring_channel_gets_no_link(void **state)
{
	struct channel channel = aid_channel(CHANNEL_WEBHOOK);
	struct notice notice = aid_notice();
	struct outgoing out;

	(void)state;
	channel.approver = false;
	json_free(aid_write(&notice, &channel, &out));
	assert_null(strstr(buf_str(&out.body), "https"));
	assert_null(strstr(buf_str(&out.body), "ink\""));
	outgoing_free(&out);
	channel_free(&channel);
}

static void
channel_without_a_secret_is_refused(void **state)
{
	struct channel channel =
	    aid_channel_with(CHANNEL_WEBHOOK, "{\"url\":\"https://example.com/hook\"}");
	struct notice notice = aid_notice();
	struct problem why = {""};
	struct outgoing out;

	(void)state;
	assert_status(aid_try(&notice, &channel, &out, &why), STATUS_INVALID);
	assert_non_null(strstr(why.text, "secret"));
	outgoing_free(&out);
	channel_free(&channel);
}

static int
start(void **state)
{
	(void)state;
	return secret_start() == STATUS_OK ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(request_has_every_fact),
	    cmocka_unit_test(others_have_their_facts),
	    cmocka_unit_test(signature_covers_time_and_body),
	    cmocka_unit_test(names_come_as_they_are),
	    cmocka_unit_test(monitoring_channel_gets_no_link),
	    cmocka_unit_test(channel_without_a_secret_is_refused),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
