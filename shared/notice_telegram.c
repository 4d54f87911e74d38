/*
 * notice_telegram.c - the form for Telegram: sendMessage of the Bot API with an inline keyboard; see notice.h.
 *
 * Telegram makes links of every @name, /command, #tag and address in a text, but not inside <code>; so names stand there. A text
 * has at most 4096 characters after the markup is read. A button takes no url whose host has no dot.
 */
#include "notice.h"

#include <stdio.h>
#include <string.h>

#include "json.h"
#include "notice_out.h"
#include "notice_words.h"
#include "secret.h"

#define TEXT_MAX 16384 /* bytes with markup; far above what the words can make of it */
#define TOKEN_MAX 128 /* characters of a bot's token, "123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11" */
#define API_URL "https://api.telegram.org"
#define PATH_LEN (TOKEN_MAX + 32)
#define TOKEN_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-:"

/* Bot API, "HTML style": these have to be entities. */
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
		else if (*text == '"')
			buf_text(out, "&quot;");
		else
			buf_char(out, *text);
	}
}

static void
put_code(struct buf *out, const char *text)
{
	buf_text(out, "<code>");
	put_escaped(out, text);
	buf_text(out, "</code>");
}

static void
put_line(struct buf *out, const char *text)
{
	if (text[0] == '\0')
		return;
	buf_char(out, '\n');
	put_escaped(out, text);
}

static void
put_text(struct buf *out, const struct words *words)
{
	buf_printf(out, "<b>%s</b>\n", words->title);
	for (const struct piece *piece = words->pieces; piece->text != NULL; piece++) {
		if (piece->name)
			put_code(out, piece->text);
		else
			put_escaped(out, piece->text);
	}
	if (words->reason[0] != '\0') {
		buf_printf(out, "\n%s: ", words->why);
		put_code(out, words->reason);
	}
	if (words->left[0] != '\0')
		buf_printf(out, "\nValid for %s, until %s.", words->left, words->until);
	put_line(out, words->again);
	put_line(out, words->note);
	put_line(out, words->id);
}

static void
put_button(struct buf *out, const char *label, const char *url)
{
	buf_text(out, "[{");
	notice_member(out, "text", label);
	notice_member(out, "url", url);
	buf_text(out, "}]");
}

static void
put_message(struct buf *out, const struct words *words, const char *chat)
{
	struct buf text;

	buf_init(&text, TEXT_MAX);
	put_text(&text, words);
	buf_char(out, '{');
	notice_member(out, "chat_id", chat);
	notice_member(out, "text", buf_str(&text));
	notice_member(out, "parse_mode", "HTML");
	buf_text(out, ",\"link_preview_options\":{\"is_disabled\":true}");
	if (words->link != NULL) {
		buf_text(out, ",\"reply_markup\":{\"inline_keyboard\":[");
		put_button(out, WORDS_LOOK, words->link);
		if (words->deny_link != NULL) {
			buf_char(out, ',');
			put_button(out, WORDS_DENY, words->deny_link);
		}
		buf_text(out, "]}");
	}
	buf_char(out, '}');
	if (buf_status(&text) != STATUS_OK && buf_status(out) == STATUS_OK)
		out->status = buf_status(&text);
	buf_free(&text);
}

enum status
notice_telegram(const struct notice *notice, const struct channel *channel, int64_t now_ms,
    struct outgoing *out, struct problem *why)
{
	const char *token = notice_setting(channel, "token"),
		   *chat = notice_setting(channel, "chat");
	const char *url = notice_setting(channel, "url");
	char path[PATH_LEN];
	struct words words;
	enum status status;

	if (token == NULL || chat == NULL || strlen(token) > TOKEN_MAX ||
	    strspn(token, TOKEN_CHARACTERS) != strlen(token)) {
		problem_set(why,
		    "channel \"%s\" needs the token of a bot and a chat; set them anew",
		    channel->name);
		return STATUS_INVALID;
	}
	status = notice_words(notice, channel, now_ms, &words, why);
	(void)snprintf(path, sizeof(path), "/bot%s/sendMessage", token);
	if (status == STATUS_OK)
		status =
		    notice_url(channel, url != NULL ? url : API_URL, path, notice_web, out, why);
	secret_wipe(path, sizeof(path));
	if (status == STATUS_OK)
		status = notice_header(out, "content-type", "application/json", why);
	if (status != STATUS_OK)
		return status;
	put_message(&out->body, &words, chat);
	return notice_done(out, why);
}
