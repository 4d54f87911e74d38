/*
 * notice_mime.h - the pieces of an internet message: header fields, quoted-printable, addresses, dates. Private to notice_email.c.
 *
 * Lines end with CR LF and have at most 76 characters (RFC 5322 section 2.1.1 wants 78, RFC 2045 section 6.7 76). No text of others
 * reaches a header but through mime_subject(), which leaves nothing but printable ASCII.
 */
#ifndef ENFORGATE_NOTICE_MIME_H
#define ENFORGATE_NOTICE_MIME_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"

#define MIME_LINE_MAX 76
#define MIME_ADDRESS_MAX 254 /* RFC 5321 section 4.5.3.1.3, without the brackets */

/*
 * Whether `text` of `len` bytes is a bare address: a dot-atom, @, and a host name or address literal (RFC 5321 section 4.1.2, without
 * quoted local parts and without UTF-8).
 */
bool mime_address_valid(const char *text, size_t len);

/* Appends "Subject: ..." with its line end; text that is not short ASCII as encoded words (RFC 2047), whole characters in each. */
void mime_subject(struct buf *out, const char *text);
/* Appends "Date: ..." (RFC 5322 section 3.3), in UTC. */
void mime_date(struct buf *out, int64_t now_ms);
/*
 * Appends text whose lines end with "\n" as quoted-printable. Dots and "From " at the beginning of a line are encoded too, so that no
 * relay has a reason to change it (RFC 2049 section 3). A line that would be a boundary cannot occur: "=" is encoded.
 */
void mime_quoted_printable(struct buf *out, const char *text, size_t len);

#endif
