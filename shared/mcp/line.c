/* line.c - one request to an upstream, by http or through its host; see line.h. */
#include "mcp/line.h"

#include <stdlib.h>

#include "clock.h"
#include "json.h"
#include "mcp/convert.h"
#include "mcp/host.h"
#include "mcp/line_http.h"

#define LISTEN_ID "enforgate-listen"

struct line {
	struct http_line *http; /* one of the two, or none: the host of the peer is gone */
	struct host_line *host;
	struct problem gone;
};

static enum status
out_of_memory(const struct upstream *upstream, struct problem *why)
{
	problem_set(why, "upstream \"%s\" cannot be asked: out of memory", upstream->name);
	return STATUS_NO_MEMORY;
}

enum status
line_open(struct mcp *mcp, struct peer *peer, struct json_object *request,
    const char *const *headers, struct line **out, struct problem *why)
{
	struct line *line = calloc(1, sizeof(*line));
	struct json_object *first;
	enum status status = STATUS_NO_MEMORY;

	*out = NULL;
	if (line == NULL)
		return out_of_memory(&peer->upstream, why);
	if (peer->host[0] == '\0') {
		status = http_line_open(mcp, peer, request, headers, &line->http, why);
	} else if ((first = json_new_object()) != NULL) {
		if (json_set(first, "request", json_share(request)))
			status = host_line_open(mcp, peer, first, &line->host, &line->gone);
		json_free(first);
		/* A host ends when it was idle: nothing was run, and the next peer_open() starts another. */
		if (status == STATUS_FAILED)
			status = STATUS_OK;
	}
	if (status == STATUS_OK) {
		*out = line;
		return STATUS_OK;
	}
	free(line);
	return status == STATUS_NO_MEMORY ? out_of_memory(&peer->upstream, why) : status;
}

enum line_event
line_next(struct line *line, struct pollfd *watch, nfds_t nwatch, int64_t until_us,
    struct json_object **message, struct problem *why)
{
	*message = NULL;
	if (line->http != NULL)
		return http_line_next(line->http, watch, nwatch, until_us, message, why);
	if (line->host != NULL)
		return host_line_next(line->host, watch, nwatch, until_us, message, why);
	if (why != NULL)
		*why = line->gone;
	return LINE_SESSION;
}

bool
line_sent(const struct line *line)
{
	if (line->http != NULL)
		return http_line_sent(line->http);
	return line->host != NULL && host_line_sent(line->host);
}

enum status
line_send(struct line *line, struct json_object *message, struct problem *why)
{
	struct http_said said;
	enum status status;

	if (line->http == NULL) {
		status = line->host != NULL ? host_line_send(line->host, message) : STATUS_FAILED;
		if (status != STATUS_OK)
			problem_set(why, "the program of the upstream does not listen any more");
		return status;
	}
	status = http_say(line->http->mcp, line->http->peer, message,
	    clock_us() + (int64_t)HTTP_SAY_MS * 1000, &said);
	if (status != STATUS_OK)
		problem_set(
		    why, "upstream \"%s\" %s", line->http->peer->upstream.name, said.why.text);
	return status;
}

void
line_cancel(struct line *line, const char *reason)
{
	if (line->http != NULL)
		http_cancel(line->http, reason);
	else if (line->host != NULL)
		host_line_cancel(line->host, reason);
}

void
line_close(struct line *line)
{
	if (line == NULL)
		return;
	http_line_close(line->http);
	if (line->host != NULL)
		host_line_close(line->host);
	free(line);
}

enum status
line_park(struct line *line, char handle[LINE_HANDLE_MAX + 1])
{
	return line->host != NULL ? host_line_park(line->host, handle) : STATUS_FAILED;
}

enum status
line_resume(struct mcp *mcp, const struct upstream *upstream, const char *handle, struct line **out,
    struct problem *why)
{
	struct line *line = calloc(1, sizeof(*line));
	enum status status;

	*out = NULL;
	if (line == NULL)
		return out_of_memory(upstream, why);
	status = host_line_resume(mcp, handle, &line->host, why);
	if (status == STATUS_OK)
		*out = line;
	else
		free(line);
	return status;
}

/* subscriptions/listen with what every modern request says about itself. */
static struct json_object *
listen_request(struct json_object *wanted)
{
	struct json_object *params = json_new_object();
	struct json_object *meta = json_new_object();
	struct json_object *ids = json_new_array();
	struct json_object *request = NULL;

	if (params != NULL && meta != NULL && ids != NULL && json_append_text(ids, LISTEN_ID) &&
	    json_set(params, "notifications", json_share(wanted)) &&
	    json_set_text(meta, MCP_META "protocolVersion", MCP_VERSION_MODERN) &&
	    json_set(meta, MCP_META "clientCapabilities", json_new_object()) &&
	    json_set(meta, MCP_META "clientInfo", convert_server_info()) &&
	    json_set(params, "_meta", json_share(meta)))
		request = rpc_request(json_element(ids, 0), "subscriptions/listen", params);
	json_free(ids);
	json_free(meta);
	json_free(params);
	return request;
}

static enum status
listen_at_host(struct mcp *mcp, struct peer *peer, struct json_object *wanted,
    struct host_line **out, struct problem *why)
{
	struct json_object *first = json_new_object();
	enum status status = STATUS_NO_MEMORY;

	if (first != NULL && json_set(first, "listen", json_share(wanted)))
		status = host_line_open(mcp, peer, first, out, why);
	json_free(first);
	return status;
}

static enum status
listen_by_http(struct mcp *mcp, struct peer *peer, struct json_object *wanted,
    struct http_line **out, struct problem *why)
{
	struct json_object *request = NULL;
	enum status status;

	if (peer->era == ERA_MODERN && (request = listen_request(wanted)) == NULL)
		return out_of_memory(&peer->upstream, why);
	status = http_line_open(mcp, peer, request, NULL, out, why);
	json_free(request);
	if (status == STATUS_OK)
		status = http_line_listens(*out, why);
	return status;
}

enum status
line_listen(struct mcp *mcp, struct peer *peer, struct json_object *wanted, struct line **out,
    struct problem *why)
{
	struct line *line = calloc(1, sizeof(*line));
	enum status status;

	*out = NULL;
	if (line == NULL)
		return out_of_memory(&peer->upstream, why);
	status = peer->host[0] != '\0' ? listen_at_host(mcp, peer, wanted, &line->host, why)
				       : listen_by_http(mcp, peer, wanted, &line->http, why);
	if (status == STATUS_OK) {
		*out = line;
		return STATUS_OK;
	}
	line_close(line);
	return status;
}
