/*
 * notice_slack.c - the form for Slack: an incoming webhook with Block Kit; see notice.h.
 *
 * Names stand in plain_text objects only, where Slack reads no markup, mention or emoji. `text` is what a phone shows of the
 * message; it is read as mrkdwn, so & < > are escaped there, which is all that Slack asks for. Limits (Block Kit reference): header
 * 150 characters, section text 3000, button text 75 and url 3000, 50 blocks.
 */
#include "notice.h"

#include <inttypes.h>
#include <string.h>

#include "json.h"
#include "notice_out.h"
#include "notice_words.h"

/* Appends text with the three characters escaped that mrkdwn reads (Slack: formatting text, "Escaping text"). */
static void
put_escaped(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '&')
			buf_text(out, "&amp;");
		else if (*text == '<')
			buf_text(out, "&lt;");
		else if (*text == '>')
			buf_text(out, "&gt;");
		else
			buf_char(out, *text);
	}
}

static void
put_plain(struct buf *out, const char *text)
{
	buf_text(out, "{\"type\":\"plain_text\",\"emoji\":false");
	notice_member(out, "text", text);
	buf_char(out, '}');
}

/* A section of plain text, `label` in front where it is not "". */
static void
put_section(struct buf *out, const char *label, const char *text)
{
	struct buf line;

	buf_init(&line, WORDS_SENTENCE_SIZE);
	if (label[0] != '\0')
		buf_printf(&line, "%s: ", label);
	buf_text(&line, text);
	buf_text(out, ",{\"type\":\"section\",\"text\":");
	put_plain(out, buf_str(&line));
	buf_char(out, '}');
	buf_free(&line);
}

/* How long still, in the reader's own time zone (Slack: "Date formatting"); names are not in here. */
static void
put_time(struct buf *out, const struct words *words, int64_t expires_ms)
{
	buf_printf(out,
	    "{\"type\":\"mrkdwn\",\"text\":\"Valid for %s, until "
	    "<!date^%" PRId64 "^{date_short_pretty} {time}|%s>.\"}",
	    words->left, expires_ms / 1000, words->until);
}

static void
put_context(struct buf *out, const struct words *words, int64_t expires_ms)
{
	const char *const more[] = {words->again, words->note, words->id};
	bool first = true;

	if (words->left[0] == '\0' && words->id[0] == '\0')
		return;
	buf_text(out, ",{\"type\":\"context\",\"elements\":[");
	if (words->left[0] != '\0') {
		put_time(out, words, expires_ms);
		first = false;
	}
	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
		if (more[i][0] == '\0')
			continue;
		if (!first)
			buf_char(out, ',');
		put_plain(out, more[i]);
		first = false;
	}
	buf_text(out, "]}");
}

static void
put_button(struct buf *out, const char *id, const char *label, const char *style, const char *url)
{
	buf_text(out, "{\"type\":\"button\"");
	notice_member(out, "action_id", id);
	buf_text(out, ",\"text\":");
	put_plain(out, label);
	notice_member(out, "style", style);
	notice_member(out, "url", url);
	buf_char(out, '}');
}

static void
put_actions(struct buf *out, const struct words *words)
{
	if (words->link == NULL)
		return;
	buf_text(out, ",{\"type\":\"actions\",\"elements\":[");
	put_button(out, "look", WORDS_LOOK, "primary", words->link);
	if (words->deny_link != NULL) {
		buf_char(out, ',');
		put_button(out, "deny", WORDS_DENY, "danger", words->deny_link);
	}
	buf_text(out, "]}");
}

static void
put_message(struct buf *out, const struct words *words, const struct notice *notice)
{
	struct buf text;

	buf_init(&text, WORDS_SUBJECT_SIZE * 5);
	put_escaped(&text, words->subject);
	buf_char(out, '{');
	notice_member(out, "text", buf_str(&text));
	buf_free(&text);
	buf_text(out, ",\"unfurl_links\":false,\"unfurl_media\":false,\"blocks\":["
		      "{\"type\":\"header\",\"text\":");
	put_plain(out, words->title);
	buf_char(out, '}');
	put_section(out, "", words->sentence);
	if (words->reason[0] != '\0')
		put_section(out, words->why, words->reason);
	put_context(out, words, notice->expires_ms);
	put_actions(out, words);
	buf_text(out, "]}");
}

enum status
notice_slack(const struct notice *notice, const struct channel *channel, int64_t now_ms,
    struct outgoing *out, struct problem *why)
{
	struct words words;
	enum status status = notice_words(notice, channel, now_ms, &words, why);

	if (status == STATUS_OK)
		status =
		    notice_url(channel, notice_setting(channel, "url"), "", notice_web, out, why);
	if (status == STATUS_OK)
		status = notice_header(out, "content-type", "application/json", why);
	if (status != STATUS_OK)
		return status;
	put_message(&out->body, &words, notice);
	return notice_done(out, why);
}
