/* era.c - the era of a message and its envelope; see era.h. The numbers of rows are those of the order of checks there. */
#include "mcp/era.h"

#include <string.h>

#define BLANKS " \t"
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const versions[] = {
    MCP_VERSION_MODERN, MCP_VERSION_LEGACY, "2025-06-18", MCP_VERSION_FIRST};

struct served {
	const char *method;
	bool modern;
	bool legacy;
	const char *name; /* the member of params that Mcp-Name repeats */
};
static const struct served methods[] = {
    {"server/discover", true, false, NULL},
    {"tools/list", true, true, NULL},
    {"tools/call", true, true, "name"},
    {"prompts/list", true, true, NULL},
    {"prompts/get", true, true, "name"},
    {"resources/list", true, true, NULL},
    {"resources/templates/list", true, true, NULL},
    {"resources/read", true, true, "uri"},
    {"completion/complete", true, true, NULL},
    {"subscriptions/listen", true, false, NULL},
    {"tasks/get", true, false, "taskId"},
    {"tasks/update", true, false, "taskId"},
    {"tasks/cancel", true, false, "taskId"},
    {"initialize", false, true, NULL},
    {"ping", false, true, NULL},
    {"logging/setLevel", false, true, NULL},
    {"resources/subscribe", false, true, NULL},
    {"resources/unsubscribe", false, true, NULL},
};

static const struct served *
find(const char *method)
{
	for (size_t i = 0; i < COUNT(methods); i++)
		if (strcmp(methods[i].method, method) == 0)
			return &methods[i];
	return NULL;
}

bool
era_serves_method(enum era era, const char *method)
{
	const struct served *served = find(method);

	return served != NULL && (era == ERA_MODERN ? served->modern : served->legacy);
}

const char *
era_name_member(const char *method)
{
	const struct served *served = find(method);

	return served != NULL ? served->name : NULL;
}

/* The text of a header without the blanks around it; *len of it. */
static const char *
trim(const char *value, size_t *len)
{
	value += strspn(value, BLANKS);
	*len = strlen(value);
	while (*len > 0 && strchr(BLANKS, value[*len - 1]) != NULL)
		(*len)--;
	return value;
}

static bool
header_is(const char *value, const char *wanted)
{
	size_t len;
	const char *text = trim(value, &len);

	return len == strlen(wanted) && memcmp(text, wanted, len) == 0;
}

/* Our own text of a legacy version; NULL: none that is served. */
static const char *
find_legacy(const char *text, size_t len)
{
	for (size_t i = 1; i < COUNT(versions); i++)
		if (len == strlen(versions[i]) && memcmp(text, versions[i], len) == 0)
			return versions[i];
	return NULL;
}

bool
era_serves_legacy(const char *version)
{
	return find_legacy(version, strlen(version)) != NULL;
}

const char *
era_negotiate(const char *wanted)
{
	const char *version = wanted != NULL ? find_legacy(wanted, strlen(wanted)) : NULL;

	return version != NULL ? version : MCP_VERSION_LEGACY;
}

struct json_object *
era_versions(void)
{
	struct json_object *list = json_new_array();

	for (size_t i = 0; list != NULL && i < COUNT(versions); i++)
		if (!json_append_text(list, versions[i])) {
			json_free(list);
			list = NULL;
		}
	return list;
}

bool
era_is_log_level(const char *level)
{
	static const char *const levels[] = {
	    "debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"};

	for (size_t i = 0; i < COUNT(levels); i++)
		if (strcmp(level, levels[i]) == 0)
			return true;
	return false;
}

bool
era_has_extension(const struct json_object *capabilities, const char *extension)
{
	bool found;

	return json_type(json_member(json_member(capabilities, "extensions", &found), extension,
		   &found)) == JSON_OBJECT;
}

enum status
era_capability_missing(struct rpc_fault *fault, struct json_object *required)
{
	struct json_object *data = json_new_object();

	(void)rpc_fault_set(fault, 400, RPC_CAPABILITY_MISSING,
	    "The client did not declare a capability that this request needs");
	if (data == NULL) {
		json_free(required);
	} else if (!json_set(data, "requiredCapabilities", required)) {
		json_free(data);
		data = NULL;
	}
	fault->data = data;
	return STATUS_INVALID;
}

bool
era_is_initialize(const struct rpc_message *message, const struct envelope *envelope)
{
	return envelope->era == ERA_LEGACY && message->kind == RPC_REQUEST &&
	       strcmp(message->method, "initialize") == 0;
}

static enum status
mismatch(struct rpc_fault *fault, const char *header, const char *how)
{
	return rpc_fault_set(
	    fault, 400, RPC_HEADER_MISMATCH, "Header mismatch: %s %s", header, how);
}

/* A header that has to be there and repeat a text of the body. */
static enum status
check_repeats(const char *header, const char *value, const char *text, struct rpc_fault *fault)
{
	if (value == NULL)
		return mismatch(fault, header, "is missing");
	return header_is(value, text) ? STATUS_OK
				      : mismatch(fault, header, "is not what the body says");
}

/* Row 14. A name that the body lacks is a fault of the method (row 21), unless a header claims one. */
static enum status
check_name(const struct rpc_message *message, const char *value, struct rpc_fault *fault)
{
	const char *member = era_name_member(message->method);
	enum status status;
	struct buf decoded;
	const char *name;
	bool found, same;
	size_t len;

	if (member == NULL)
		return STATUS_OK;
	name = json_string(json_member(message->params, member, &found), &len);
	if (value == NULL)
		return name == NULL ? STATUS_OK : mismatch(fault, "Mcp-Name", "is missing");
	buf_init(&decoded, strlen(value));
	status = mcp_header_decode(value, &decoded);
	same = status == STATUS_OK && name != NULL && decoded.len == len &&
	       memcmp(buf_str(&decoded), name, len) == 0;
	buf_free(&decoded);
	if (status == STATUS_NO_MEMORY)
		return rpc_fault_set(fault, 200, RPC_INTERNAL, "Out of memory");
	if (status != STATUS_OK)
		return mismatch(fault, "Mcp-Name", "is not encoded as it has to be");
	return same ? STATUS_OK : mismatch(fault, "Mcp-Name", "is not what the body says");
}

/* Rows 10 to 14. */
static enum status
check_modern(const struct rpc_message *message, const struct mcp_headers *headers,
    const struct envelope *envelope, struct rpc_fault *fault)
{
	if (envelope->version == NULL || envelope->capabilities == NULL)
		return rpc_fault_set(fault, 400, RPC_INVALID_PARAMS,
		    "Invalid params: _meta lacks%s%s%s",
		    envelope->version == NULL ? " " MCP_META "protocolVersion" : "",
		    envelope->version == NULL && envelope->capabilities == NULL ? " and" : "",
		    envelope->capabilities == NULL ? " " MCP_META "clientCapabilities" : "");
	if (headers != NULL && check_repeats("MCP-Protocol-Version", headers->protocol_version,
				   envelope->version, fault) != STATUS_OK)
		return STATUS_INVALID;
	if (strcmp(envelope->version, MCP_VERSION_MODERN) != 0) {
		(void)rpc_fault_set(
		    fault, 400, RPC_VERSION_UNSUPPORTED, "Unsupported protocol version");
		fault->data = json_new_object();
		if (fault->data != NULL)
			(void)(json_set(fault->data, "supported", era_versions()) &&
			       json_set_text(fault->data, "requested", envelope->version));
		return STATUS_INVALID;
	}
	if (headers == NULL)
		return STATUS_OK;
	if (check_repeats("Mcp-Method", headers->method, message->method, fault) != STATUS_OK)
		return STATUS_INVALID;
	return check_name(message, headers->name, fault);
}

/* Rows 16 and 17, and what every request may bring along. */
static enum status
check_request(const struct rpc_message *message, struct envelope *envelope, struct rpc_fault *fault)
{
	bool has_state, has_responses, has_level;
	struct json_object *level, *state;

	if (!era_serves_method(ERA_MODERN, message->method))
		return rpc_fault_set(fault, 404, RPC_METHOD_NOT_FOUND, "Method not found");
	if (strncmp(message->method, "tasks/", 6) == 0 &&
	    !era_has_extension(envelope->capabilities, MCP_TASKS)) {
		struct json_object *extensions = json_new_object();
		struct json_object *required = json_new_object();

		if (extensions != NULL)
			(void)json_set(extensions, MCP_TASKS, json_new_object());
		if (required == NULL)
			json_free(extensions);
		else
			(void)json_set(required, "extensions", extensions);
		return era_capability_missing(fault, required);
	}
	level = json_member(message->meta, MCP_META "logLevel", &has_level);
	envelope->log_level = json_text(level);
	if (has_level && (envelope->log_level == NULL || !era_is_log_level(envelope->log_level)))
		return rpc_fault_set(
		    fault, 200, RPC_INVALID_PARAMS, "Invalid params: unknown log level");
	state = json_member(message->params, "requestState", &has_state);
	envelope->request_state = json_text(state);
	envelope->input_responses = json_member(message->params, "inputResponses", &has_responses);
	if (has_state && envelope->request_state == NULL)
		return rpc_fault_set(
		    fault, 200, RPC_INVALID_PARAMS, "Invalid params: requestState is no text");
	if (has_responses && json_type(envelope->input_responses) != JSON_OBJECT)
		return rpc_fault_set(
		    fault, 200, RPC_INVALID_PARAMS, "Invalid params: inputResponses is no object");
	return STATUS_OK;
}

static enum status
read_modern(const struct rpc_message *message, const struct mcp_headers *headers,
    struct envelope *out, struct rpc_fault *fault)
{
	bool found;

	if (message->kind == RPC_RESPONSE)
		return rpc_fault_set(fault, 400, RPC_INVALID_REQUEST,
		    "Invalid request: a client of this version sends no responses");
	out->version = json_text(json_member(message->meta, MCP_META "protocolVersion", &found));
	out->capabilities = json_member(message->meta, MCP_META "clientCapabilities", &found);
	if (json_type(out->capabilities) != JSON_OBJECT)
		out->capabilities = NULL;
	out->client_info = json_member(message->meta, MCP_META "clientInfo", &found);
	if (json_type(out->client_info) != JSON_OBJECT)
		out->client_info = NULL;
	if (message->kind == RPC_NOTIFICATION)
		return STATUS_OK;
	if (check_modern(message, headers, out, fault) != STATUS_OK)
		return STATUS_INVALID;
	return check_request(message, out, fault);
}

/* Rows 18 and 20. The handshake has no session yet, and asks for its version in the body. */
static enum status
read_legacy(const struct rpc_message *message, const struct mcp_headers *headers,
    struct envelope *out, struct rpc_fault *fault)
{
	const char *version;
	size_t len = 0;

	if (headers == NULL)
		return STATUS_OK;
	if (headers->protocol_version != NULL) {
		version = trim(headers->protocol_version, &len);
		out->version = find_legacy(version, len);
		len = 0;
	}
	if (era_is_initialize(message, out))
		return STATUS_OK;
	if (headers->session != NULL)
		(void)trim(headers->session, &len);
	if (len == 0)
		return rpc_fault_set(fault, 400, RPC_SERVER_ERROR,
		    "Bad request: Mcp-Session-Id is missing; send initialize first");
	if (headers->protocol_version != NULL && out->version == NULL)
		return rpc_fault_set(fault, 400, RPC_SERVER_ERROR,
		    "Bad request: MCP-Protocol-Version names a version that is not served");
	return STATUS_OK;
}

enum status
era_read(const struct rpc_message *message, const struct mcp_headers *headers, struct envelope *out,
    struct rpc_fault *fault)
{
	const char *header = headers != NULL ? headers->protocol_version : NULL;
	bool header_modern = header != NULL && header_is(header, MCP_VERSION_MODERN);
	struct json_object *token;
	bool claims = false, found;

	*out = (struct envelope){.era = ERA_LEGACY};
	if (message->meta != NULL)
		(void)json_member(message->meta, MCP_META "protocolVersion", &claims);
	token = json_member(message->meta, "progressToken", &found);
	if (json_type(token) == JSON_STRING || json_type(token) == JSON_NUMBER)
		out->progress_token = token;
	if (!claims && header_modern && era_is_initialize(message, out))
		return mismatch(
		    fault, "MCP-Protocol-Version", "names a version that has no initialize");
	if (!claims && !header_modern)
		return read_legacy(message, headers, out, fault);
	out->era = ERA_MODERN;
	return read_modern(message, headers, out, fault);
}
