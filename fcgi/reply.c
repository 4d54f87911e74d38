/* reply.c - struct reply to status line, headers and body; see reply.h. */
#include "reply.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "json.h"

#define HEADER_VALUE_MAX 256
#define JSON_TYPE "application/json"
#define EVENTS_TYPE "text/event-stream"
#define LENGTH_MAX 24         /* a size_t in decimal */
#define REPLY_KEEP_BYTES 4096 /* of memory, for the next reply */

/* nginx sends no phrase at all where we give none. */
static const struct status_line {
	int status;
	const char *text;
} status_lines[] = {
    {200, "200 OK"},
    {202, "202 Accepted"},
    {400, "400 Bad Request"},
    {401, "401 Unauthorized"},
    {403, "403 Forbidden"},
    {404, "404 Not Found"},
    {405, "405 Method Not Allowed"},
    {406, "406 Not Acceptable"},
    {409, "409 Conflict"},
    {410, "410 Gone"},
    {413, "413 Content Too Large"},
    {415, "415 Unsupported Media Type"},
    {429, "429 Too Many Requests"},
    {503, "503 Service Unavailable"},
};

static const char *
status_line(int status)
{
	for (size_t i = 0; i < sizeof(status_lines) / sizeof(status_lines[0]); i++)
		if (status_lines[i].status == status)
			return status_lines[i].text;
	return "500 Internal Server Error";
}

void
reply_init(struct reply *reply)
{
	reply->status = 200;
	reply->begun = false;
	reply->type = JSON_TYPE;
	reply->bodiless = false;
	buf_init(&reply->headers, REPLY_HEADERS_MAX);
	buf_init(&reply->body, REPLY_BODY_MAX);
}

void
reply_allow(struct reply *reply, size_t body_max)
{
	reply->body.cap = body_max;
}

void
reply_reset(struct reply *reply)
{
	reply->status = 200;
	reply->begun = false;
	reply->cut = false;
	reply->body.cap = REPLY_BODY_MAX;
	reply->type = JSON_TYPE;
	reply->bodiless = false;
	buf_recycle(&reply->headers, REPLY_KEEP_BYTES);
	buf_recycle(&reply->body, REPLY_KEEP_BYTES);
}

void
reply_header(struct reply *reply, const char *name, const char *format, ...)
{
	char value[HEADER_VALUE_MAX];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(value, sizeof(value), format, args);
	va_end(args);
	buf_text(&reply->headers, name);
	buf_text(&reply->headers, ": ");
	buf_text(&reply->headers, value);
	buf_text(&reply->headers, "\r\n");
}

void
reply_error(struct reply *reply, const struct request *request, int status, const char *code,
    const char *message)
{
	reply->status = status;
	buf_reset(&reply->body);
	buf_text(&reply->body, "{\"error\":");
	json_write_string(code, strlen(code), &reply->body);
	buf_text(&reply->body, ",\"message\":");
	json_write_string(message, strlen(message), &reply->body);
	buf_text(&reply->body, ",\"requestId\":");
	json_write_string(request->id, strlen(request->id), &reply->body);
	buf_text(&reply->body, "}\n");
}

static void
put(FCGX_Stream *out, const char *text)
{
	(void)FCGX_PutStr(text, (int)strlen(text), out);
}

/* Status and headers, and the empty line behind them. `length` NULL: none is given. */
static void
send_head(struct reply *reply, struct request *request, const char *length)
{
	FCGX_Stream *out = request->fcgx->out;

	put(out, "Status: ");
	put(out, status_line(reply->status));
	put(out, "\r\nContent-Type: ");
	put(out, reply->type);
	put(out, "\r\n");
	if (length != NULL) {
		put(out, "Content-Length: ");
		put(out, length);
		put(out, "\r\n");
	}
	put(out, "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nX-Request-Id: ");
	put(out, request->id);
	put(out, "\r\n");
	(void)FCGX_PutStr(buf_str(&reply->headers), (int)reply->headers.len, out);
	put(out, "\r\n");
}

void
reply_begin(struct reply *reply, struct request *request)
{
	send_head(reply, request, NULL);
	reply->begun = true;
}

void
reply_begin_events(struct reply *reply, struct request *request)
{
	reply->type = EVENTS_TYPE;
	reply_header(reply, "X-Accel-Buffering", "no");
	reply_begin(reply, request);
}

bool
reply_piece(struct request *request, const char *bytes, size_t len)
{
	FCGX_Stream *out = request->fcgx->out;

	(void)FCGX_PutStr(bytes, (int)len, out);
	(void)FCGX_FFlush(out);
	return FCGX_GetError(out) == 0;
}

void
reply_send(struct reply *reply, struct request *request)
{
	static const char broken[] = "{\"error\":\"internal\",\"message\":\"out of memory\"}\n";
	const char *body = buf_str(&reply->body);
	size_t len = reply->body.len;
	char length[LENGTH_MAX];

	if (reply->cut && reply->begun)
		return;
	if (buf_status(&reply->body) != STATUS_OK || buf_status(&reply->headers) != STATUS_OK) {
		log_error(
		    "the reply could not be built: %s", status_name(buf_status(&reply->body)));
		buf_reset(&reply->headers);
		reply->status = 500;
		if (!reply->begun)
			reply->type = JSON_TYPE;
		body = broken;
		len = sizeof(broken) - 1;
	}
	(void)snprintf(length, sizeof(length), "%zu", len);
	if (!reply->begun)
		send_head(reply, request, length);
	/* The end of a stream of events without the last one says as much. */
	if (reply->begun && body == broken && strcmp(reply->type, EVENTS_TYPE) == 0)
		return;
	if (!reply->bodiless)
		(void)FCGX_PutStr(body, (int)len, request->fcgx->out);
}
