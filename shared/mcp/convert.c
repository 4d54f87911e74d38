/* convert.c - results between the eras; see convert.h. What is in a result may be shared with another tree, so it is replaced, not changed. */
#include "mcp/convert.h"

#include <string.h>

#define SERVER_INFO MCP_META "serverInfo"
#define STRUCTURE_MAX                                                                              \
	((size_t)64 << 20) /* bytes of structured content as text; messages are bounded before */

struct json_object *
convert_server_info(void)
{
	struct json_object *info = json_new_object();

	if (info != NULL && json_set_text(info, "name", "enforgate") &&
	    json_set_text(info, "title", "Enforgate") &&
	    json_set_text(info, "version", ENFORGATE_VERSION))
		return info;
	json_free(info);
	return NULL;
}

/* The gateway answers for the result: its own serverInfo goes in the place of the upstream's, all else in _meta stays. */
static bool
set_server_info(struct json_object *result)
{
	bool found;
	struct json_object *old = json_member(result, "_meta", &found);
	struct json_object *meta = rpc_copy(json_type(old) == JSON_OBJECT ? old : NULL);
	struct json_object *info = convert_server_info();

	if (meta == NULL || info == NULL) {
		json_free(info);
		json_free(meta);
		return false;
	}
	if (!json_set(meta, SERVER_INFO, info)) {
		json_free(meta);
		return false;
	}
	return json_set(result, "_meta", meta);
}

/* A _meta in which nothing else was goes too. */
static bool
remove_server_info(struct json_object *result)
{
	bool found;
	struct json_object *old = json_member(result, "_meta", &found);
	struct json_object *meta;

	(void)json_member(old, SERVER_INFO, &found);
	if (!found)
		return true;
	meta = rpc_copy(old);
	if (meta == NULL)
		return false;
	json_remove(meta, SERVER_INFO);
	if (json_length(meta) > 0)
		return json_set(result, "_meta", meta);
	json_free(meta);
	json_remove(result, "_meta");
	return true;
}

bool
convert_modern(struct json_object *result, const char *result_type)
{
	return json_set_text(result, "resultType", result_type) && set_server_info(result);
}

static bool
is_cacheable(const char *method)
{
	static const char *const cacheable[] = {"tools/list", "prompts/list", "resources/list",
	    "resources/templates/list", "resources/read", "server/discover"};

	for (size_t i = 0; i < sizeof(cacheable) / sizeof(cacheable[0]); i++)
		if (strcmp(method, cacheable[i]) == 0)
			return true;
	return false;
}

/* For how long and by whom a result may be kept: by the client alone, as keys see different things. */
static bool
set_cache(struct json_object *result, int64_t ttl_ms)
{
	bool found;
	int64_t given;

	if (ttl_ms < 0)
		ttl_ms = json_integer(json_member(result, "ttlMs", &found), &given) && given >= 0
			     ? given
			     : 0;
	return json_set_integer(result, "ttlMs", ttl_ms) &&
	       json_set_text(result, "cacheScope", "private");
}

static bool
to_modern(struct json_object *result, const char *method, enum era from, int64_t ttl_ms)
{
	bool found;
	const char *type = json_text(json_member(result, "resultType", &found));
	bool complete = from == ERA_LEGACY || type == NULL || strcmp(type, "complete") == 0;

	if (complete && !json_set_text(result, "resultType", "complete"))
		return false;
	if (complete && is_cacheable(method) && !set_cache(result, ttl_ms))
		return false;
	/* That of a task is for how long the upstream keeps it. */
	if (!complete && strcmp(type, "task") != 0) {
		json_remove(result, "ttlMs");
		json_remove(result, "cacheScope");
	}
	return set_server_info(result);
}

/* Legacy clients fail on a list with one tool whose results are not declared to be objects. */
static bool
fits_legacy(const struct json_object *tool)
{
	bool found;
	const struct json_object *schema = json_member(tool, "outputSchema", &found);
	const char *type = json_text(json_member(schema, "type", &found));

	(void)json_member(tool, "outputSchema", &found);
	return !found || (type != NULL && strcmp(type, "object") == 0);
}

bool
convert_tool(struct json_object *tool, enum era to)
{
	if (to == ERA_LEGACY && !fits_legacy(tool))
		json_remove(tool, "outputSchema");
	return true;
}

static bool
tools_to_legacy(struct json_object *result)
{
	bool found, done = true;
	struct json_object *tools = json_member(result, "tools", &found);
	struct json_object *list;

	if (json_type(tools) != JSON_ARRAY)
		return true;
	list = json_new_array();
	for (size_t i = 0; list != NULL && done && i < json_length(tools); i++) {
		struct json_object *tool = json_element(tools, i);
		struct json_object *fit = fits_legacy(tool) ? json_share(tool) : rpc_copy(tool);

		done = (fit != NULL || tool == NULL) && convert_tool(fit, ERA_LEGACY) &&
		       json_append(list, fit);
	}
	if (list != NULL && done)
		return json_set(result, "tools", list);
	json_free(list);
	return false;
}

/* {"type":"text","text":...}; NULL: out of memory. */
static struct json_object *
text_block(const char *text, size_t len)
{
	struct json_object *block = json_new_object();
	struct json_object *value;

	if (block != NULL && json_set_text(block, "type", "text")) {
		value = json_new_text(text, len);
		if (value != NULL && json_set(block, "text", value))
			return block;
	}
	json_free(block);
	return NULL;
}

/* The blocks of a result and one more. Takes over `block`. */
static bool
add_block(struct json_object *result, const struct json_object *content, struct json_object *block)
{
	struct json_object *list = block != NULL ? json_new_array() : NULL;

	if (list == NULL) {
		json_free(block);
		return false;
	}
	for (size_t i = 0; json_type(content) == JSON_ARRAY && i < json_length(content); i++)
		if (!json_append(list, json_share(json_element(content, i)))) {
			json_free(block);
			json_free(list);
			return false;
		}
	if (!json_append(list, block)) {
		json_free(list);
		return false;
	}
	return json_set(result, "content", list);
}

static bool
has_text(const struct json_object *content)
{
	bool found;
	const char *type;

	for (size_t i = 0; json_type(content) == JSON_ARRAY && i < json_length(content); i++) {
		type = json_text(json_member(json_element(content, i), "type", &found));
		if (type != NULL && strcmp(type, "text") == 0)
			return true;
	}
	return false;
}

/* Structured content that is no object goes; what it says stays, as text. */
static bool
structure_to_legacy(struct json_object *result)
{
	bool found, done;
	const struct json_object *content = json_member(result, "content", &found);
	const struct json_object *structured = json_member(result, "structuredContent", &found);
	struct buf text;

	if (!found || json_type(structured) == JSON_OBJECT)
		return true;
	if (!has_text(content)) {
		buf_init(&text, STRUCTURE_MAX);
		json_write(structured, &text);
		done = buf_status(&text) == STATUS_OK &&
		       add_block(result, content, text_block(buf_str(&text), text.len));
		buf_free(&text);
		if (!done)
			return false;
	}
	json_remove(result, "structuredContent");
	return true;
}

static bool
to_legacy(struct json_object *result, const char *method, enum era from)
{
	if (from == ERA_MODERN) {
		json_remove(result, "resultType");
		json_remove(result, "ttlMs");
		json_remove(result, "cacheScope");
		if (!remove_server_info(result))
			return false;
	}
	if (strcmp(method, "tools/list") == 0)
		return tools_to_legacy(result);
	return strcmp(method, "tools/call") != 0 || structure_to_legacy(result);
}

bool
convert_result(
    struct json_object *result, const char *method, enum era from, enum era to, int64_t ttl_ms)
{
	return to == ERA_MODERN ? to_modern(result, method, from, ttl_ms)
				: to_legacy(result, method, from);
}

struct json_object *
convert_refusal(enum era era, const char *text)
{
	struct json_object *result = json_new_object();

	if (result != NULL && add_block(result, NULL, text_block(text, strlen(text))) &&
	    json_set_bool(result, "isError", true) &&
	    (era == ERA_LEGACY || convert_modern(result, "complete")))
		return result;
	json_free(result);
	return NULL;
}
