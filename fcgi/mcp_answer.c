/* mcp_answer.c - JSON-RPC answers as JSON or as the end of an event stream; see mcp_visit.h. */
#include <stdarg.h>
#include <stdio.h>

#include "mcp/sse.h"
#include "mcp_visit.h"

#define EVENT_BEYOND 64 /* bytes around the JSON of an event */

/* Into the batch, onto the stream, or as the body. Takes over the message; NULL: out of memory. */
static void
put(struct visit *visit, struct json_object *message, int http)
{
	struct reply *reply = &visit->exchange->reply;
	struct buf text;

	if (visit->batch != NULL) {
		if (message == NULL || !json_append(visit->batch->answers, message))
			visit->batch->broken = true;
		return;
	}
	buf_reset(&reply->body);
	if (message == NULL) {
		reply_error(reply, &visit->exchange->request, 500, "internal", "out of memory");
		reply->cut = true; /* where a stream has begun: this is no event */
		return;
	}
	reply->status = http;
	if (!reply->begun) {
		json_write(message, &reply->body);
	} else {
		buf_init(&text, visit->door->answer_max);
		json_write(message, &text);
		if (buf_status(&text) == STATUS_OK)
			sse_write(buf_str(&text), text.len, &reply->body);
		else
			reply->cut = true;
		buf_free(&text);
	}
	json_free(message);
}

void
answer_result(struct visit *visit, struct json_object *result)
{
	struct json_object *message = result != NULL ? rpc_response(visit->id, result) : NULL;

	json_free(result);
	put(visit, message, 200);
}

void
answer_fault_http(struct visit *visit, struct rpc_fault *fault)
{
	const int http = fault->http != 0 ? fault->http : 200;

	if (http != 200)
		log_refusal("%d: %s", http, fault->message);
	put(visit, rpc_error(visit->id, fault), http);
	rpc_fault_free(fault);
}

void
answer_fault(struct visit *visit, struct rpc_fault *fault)
{
	if (visit->era == ERA_LEGACY)
		fault->http = 200;
	answer_fault_http(visit, fault);
}

void
answer_error(struct visit *visit, int code, const char *format, ...)
{
	struct rpc_fault fault = {0};
	char text[PROBLEM_MAX];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	(void)rpc_fault_set(&fault, 200, code, "%s", text);
	answer_fault(visit, &fault);
}

void
answer_result_text(struct visit *visit, const struct buf *result)
{
	struct reply *reply = &visit->exchange->reply;

	/* Lists alone come as text, and nothing is said before them. */
	buf_reset(&reply->body);
	buf_text(&reply->body, "{\"jsonrpc\":\"2.0\",\"id\":");
	json_write(visit->id, &reply->body);
	buf_text(&reply->body, ",\"result\":");
	buf_add(&reply->body, buf_str(result), result->len);
	buf_text(&reply->body, "}");
}

void
answer_batch(struct visit *visit, struct batch *batch)
{
	struct reply *reply = &visit->exchange->reply;

	buf_reset(&reply->body);
	if (batch->broken) {
		reply_error(reply, &visit->exchange->request, 500, "internal",
		    "the batch could not be answered; what of it has run is in the audit log");
	} else if (json_length(batch->answers) == 0) {
		reply->status = 202;
	} else {
		reply->status = 200;
		json_write(batch->answers, &reply->body);
	}
}

void
answer_empty(struct visit *visit, int status)
{
	if (visit->batch != NULL)
		return;
	visit->exchange->reply.status = status;
	buf_reset(&visit->exchange->reply.body);
}

static void
begin(struct visit *visit)
{
	struct reply *reply = &visit->exchange->reply;

	if (!reply->begun)
		reply_begin_events(reply, &visit->exchange->request);
}

void
answer_nothing(struct visit *visit)
{
	if (visit->batch != NULL)
		return;
	begin(visit);
	buf_reset(&visit->exchange->reply.body);
}

static bool
send_event(struct visit *visit, const struct buf *event)
{
	return buf_status(event) == STATUS_OK &&
	       reply_piece(&visit->exchange->request, buf_str(event), event->len);
}

bool
answer_event(struct visit *visit, const struct json_object *message)
{
	struct buf text, event;
	bool sent = false;

	/* In a batch nothing is said before the answers. */
	if (visit->batch != NULL)
		return true;
	buf_init(&text, visit->door->answer_max);
	buf_init(&event, visit->door->answer_max + EVENT_BEYOND);
	json_write(message, &text);
	if (buf_status(&text) == STATUS_OK) {
		sse_write(buf_str(&text), text.len, &event);
		begin(visit);
		sent = send_event(visit, &event);
	}
	buf_free(&text);
	buf_free(&event);
	return sent;
}

bool
answer_keep(struct visit *visit)
{
	struct buf event;
	bool sent;

	if (visit->batch != NULL)
		return true;
	buf_init(&event, EVENT_BEYOND);
	sse_write_comment(&event);
	begin(visit);
	sent = send_event(visit, &event);
	buf_free(&event);
	return sent;
}
