/*
 * notice.h - one message to people: what it says, and its form for each kind of channel.
 *
 * The forms are pure functions: facts in, a request to be sent out. courier.c sends. Names and reasons come from agents
 * and upstreams and are escaped for each form.
 */
#ifndef ENFORGATE_NOTICE_H
#define ENFORGATE_NOTICE_H

#include "buf.h"
#include "channels.h"
#include "page.h"

#define NOTICE_BODY_MAX ((size_t)256 << 10)
#define NOTICE_HEADERS_MAX 8
#define NOTICE_HEADER_MAX 512
#define NOTICE_URL_MAX 2048
/* Longest link for each kind; arguments that do not fit are left out, and the link says so. */
#define NOTICE_LINK_MAX_EMAIL ((size_t)32 << 10)
#define NOTICE_LINK_MAX_SLACK 3000 /* Block Kit: url of a button */
#define NOTICE_LINK_MAX_TEAMS 2000
#define NOTICE_LINK_MAX_TELEGRAM 2000

/* Texts are borrowed; "" where there is none, never NULL unless said. */
struct notice {
	unsigned event; /* EVENT_...; 0: a sample (channel test) */
	const char *key_name;
	const char *server;
	const char *tool;
	const char *reason;
	const char *call_id;
	const char *approval_id;
	const char *state; /* of a resolved one: "approved", "denied", "expired" */
	const char *by;    /* who decided */
	const char *duration;
	int64_t created_ms;
	int64_t expires_ms;
	int64_t released_ms; /* 0: the same call was not released before */
	const char *
	    link; /* NULL: none. The approve page, with the arguments in its fragment where they fit */
	const char *deny_link; /* NULL: none */
	const char
	    *args_note; /* for people: what the link has of the arguments; "" for nothing to say */
};

/* What is to be sent. */
struct outgoing {
	char url[NOTICE_URL_MAX];
	struct buf body;
	size_t nheaders;
	char headers[NOTICE_HEADERS_MAX][NOTICE_HEADER_MAX];
	/* email: the envelope, separated by commas; body is the message. */
	char from[CHANNEL_TARGET_MAX + 1];
	char to[CHANNEL_SETTINGS_MAX];
};
void outgoing_init(struct outgoing *out);
void outgoing_free(struct outgoing *out);

/*
 * The message for this channel. `pages` has the templates of the texts. STATUS_INVALID: the channel's settings are not what its kind
 * needs; `why` says what, without secrets.
 */
enum status notice_write(const struct notice *notice, const struct channel *channel,
    const struct pages *pages, int64_t now_ms, struct outgoing *out, struct problem *why) MUST_USE;

/* The forms, one file each. */
enum status notice_email(const struct notice *notice, const struct channel *channel,
    const struct pages *pages, int64_t now_ms, struct outgoing *out, struct problem *why) MUST_USE;
enum status notice_slack(const struct notice *notice, const struct channel *channel,
    struct outgoing *out, struct problem *why) MUST_USE;
enum status notice_teams(const struct notice *notice, const struct channel *channel,
    struct outgoing *out, struct problem *why) MUST_USE;
enum status notice_telegram(const struct notice *notice, const struct channel *channel,
    struct outgoing *out, struct problem *why) MUST_USE;
enum status notice_webhook(const struct notice *notice, const struct channel *channel,
    int64_t now_ms, struct outgoing *out, struct problem *why) MUST_USE;

#endif
