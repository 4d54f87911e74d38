/* relay_hear.c - what an upstream says while a call is under way; see relay_parts.h. */
#include "mcp/relay_parts.h"

#include <string.h>

#include "clock.h"
#include "log.h"
#include "mcp/host.h"

static enum era
era_of_upstream(const struct relay *r)
{
	/* Only legacy upstreams have lines that wait. */
	return r->peer != NULL ? r->peer->era : ERA_LEGACY;
}

static void
hear_progress(struct relay *r, const struct rpc_message *message)
{
	bool found;
	const struct json_object *token = json_member(message->params, "progressToken", &found);
	struct json_object *params;

	if (r->client->progress_token == NULL)
		return;
	/* A line that was taken over says the token of the request that it came from. */
	if (!r->resumed && (r->token == NULL || !rpc_same_id(token, r->token)))
		return;
	params = relay_progress(
	    message->params, r->client->progress_token, r->client->progress_from, &r->progress);
	if (params == NULL)
		return;
	(void)relay_say(r, rpc_notification("notifications/progress", params));
	json_free(params);
}

static void
hear_log(struct relay *r, const struct rpc_message *message)
{
	struct json_object *params =
	    relay_log(message->params, r->client->log_level, r->call->upstream->name);

	if (params == NULL)
		return;
	(void)relay_say(r, rpc_notification("notifications/message", params));
	json_free(params);
}

static void
hear_notification(struct relay *r, const struct rpc_message *message)
{
	const char *method = message->method;
	enum list_kind kind;
	bool found;

	if (strcmp(method, "notifications/progress") == 0) {
		hear_progress(r, message);
	} else if (strcmp(method, "notifications/message") == 0) {
		hear_log(r, message);
	} else if (list_kind_changed(method, &kind)) {
		catalog_changed(r->mcp, r->call->upstream->id, kind);
	} else if (strcmp(method, "notifications/cancelled") == 0) {
		relay_ask_no_more(r, json_member(message->params, "requestId", &found));
	} else if (strcmp(method, "notifications/elicitation/complete") == 0 &&
		   r->client->era == ERA_LEGACY) {
		(void)relay_say(r, rpc_notification(method, message->params));
	}
}

static void
reply(struct relay *r, struct json_object *response)
{
	struct problem why = {"out of memory"};

	if (response == NULL || line_send(r->line, response, &why) != STATUS_OK)
		log_warn("an answer did not reach the upstream: %s", why.text);
	json_free(response);
}

void
relay_hear(struct relay *r, struct json_object *tree)
{
	struct rpc_fault fault = {0};
	struct rpc_message message;

	if (rpc_read(tree, &message, &fault) != STATUS_OK)
		log_warn("upstream \"%s\" sent what is no message: %s", r->call->upstream->name,
		    fault.message);
	else if (message.kind == RPC_NOTIFICATION)
		hear_notification(r, &message);
	else if (message.kind == RPC_REQUEST && strcmp(message.method, "ping") == 0)
		reply(r, rpc_response(message.id, NULL));
	else if (message.kind == RPC_REQUEST && era_of_upstream(r) == ERA_LEGACY)
		relay_ask(r, &message);
	rpc_fault_free(&fault);
	rpc_free(&message);
	/* Whoever was told something and is gone: see relay.h. */
	if (!r->done && r->stream_gone && r->client->era == ERA_MODERN)
		relay_cancel(r, "the client closed the connection");
}

static bool
text_is(const struct json_object *object, const char *name, const char *text)
{
	bool found;
	const char *value = json_text(json_member(object, name, &found));

	return value != NULL && strcmp(value, text) == 0;
}

/* The tool as the upstream lists it now. False: it cannot be told, or must not be called any more. */
static bool
look_up_again(struct relay *r)
{
	const struct upstream *upstream = r->call->upstream;
	const struct catalog_view view = {
	    .caller = r->call->caller, .peer = r->call->view, .era = r->client->era};
	struct route route = {.definition = NULL};
	struct problem why;
	struct buf name;
	bool found;

	if (r->refreshed || r->call->caller == NULL || strcmp(r->call->method, "tools/call") != 0)
		return false;
	r->refreshed = true;
	catalog_changed(r->mcp, upstream->id, LIST_TOOLS);
	buf_init(&name, MCP_URI_MAX);
	names_join(upstream->prefix ? upstream->name : NULL, r->call->bond.name, &name);
	found =
	    buf_status(&name) == STATUS_OK &&
	    catalog_route(r->mcp, &view, LIST_TOOLS, buf_str(&name), &route, &why) == STATUS_OK &&
	    strcmp(route.upstream.id, upstream->id) == 0 && route.pin != PIN_QUARANTINED &&
	    route.definition != NULL;
	if (found) {
		json_free(r->definition);
		r->definition = json_copy(route.definition);
	}
	route_free(&route);
	buf_free(&name);
	return found && r->definition != NULL;
}

/* What a modern upstream refused before it ran anything, for something that can be mended. */
static bool
try_again(struct relay *r, struct json_object *error)
{
	int64_t code = 0;
	bool found;

	if (r->peer == NULL || r->peer->era != ERA_MODERN ||
	    !json_integer(json_member(error, "code", &found), &code))
		return false;
	if (code == RPC_VERSION_UNSUPPORTED ? !relay_connect_anew(r)
					    : code != RPC_HEADER_MISMATCH || !look_up_again(r))
		return false;
	relay_send(r);
	return true;
}

/* A call that was carried by the bridge of an http upstream (host.h), and was lost on its way. */
static bool
lost_behind_bridge(struct relay *r, const struct json_object *error)
{
	bool found;
	const struct json_object *lost, *data = json_member(error, "data", &found);
	const char *why = json_text(json_member(error, "message", &found));

	if (r->call->upstream->kind != UPSTREAM_HTTP ||
	    (r->peer != NULL && r->peer->host[0] == '\0'))
		return false;
	lost = json_member(data, BRIDGE_LOST, &found);
	if (json_type(lost) != JSON_OBJECT)
		return false;
	relay_lost(r, r->resumed || json_bool(json_member(lost, "sent", &found)),
	    why != NULL ? why : "the connection broke");
	return true;
}

void
relay_response(struct relay *r, struct json_object *tree)
{
	struct rpc_fault fault = {0};
	struct rpc_message message;
	const enum status status = rpc_read(tree, &message, &fault);

	line_close(r->line);
	r->line = NULL;
	relay_take_back_all(r);
	if (status != STATUS_OK || message.kind != RPC_RESPONSE)
		relay_refuse(r, RELAY_UNKNOWN,
		    "upstream \"%s\" answered with what is no response; the call may have run",
		    r->call->upstream->name);
	else if (message.error != NULL && !lost_behind_bridge(r, message.error) &&
		 !try_again(r, message.error) && !relay_urls(r, message.error))
		relay_fail(r, message.error);
	else if (message.result != NULL && era_of_upstream(r) == ERA_MODERN &&
		 text_is(message.result, "resultType", "input_required"))
		relay_input(r, message.result);
	else if (message.result != NULL)
		relay_finish(r, message.result);
	rpc_fault_free(&fault);
	rpc_free(&message);
}
