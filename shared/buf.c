/* buf.c - a growing byte buffer with a cap and a sticky failure; see buf.h. */
#include "buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* First allocation: most replies and log lines fit. */
#define BUF_FIRST 256
#define INTEGER_MAX 20 /* characters of the smallest 64-bit integer */

void
buf_init(struct buf *b, size_t cap)
{
	*b = (struct buf){.cap = cap < SIZE_MAX / 4 ? cap : SIZE_MAX / 4};
}

void
buf_free(struct buf *b)
{
	free(b->data);
	buf_init(b, b->cap);
}

void
buf_reset(struct buf *b)
{
	b->len = 0;
	b->status = STATUS_OK;
	if (b->data != NULL)
		b->data[0] = '\0';
}

void
buf_recycle(struct buf *b, size_t keep)
{
	if (b->size > keep)
		buf_free(b);
	else
		buf_reset(b);
}

/* Makes room for `more` bytes and a NUL; false leaves the failure in the buffer. */
static bool
buf_reserve(struct buf *b, size_t more)
{
	size_t size;
	char *data;

	if (b->status != STATUS_OK)
		return false;
	if (more > b->cap - b->len) {
		b->status = STATUS_TOO_LARGE;
		return false;
	}
	if (b->data != NULL && b->len + more < b->size)
		return true;
	size = b->size > 0 ? b->size : BUF_FIRST;
	while (size <= b->len + more)
		size *= 2;
	data = realloc(b->data, size);
	if (data == NULL) {
		b->status = STATUS_NO_MEMORY;
		return false;
	}
	b->data = data;
	b->size = size;
	return true;
}

void
buf_add(struct buf *b, const void *bytes, size_t len)
{
	if (!buf_reserve(b, len))
		return;
	if (len > 0)
		memcpy(b->data + b->len, bytes, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void
buf_text(struct buf *b, const char *text)
{
	buf_add(b, text, strlen(text));
}

void
buf_char(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void
buf_integer(struct buf *b, int64_t value)
{
	char digits[INTEGER_MAX];
	char *at = digits + INTEGER_MAX;
	uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

	do {
		*--at = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest > 0);
	if (value < 0)
		*--at = '-';
	buf_add(b, at, (size_t)(digits + INTEGER_MAX - at));
}

void
buf_printf(struct buf *b, const char *format, ...)
{
	va_list args, again;
	int len;

	va_start(args, format);
	va_copy(again, args);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len >= 0 && buf_reserve(b, (size_t)len)) {
		(void)vsnprintf(b->data + b->len, (size_t)len + 1, format, again);
		b->len += (size_t)len;
	} else if (len < 0 && b->status == STATUS_OK) {
		b->status = STATUS_FAILED;
	}
	va_end(again);
}

enum status
buf_status(const struct buf *b)
{
	return b->status;
}

const char *
buf_str(const struct buf *b)
{
	return b->data != NULL ? b->data : "";
}
