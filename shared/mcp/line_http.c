/* line_http.c - a request to an http upstream and everything until its response; see line_http.h. */
#include "mcp/line_http.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "json.h"

#define TURN_MAX 16 /* messages handed out before what is watched has its turn */

/* Mcp-Name repeats what the request is about. A header's value has no line ends whatever the name holds. */
static enum status
name_header(struct wire *wire, const char *method, struct json_object *params)
{
	const char *member = era_name_member(method);
	struct buf value;
	const char *name;
	size_t len;
	bool found;
	enum status status;

	name = member != NULL ? json_string(json_member(params, member, &found), &len) : NULL;
	if (name == NULL)
		return STATUS_OK;
	buf_init(&value, 4 * len + 64);
	mcp_header_encode(name, len, &value);
	status = buf_status(&value);
	if (status == STATUS_OK)
		status = wire_header(wire, "Mcp-Name", buf_str(&value));
	buf_free(&value);
	return status;
}

static enum status
modern_headers(struct wire *wire, struct json_object *message)
{
	bool found;
	const char *method = json_text(json_member(message, "method", &found));
	enum status status;

	if (method == NULL)
		return STATUS_OK;
	status = wire_header(wire, "Mcp-Method", method);
	if (status != STATUS_OK)
		return status;
	return name_header(wire, method, json_member(message, "params", &found));
}

enum status
http_headers(struct wire *wire, const struct peer *peer, struct json_object *message)
{
	enum status status = wire_header(wire, "Accept",
	    message != NULL ? "application/json, text/event-stream" : "text/event-stream");

	if (status == STATUS_OK && message != NULL)
		status = wire_header(wire, "Content-Type", "application/json");
	if (status == STATUS_OK && peer->version[0] != '\0')
		status = wire_header(wire, "MCP-Protocol-Version", peer->version);
	if (status == STATUS_OK && peer->session != NULL)
		status = wire_header(wire, "Mcp-Session-Id", peer->session);
	if (status == STATUS_OK && peer->era == ERA_MODERN)
		status = modern_headers(wire, message);
	return status;
}

/* Only a call of a tool does something that a second sending would do again. */
static bool
is_harmless(struct json_object *request)
{
	bool found;
	const char *method = json_text(json_member(request, "method", &found));

	return request == NULL || (method != NULL && strcmp(method, "tools/call") != 0);
}

static enum status
begin(struct http_line *line, struct json_object *request, const char *const *headers,
    struct problem *fault)
{
	const struct wire_ask ask = {.method = request != NULL ? WIRE_POST : WIRE_GET,
	    .harmless = is_harmless(request),
	    .body = request,
	    .take = http_take,
	    .ready = http_ready,
	    .arg = line};
	enum status status =
	    wires_take(peers_wires(line->mcp->peers), &line->peer->upstream, &line->wire);

	if (status == STATUS_OK)
		status = http_headers(line->wire, line->peer, request);
	for (size_t i = 0; status == STATUS_OK && headers != NULL && headers[i] != NULL; i++)
		status = wire_header_line(line->wire, headers[i]);
	if (status == STATUS_OK)
		return wire_start(line->wire, &ask, fault);
	problem_set(fault, "%s",
	    status == STATUS_INVALID
		? "cannot be sent a header that has control characters or no name"
		: "cannot be asked: out of memory");
	return STATUS_FAILED;
}

enum status
http_line_open(struct mcp *mcp, struct peer *peer, struct json_object *request,
    const char *const *headers, struct http_line **out, struct problem *why)
{
	struct http_line *line = calloc(1, sizeof(*line));
	struct problem fault = {"cannot be asked: out of memory"};
	bool found;
	enum status status = STATUS_NO_MEMORY;

	*out = NULL;
	if (line != NULL) {
		line->mcp = mcp;
		line->peer = peer_keep(peer);
		line->last = &line->first;
		line->id = json_share(json_member(request, "id", &found));
		sse_init(&line->events, (size_t)mcp->config->upstream_answer_max);
		buf_init(&line->body, (size_t)mcp->config->upstream_answer_max);
		status = begin(line, request, headers, &fault);
	}
	if (status == STATUS_OK) {
		*out = line;
		return STATUS_OK;
	}
	problem_set(why, "upstream \"%s\" %s", peer->upstream.name, fault.text);
	http_line_close(line);
	return STATUS_FAILED;
}

/* The message that came first; NULL: none waits. */
static struct json_object *
next_message(struct http_line *line, enum line_event *event)
{
	struct http_message *message = line->first;
	struct json_object *root;

	if (message == NULL)
		return NULL;
	line->first = message->next;
	if (line->first == NULL)
		line->last = &line->first;
	line->waiting--;
	line->in_turn++;
	*event = message->response ? LINE_RESPONSE : LINE_MESSAGE;
	root = message->root;
	free(message);
	return root;
}

/* An upstream that never stops talking must not keep the caller from what it watches. */
static bool
is_turn_of_watched(struct http_line *line, struct pollfd *watch, nfds_t nwatch)
{
	if (line->in_turn < TURN_MAX || nwatch == 0)
		return false;
	line->in_turn = 0;
	return poll(watch, nwatch, 0) > 0;
}

enum line_event
http_line_next(struct http_line *line, struct pollfd *watch, nfds_t nwatch, int64_t until_us,
    struct json_object **message, struct problem *why)
{
	enum line_event event = LINE_LOST;

	*message = NULL;
	if (is_turn_of_watched(line, watch, nwatch))
		return LINE_WATCHED;
	for (;;) {
		*message = next_message(line, &event);
		if (*message != NULL)
			return event;
		switch (wire_run(line->wire, watch, nwatch, until_us)) {
		case WIRE_MOVED:
			break;
		case WIRE_WATCHED:
			if (line->first != NULL)
				break;
			line->in_turn = 0;
			return LINE_WATCHED;
		case WIRE_TIME:
			return LINE_TIME;
		case WIRE_DONE:
			event = line->first == NULL ? http_end(line) : LINE_MESSAGE;
			if (line->first != NULL)
				break;
			problem_set(
			    why, "upstream \"%s\" %s", line->peer->upstream.name, line->fault.text);
			return event;
		}
	}
}

bool
http_line_sent(const struct http_line *line)
{
	long status = wire_head(line->wire)->status;

	/* A redirect or a 4xx says that the request was not taken. */
	return wire_sent(line->wire) && (status < 300 || status >= 500);
}

void
http_line_close(struct http_line *line)
{
	enum line_event event;
	struct json_object *root;

	if (line == NULL)
		return;
	wires_give(peers_wires(line->mcp->peers), line->wire, line->answered && !line->bad);
	while ((root = next_message(line, &event)) != NULL)
		json_free(root);
	json_free(line->id);
	sse_free(&line->events);
	buf_free(&line->body);
	peer_release(line->mcp, line->peer);
	free(line);
}
