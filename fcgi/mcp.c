/*
 * mcp.c - POST /mcp: an MCP client makes its calls through the gateway. Design 3.2.
 *
 * The order of checks is that of the protocol (first fault wins): route, host, key, method, size, types, syntax; then the message,
 * its era, its session, its method.
 */
#include <stdlib.h>

#include "mcp_run.h"
#include "mcp_stream.h"
#include "mcp_visit.h"
#include "probe.h"
#include "secret.h"

#define ANSWER_BEYOND ((size_t)64 << 10) /* what we add to the answer of an upstream */

/* True: whoever answers it also ends it. */
static bool
serve_visit(struct visit *visit)
{
	const char *method = visit->exchange->request.method;
	struct json_object *root;

	if (!http_admit(visit))
		return false;
	if (method[0] == 'D') {
		session_delete(visit);
		return false;
	}
	if (method[0] == 'G') {
		stream_get(visit);
		return true;
	}
	if (!http_read(visit, &root))
		return false;
	if (json_type(root) == JSON_ARRAY)
		message_batch(visit, root);
	else
		message_serve(visit, root);
	return true;
}

static void
handle(struct exchange *exchange)
{
	struct service *service = exchange->service;
	struct visit *visit;

	if (probe_answer("mcp", (size_t)service->config.mcp_body_max, service, &exchange->request,
		&exchange->reply)) {
		exchange_end(exchange);
		return;
	}
	visit = visit_make(exchange);
	if (visit == NULL) {
		reply_error(&exchange->reply, &exchange->request, 500, "internal", "out of memory");
		exchange_end(exchange);
	} else if (!serve_visit(visit)) {
		visit_end(visit);
	}
}

static enum status
open_door(struct service *service, struct problem *why)
{
	struct mcp_door *door = calloc(1, sizeof(*door));
	const struct config *config = &service->config;
	enum status status;

	if (door == NULL)
		return STATUS_NO_MEMORY;
	door->limits = config_json_limits(config);
	door->limits.bytes = (size_t)config->mcp_body_max;
	door->answer_max = (size_t)config->upstream_answer_max + ANSWER_BEYOND;
	door->mcp = (struct mcp){.config = config,
	    .store = service->store,
	    .audit = service->audit,
	    .courier = service->courier,
	    .master = &service->master,
	    .wake_fd = service->wake,
	    .end_fd = service->end_fd};
	status = runs_open(&service->config, &door->runs, why);
	if (status == STATUS_OK)
		status = streams_open(&door->streams, why);
	if (status == STATUS_OK)
		status = mcp_open(&door->mcp, true, why);
	if (status != STATUS_OK) {
		free(door->streams);
		free(door->runs);
		free(door);
		return status;
	}
	service->mcp = door;
	return STATUS_OK;
}

int
main(void)
{
	static const struct door door = {.program = "mcp", .handle = handle, .open = open_door};

	return serve(&door);
}
