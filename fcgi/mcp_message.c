/* mcp_message.c - one message: its era, its session, its method; see mcp_visit.h. */
#include <stdlib.h>
#include <string.h>

#include "mcp_visit.h"

#define BATCH_MAX 16 /* messages of one batch */

static void
headers_of(const struct visit *visit, struct mcp_headers *out)
{
	const struct request *request = &visit->exchange->request;

	*out = (struct mcp_headers){
	    .protocol_version = request_header(request, "MCP_PROTOCOL_VERSION"),
	    .method = request_header(request, "MCP_METHOD"),
	    .name = request_header(request, "MCP_NAME"),
	    .session = request_header(request, "MCP_SESSION_ID")};
}

/* The parts of the message that outlive it: an answer may come when it is no longer in memory. */
static bool
keep_parts(struct visit *visit)
{
	struct json_object *token = visit->envelope.progress_token;
	const char *text = json_text(token);

	/* As long a text as an id may be; of another the client hears no progress. */
	if (json_type(token) == JSON_NUMBER || (text != NULL && strlen(text) <= RPC_ID_MAX))
		visit->progress_token = json_share(token);
	if (visit->era == ERA_MODERN)
		visit->capabilities = json_share(visit->envelope.capabilities);
	else if (visit->session.capabilities != NULL)
		visit->capabilities = json_share(visit->session.capabilities);
	else
		visit->capabilities = json_new_object();
	visit->bridged = convert_capabilities(visit->capabilities);
	return visit->capabilities != NULL && visit->bridged != NULL;
}

static void
ping(struct visit *visit)
{
	answer_result(visit, json_new_object());
}

struct method {
	const char *name;
	void (*serve)(struct visit *visit);
	bool later; /* it leads to visit_end() itself */
};

static const struct method methods[] = {
    {"tools/call", call_serve, true},
    {"tools/list", lists_tools, false},
    {"prompts/get", call_serve, true},
    {"prompts/list", lists_prompts, false},
    {"resources/read", call_serve, true},
    {"resources/list", lists_resources, false},
    {"resources/templates/list", lists_templates, false},
    {"resources/subscribe", session_subscribe, false},
    {"resources/unsubscribe", session_unsubscribe, false},
    {"completion/complete", call_serve, true},
    {"tasks/get", tasks_serve, false},
    {"tasks/update", tasks_serve, false},
    {"tasks/cancel", tasks_serve, false},
    {"server/discover", lists_discover, false},
    {"subscriptions/listen", stream_listen, true},
    {"logging/setLevel", session_set_level, false},
    {"initialize", session_initialize, false},
    {"ping", ping, false},
};

static void
serve_request(struct visit *visit)
{
	const char *name = visit->message.method;
	const struct method *method = NULL;

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]) && method == NULL; i++)
		if (strcmp(methods[i].name, name) == 0)
			method = &methods[i];
	if (!keep_parts(visit)) {
		visit_unavailable(visit, STATUS_NO_MEMORY);
	} else if (method == NULL || !era_serves_method(visit->era, name)) {
		answer_error(visit, RPC_METHOD_NOT_FOUND, "Method not found");
	} else {
		method->serve(visit);
		if (method->later)
			return;
	}
	visit_end(visit);
}

static void
serve_notification(struct visit *visit)
{
	const char *session_id = visit->session.id;
	struct json_object *request_id;
	bool found;

	answer_empty(visit, 202);
	/* In the modern era a client cancels by hanging up. */
	if (visit->era == ERA_LEGACY &&
	    strcmp(visit->message.method, "notifications/cancelled") == 0) {
		request_id = json_member(visit->message.params, "requestId", &found);
		if (request_id != NULL)
			mailbox_cancel(&visit->door->mcp, session_id, request_id);
	}
}

/* The answer to a question of ours. Nobody hears what became of it: the protocol has no answer to an answer. */
static void
serve_response(struct visit *visit)
{
	enum status status =
	    mailbox_answer(&visit->door->mcp, visit->session.id, visit->message.root);

	if (status != STATUS_OK)
		log_info("an answer of a client came for nobody: %s", status_name(status));
	answer_empty(visit, 202);
}

bool
message_read(struct visit *visit, struct json_object *root)
{
	struct rpc_fault fault = {0};
	struct mcp_headers headers;
	enum status status = rpc_read(root, &visit->message, &fault);

	headers_of(visit, &headers);
	if (status == STATUS_OK)
		status = era_read(&visit->message, &headers, &visit->envelope, &fault);
	visit->era = visit->envelope.era;
	if (visit->id == NULL)
		visit->id = json_share(visit->message.id);
	if (status != STATUS_OK)
		answer_fault_http(visit, &fault);
	return status == STATUS_OK;
}

void
message_let_go(struct visit *visit)
{
	rpc_free(&visit->message);
	visit->message = (struct rpc_message){0};
	visit->envelope = (struct envelope){.era = visit->era};
	caller_release(visit->exchange->service->gate.callers, visit->caller);
	visit->caller = NULL;
}

void
message_serve(struct visit *visit, struct json_object *root)
{
	if (!message_read(visit, root) ||
	    (visit->era == ERA_LEGACY && !era_is_initialize(&visit->message, &visit->envelope) &&
		!session_find(visit))) {
		visit_end(visit);
	} else if (visit->message.kind == RPC_REQUEST) {
		serve_request(visit);
	} else {
		if (visit->message.kind == RPC_NOTIFICATION)
			serve_notification(visit);
		else
			serve_response(visit);
		visit_end(visit);
	}
}

static void
refuse_batch(struct visit *visit, const char *why)
{
	struct rpc_fault fault = {0};

	(void)rpc_fault_set(&fault, 400, RPC_INVALID_REQUEST, "%s", why);
	answer_fault_http(visit, &fault);
}

/* Whether this client may send batches: they are of one revision only. */
static bool
admit_batch(struct visit *visit, const struct json_object *root)
{
	struct mcp_headers headers;

	headers_of(visit, &headers);
	if (headers.session == NULL || json_length(root) == 0 || json_length(root) > BATCH_MAX) {
		refuse_batch(visit, headers.session == NULL
					? "Invalid request: send one message at a time"
					: "Invalid request: a batch has from 1 to 16 messages");
		return false;
	}
	if (!session_find(visit))
		return false;
	if (strcmp(visit->session.version, MCP_VERSION_FIRST) != 0) {
		refuse_batch(
		    visit, "Invalid request: batches are part of " MCP_VERSION_FIRST " only");
		return false;
	}
	return true;
}

/* Its messages one after another, each as a request of its own; none of them waits for a person, and nothing is said in between. */
static void
serve_batch(struct visit *visit, const struct json_object *root, struct batch *batch)
{
	for (size_t i = 0; i < json_length(root) && !batch->broken; i++) {
		struct visit *one = visit_make(visit->exchange);

		if (one == NULL) {
			batch->broken = true;
			break;
		}
		one->batch = batch;
		if (http_admit(one)) {
			message_serve(one, json_copy(json_element(root, i)));
		} else {
			batch->broken = true;
			visit_end(one);
		}
	}
	visit->exchange->visit = visit;
}

void
message_batch(struct visit *visit, struct json_object *root)
{
	struct batch batch = {.answers = json_new_array()};

	if (batch.answers == NULL) {
		visit_unavailable(visit, STATUS_NO_MEMORY);
	} else if (admit_batch(visit, root)) {
		serve_batch(visit, root, &batch);
		answer_batch(visit, &batch);
	}
	json_free(batch.answers);
	json_free(root);
	visit_end(visit);
}
