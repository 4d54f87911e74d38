/* sse.c - event streams; see sse.h. */
#include "mcp/sse.h"

#include <string.h>

#define MARK "\xef\xbb\xbf" /* a byte order mark, which may begin a stream */
#define MARK_LEN (sizeof(MARK) - 1)
#define FIELD_ROOM 64           /* bytes of a line beside its value: mark, name, colon, blank */
#define KEEP ((size_t)64 << 10) /* memory kept between events */

void
sse_init(struct sse_reader *reader, size_t max)
{
	*reader = (struct sse_reader){0};
	buf_init(&reader->line, max + FIELD_ROOM);
	buf_init(&reader->data, max);
}

void
sse_free(struct sse_reader *reader)
{
	buf_free(&reader->line);
	buf_free(&reader->data);
}

static bool
is(const char *text, size_t len, const char *name)
{
	return len == strlen(name) && memcmp(text, name, len) == 0;
}

/* A line with a field; those that we have no use for are skipped, as are comments. */
static void
read_field(struct sse_reader *reader, const char *line, size_t len)
{
	const char *colon = memchr(line, ':', len);
	size_t name_len = colon != NULL ? (size_t)(colon - line) : len;
	const char *value = colon != NULL ? colon + 1 : line + len;
	size_t value_len = (size_t)(line + len - value);

	if (value_len > 0 && *value == ' ') {
		value++;
		value_len--;
	}
	if (is(line, name_len, "event")) {
		reader->other = value_len > 0 && !is(value, value_len, "message");
	} else if (is(line, name_len, "data")) {
		if (reader->has_data)
			buf_char(&reader->data, '\n');
		buf_add(&reader->data, value, value_len);
		reader->has_data = true;
	}
}

/* An empty line ends an event. */
static enum status
end_event(struct sse_reader *reader, enum status (*event)(void *arg, const char *data, size_t len),
    void *arg)
{
	enum status status = STATUS_OK;

	if (reader->data.len > 0 && !reader->other)
		status = event(arg, buf_str(&reader->data), reader->data.len);
	buf_recycle(&reader->data, KEEP);
	reader->other = false;
	reader->has_data = false;
	return status;
}

static enum status
end_line(struct sse_reader *reader, enum status (*event)(void *arg, const char *data, size_t len),
    void *arg)
{
	const char *line = buf_str(&reader->line);
	size_t len = reader->line.len;
	enum status status = buf_status(&reader->data); /* a failure stays */

	if (status != STATUS_OK)
		return status;
	if (!reader->begun && len >= MARK_LEN && memcmp(line, MARK, MARK_LEN) == 0) {
		line += MARK_LEN;
		len -= MARK_LEN;
	}
	reader->begun = true;
	if (len == 0) {
		status = end_event(reader, event, arg);
	} else {
		read_field(reader, line, len);
		status = buf_status(&reader->data);
	}
	buf_recycle(&reader->line, KEEP);
	return status;
}

enum status
sse_read(struct sse_reader *reader, const char *bytes, size_t len,
    enum status (*event)(void *arg, const char *data, size_t data_len), void *arg)
{
	size_t at = 0;

	while (at < len) {
		size_t first = at;
		enum status status;

		if (reader->after_cr && bytes[at] == '\n')
			first = ++at;
		reader->after_cr = false;
		while (at < len && bytes[at] != '\r' && bytes[at] != '\n')
			at++;
		buf_add(&reader->line, bytes + first, at - first);
		status = buf_status(&reader->line);
		if (status == STATUS_OK && at < len) {
			reader->after_cr = bytes[at++] == '\r';
			status = end_line(reader, event, arg);
		}
		if (status != STATUS_OK)
			return status;
	}
	return STATUS_OK;
}

void
sse_write(const char *data, size_t len, struct buf *out)
{
	buf_text(out, "event: message\ndata: ");
	buf_add(out, data, len);
	buf_text(out, "\n\n");
}

void
sse_write_comment(struct buf *out)
{
	buf_text(out, ":\n\n");
}
