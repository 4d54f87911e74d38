/* notice_out.h - what the forms need to fill a struct outgoing. Private to notice*.c. */
#ifndef ENFORGATE_NOTICE_OUT_H
#define ENFORGATE_NOTICE_OUT_H

#include "notice.h"

/* A text among the channel's settings; NULL: not there, empty, or with a control character in it. */
const char *notice_setting(const struct channel *channel, const char *name);
/*
 * Sets out->url from `url` (NULL: not set) with `more` behind it (a path, or ""). STATUS_INVALID: it does not begin with one of the
 * schemes ("https://", "http://"), has a character that is in no URL (RFC 3986), or is too long.
 */
enum status notice_url(const struct channel *channel, const char *url, const char *more,
    const char *const *schemes, struct outgoing *out, struct problem *why) MUST_USE;
/* Adds a header. STATUS_INVALID: too many, too long, or a control character, which would begin another header. */
enum status notice_header(
    struct outgoing *out, const char *name, const char *value, struct problem *why) MUST_USE;
/* Appends `,"name":"text"` as JSON; no comma behind a brace. The name needs no escape. */
void notice_member(struct buf *out, const char *name, const char *text);
/* Whether all of the body was written. */
enum status notice_done(const struct outgoing *out, struct problem *why) MUST_USE;

/* For notice_url(): "https://" and "http://". */
extern const char *const notice_web[];

#endif
