/* reply.c - struct reply to status line, headers and body; see reply.h. */
#include "reply.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "json.h"

#define HEADER_VALUE_MAX 256
#define LENGTH_MAX 48

static const struct phrase {
	int status;
	const char *text;
} phrases[] = {
    {200, "OK"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {413, "Content Too Large"},
    {415, "Unsupported Media Type"},
    {429, "Too Many Requests"},
    {500, "Internal Server Error"},
    {503, "Service Unavailable"},
};

/* nginx sends no phrase at all where we give none. */
static const char *
phrase_of(int status)
{
	for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++)
		if (phrases[i].status == status)
			return phrases[i].text;
	return "Status";
}

void
reply_init(struct reply *reply)
{
	reply->status = 200;
	reply->begun = false;
	buf_init(&reply->headers, REPLY_HEADERS_MAX);
	buf_init(&reply->body, REPLY_BODY_MAX);
}

void
reply_free(struct reply *reply)
{
	buf_free(&reply->headers);
	buf_free(&reply->body);
}

void
reply_header(struct reply *reply, const char *name, const char *format, ...)
{
	char value[HEADER_VALUE_MAX];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(value, sizeof(value), format, args);
	va_end(args);
	buf_printf(&reply->headers, "%s: %s\r\n", name, value);
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

/* Status and headers, and the empty line behind them. `len` negative: no length is given. */
static void
send_head(struct reply *reply, struct request *request, int64_t len)
{
	char head[REPLY_HEADERS_MAX];
	char length[LENGTH_MAX] = "";
	int n;

	if (len >= 0)
		(void)snprintf(length, sizeof(length), "Content-Length: %lld\r\n", (long long)len);
	n = snprintf(head, sizeof(head),
	    "Status: %d %s\r\nContent-Type: application/json\r\n%s"
	    "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nX-Request-Id: %s\r\n",
	    reply->status, phrase_of(reply->status), length, request->id);
	(void)FCGX_PutStr(head, n, request->fcgx->out);
	(void)FCGX_PutStr(buf_str(&reply->headers), (int)reply->headers.len, request->fcgx->out);
	(void)FCGX_PutStr("\r\n", 2, request->fcgx->out);
}

void
reply_begin(struct reply *reply, struct request *request)
{
	send_head(reply, request, -1);
	reply->begun = true;
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

	if (buf_status(&reply->body) != STATUS_OK || buf_status(&reply->headers) != STATUS_OK) {
		log_error(
		    "the reply could not be built: %s", status_name(buf_status(&reply->body)));
		buf_reset(&reply->headers);
		reply->status = 500;
		body = broken;
		len = sizeof(broken) - 1;
	}
	if (!reply->begun)
		send_head(reply, request, (int64_t)len);
	(void)FCGX_PutStr(body, (int)len, request->fcgx->out);
}
