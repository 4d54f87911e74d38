/* line_http_say.c - what is said to an http upstream beside a line; see line_http.h. */
#include "mcp/line_http.h"

#include "clock.h"
#include "json.h"
#include "log.h"

/* Waits for the end of an exchange, or for the status alone where that is all that is wanted. */
static void
wait_for_status(struct mcp *mcp, struct wire *wire, int64_t until_us, struct http_said *said)
{
	struct pollfd end = {.fd = mcp->end_fd, .events = POLLIN};
	enum wire_step step;

	do
		step = wire_run(wire, &end, mcp->end_fd >= 0 ? 1 : 0, until_us);
	while (step == WIRE_MOVED && wire_head(wire)->status == 0);
	/* One more turn for a body that is there with its head, so that the wire can be kept. */
	if (step == WIRE_MOVED)
		step = wire_run(wire, NULL, 0, clock_us());
	said->status = wire_head(wire)->status;
	if (said->status != 0)
		return;
	if (step == WIRE_TIME)
		problem_set(&said->why, "did not answer in time");
	else if (step == WIRE_WATCHED)
		problem_set(&said->why, "was not waited for: the gateway is being stopped");
	else if (wire_whole(wire, &said->why))
		problem_set(&said->why, "did not answer");
}

enum status
http_say(struct mcp *mcp, struct peer *peer, struct json_object *message, int64_t until_us,
    struct http_said *said)
{
	const struct wire_ask ask = {
	    .method = message != NULL ? WIRE_POST : WIRE_DELETE, .harmless = true, .body = message};
	struct wires *wires = peers_wires(mcp->peers);
	struct wire *wire;
	enum status status = wires_take(wires, &peer->upstream, &wire);

	*said = (struct http_said){.status = 0};
	problem_set(&said->why, "cannot be asked");
	if (status == STATUS_OK)
		status = http_headers(wire, peer, message);
	if (status == STATUS_OK)
		status = wire_start(wire, &ask, &said->why);
	if (status == STATUS_OK)
		wait_for_status(mcp, wire, until_us, said);
	wires_give(wires, wire, said->status >= 200 && said->status < 300);
	if (said->status >= 200 && said->status < 300)
		return STATUS_OK;
	if (said->status != 0)
		problem_set(&said->why, "refused it with HTTP %ld", said->status);
	return STATUS_FAILED;
}

void
http_cancel(struct http_line *line, const char *reason)
{
	struct json_object *params = json_new_object();
	struct json_object *message;
	struct http_said said;

	if (line->peer->era == ERA_LEGACY && line->id != NULL && !line->answered &&
	    wire_sent(line->wire) && params != NULL &&
	    json_set(params, "requestId", json_share(line->id)) &&
	    (reason == NULL || json_set_text(params, "reason", reason))) {
		message = rpc_notification("notifications/cancelled", params);
		/* Best effort: the answer, if one comes, is dropped in any case. */
		if (message != NULL &&
		    http_say(line->mcp, line->peer, message,
			clock_us() + (int64_t)HTTP_CANCEL_MS * 1000, &said) != STATUS_OK)
			log_info("upstream \"%s\" was not told that a call is cancelled: it %s",
			    line->peer->upstream.name, said.why.text);
		json_free(message);
	}
	json_free(params);
}
