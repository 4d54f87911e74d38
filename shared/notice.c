/* notice.c - the message for a channel, by its kind; see notice.h. */
#include "notice.h"

#include "clock.h"
#include "notice_out.h"
#include "notice_words.h"

/* Lines for console.log: what happened, and the links each on a line of its own. */
static enum status
notice_console(const struct notice *notice, const struct channel *channel, int64_t now_ms,
    struct outgoing *out, struct problem *why)
{
	char moment[CLOCK_TEXT_MAX];
	struct words words;
	enum status status = notice_words(notice, channel, now_ms, &words, why);

	if (status != STATUS_OK)
		return status;
	clock_text(now_ms, moment);
	buf_printf(&out->body, "%s %s: %s\n", moment, words.title, words.sentence);
	if (words.reason[0] != '\0')
		buf_printf(&out->body, "    %s: %s\n", words.why, words.reason);
	if (words.left[0] != '\0')
		buf_printf(&out->body, "    Valid for %s, until %s.%s%s\n", words.left, words.until,
		    words.id[0] != '\0' ? " " : "", words.id);
	if (words.again[0] != '\0')
		buf_printf(&out->body, "    %s\n", words.again);
	if (words.note[0] != '\0')
		buf_printf(&out->body, "    %s\n", words.note);
	if (words.link != NULL)
		buf_printf(&out->body, "    " WORDS_LOOK ": %s\n", words.link);
	if (words.deny_link != NULL)
		buf_printf(&out->body, "    " WORDS_DENY ": %s\n", words.deny_link);
	return notice_done(out, why);
}

enum status
notice_write(const struct notice *notice, const struct channel *channel, const struct pages *pages,
    int64_t now_ms, struct outgoing *out, struct problem *why)
{
	switch (channel->kind) {
	case CHANNEL_EMAIL:
		return notice_email(notice, channel, pages, now_ms, out, why);
	case CHANNEL_SLACK:
		return notice_slack(notice, channel, now_ms, out, why);
	case CHANNEL_TEAMS:
		return notice_teams(notice, channel, now_ms, out, why);
	case CHANNEL_TELEGRAM:
		return notice_telegram(notice, channel, now_ms, out, why);
	case CHANNEL_WEBHOOK:
		return notice_webhook(notice, channel, now_ms, out, why);
	case CHANNEL_CONSOLE:
		return notice_console(notice, channel, now_ms, out, why);
	case CHANNEL_KINDS:
		break;
	}
	problem_set(why, "channel \"%s\" is of no kind that is known", channel->name);
	return STATUS_INVALID;
}
