/*
 * notice_email.c - the form for mail: one message with a text part and an HTML part, from templates; see notice.h.
 *
 * RFC 5322, MIME multipart/alternative (RFC 2046 section 5.1.4), Auto-Submitted (RFC 3834 section 5). The Message-ID is made of the
 * delivery's id: the same at every try, so that mail servers drop repeats. All messages about an approval refer to it, so that
 * mail programs show them together.
 */
#include "notice.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "notice_mime.h"
#include "notice_out.h"
#include "notice_words.h"
#include "secret.h"

/* "=_" cannot occur in quoted-printable text (RFC 2045 section 6.7). */
#define BOUNDARY "=_enforgate_=_alternative"
#define VALUES_MAX 32
#define TEXT_SIZE 64

/* What the templates know, and the texts that are made for them. */
struct mail_values {
	struct page_value values[VALUES_MAX];
	size_t count;
	char age[TEXT_SIZE];
	char expires[TEXT_SIZE];
	char released[TEXT_SIZE];
};

static const char *const mail_schemes[] = {"smtps://", "smtp://", NULL};

static void
give(struct mail_values *mail, const char *name, const char *text)
{
	mail->values[mail->count++] = (struct page_value){.name = name, .text = text};
}

static void
give_event(const struct notice *notice, struct mail_values *mail)
{
	bool resolved = notice->event == EVENT_APPROVAL_RESOLVED;

	give(mail, "sample", notice->event == 0 ? "1" : "");
	give(mail, "created", notice->event == EVENT_APPROVAL_CREATED ? "1" : "");
	give(mail, "resolved", resolved ? "1" : "");
	give(mail, "blocked", notice->event == EVENT_CALL_BLOCKED ? "1" : "");
	give(mail, "changed", notice->event == EVENT_TOOL_CHANGED ? "1" : "");
	if (resolved)
		give(mail, notice->state, "1");
}

static void
give_values(const struct notice *notice, const struct words *words, int64_t now_ms,
    struct mail_values *mail)
{
	give(mail, "subject", words->subject);
	give_event(notice, mail);
	give(mail, "link", words->link);
	give(mail, "deny_link", words->deny_link);
	if (notice->event == 0)
		return;
	give(mail, "key_name", notice->key_name);
	give(mail, "server", notice->server);
	give(mail, "tool", notice->tool);
	give(mail, "reason", notice->reason);
	give(mail, "call_id", notice->call_id);
	give(mail, "approval_id", notice->approval_id);
	give(mail, "args_note", words->note);
	give(mail, "time_left", words->left);
	give(mail, "who", words->who);
	give(mail, "duration_text", words->duration);
	if (!event_of_approval(notice->event))
		return;
	words_span(mail->age, sizeof(mail->age), now_ms - notice->created_ms);
	words_moment(mail->expires, sizeof(mail->expires), notice->expires_ms);
	give(mail, "age", mail->age);
	give(mail, "expires_text", mail->expires);
	if (notice->released_ms > 0) {
		words_moment(mail->released, sizeof(mail->released), notice->released_ms);
		give(mail, "released_text", mail->released);
	}
}

static enum status
bad_setting(const struct channel *channel, const char *what, struct problem *why)
{
	problem_set(
	    why, "channel \"%s\" has no %s that can be used; set it anew", channel->name, what);
	return STATUS_INVALID;
}

/* Sets the envelope. Spaces around the addresses of `to` are dropped. */
static enum status
take_addresses(const struct channel *channel, struct outgoing *out, struct problem *why)
{
	const char *from = notice_setting(channel, "from"), *to = notice_setting(channel, "to");
	size_t used = 0, len, skip;

	if (from == NULL || !mime_address_valid(from, strlen(from)) ||
	    strlen(from) >= sizeof(out->from))
		return bad_setting(channel, "sender (from)", why);
	(void)snprintf(out->from, sizeof(out->from), "%s", from);
	while (to != NULL && *to != '\0') {
		skip = strspn(to, " ");
		len = strcspn(to + skip, ",");
		to += skip;
		skip = len;
		while (len > 0 && to[len - 1] == ' ')
			len--;
		if (!mime_address_valid(to, len) || used + len + 2 > sizeof(out->to))
			return bad_setting(channel, "recipients (to)", why);
		if (used > 0)
			out->to[used++] = ',';
		memcpy(out->to + used, to, len);
		used += len;
		out->to[used] = '\0';
		to += skip + (to[skip] == ',');
	}
	return used > 0 ? STATUS_OK : bad_setting(channel, "recipients (to)", why);
}

/* One recipient a line: addresses are short enough for that (RFC 5322 section 2.2.3 folds after a comma). */
static void
put_recipients(struct buf *out, const char *to)
{
	buf_text(out, "To: ");
	for (; *to != '\0'; to++) {
		if (*to == ',')
			buf_text(out, ",\r\n ");
		else
			buf_char(out, *to);
	}
	buf_text(out, "\r\n");
}

static void
put_head(struct buf *out, const struct outgoing *envelope, const struct notice *notice,
    const struct words *words, int64_t now_ms)
{
	const char *domain = strchr(envelope->from, '@') + 1;

	mime_date(out, now_ms);
	buf_printf(out, "From: Enforgate <%s>\r\n", envelope->from);
	put_recipients(out, envelope->to);
	mime_subject(out, words->subject);
	buf_printf(out, "Message-ID: <%s@%s>\r\n", notice->id, domain);
	if (notice->event != 0 && notice->approval_id[0] != '\0')
		buf_printf(out, "References: <%s@%s>\r\n", notice->approval_id, domain);
	buf_text(out, "Auto-Submitted: auto-generated\r\n"
		      "MIME-Version: 1.0\r\n"
		      "Content-Type: multipart/alternative;\r\n"
		      " boundary=\"" BOUNDARY "\"\r\n\r\n");
}

static enum status
put_part(struct buf *out, const char *type, const struct pages *pages, enum page page,
    const struct mail_values *mail)
{
	struct buf text;
	enum status status;

	buf_init(&text, PAGE_MAX);
	status = page_render(pages, page, mail->values, mail->count, &text);
	if (status == STATUS_OK)
		status = buf_status(&text);
	if (status == STATUS_OK) {
		buf_printf(out,
		    "--" BOUNDARY "\r\nContent-Type: %s; charset=utf-8\r\n"
		    "Content-Transfer-Encoding: quoted-printable\r\n\r\n",
		    type);
		mime_quoted_printable(out, buf_str(&text), text.len);
	}
	if (text.data != NULL)
		secret_wipe(text.data, text.size); /* a link is in there */
	buf_free(&text);
	return status;
}

enum status
notice_email(const struct notice *notice, const struct channel *channel, const struct pages *pages,
    int64_t now_ms, struct outgoing *out, struct problem *why)
{
	struct mail_values mail = {.count = 0};
	struct words words;
	enum status status = notice_words(notice, channel, now_ms, &words, why);

	if (status == STATUS_OK)
		status =
		    notice_url(channel, notice_setting(channel, "url"), "", mail_schemes, out, why);
	if (status == STATUS_OK)
		status = take_addresses(channel, out, why);
	if (status != STATUS_OK)
		return status;
	give_values(notice, &words, now_ms, &mail);
	put_head(&out->body, out, notice, &words, now_ms);
	status = put_part(&out->body, "text/plain", pages, PAGE_MAIL_TEXT, &mail);
	if (status == STATUS_OK)
		status = put_part(&out->body, "text/html", pages, PAGE_MAIL_HTML, &mail);
	if (status != STATUS_OK) {
		problem_set(why, "the templates mail.txt and mail.html could not be filled: %s",
		    status_name(status));
		return status;
	}
	buf_text(&out->body, "--" BOUNDARY "--\r\n");
	return notice_done(out, why);
}
