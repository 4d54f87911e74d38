/* mail_aid.h - reads an internet message strictly: what a form must not write fails the test. */
#ifndef TEST_MAIL_AID_H
#define TEST_MAIL_AID_H

#include "testing.h"

#include "buf.h"

#define MAIL_FIELDS_MAX 16
#define MAIL_VALUE_MAX 32768

/* Header fields in their order, unfolded. */
struct mail_field {
	char name[64];
	char *value; /* owned */
};

struct mail {
	size_t count;
	struct mail_field fields[MAIL_FIELDS_MAX];
	struct buf text; /* the parts, decoded; lines end with "\n" */
	struct buf html;
};

/*
 * Every line ends with CR LF and has at most 78 characters of printable ASCII; header fields are well-formed; exactly a text and an
 * HTML part in quoted-printable, both valid UTF-8 when decoded.
 */
void mail_read(struct mail *mail, const char *message, size_t len);
void mail_free(struct mail *mail);

/* The one field of that name; fails where there is none or several. */
const char *mail_field(const struct mail *mail, const char *name);
/* Its encoded words decoded (RFC 2047); each has to be UTF-8 by itself. The next call writes over it. */
const char *mail_decoded(const char *value);
/* Appends quoted-printable text decoded (RFC 2045 section 6.7), CR LF as "\n". */
void mail_quoted_printable(struct buf *out, const char *text, size_t len);

#endif
