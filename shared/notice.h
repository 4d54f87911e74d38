/*
 * notice.h - one message to people: what it says, and its form for each kind of channel.
 *
 * The forms are pure functions: facts in, a request to be sent out. courier.c sends. Names and reasons come from agents
 * and upstreams: characters that hide or turn text become U+FFFD (plain.h), the rest is escaped for each form. No form
 * cuts a link: one that is too long for the channel is refused.
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
#define NOTICE_LINK_MAX_TEAMS 2000 /* of the 28 KB of a message; nothing is documented for a url */
#define NOTICE_LINK_MAX_TELEGRAM 2000
#define NOTICE_LINK_MAX_WEBHOOK ((size_t)32 << 10)
#define NOTICE_LINK_MAX_CONSOLE ((size_t)32 << 10)

/* Texts are borrowed; "" where there is none, never NULL unless said. */
struct notice {
	unsigned
	    event; /* EVENT_...; 0: a sample (channel test), which needs no other text than id */
	const char
	    *id; /* of the delivery: the same at every try, so that receivers can drop repeats */
	const char *key_name;
	const char *server;
	const char *tool;
	const char *reason;
	const char *call_id;
	const char *approval_id;
	const char *state; /* of a resolved one: "approved", "denied", "expired" */
	const char *by;    /* who decided */
	const char *duration;
	int64_t time_ms;    /* of the event: when the delivery was made */
	int64_t created_ms; /* of the approval; likewise the next two */
	int64_t expires_ms;
	int64_t released_ms; /* 0: the same call was not released before */
	/*
	 * NULL: none. The approve page, with the arguments in its fragment where they fit. Both links are written only
	 * for approval.created and samples, and only to approver channels.
	 */
	const char *link;
	const char *deny_link; /* NULL: none */
	const char
	    *args_note; /* for people: what the link has of the arguments; "" for nothing to say */
};

/* What is to be sent. */
struct outgoing {
	char url[NOTICE_URL_MAX];
	struct buf body;
	size_t nheaders;
	char headers[NOTICE_HEADERS_MAX][NOTICE_HEADER_MAX]; /* "name: value"; none for email */
	/* email: the envelope, bare addresses separated by commas; body is the message, lines end with CR LF. */
	char from[CHANNEL_TARGET_MAX + 1];
	char to[CHANNEL_SETTINGS_MAX];
};
void outgoing_init(struct outgoing *out);
/* Wipes it too: a link is in there, and for telegram the token of the bot is in the url. */
void outgoing_free(struct outgoing *out);

/* Longest link that a channel of this kind takes. */
size_t notice_link_max(enum channel_kind kind);

/*
 * The message for this channel, whose settings are open. `pages` has the templates of mails. console: the body is the text to
 * append, url is empty. STATUS_INVALID: the channel's settings are not what its kind needs; STATUS_TOO_LARGE: a
 * link is longer than notice_link_max(). `why` says what, without secrets.
 */
enum status notice_write(const struct notice *notice, const struct channel *channel,
    const struct pages *pages, int64_t now_ms, struct outgoing *out, struct problem *why) MUST_USE;

/* The forms, one file each. */
enum status notice_email(const struct notice *notice, const struct channel *channel,
    const struct pages *pages, int64_t now_ms, struct outgoing *out, struct problem *why) MUST_USE;
enum status notice_slack(const struct notice *notice, const struct channel *channel, int64_t now_ms,
    struct outgoing *out, struct problem *why) MUST_USE;
enum status notice_teams(const struct notice *notice, const struct channel *channel, int64_t now_ms,
    struct outgoing *out, struct problem *why) MUST_USE;
enum status notice_telegram(const struct notice *notice, const struct channel *channel,
    int64_t now_ms, struct outgoing *out, struct problem *why) MUST_USE;
enum status notice_webhook(const struct notice *notice, const struct channel *channel,
    int64_t now_ms, struct outgoing *out, struct problem *why) MUST_USE;

#endif
