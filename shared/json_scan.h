/*
 * json_scan.h - the tokens of a JSON text (RFC 8259), for json_parse.c only.
 *
 * Complete in itself, so that what is refused and why depends on no library. Nothing is allocated.
 * Problems hold kinds and offsets, never a piece of the text.
 */
#ifndef ENFORGATE_JSON_SCAN_H
#define ENFORGATE_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "status.h"

struct scan {
	const unsigned char *text; /* borrowed */
	size_t len;
	size_t at;
	struct problem *why;
};

/* A piece of the text: what is between the quotation marks, or a number. */
struct scan_piece {
	const char *bytes; /* not NUL-terminated */
	size_t len;
	bool escaped; /* of a string: holds escapes */
	bool integer; /* of a number: neither point nor exponent; fits into 64 bits */
};

/* The byte at the position, -1 at the end. */
static inline int
scan_peek(const struct scan *s)
{
	return s->at < s->len ? s->text[s->at] : -1;
}

void scan_space(struct scan *s);

/* What was expected is not there: the text ends, or another byte stands there. STATUS_INVALID. */
enum status scan_refuse(struct scan *s, const char *what) MUST_USE;

/* Each begins on the first byte of its token and goes past the last; else STATUS_INVALID. */
enum status scan_word(struct scan *s, const char *word) MUST_USE;
enum status scan_number(struct scan *s, struct scan_piece *number) MUST_USE;
/* A member name must not hold U+0000: names end with a NUL. */
enum status scan_string(struct scan *s, bool is_name, struct scan_piece *string) MUST_USE;

/* Writes a string without its escapes, at most string->len bytes and no NUL; tells how many. */
size_t scan_unescape(const struct scan_piece *string, char *out);

#endif
