/* names.c - names and URIs with the upstream they belong to; see names.h. */
#include "mcp/names.h"

#include <string.h>

#define SEPARATOR "__"
#define URI_SEPARATOR "+"

static size_t
name_length(const char *text)
{
	return strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");
}

bool
upstream_name_valid(const char *name)
{
	size_t len = name_length(name);

	return len > 0 && len <= UPSTREAM_NAME_MAX && name[len] == '\0';
}

static void
join(const char *upstream, const char *separator, const char *rest, struct buf *out)
{
	if (upstream != NULL) {
		buf_text(out, upstream);
		buf_text(out, separator);
	}
	buf_text(out, rest);
}

/* No separator begins with a character of a name, so the first one is behind the longest beginning that is a name. */
static bool
split(const char *text, const char *separator, char upstream[UPSTREAM_NAME_MAX + 1],
    const char **rest)
{
	size_t len = name_length(text);

	if (len == 0 || len > UPSTREAM_NAME_MAX ||
	    strncmp(text + len, separator, strlen(separator)) != 0)
		return false;
	memcpy(upstream, text, len);
	upstream[len] = '\0';
	*rest = text + len + strlen(separator);
	return true;
}

void
names_join(const char *upstream, const char *name, struct buf *out)
{
	join(upstream, SEPARATOR, name, out);
}

bool
names_split(const char *name, char upstream[UPSTREAM_NAME_MAX + 1], const char **rest)
{
	return split(name, SEPARATOR, upstream, rest);
}

void
names_join_uri(const char *upstream, const char *uri, struct buf *out)
{
	join(upstream, URI_SEPARATOR, uri, out);
}

bool
names_split_uri(const char *uri, char upstream[UPSTREAM_NAME_MAX + 1], const char **rest)
{
	return split(uri, URI_SEPARATOR, upstream, rest);
}

/* The member `uri` of an object, where it is a text. */
static bool
prefix_uri(struct json_object *object, const char *upstream)
{
	bool found, done;
	size_t len;
	const char *uri = json_string(json_member(object, "uri", &found), &len);
	struct json_object *text;
	struct buf joined;

	if (uri == NULL)
		return true;
	buf_init(&joined, UPSTREAM_NAME_MAX + 1 + len);
	names_join_uri(upstream, "", &joined);
	buf_add(&joined, uri, len);
	text =
	    buf_status(&joined) == STATUS_OK ? json_new_text(buf_str(&joined), joined.len) : NULL;
	done = text != NULL && json_set(object, "uri", text);
	buf_free(&joined);
	return done;
}

static bool prefix_content(struct json_object *content, const char *upstream);

/* A block of content. One of a tool's result, as messages for sampling have them, holds blocks itself. */
static bool
prefix_block(struct json_object *block, const char *upstream)
{
	bool found;
	const char *type = json_text(json_member(block, "type", &found));

	if (type == NULL)
		return true;
	if (strcmp(type, "resource_link") == 0)
		return prefix_uri(block, upstream);
	if (strcmp(type, "resource") == 0)
		return prefix_uri(json_member(block, "resource", &found), upstream);
	if (strcmp(type, "tool_result") == 0)
		return prefix_content(json_member(block, "content", &found), upstream);
	return true;
}

/* One block, or an array of them. */
static bool
prefix_content(struct json_object *content, const char *upstream)
{
	if (json_type(content) == JSON_OBJECT)
		return prefix_block(content, upstream);
	for (size_t i = 0; json_type(content) == JSON_ARRAY && i < json_length(content); i++)
		if (!prefix_block(json_element(content, i), upstream))
			return false;
	return true;
}

bool
names_prefix_uris(struct json_object *result, const char *upstream)
{
	bool found;
	struct json_object *contents = json_member(result, "contents", &found);
	struct json_object *messages = json_member(result, "messages", &found);

	if (upstream == NULL)
		return true;
	for (size_t i = 0; i < json_length(contents); i++)
		if (!prefix_uri(json_element(contents, i), upstream))
			return false;
	for (size_t i = 0; i < json_length(messages); i++)
		if (!prefix_content(
			json_member(json_element(messages, i), "content", &found), upstream))
			return false;
	return prefix_content(json_member(result, "content", &found), upstream) &&
	       prefix_uri(json_member(result, "params", &found), upstream);
}
