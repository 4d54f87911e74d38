/*
 * notice_webhook.c - the form for programs: JSON, signed with the channel's secret; see notice.h and enforgate(7).
 *
 * The signature is the HMAC-SHA-256, in hex, of the timestamp, a dot and the body as it is sent. The timestamp is the time of this
 * try in milliseconds, so that a receiver can refuse what is old; `id` is the same at every try.
 */
#include "notice.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "json.h"
#include "notice_out.h"
#include "notice_words.h"
#include "secret.h"

#define STAMP_MAX 24 /* digits of a 64-bit integer, and a dot */

static enum status
sign(struct outgoing *out, const char *secret, int64_t now_ms, struct problem *why)
{
	unsigned char mac[SECRET_BYTES];
	char hex[SECRET_DIGEST_TEXT], stamp[STAMP_MAX];
	enum status status;

	(void)snprintf(stamp, sizeof(stamp), "%" PRId64 ".", now_ms);
	status = secret_hmac_text(
	    secret, strlen(secret), stamp, strlen(stamp), buf_str(&out->body), out->body.len, mac);
	if (status != STATUS_OK) {
		problem_set(why, "the message could not be signed: %s", status_name(status));
		return status;
	}
	stamp[strlen(stamp) - 1] = '\0';
	secret_hex(mac, sizeof(mac), hex);
	status = notice_header(out, "x-enforgate-timestamp", stamp, why);
	if (status == STATUS_OK)
		status = notice_header(out, "x-enforgate-signature", hex, why);
	return status;
}

static void
put_time(struct buf *out, const char *name, int64_t time_ms)
{
	char text[CLOCK_TEXT_MAX];

	clock_text(time_ms, text);
	notice_member(out, name, text);
}

/* Names as they are, not as people are shown them: a program compares them. Bytes that are not UTF-8 are in none. */
static void
put_body(struct buf *out, const struct notice *notice, const struct words *words)
{
	const bool approval = event_of_approval(notice->event);

	buf_char(out, '{');
	notice_member(out, "event", words->event);
	notice_member(out, "id", notice->id);
	put_time(out, "time", notice->time_ms);
	if (notice->event == 0) {
		notice_member(out, "message", words->sentence);
	} else {
		notice_member(out, "key", notice->key_name);
		notice_member(out, "server", notice->server);
		notice_member(out, "tool", notice->tool);
		notice_member(out, "reason", notice->reason);
		if (notice->event != EVENT_TOOL_CHANGED)
			notice_member(out, "toolCallId", notice->call_id);
	}
	if (approval) {
		notice_member(out, "approvalId", notice->approval_id);
		notice_member(out, "state", notice->state[0] != '\0' ? notice->state : "pending");
		put_time(out, "createdAt", notice->created_ms);
		put_time(out, "expiresAt", notice->expires_ms);
	}
	if (notice->event == EVENT_APPROVAL_RESOLVED) {
		notice_member(out, "decidedBy", notice->by);
		notice_member(out, "duration", notice->duration);
	}
	if (words->link != NULL)
		notice_member(out, "link", words->link);
	if (words->deny_link != NULL)
		notice_member(out, "denyLink", words->deny_link);
	buf_char(out, '}');
}

enum status
notice_webhook(const struct notice *notice, const struct channel *channel, int64_t now_ms,
    struct outgoing *out, struct problem *why)
{
	const char *secret = notice_setting(channel, "secret");
	struct words words;
	enum status status;

	if (secret == NULL) {
		problem_set(
		    why, "channel \"%s\" has no secret to sign with; set one", channel->name);
		return STATUS_INVALID;
	}
	status = notice_words(notice, channel, now_ms, &words, why);
	if (status == STATUS_OK)
		status =
		    notice_url(channel, notice_setting(channel, "url"), "", notice_web, out, why);
	if (status == STATUS_OK)
		status = notice_header(out, "content-type", "application/json", why);
	if (status == STATUS_OK)
		status = notice_header(out, "x-enforgate-event", words.event, why);
	if (status != STATUS_OK)
		return status;
	put_body(&out->body, notice, &words);
	status = notice_done(out, why);
	return status == STATUS_OK ? sign(out, secret, now_ms, why) : status;
}
