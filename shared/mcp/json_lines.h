/*
 * json_lines.h - JSON messages, one a line, over a socket or two pipes: what responders and hosts, hosts and their children say to each other.
 *
 * Descriptors are non-blocking and the caller's; nothing here waits. What is to be written is queued up to a cap, and goes out as the
 * other side takes it.
 */
#ifndef ENFORGATE_MCP_JSON_LINES_H
#define ENFORGATE_MCP_JSON_LINES_H

#include "json.h"

#define JSON_LINES_NESTING 130 /* levels of a message, and of what it is wrapped in */
#define JSON_LINES_MEMBERS ((size_t)2000000)

struct json_lines {
	int in_fd;
	int out_fd;  /* may be the same */
	size_t most; /* bytes of a line that is read */
	struct buf in;
	size_t at;      /* where the next line begins in `in` */
	size_t scanned; /* bytes behind it that hold no line's end */
	struct buf out;
	size_t out_at;   /* bytes of `out` that are written */
	int64_t queued;  /* bytes queued so far, written ones too */
	int64_t written; /* bytes written so far */
};

/* `most`: of a line that is read; `queue`: bytes that may wait to be written. */
void json_lines_init(struct json_lines *lines, int in_fd, int out_fd, size_t most, size_t queue);
void json_lines_free(struct json_lines *lines); /* the descriptors stay open */

/*
 * Reads what has come, a piece at most. STATUS_OK (perhaps nothing); STATUS_NOT_FOUND: the other side has ended; STATUS_TOO_LARGE: a line
 * is longer than `most`; STATUS_FAILED; STATUS_NO_MEMORY.
 */
enum status json_lines_read(struct json_lines *lines) MUST_USE;
/* The next whole line, without its end; valid until the next read. NULL: there is none. Empty ones are left out. */
const char *json_lines_next(struct json_lines *lines, size_t *len);
/* A line as a tree; NULL: it is no JSON object, or memory ran out. */
struct json_object *json_lines_parse(const char *line, size_t len);

/* Queues a message. STATUS_TOO_LARGE: the queue is full, nothing was queued; STATUS_NO_MEMORY. */
enum status json_lines_put(struct json_lines *lines, const struct json_object *message) MUST_USE;
/* The same with whole lines, ends included. */
enum status json_lines_put_text(struct json_lines *lines, const char *text, size_t len) MUST_USE;
/* Writes as much as the other side takes. STATUS_OK, also where something is left; STATUS_FAILED: the other side is gone. */
enum status json_lines_flush(struct json_lines *lines) MUST_USE;
/* Bytes that wait to be written. */
size_t json_lines_waiting(const struct json_lines *lines);

#endif
