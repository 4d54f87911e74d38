/* json_lines.c - messages of one line each, over descriptors that do not block; see json_lines.h. */
#include "mcp/json_lines.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PIECE ((size_t)16 << 10)       /* on the stack of threads that have little */
#define KEEP_BYTES ((size_t)256 << 10) /* memory that an empty queue keeps */

void
json_lines_init(struct json_lines *lines, int in_fd, int out_fd, size_t most, size_t queue)
{
	*lines = (struct json_lines){.in_fd = in_fd, .out_fd = out_fd, .most = most};
	buf_init(&lines->in, most + PIECE + 1);
	buf_init(&lines->out, queue);
}

void
json_lines_free(struct json_lines *lines)
{
	buf_free(&lines->in);
	buf_free(&lines->out);
}

/* Takes away what was handed out. */
static void
make_room(struct buf *b, size_t *used)
{
	if (*used == 0)
		return;
	b->len -= *used;
	if (b->len > 0)
		memmove(b->data, b->data + *used, b->len);
	*used = 0;
	if (b->len == 0)
		buf_recycle(b, KEEP_BYTES);
}

enum status
json_lines_read(struct json_lines *lines)
{
	char piece[PIECE];
	ssize_t n;

	/* A long line that comes in pieces is moved once only. */
	make_room(&lines->in, &lines->at);
	if (lines->scanned > lines->most)
		return STATUS_TOO_LARGE;
	n = read(lines->in_fd, piece, sizeof(piece));
	if (n == 0)
		return STATUS_NOT_FOUND;
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? STATUS_OK : STATUS_FAILED;
	buf_add(&lines->in, piece, (size_t)n);
	return buf_status(&lines->in);
}

const char *
json_lines_next(struct json_lines *lines, size_t *len)
{
	while (lines->at < lines->in.len) {
		const char *line = lines->in.data + lines->at;
		const size_t left = lines->in.len - lines->at;
		const char *end = memchr(line + lines->scanned, '\n', left - lines->scanned);

		if (end == NULL) {
			lines->scanned = left;
			return NULL;
		}
		lines->scanned = 0;
		lines->at += (size_t)(end - line) + 1;
		while (end > line && (end[-1] == '\r' || end[-1] == ' '))
			end--;
		if (end == line)
			continue;
		*len = (size_t)(end - line);
		return line;
	}
	return NULL;
}

struct json_object *
json_lines_parse(const char *line, size_t len)
{
	const struct json_limits limits = {
	    .bytes = len, .nesting = JSON_LINES_NESTING, .members = JSON_LINES_MEMBERS};
	struct json_object *root = NULL;

	if (json_parse(line, len, &limits, &root, NULL) != STATUS_OK)
		return NULL;
	if (json_type(root) == JSON_OBJECT)
		return root;
	json_free(root);
	return NULL;
}

/* What was appended since is queued, or taken back: half a message is none. */
static enum status
settle(struct json_lines *lines, size_t before)
{
	const enum status status = buf_status(&lines->out);

	if (status == STATUS_OK) {
		lines->queued += (int64_t)(lines->out.len - before);
		return STATUS_OK;
	}
	lines->out.len = before;
	lines->out.status = STATUS_OK;
	return status;
}

enum status
json_lines_put_text(struct json_lines *lines, const char *text, size_t len)
{
	const size_t before = lines->out.len;

	buf_add(&lines->out, text, len);
	return settle(lines, before);
}

enum status
json_lines_put(struct json_lines *lines, const struct json_object *message)
{
	const size_t before = lines->out.len;

	if (message == NULL)
		return STATUS_NO_MEMORY;
	json_write(message, &lines->out);
	buf_char(&lines->out, '\n');
	return settle(lines, before);
}

/* As a socket where it is one: a broken one is no signal then. */
static ssize_t
write_some(int fd, const char *bytes, size_t len)
{
	ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT);

	return n < 0 && errno == ENOTSOCK ? write(fd, bytes, len) : n;
}

enum status
json_lines_flush(struct json_lines *lines)
{
	ssize_t n;

	while (lines->out_at < lines->out.len) {
		n = write_some(
		    lines->out_fd, lines->out.data + lines->out_at, lines->out.len - lines->out_at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN)
			return STATUS_FAILED;
		if (n <= 0)
			break;
		lines->out_at += (size_t)n;
		lines->written += n;
	}
	if (lines->out_at == lines->out.len || lines->out_at > lines->out.len / 2)
		make_room(&lines->out, &lines->out_at);
	return STATUS_OK;
}

size_t
json_lines_waiting(const struct json_lines *lines)
{
	return lines->out.len - lines->out_at;
}
