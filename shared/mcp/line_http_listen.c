/* line_http_listen.c - what an http upstream says by itself; see line_http.h. */
#include "mcp/line_http.h"

#include "clock.h"
#include "json.h"

/* Until the head of the answer is there; one that takes longer to come is taken for a stream that has nothing to say yet. */
static enum wire_step
wait_for_head(struct http_line *line)
{
	struct mcp *mcp = line->mcp;
	struct pollfd end = {.fd = mcp->end_fd, .events = POLLIN};
	int64_t until_us = clock_us() + (int64_t)HTTP_LISTEN_MS * 1000;

	return wire_run(line->wire, &end, mcp->end_fd >= 0 ? 1 : 0, until_us);
}

/* The answer to a request to listen that is no stream: whether that means "there is none". */
static bool
offers_none(struct http_line *line)
{
	const struct wire_head *head = wire_head(line->wire);
	struct json_object *message;
	struct problem why;
	bool found = false;

	if (line->peer->era == ERA_LEGACY)
		return head->status == 405 || head->status == 501 ||
		       (head->status == 404 && line->peer->session == NULL);
	if (http_line_next(line, NULL, 0, clock_us() + (int64_t)HTTP_SAY_MS * 1000, &message,
		&why) == LINE_RESPONSE)
		(void)json_member(message, "error", &found);
	json_free(message);
	return found || head->status == 404;
}

enum status
http_line_listens(struct http_line *line, struct problem *why)
{
	const struct wire_head *head = wire_head(line->wire);
	enum wire_step step = wait_for_head(line);

	line->stream = true;
	if (step == WIRE_TIME ||
	    (head->status >= 200 && head->status < 300 && http_is_stream(line)))
		return STATUS_OK;
	if (head->status != 0 && offers_none(line))
		return STATUS_NOT_FOUND;
	if (head->status == 404)
		peer_lost(line->mcp, line->peer);
	if (head->status != 0)
		problem_set(
		    &line->fault, "offers no stream of notifications (HTTP %ld)", head->status);
	else if (step == WIRE_WATCHED)
		problem_set(&line->fault, "was not waited for: the gateway is being stopped");
	else if (wire_whole(line->wire, &line->fault))
		problem_set(&line->fault, "did not answer");
	problem_set(why, "upstream \"%s\" %s", line->peer->upstream.name, line->fault.text);
	return STATUS_FAILED;
}
