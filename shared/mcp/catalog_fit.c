/*
 * catalog_fit.c - which entries of an upstream's list can be relayed; see catalog_parts.h.
 *
 * Clients check lists against the schema of the protocol, and fail the whole of one for a single entry that does not fit: that of one
 * upstream must not take the others with it.
 */
#include "mcp/catalog_parts.h"

#include <string.h>

#include "call.h"
#include "mcp/param_header.h"

static bool
text_or_absent(const struct json_object *entry, const char *name)
{
	bool found;
	struct json_object *value = json_member(entry, name, &found);

	return !found || json_type(value) == JSON_STRING;
}

static bool
is_object_schema(const struct json_object *schema)
{
	bool found;
	size_t len;
	const char *type = json_string(json_member(schema, "type", &found), &len);

	return json_type(schema) == JSON_OBJECT && type != NULL && strcmp(type, "object") == 0;
}

static const char *
tool_unfit(const struct json_object *tool, bool modern_http, struct problem *scratch)
{
	bool found;
	struct json_object *schema = json_member(tool, "inputSchema", &found), *value;

	if (!is_object_schema(schema))
		return "its inputSchema is not one of an object";
	value = json_member(tool, "outputSchema", &found);
	if (found && json_type(value) != JSON_OBJECT)
		return "its outputSchema is no schema";
	value = json_member(tool, "annotations", &found);
	if (found && json_type(value) != JSON_OBJECT)
		return "its annotations are no object";
	if (modern_http && !param_headers_valid(schema, scratch))
		return scratch->text;
	return NULL;
}

const char *
list_unfit(
    enum list_kind kind, const struct json_object *entry, bool modern_http, struct problem *scratch)
{
	const bool by_uri = kind == LIST_RESOURCES || kind == LIST_TEMPLATES;
	bool found;
	size_t len;
	const char *name;

	if (json_type(entry) != JSON_OBJECT)
		return "it is no object";
	name = json_string(json_member(entry, list_name_member(kind), &found), &len);
	if (name == NULL || len == 0 || strlen(name) != len)
		return "it has no name";
	if (by_uri ? len > MCP_URI_MAX : !call_name_valid(name, len))
		return "its name is too long, or holds control characters";
	if (by_uri && (json_string(json_member(entry, "name", &found), &len) == NULL))
		return "it has no name beside its URI";
	if (!text_or_absent(entry, "title") || !text_or_absent(entry, "description"))
		return "its title or description is no text";
	return kind == LIST_TOOLS ? tool_unfit(entry, modern_http, scratch) : NULL;
}
