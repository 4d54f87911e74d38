/* notice_out.c - what the forms need to fill a struct outgoing; see notice_out.h. */
#include "notice_out.h"

#include <stdio.h>
#include <string.h>

#include "json.h"
#include "plain.h"
#include "secret.h"
#include "utf8.h"

const char *const notice_web[] = {"https://", "http://", NULL};

void
outgoing_init(struct outgoing *out)
{
	*out = (struct outgoing){.nheaders = 0};
	buf_init(&out->body, NOTICE_BODY_MAX);
}

void
outgoing_free(struct outgoing *out)
{
	if (out->body.data != NULL)
		secret_wipe(out->body.data, out->body.size);
	buf_free(&out->body);
	secret_wipe(out, sizeof(*out));
	outgoing_init(out);
}

size_t
notice_link_max(enum channel_kind kind)
{
	static const size_t most[CHANNEL_KINDS] = {
	    [CHANNEL_EMAIL] = NOTICE_LINK_MAX_EMAIL,
	    [CHANNEL_SLACK] = NOTICE_LINK_MAX_SLACK,
	    [CHANNEL_TEAMS] = NOTICE_LINK_MAX_TEAMS,
	    [CHANNEL_TELEGRAM] = NOTICE_LINK_MAX_TELEGRAM,
	    [CHANNEL_WEBHOOK] = NOTICE_LINK_MAX_WEBHOOK,
	    [CHANNEL_CONSOLE] = NOTICE_LINK_MAX_CONSOLE,
	};

	return most[kind];
}

static bool
has_control(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return true;
	return false;
}

const char *
notice_setting(const struct channel *channel, const char *name)
{
	bool found;
	size_t len;
	const char *text = json_string(json_member(channel->settings, name, &found), &len);

	if (text == NULL || len == 0 || strlen(text) != len || has_control(text))
		return NULL;
	return text;
}

/* RFC 3986 section 2; everything else has to be percent-encoded. */
static bool
is_url_text(const char *text)
{
	static const char marks[] = "-._~:/?#[]@!$&'()*+,;=%";

	for (; *text != '\0'; text++)
		if (!((*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z') ||
			(*text >= '0' && *text <= '9') || strchr(marks, *text) != NULL))
			return false;
	return true;
}

enum status
notice_url(const struct channel *channel, const char *url, const char *more,
    const char *const *schemes, struct outgoing *out, struct problem *why)
{
	bool known = false;
	int len;

	for (; url != NULL && *schemes != NULL; schemes++)
		known |= strncmp(url, *schemes, strlen(*schemes)) == 0;
	if (!known || !is_url_text(url) || !is_url_text(more)) {
		problem_set(
		    why, "channel \"%s\" has no url that can be used; set it anew", channel->name);
		return STATUS_INVALID;
	}
	len = snprintf(out->url, sizeof(out->url), "%s%s", url, more);
	if (len < 0 || (size_t)len >= sizeof(out->url)) {
		problem_set(why, "the url of channel \"%s\" is longer than %d bytes", channel->name,
		    NOTICE_URL_MAX - 1);
		return STATUS_INVALID;
	}
	return STATUS_OK;
}

enum status
notice_header(struct outgoing *out, const char *name, const char *value, struct problem *why)
{
	int len = -1;

	if (out->nheaders < NOTICE_HEADERS_MAX && !has_control(value))
		len =
		    snprintf(out->headers[out->nheaders], NOTICE_HEADER_MAX, "%s: %s", name, value);
	if (len < 0 || len >= NOTICE_HEADER_MAX) {
		problem_set(why, "the header %s cannot be sent", name);
		return STATUS_INVALID;
	}
	out->nheaders++;
	return STATUS_OK;
}

/* JSON is UTF-8 (RFC 8259 section 8.1) whatever the text is: stray bytes become U+FFFD. */
static void
put_string(struct buf *out, const char *text)
{
	struct buf mended;
	size_t len = strlen(text), taken;

	buf_init(&mended, PLAIN_SIZE(len));
	for (size_t at = 0; at<len; at += taken> 0 ? taken : 1) {
		taken = utf8_length(text + at, len - at);
		buf_add(&mended, taken > 0 ? text + at : "\xef\xbf\xbd", taken > 0 ? taken : 3);
	}
	if (buf_status(&mended) == STATUS_OK)
		json_write_string(buf_str(&mended), mended.len, out);
	else if (buf_status(out) == STATUS_OK)
		out->status = buf_status(&mended);
	buf_free(&mended);
}

void
notice_member(struct buf *out, const char *name, const char *text)
{
	if (out->len > 0 && out->data[out->len - 1] != '{')
		buf_char(out, ',');
	buf_printf(out, "\"%s\":", name);
	put_string(out, text);
}

enum status
notice_done(const struct outgoing *out, struct problem *why)
{
	enum status status = buf_status(&out->body);

	if (status == STATUS_TOO_LARGE)
		problem_set(why, "the message is larger than %zu bytes", NOTICE_BODY_MAX);
	else if (status != STATUS_OK)
		problem_set(why, "the message could not be written: %s", status_name(status));
	return status;
}
