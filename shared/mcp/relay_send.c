/* relay_send.c - the request of a relay is made and sent; see relay_parts.h. */
#include "mcp/relay_parts.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "generation.h"
#include "mcp/param_header.h"
#include "stop.h"

#define US_PER_MS INT64_C(1000)

/* Headers "Mcp-Param-X: v" of the request, NULL-terminated. */
struct headers {
	const char *lines[PARAM_HEADERS_MAX + 1];
	char *owned[PARAM_HEADERS_MAX];
	size_t count;
	bool full;
};

static bool
add_header(void *arg, const char *line)
{
	struct headers *headers = arg;
	char *copy = headers->count < PARAM_HEADERS_MAX ? strdup(line) : NULL;

	headers->full = copy == NULL;
	if (copy == NULL)
		return false;
	headers->owned[headers->count] = copy;
	headers->lines[headers->count++] = copy;
	return true;
}

static bool
make_headers(const struct relay *r, struct headers *headers)
{
	const struct json_object *definition =
	    r->definition != NULL ? r->definition : r->call->definition;
	bool found;

	*headers = (struct headers){.count = 0};
	if (r->peer->era != ERA_MODERN || definition == NULL)
		return true;
	return param_headers_each(json_member(definition, "inputSchema", &found),
		   json_member(r->call->params, "arguments", &found), add_header,
		   headers) == STATUS_OK &&
	       !headers->full;
}

static struct json_object *
make_request(struct relay *r)
{
	struct json_object *id = relay_new_id(), *params, *request = NULL;
	struct relay_sending sending;

	json_free(r->token);
	r->token = NULL;
	if (id == NULL)
		return NULL;
	if (r->client->progress_token != NULL)
		r->token = json_share(id);
	sending = (struct relay_sending){.era = r->peer->era,
	    .version = r->peer->version,
	    .tasks = era_has_extension(r->peer->capabilities, MCP_TASKS),
	    .progress_token = r->token,
	    .input_responses = r->responses,
	    .request_state = r->own_state};
	params = relay_params(r->call, r->client, &sending);
	if (params != NULL)
		request = rpc_request(id, r->call->method, params);
	json_free(params);
	json_free(id);
	return request;
}

bool
relay_connect_anew(struct relay *r)
{
	if (r->once_more || r->peer == NULL)
		return false;
	r->once_more = true;
	peer_lost(r->mcp, r->peer);
	peer_release(r->mcp, r->peer);
	r->peer = NULL;
	return true;
}

/*
 * A further round within one request was let through by the verdict of the first. What was changed since may not let it through any more,
 * and only the gate can say that: the client has to call again.
 */
static bool
may_go_on(const struct relay *r)
{
	const struct caller *caller = r->call->caller;
	int64_t generation = -1;
	struct db *db;
	bool stopped;
	int dir;

	if (r->rounds + r->state_rounds == 0 || caller == NULL)
		return true;
	dir = open(r->mcp->config->state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	stopped = dir < 0 || stop_file_present(dir, caller->key.name);
	if (dir >= 0)
		(void)close(dir);
	if (stopped || store_read(r->mcp->store, &db) != STATUS_OK)
		return false;
	if (generation_read(db, &generation) != STATUS_OK)
		generation = -1;
	store_read_end(r->mcp->store, db);
	return generation == caller->generation;
}

static enum status
open_line(struct relay *r, struct problem *why)
{
	struct json_object *request;
	struct headers headers;
	enum status status;

	if (r->peer == NULL) {
		status = peer_open(r->mcp, r->call->upstream, &r->call->view,
		    clock_us() + PEER_CONNECT_MS * US_PER_MS, &r->peer, why);
		if (status != STATUS_OK)
			return status;
	}
	request = make_request(r);
	status = request != NULL ? STATUS_OK : STATUS_NO_MEMORY;
	if (!make_headers(r, &headers))
		status = STATUS_NO_MEMORY;
	if (status == STATUS_OK)
		status = line_open(r->mcp, r->peer, request,
		    headers.count > 0 ? headers.lines : NULL, &r->line, why);
	while (headers.count > 0)
		free(headers.owned[--headers.count]);
	json_free(request);
	return status;
}

void
relay_send(struct relay *r)
{
	struct problem why = {"out of memory"};
	enum status status;

	if (!may_go_on(r)) {
		relay_refuse(r, RELAY_ERROR,
		    "keys, policies or upstreams were changed, or calls stopped, while the call "
		    "waited for input: it did not go on; call again");
		return;
	}
	do {
		r->resumed = false;
		status = open_line(r, &why);
	} while (status == STATUS_FAILED && relay_connect_anew(r));
	r->word_us = clock_us();
	if (status != STATUS_OK)
		relay_refuse(r, RELAY_NOT_SENT, "not executed: %s", why.text);
}
