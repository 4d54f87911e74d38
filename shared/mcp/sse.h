/*
 * sse.h - event streams: reading those of upstreams, writing our own (WHATWG HTML, Server-sent events; facts 13). Pure.
 */
#ifndef ENFORGATE_MCP_SSE_H
#define ENFORGATE_MCP_SSE_H

#include "buf.h"

/* Reads bytes as they come: CR, LF, CRLF, several data lines, a byte order mark, comments, retry, empty data. Zeroed, then init. */
struct sse_reader {
	struct buf line; /* private */
	struct buf data; /* private */
	bool after_cr;
	bool begun;
	bool other; /* the event at hand has another name than "message" */
	bool has_data;
};
/* `max`: most bytes of one event. */
void sse_init(struct sse_reader *reader, size_t max);
/*
 * Calls `event` with the data of each complete event named "message" or not named whose data is not empty. STATUS_TOO_LARGE,
 * STATUS_NO_MEMORY; whatever `event` returned when it is not STATUS_OK.
 */
enum status sse_read(struct sse_reader *reader, const char *bytes, size_t len,
    enum status (*event)(void *arg, const char *data, size_t data_len), void *arg) MUST_USE;
void sse_free(struct sse_reader *reader);

/* Appends "event: message\ndata: ...\n\n"; `data` is one line of JSON. */
void sse_write(const char *data, size_t len, struct buf *out);
/* A comment, to keep the connection: ":\n\n". */
void sse_write_comment(struct buf *out);

#endif
