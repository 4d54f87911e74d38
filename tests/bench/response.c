/* response.c - see response.h.   SPDX-License-Identifier: MIT */
#include "response.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LENGTH_NONE ((size_t)-1)

struct framing {
	size_t length; /* LENGTH_NONE: not given */
	bool chunked;
	bool close;
};

/* The value of a header line when it has this name (which ends in a colon), else NULL. */
static const char *
value_of(const char *line, const char *name, size_t name_len)
{
	if (strncasecmp(line, name, name_len) != 0)
		return NULL;
	line += name_len;
	return line + strspn(line, " \t");
}

#define VALUE_OF(line, name) value_of((line), (name), sizeof(name) - 1)

static bool
read_size(const char *text, int base, size_t *out)
{
	char *end;

	errno = 0;
	*out = strtoul(text, &end, base);
	return end != text && *text != '-' && *text != '+' && errno == 0 &&
	       *out < LENGTH_NONE / 4 && (*end == '\r' || *end == ';' || *end == ' ');
}

static bool
read_header_line(const char *line, struct framing *framing)
{
	const char *value;

	if ((value = VALUE_OF(line, "Content-Length:")) != NULL)
		return read_size(value, 10, &framing->length);
	if ((value = VALUE_OF(line, "Transfer-Encoding:")) != NULL)
		framing->chunked = strncasecmp(value, "chunked", strlen("chunked")) == 0;
	else if ((value = VALUE_OF(line, "Connection:")) != NULL)
		framing->close = strncasecmp(value, "close", strlen("close")) == 0;
	return true;
}

/* Finds the end of a chunked body and counts its bytes; trailers are skipped. */
static enum response_state
measure_chunks(const char *at, const char *end, const char **after)
{
	const char *eol;
	size_t size = 1;

	while (size > 0) {
		eol = memmem(at, (size_t)(end - at), "\r\n", 2);
		if (eol == NULL)
			return RESPONSE_PARTIAL;
		if (!read_size(at, 16, &size))
			return RESPONSE_BROKEN;
		at = eol + 2;
		if (size > 0) {
			if ((size_t)(end - at) < size + 2)
				return RESPONSE_PARTIAL;
			at += size + 2;
		}
	}
	do {
		eol = memmem(at, (size_t)(end - at), "\r\n", 2);
		if (eol == NULL)
			return RESPONSE_PARTIAL;
		size = (size_t)(eol - at);
		at = eol + 2;
	} while (size > 0);
	*after = at;
	return RESPONSE_COMPLETE;
}

/* Removes the framing of a chunked body that measure_chunks() found complete. */
static size_t
join_chunks(char *body)
{
	char *from = body;
	char *to = body;
	size_t size = 0;

	while (read_size(from, 16, &size) && size > 0) {
		from = strstr(from, "\r\n") + 2;
		memmove(to, from, size);
		to += size;
		from += size + 2;
	}
	return (size_t)(to - body);
}

enum response_state
response_parse(char *bytes, size_t len, struct response *out)
{
	struct framing framing = {.length = LENGTH_NONE};
	const char *after = NULL;
	enum response_state state;
	char *head_end = memmem(bytes, len, "\r\n\r\n", 4);
	char *body;
	int status;

	if (head_end == NULL)
		return RESPONSE_PARTIAL;
	body = head_end + 4;
	if (strncmp(bytes, "HTTP/1.", strlen("HTTP/1.")) != 0 || bytes + 12 > head_end)
		return RESPONSE_BROKEN;
	status = atoi(bytes + strlen("HTTP/1.1 "));
	for (char *line = bytes; line < head_end; line = strstr(line, "\r\n") + 2) {
		if (!read_header_line(line, &framing))
			return RESPONSE_BROKEN;
	}
	if (status < 200 || status > 599)
		return RESPONSE_BROKEN;
	if (status == 204 || status == 304)
		framing = (struct framing){.close = framing.close};
	if (framing.chunked) {
		state = measure_chunks(body, bytes + len, &after);
		if (state != RESPONSE_COMPLETE)
			return state;
		framing.length = join_chunks(body);
	} else {
		if (framing.length == LENGTH_NONE)
			return RESPONSE_BROKEN;
		if ((size_t)(bytes + len - body) < framing.length)
			return RESPONSE_PARTIAL;
		after = body + framing.length;
	}
	*out = (struct response){.status = status,
	    .close = framing.close,
	    .body = body,
	    .body_len = framing.length,
	    .len = (size_t)(after - bytes)};
	return RESPONSE_COMPLETE;
}
