/* convert_ask.c - what a client can be asked for, and faults between the eras; see convert.h. */
#include <string.h>

#include "mcp/convert.h"

static const struct {
	const char *method;
	const char *capability;
} asks[] = {
    {"sampling/createMessage", "sampling"},
    {"elicitation/create", "elicitation"},
    {"roots/list", "roots"},
};
#define ASKS (sizeof(asks) / sizeof(asks[0]))

const char *
convert_needed_capability(const char *method)
{
	for (size_t i = 0; i < ASKS; i++)
		if (strcmp(asks[i].method, method) == 0)
			return asks[i].capability;
	return NULL;
}

struct json_object *
convert_capabilities(const struct json_object *capabilities)
{
	struct json_object *kept = json_new_object();
	bool found;

	for (size_t i = 0; kept != NULL && i < ASKS; i++) {
		const struct json_object *one =
		    json_member(capabilities, asks[i].capability, &found);
		struct json_object *copy;

		if (json_type(one) != JSON_OBJECT)
			continue;
		copy = json_copy(one);
		if (copy == NULL || !json_set(kept, asks[i].capability, copy)) {
			json_free(kept);
			kept = NULL;
		}
	}
	return kept;
}

static bool
declares(const struct json_object *capability, const char *name)
{
	bool found;

	return json_type(json_member(capability, name, &found)) == JSON_OBJECT;
}

/* A client that declares nothing in particular takes forms, as in the revision that had nothing else. */
static bool
may_elicit(const struct json_object *elicitation, const struct json_object *params)
{
	bool found;
	const struct json_object *node = json_member(params, "mode", &found);
	const char *mode = found ? json_text(node) : "form";

	if (mode == NULL)
		return false;
	if (strcmp(mode, "form") == 0)
		return declares(elicitation, "form") || !declares(elicitation, "url");
	return strcmp(mode, "url") == 0 && declares(elicitation, "url");
}

static bool
may_sample(const struct json_object *sampling, const struct json_object *params)
{
	bool tools, choice;

	(void)json_member(params, "tools", &tools);
	(void)json_member(params, "toolChoice", &choice);
	return (!tools && !choice) || declares(sampling, "tools");
}

bool
convert_may_ask(
    const struct json_object *capabilities, const char *method, const struct json_object *params)
{
	const char *needed = convert_needed_capability(method);
	const struct json_object *capability;
	bool found;

	if (needed == NULL)
		return false;
	capability = json_member(capabilities, needed, &found);
	if (json_type(capability) != JSON_OBJECT)
		return false;
	if (strcmp(needed, "elicitation") == 0)
		return may_elicit(capability, params);
	return strcmp(needed, "sampling") != 0 || may_sample(capability, params);
}

/* Modern answers have their own code for a resource that is not there, and HTTP status for two more. */
static void
fault_to_modern(struct rpc_fault *fault)
{
	if (fault->code == RPC_RESOURCE_NOT_FOUND)
		fault->code = RPC_INVALID_PARAMS;
	else if (fault->code == RPC_URL_ELICITATION)
		fault->code = RPC_INTERNAL;
	else if (fault->code == RPC_METHOD_NOT_FOUND)
		fault->http = 404;
	else if (fault->code == RPC_CAPABILITY_MISSING)
		fault->http = 400;
}

static void
fault_to_legacy(struct rpc_fault *fault)
{
	bool found;

	fault->http = 200;
	if (fault->code == RPC_INVALID_PARAMS &&
	    json_type(json_member(fault->data, "uri", &found)) == JSON_STRING)
		fault->code = RPC_RESOURCE_NOT_FOUND;
	else if (fault->code == RPC_CAPABILITY_MISSING)
		fault->code = RPC_SERVER_ERROR;
}

void
convert_fault(struct rpc_fault *fault, enum era to)
{
	/* Between us and the upstream: the client's headers and version are not what was wrong. */
	if (fault->code == RPC_HEADER_MISMATCH || fault->code == RPC_VERSION_UNSUPPORTED) {
		fault->code = RPC_INTERNAL;
		json_free(fault->data);
		fault->data = NULL;
	}
	if (to == ERA_MODERN)
		fault_to_modern(fault);
	else
		fault_to_legacy(fault);
}
