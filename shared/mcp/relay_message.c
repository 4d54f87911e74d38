/* relay_message.c - requests and notifications rewritten on their way; see relay_message.h. */
#include "mcp/relay_message.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mcp/convert.h"
#include "mcp/names.h"
#include "secret.h"

#define ID_BITS 53 /* what every program can hold exactly */
#define NUMBER_MAX 40

static bool
is_of_protocol(const char *name)
{
	return strncmp(name, MCP_META, strlen(MCP_META)) == 0 || strcmp(name, "progressToken") == 0;
}

/* What a client may have said in _meta that is not about the protocol, trace headers among it. */
static struct json_object *
others_of_meta(const struct json_object *params)
{
	struct json_object *meta = json_new_object();
	struct json_walk walk = {0};
	bool found;
	const struct json_object *given = json_member(params, "_meta", &found);

	if (meta == NULL || json_type(given) != JSON_OBJECT)
		return meta;
	while (json_next_member(given, &walk)) {
		if (is_of_protocol(walk.name) || json_set(meta, walk.name, json_share(walk.value)))
			continue;
		json_free(meta);
		return NULL;
	}
	return meta;
}

/* The client's own capabilities as far as they are bridged; tasks pass through where both sides know them. */
static struct json_object *
capabilities_for(const struct relay_client *client, bool tasks)
{
	struct json_object *all = convert_capabilities(client->capabilities), *extensions, *value;
	bool found;

	if (all == NULL || !tasks || client->era != ERA_MODERN ||
	    !era_has_extension(client->capabilities, MCP_TASKS))
		return all;
	extensions = json_member(client->capabilities, "extensions", &found);
	value = json_copy(json_member(extensions, MCP_TASKS, &found));
	extensions = json_new_object();
	if (value == NULL || extensions == NULL || !json_set(extensions, MCP_TASKS, value)) {
		json_free(all);
		json_free(extensions);
		return NULL;
	}
	if (json_set(all, "extensions", extensions))
		return all;
	json_free(all);
	return NULL;
}

/* Every request to a modern upstream says all of this. */
static bool
add_envelope(struct json_object *meta, const struct relay_client *client,
    const struct relay_sending *sending)
{
	struct json_object *info = convert_server_info();
	struct json_object *capabilities = capabilities_for(client, sending->tasks);

	if (info == NULL || capabilities == NULL) {
		json_free(info);
		json_free(capabilities);
		return false;
	}
	if (!json_set(meta, MCP_META "clientInfo", info)) {
		json_free(capabilities);
		return false;
	}
	return json_set(meta, MCP_META "clientCapabilities", capabilities) &&
	       json_set_text(meta, MCP_META "protocolVersion", sending->version) &&
	       (client->log_level == NULL ||
		   json_set_text(meta, MCP_META "logLevel", client->log_level));
}

static struct json_object *
make_meta(const struct relay_call *call, const struct relay_client *client,
    const struct relay_sending *sending)
{
	struct json_object *meta = others_of_meta(call->params);
	bool good = meta != NULL;

	if (good && sending->progress_token != NULL)
		good = json_set(meta, "progressToken", json_share(sending->progress_token));
	if (good && sending->era == ERA_MODERN)
		good = add_envelope(meta, client, sending);
	if (good)
		return meta;
	json_free(meta);
	return NULL;
}

static bool
add_round(struct json_object *params, const struct relay_sending *sending)
{
	if (sending->era != ERA_MODERN)
		return true;
	return (sending->input_responses == NULL ||
		   json_set(params, "inputResponses", json_share(sending->input_responses))) &&
	       (sending->request_state == NULL ||
		   json_set(params, "requestState", json_share(sending->request_state)));
}

struct json_object *
relay_params(const struct relay_call *call, const struct relay_client *client,
    const struct relay_sending *sending)
{
	struct json_object *params = rpc_copy(call->params);
	struct json_object *meta = make_meta(call, client, sending);

	if (params == NULL || meta == NULL) {
		json_free(params);
		json_free(meta);
		return NULL;
	}
	json_remove(params, "_meta");
	/* Of the client's round, or of a task system that the gateway does not have. tasks/update has answers of its own. */
	if (strncmp(call->method, "tasks/", strlen("tasks/")) != 0) {
		json_remove(params, "inputResponses");
		json_remove(params, "requestState");
		json_remove(params, "task");
	}
	if (json_length(meta) == 0) {
		json_free(meta);
		meta = NULL;
	}
	if ((meta == NULL || json_set(params, "_meta", meta)) && add_round(params, sending))
		return params;
	json_free(params);
	return NULL;
}

static struct json_object *
new_number(const char *text)
{
	static const struct json_limits limits = {.bytes = NUMBER_MAX, .nesting = 1, .members = 1};
	struct json_object *number;

	return json_parse(text, strlen(text), &limits, &number, NULL) == STATUS_OK ? number : NULL;
}

struct json_object *
relay_new_id(void)
{
	char text[NUMBER_MAX];
	uint64_t random;

	secret_random(&random, sizeof(random));
	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)(random >> (64 - ID_BITS)));
	return new_number(text);
}

static bool
read_double(const struct json_object *node, double *out)
{
	char scratch[JSON_NUMBER_SCRATCH];
	const char *text = json_number_text(node, scratch);

	if (text == NULL)
		return false;
	*out = strtod(text, NULL);
	return isfinite(*out);
}

/* A number with `from` added; without that the digits stay as they are. */
static bool
set_sum(struct json_object *object, const char *name, struct json_object *node, double from)
{
	char text[NUMBER_MAX];
	double value;

	if (from == 0)
		return json_set(object, name, json_share(node));
	if (!read_double(node, &value))
		return false;
	(void)snprintf(text, sizeof(text), "%.15g", value + from);
	node = new_number(text);
	return node != NULL && json_set(object, name, node);
}

struct json_object *
relay_progress(
    const struct json_object *params, struct json_object *token, double from, double *last)
{
	bool has_progress, has_total, has_message;
	struct json_object *progress = json_member(params, "progress", &has_progress);
	struct json_object *total = json_member(params, "total", &has_total);
	struct json_object *message = json_member(params, "message", &has_message);
	struct json_object *out;
	size_t len;
	double value;

	if (!read_double(progress, &value) || value + from <= *last)
		return NULL;
	out = json_new_object();
	if (out != NULL && json_set(out, "progressToken", json_share(token)) &&
	    set_sum(out, "progress", progress, from) &&
	    (json_type(total) != JSON_NUMBER || set_sum(out, "total", total, from)) &&
	    (json_string(message, &len) == NULL || json_set(out, "message", json_share(message)))) {
		*last = value + from;
		return out;
	}
	json_free(out);
	return NULL;
}

/* -1: it is none. */
static int
rank_of(const char *level)
{
	static const char *const levels[] = {
	    "debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"};

	for (size_t i = 0; level != NULL && i < sizeof(levels) / sizeof(levels[0]); i++)
		if (strcmp(level, levels[i]) == 0)
			return (int)i;
	return -1;
}

struct json_object *
relay_log(struct json_object *params, const char *level, const char *upstream_name)
{
	bool found;
	const int rank = rank_of(json_text(json_member(params, "level", &found)));
	const char *logger = json_text(json_member(params, "logger", &found));
	struct json_object *out;
	struct buf name;
	bool good;

	if (level == NULL || rank < 0 || rank < rank_of(level))
		return NULL;
	buf_init(&name, MCP_URI_MAX);
	buf_text(&name, upstream_name);
	if (logger != NULL) {
		buf_char(&name, '/');
		buf_text(&name, logger);
	}
	out = rpc_copy(params);
	good = out != NULL && buf_status(&name) == STATUS_OK &&
	       json_set_text(out, "logger", buf_str(&name));
	buf_free(&name);
	if (good)
		return out;
	json_free(out);
	return NULL;
}
