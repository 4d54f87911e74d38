/* mcp_call_read.c - a message as a call that the gate can judge; see mcp_call.h. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "mcp/param_header.h"
#include "mcp_call.h"

#define PARAM_HEADER "MCP_PARAM_"

static const struct verb verbs[] = {
    {"tools/call", "name", "", LIST_TOOLS, true},
    {"prompts/get", "name", "prompt:", LIST_PROMPTS, true},
    {"resources/read", "uri", "resource:", LIST_RESOURCES, true},
    /* Each keystroke is a call of its own: nobody is asked about them. */
    {"completion/complete", "ref", "prompt:", LIST_PROMPTS, false},
    {"completion/complete", "ref", "resource:", LIST_TEMPLATES, false},
};

static bool
completes(const struct visit *visit)
{
	return strcmp(visit->errand->verb->member, "ref") == 0;
}

struct json_object *
call_arguments(const struct visit *visit)
{
	struct json_object *params = visit->message.params, *all;
	bool found;

	if (strcmp(visit->errand->verb->member, "uri") == 0)
		return NULL;
	if (!completes(visit))
		return json_share(json_member(params, "arguments", &found));
	/* What is completed and the context it is in. */
	all = json_new_object();
	(void)(all != NULL &&
	       json_set(all, "argument", json_share(json_member(params, "argument", &found))) &&
	       json_set(all, "context", json_share(json_member(params, "context", &found))));
	return all;
}

static bool
has_arguments(const struct visit *visit)
{
	bool found;
	const struct json_object *arguments =
	    json_member(visit->message.params, completes(visit) ? "argument" : "arguments", &found);

	return json_type(arguments) == JSON_OBJECT || (!found && !completes(visit));
}

const char *
call_name(struct visit *visit)
{
	const struct verb *verb = NULL;
	struct json_object *params = visit->message.params, *ref;
	const char *type;
	bool found;

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]) && verb == NULL; i++)
		if (strcmp(verbs[i].method, visit->message.method) == 0)
			verb = &verbs[i];
	visit->errand->verb = verb;
	if (!completes(visit))
		return json_text(json_member(params, verb->member, &found));
	ref = json_member(params, "ref", &found);
	type = json_text(json_member(ref, "type", &found));
	if (type != NULL && strcmp(type, "ref/prompt") == 0)
		return json_text(json_member(ref, "name", &found));
	visit->errand->verb = verb + 1;
	if (type != NULL && strcmp(type, "ref/resource") == 0)
		return json_text(json_member(ref, "uri", &found));
	return NULL;
}

enum status
call_route(struct visit *visit, const struct caller *caller, const char *name, struct problem *why)
{
	struct catalog_view view = visit_view(visit);
	struct errand *errand = visit->errand;

	view.caller = caller;
	errand->route = calloc(1, sizeof(*errand->route));
	if (errand->route == NULL)
		return STATUS_NO_MEMORY;
	return catalog_route(
	    &visit->door->mcp, &view, errand->verb->kind, name, errand->route, why);
}

const char *
call_quarantine(const struct route *route)
{
	return route->pin != PIN_QUARANTINED
		   ? NULL
		   : "quarantined: its definition changed since it was first seen; the operator can look at "
		     "the change and accept it with `enforgatectl upstream repin`";
}

static void
answer_unknown(struct visit *visit, const char *name)
{
	struct rpc_fault fault = {0};

	if (visit->errand->verb->kind == LIST_TOOLS) {
		answer_error(visit, RPC_INVALID_PARAMS, "Unknown tool");
	} else if (visit->errand->verb->kind == LIST_PROMPTS) {
		answer_error(visit, RPC_INVALID_PARAMS, "Unknown prompt");
	} else {
		(void)rpc_fault_set(&fault, 200,
		    visit->era == ERA_LEGACY ? RPC_RESOURCE_NOT_FOUND : RPC_INVALID_PARAMS,
		    "Resource not found");
		fault.data = json_new_object();
		if (fault.data != NULL)
			(void)json_set_text(fault.data, "uri", name);
		answer_fault(visit, &fault);
	}
}

static bool
find_route(struct visit *visit, const char *name)
{
	struct problem why = {""};
	enum status status = call_route(visit, visit->caller, name, &why);

	if (status == STATUS_OK)
		return true;
	if (status == STATUS_NOT_FOUND)
		answer_unknown(visit, name);
	else if (status == STATUS_FAILED)
		call_refuse(visit, RPC_INTERNAL, "%s", why.text);
	else
		visit_unavailable(visit, status);
	return false;
}

/* Mcp-Param-Foo-Bar as CGI has it. */
static const char *
param_header(void *arg, const char *name)
{
	const struct visit *visit = arg;
	char folded[sizeof(PARAM_HEADER) + PARAM_HEADER_NAME_MAX];
	size_t len = strlen(PARAM_HEADER);

	memcpy(folded, PARAM_HEADER, sizeof(PARAM_HEADER));
	for (; *name != '\0' && len < sizeof(folded) - 1; name++)
		folded[len++] = *name == '-' ? '_' : (char)toupper((unsigned char)*name);
	folded[len] = '\0';
	return request_header(&visit->exchange->request, folded);
}

/* Row 15: what the tool wants to have in headers too is there, and the same. */
static bool
check_param_headers(struct visit *visit)
{
	const struct json_object *definition = visit->errand->route->definition;
	struct json_object *params = visit->message.params;
	struct rpc_fault fault = {0};
	bool found;

	if (visit->era == ERA_LEGACY || definition == NULL ||
	    param_headers_check(json_member(definition, "inputSchema", &found),
		json_member(params, "arguments", &found), param_header, visit, &fault) == STATUS_OK)
		return true;
	answer_fault(visit, &fault);
	return false;
}

/* As the gate knows it. False: too long to be judged, so it cannot be called. */
static bool
name_for_gate(struct errand *errand)
{
	const struct route *route = errand->route;
	const size_t prefix = strlen(errand->verb->prefix);
	const size_t len = prefix + strlen(route->name);

	(void)snprintf(errand->server, sizeof(errand->server), "%s", route->upstream.name);
	errand->tool = malloc(len + 1);
	if (errand->tool == NULL)
		return false;
	memcpy(errand->tool, errand->verb->prefix, prefix);
	memcpy(errand->tool + prefix, route->name, len - prefix + 1);
	errand->name = errand->tool + prefix;
	return call_name_valid(errand->tool, len);
}

bool
call_prepare(struct visit *visit)
{
	const struct config *config = &visit->exchange->service->config;
	struct errand *errand = visit->errand;
	const char *name = call_name(visit);
	const bool patient = visit->era == ERA_LEGACY && visit->progress_token != NULL;

	if (name == NULL || name[0] == '\0' || strlen(name) > MCP_URI_MAX) {
		answer_error(visit, RPC_INVALID_PARAMS, "Invalid params: %s", errand->verb->member);
		return false;
	}
	if (!has_arguments(visit)) {
		answer_error(
		    visit, RPC_INVALID_PARAMS, "Invalid params: the arguments must be an object");
		return false;
	}
	if (!find_route(visit, name) || !check_param_headers(visit))
		return false;
	if (!name_for_gate(errand)) {
		answer_error(visit, RPC_INVALID_PARAMS,
		    "Invalid params: %s has more than %d bytes, or control characters",
		    errand->verb->member, (int)(CALL_NAME_MAX - strlen(errand->verb->prefix)));
		return false;
	}
	errand->refusal = call_quarantine(errand->route);
	errand->hidden = catalog_hidden(visit->caller, errand->server, errand->tool);
	visit->exchange->wait_s =
	    patient || config->leg_s > config->wait_max_s ? config->wait_max_s : config->leg_s;
	if (visit->era == ERA_LEGACY && visit->batch == NULL)
		errand->ticket =
		    ticket_open(visit->door->mcp.mailbox, visit->session.id, visit->id);
	return true;
}

struct state_bond
call_bond(const struct visit *visit, const char *key_id)
{
	const struct errand *errand = visit->errand;

	return (struct state_bond){.key_id = key_id,
	    .method = errand->verb->method,
	    .server = errand->server,
	    .name = errand->name,
	    .digest = errand->digest};
}

/* What a modern client brings back from the last round. */
static enum status
read_state(struct attempt *attempt, struct visit *visit, struct problem *why)
{
	struct errand *errand = visit->errand;
	const struct state_bond bond = call_bond(visit, attempt->caller->key.id);

	if (errand->continues || visit->envelope.request_state == NULL)
		return STATUS_OK;
	if (state_unseal(&visit->door->mcp.state, &bond, visit->envelope.request_state,
		clock_wall_ms(), &errand->state) != STATUS_OK) {
		problem_set(why,
		    "Invalid params: requestState is not of this call, was altered, or has run out");
		return STATUS_INVALID;
	}
	errand->continues = true;
	return STATUS_OK;
}

/* After a hold the message is read again from its bytes: what is judged now is what will be sent on. */
static enum status
read_again(struct visit *visit, struct problem *why)
{
	const struct buf *body = &visit->exchange->request.body;
	struct json_object *root;
	enum status status = json_parse(buf_str(body), body->len, &visit->door->limits, &root, why);

	if (status != STATUS_OK)
		return status;
	return message_read(visit, root) ? STATUS_OK : STATUS_INVALID;
}

enum status
call_read(struct attempt *attempt, struct call *call, struct problem *why)
{
	struct visit *visit = call_visit(attempt);
	struct errand *errand = visit->errand;
	enum status status = errand->held ? read_again(visit, why) : STATUS_OK;

	if (status != STATUS_OK)
		return status;
	(void)snprintf(call->server, sizeof(call->server), "%s", errand->server);
	(void)snprintf(call->tool, sizeof(call->tool), "%s", errand->tool);
	call->args = call_arguments(visit);
	attempt->refusal = errand->refusal;
	attempt->ask = errand->verb->held;
	attempt->wait = errand->verb->held && visit->batch == NULL;
	if (visit->era == ERA_LEGACY)
		return STATUS_OK;
	status = call_digest(call, &attempt->gate->digest_key);
	memcpy(errand->digest, call->digest, sizeof(errand->digest));
	if (status == STATUS_OK)
		status = read_state(attempt, visit, why);
	if (status == STATUS_OK && errand->continues && errand->state.call_id[0] != '\0') {
		attempt->continues_call = errand->state.call_id;
		attempt->continues_round = errand->state.round + 1;
	}
	return status;
}
