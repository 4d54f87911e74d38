/*
 * notice_teams.c - the form for Microsoft Teams: a workflow's webhook with an adaptive card; see notice.h.
 *
 * A TextBlock reads Markdown, a TextRun does not (Adaptive Cards: "Text features"): names stand in text runs only. The time stands in a
 * TextBlock of our own text, as TIME() there turns it into the reader's time zone. A message may have 28 KB.
 */
#include "notice.h"

#include <string.h>

#include "clock.h"
#include "json.h"
#include "notice_out.h"
#include "notice_words.h"

#define CARD_TYPE "application/vnd.microsoft.card.adaptive"
#define BOLD ",\"weight\":\"Bolder\""
#define SUBTLE ",\"size\":\"Small\",\"isSubtle\":true"
#define MOMENT_LEN 19 /* 2026-11-23T14:32:00 */

static void
put_run(struct buf *out, const char *text, const char *look)
{
	buf_text(out, "{\"type\":\"TextRun\"");
	buf_text(out, look);
	notice_member(out, "text", text);
	buf_char(out, '}');
}

/* A line of plain text, its label in bold where it is not "". */
static void
put_line(struct buf *out, const char *label, const char *text, const char *look)
{
	if (text[0] == '\0')
		return;
	buf_text(out, ",{\"type\":\"RichTextBlock\",\"inlines\":[");
	if (label[0] != '\0') {
		put_run(out, label, BOLD);
		buf_char(out, ',');
		put_run(out, ": ", BOLD);
		buf_char(out, ',');
	}
	put_run(out, text, look);
	buf_text(out, "]}");
}

static void
put_sentence(struct buf *out, const struct words *words)
{
	buf_text(out, ",{\"type\":\"RichTextBlock\",\"inlines\":[");
	for (const struct piece *piece = words->pieces; piece->text != NULL; piece++) {
		if (piece != words->pieces)
			buf_char(out, ',');
		put_run(out, piece->text, piece->name ? BOLD : "");
	}
	buf_text(out, "]}");
}

static void
put_time(struct buf *out, const struct words *words, int64_t expires_ms)
{
	char moment[CLOCK_TEXT_MAX];

	if (words->left[0] == '\0')
		return;
	clock_text(expires_ms, moment);
	/* The functions take no fractions of a second. */
	buf_printf(out,
	    ",{\"type\":\"TextBlock\",\"wrap\":true,\"text\":\"Valid for %s, until "
	    "{{DATE(%.*sZ, SHORT)}} {{TIME(%.*sZ)}}.\"}",
	    words->left, MOMENT_LEN, moment, MOMENT_LEN, moment);
}

static void
put_action(struct buf *out, const char *title, const char *style, const char *url)
{
	buf_text(out, "{\"type\":\"Action.OpenUrl\"");
	notice_member(out, "title", title);
	notice_member(out, "style", style);
	notice_member(out, "url", url);
	buf_char(out, '}');
}

static void
put_card(struct buf *out, const struct words *words, const struct notice *notice)
{
	buf_text(out,
	    "{\"$schema\":\"http://adaptivecards.io/schemas/adaptive-card.json\","
	    "\"type\":\"AdaptiveCard\",\"version\":\"1.4\",\"msteams\":{\"width\":\"Full\"},"
	    "\"body\":[{\"type\":\"TextBlock\",\"size\":\"Large\",\"weight\":\"Bolder\","
	    "\"wrap\":true");
	notice_member(out, "text", words->title);
	buf_char(out, '}');
	put_sentence(out, words);
	put_line(out, words->why, words->reason, "");
	put_time(out, words, notice->expires_ms);
	put_line(out, "", words->again, "");
	put_line(out, "", words->note, SUBTLE);
	put_line(out, "", words->id, SUBTLE);
	buf_text(out, "]");
	if (words->link != NULL) {
		buf_text(out, ",\"actions\":[");
		put_action(out, WORDS_LOOK, "positive", words->link);
		if (words->deny_link != NULL) {
			buf_char(out, ',');
			put_action(out, WORDS_DENY, "destructive", words->deny_link);
		}
		buf_char(out, ']');
	}
	buf_char(out, '}');
}

enum status
notice_teams(const struct notice *notice, const struct channel *channel, int64_t now_ms,
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
	buf_text(&out->body, "{\"type\":\"message\",\"attachments\":[{\"contentType\":\"" CARD_TYPE
			     "\",\"contentUrl\":null,\"content\":");
	put_card(&out->body, &words, notice);
	buf_text(&out->body, "}]}");
	return notice_done(out, why);
}
