/* names.c - names and URIs with the upstream they belong to; see names.h. */
#include "mcp/names.h"

#include <string.h>

#include "mcp/rpc.h"

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

/*
 * What follows makes of a node the one with prefixed URIs, owned: the same, or a copy of which only the way to the URI is new. A node of
 * another shape stays as it is. False: out of memory.
 */
typedef bool rewrite(struct json_object *node, const char *upstream, struct json_object **out);

static bool
rewrite_member(struct json_object *object, const char *name, rewrite *how, const char *upstream,
    struct json_object **out)
{
	bool found;
	struct json_object *member = json_member(object, name, &found);
	struct json_object *copy, *value;

	if (!found) {
		*out = json_share(object);
		return true;
	}
	copy = rpc_copy(object);
	if (copy == NULL || !how(member, upstream, &value) || !json_set(copy, name, value)) {
		json_free(copy);
		return false;
	}
	*out = copy;
	return true;
}

static bool
rewrite_elements(
    struct json_object *array, rewrite *how, const char *upstream, struct json_object **out)
{
	struct json_object *copy, *value;

	if (json_type(array) != JSON_ARRAY) {
		*out = json_share(array);
		return true;
	}
	copy = json_new_array();
	for (size_t i = 0; copy != NULL && i < json_length(array); i++)
		if (!how(json_element(array, i), upstream, &value) || !json_append(copy, value)) {
			json_free(copy);
			copy = NULL;
		}
	*out = copy;
	return copy != NULL;
}

static bool
rewrite_uri(struct json_object *node, const char *upstream, struct json_object **out)
{
	size_t len;
	const char *uri = json_string(node, &len);
	struct buf joined;

	if (uri == NULL) {
		*out = json_share(node);
		return true;
	}
	buf_init(&joined, UPSTREAM_NAME_MAX + 1 + len);
	names_join_uri(upstream, "", &joined);
	buf_add(&joined, uri, len);
	*out =
	    buf_status(&joined) == STATUS_OK ? json_new_text(buf_str(&joined), joined.len) : NULL;
	buf_free(&joined);
	return *out != NULL;
}

/* A resource, or what is about one. */
static bool
rewrite_resource(struct json_object *node, const char *upstream, struct json_object **out)
{
	return rewrite_member(node, "uri", rewrite_uri, upstream, out);
}

static bool rewrite_content(
    struct json_object *content, const char *upstream, struct json_object **out);

/* A block of content. One of a tool's result, as messages for sampling have them, holds blocks itself. */
static bool
rewrite_block(struct json_object *block, const char *upstream, struct json_object **out)
{
	bool found;
	const char *type = json_text(json_member(block, "type", &found));

	if (type != NULL && strcmp(type, "resource_link") == 0)
		return rewrite_resource(block, upstream, out);
	if (type != NULL && strcmp(type, "resource") == 0)
		return rewrite_member(block, "resource", rewrite_resource, upstream, out);
	if (type != NULL && strcmp(type, "tool_result") == 0)
		return rewrite_member(block, "content", rewrite_content, upstream, out);
	*out = json_share(block);
	return true;
}

/* One block, or an array of them. */
static bool
rewrite_content(struct json_object *content, const char *upstream, struct json_object **out)
{
	if (json_type(content) == JSON_OBJECT)
		return rewrite_block(content, upstream, out);
	return rewrite_elements(content, rewrite_block, upstream, out);
}

static bool
rewrite_message(struct json_object *message, const char *upstream, struct json_object **out)
{
	return rewrite_member(message, "content", rewrite_content, upstream, out);
}

static bool
rewrite_contents(struct json_object *contents, const char *upstream, struct json_object **out)
{
	return rewrite_elements(contents, rewrite_resource, upstream, out);
}

static bool
rewrite_messages(struct json_object *messages, const char *upstream, struct json_object **out)
{
	return rewrite_elements(messages, rewrite_message, upstream, out);
}

bool
names_prefix_uris(struct json_object *result, const char *upstream)
{
	static const struct {
		const char *member;
		rewrite *how;
	} places[] = {
	    {"contents", rewrite_contents},
	    {"messages", rewrite_messages},
	    {"content", rewrite_content},
	    {"params", rewrite_resource},
	};

	for (size_t i = 0; upstream != NULL && i < sizeof(places) / sizeof(places[0]); i++) {
		bool found;
		struct json_object *old = json_member(result, places[i].member, &found);
		struct json_object *value;

		if (found && (!places[i].how(old, upstream, &value) ||
				 !json_set(result, places[i].member, value)))
			return false;
	}
	return true;
}
