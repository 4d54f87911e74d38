/*
 * buf.h - a growing byte buffer that is born with a cap.
 *
 * Failure is sticky: once an append would pass the cap or memory runs out, the buffer keeps what it
 * had, further appends do nothing, and buf_status() tells. So a writer appends without checking and
 * looks once at the end. The bytes are always NUL-terminated (the NUL is not counted).
 */
#ifndef ENFORGATE_BUF_H
#define ENFORGATE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "status.h"

struct buf {
	char *data; /* owned; never NULL after the first append that worked */
	size_t len; /* bytes used, without the NUL */
	size_t size;
	size_t cap; /* most bytes ever held, without the NUL */
	enum status status;
};

/* An empty buffer of at most `cap` bytes. Allocates nothing. */
void buf_init(struct buf *b, size_t cap);
/* Frees the bytes; the buffer is empty again with the same cap. */
void buf_free(struct buf *b);
/* Empties it and clears a failure, keeping the memory. */
void buf_reset(struct buf *b);
/* The same, but gives the memory back where it is more than `keep` bytes. */
void buf_recycle(struct buf *b, size_t keep);

void buf_add(struct buf *b, const void *bytes, size_t len);
void buf_text(struct buf *b, const char *text);
void buf_char(struct buf *b, char c);
void buf_integer(struct buf *b, int64_t value); /* in decimal */
void buf_printf(struct buf *b, const char *format, ...) PRINTF_LIKE(2, 3);

/* STATUS_OK, STATUS_TOO_LARGE or STATUS_NO_MEMORY: whether every append worked. */
enum status buf_status(const struct buf *b) MUST_USE;
/* The bytes as a NUL-terminated text; "" for an empty buffer. Valid until the next append. */
const char *buf_str(const struct buf *b);

#endif
