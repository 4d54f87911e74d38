/* demo_tools.c - the tools of the demo server: what they say they do is all they do. */
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "demo.h"

#define TEXT_MAX ((size_t)1 << 20)

static const char tools[] =
    "{\"tools\":["
    "{\"name\":\"echo\",\"title\":\"Echo\",\"description\":\"Gives back what it is given.\","
    "\"inputSchema\":{\"type\":\"object\",\"properties\":{\"text\":{\"type\":\"string\"}},"
    "\"required\":[\"text\"]},\"annotations\":{\"readOnlyHint\":true}},"
    "{\"name\":\"add\",\"title\":\"Add\",\"description\":\"Adds two whole numbers.\","
    "\"inputSchema\":{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\"},"
    "\"b\":{\"type\":\"integer\"}},\"required\":[\"a\",\"b\"]},"
    "\"outputSchema\":{\"type\":\"object\",\"properties\":{\"sum\":{\"type\":\"integer\"}},"
    "\"required\":[\"sum\"]},\"annotations\":{\"readOnlyHint\":true}},"
    "{\"name\":\"time\",\"title\":\"Time\",\"description\":\"The time of day, in UTC.\","
    "\"inputSchema\":{\"type\":\"object\"},\"annotations\":{\"readOnlyHint\":true}},"
    "{\"name\":\"send_postcard\",\"title\":\"Send a postcard\",\"description\":\"Would send a "
    "postcard to somebody, if this were more than a demo.\",\"inputSchema\":{\"type\":\"object\","
    "\"properties\":{\"to\":{\"type\":\"string\",\"description\":\"who gets it\"},"
    "\"message\":{\"type\":\"string\"}},\"required\":[\"to\",\"message\"]},"
    "\"annotations\":{\"readOnlyHint\":false,\"openWorldHint\":true}},"
    "{\"name\":\"delete_everything\",\"title\":\"Delete everything\",\"description\":\"Would delete "
    "everything, if this were more than a demo.\",\"inputSchema\":{\"type\":\"object\"},"
    "\"annotations\":{\"destructiveHint\":true}}"
    "]}";

struct json_object *
demo_list_tools(void)
{
	return demo_parse(tools);
}

/* A result of one text; `structured` is taken over and may be NULL. */
static struct json_object *
result_of(const char *text, bool is_error, struct json_object *structured)
{
	struct json_object *result = json_new_object(), *content = json_new_array();

	if (content != NULL && json_append(content, demo_text(text)) && result != NULL &&
	    json_set(result, "content", json_share(content)) &&
	    (!is_error || json_set_bool(result, "isError", true)) &&
	    (structured == NULL || json_set(result, "structuredContent", json_share(structured)))) {
		json_free(content);
		json_free(structured);
		return result;
	}
	json_free(content);
	json_free(structured);
	json_free(result);
	return NULL;
}

static const char *
text_argument(const struct json_object *arguments, const char *name)
{
	bool found;

	return json_text(json_member(arguments, name, &found));
}

static struct json_object *
add(const struct json_object *arguments)
{
	int64_t a, b, sum;
	bool found;
	char text[32];
	struct json_object *structured;

	if (!json_integer(json_member(arguments, "a", &found), &a) ||
	    !json_integer(json_member(arguments, "b", &found), &b))
		return result_of("`a` and `b` have to be whole numbers.", true, NULL);
	if (__builtin_add_overflow(a, b, &sum))
		return result_of("The sum is too large.", true, NULL);
	(void)snprintf(text, sizeof(text), "%lld", (long long)sum);
	structured = json_new_object();
	if (structured == NULL || !json_set_integer(structured, "sum", sum)) {
		json_free(structured);
		return NULL;
	}
	return result_of(text, false, structured);
}

static struct json_object *
send_postcard(const struct json_object *arguments)
{
	const char *to = text_argument(arguments, "to");
	const char *message = text_argument(arguments, "message");
	struct json_object *result;
	struct buf text;

	if (to == NULL || message == NULL)
		return result_of("`to` and `message` have to be texts.", true, NULL);
	buf_init(&text, TEXT_MAX);
	buf_printf(&text,
	    "A postcard to %s would go out now, with %zu characters on it. This is a demo: nothing was sent.",
	    to, strlen(message));
	result = buf_status(&text) == STATUS_OK
		     ? result_of(buf_str(&text), false, NULL)
		     : result_of("That is too much for a postcard.", true, NULL);
	buf_free(&text);
	return result;
}

struct json_object *
demo_call_tool(struct json_object *params, struct rpc_fault *fault)
{
	bool found;
	const char *name = text_argument(params, "name"), *text;
	const struct json_object *arguments = json_member(params, "arguments", &found);
	char now[CLOCK_TEXT_MAX];

	if (name != NULL && strcmp(name, "echo") == 0) {
		text = text_argument(arguments, "text");
		return result_of(
		    text != NULL ? text : "`text` has to be a text.", text == NULL, NULL);
	}
	if (name != NULL && strcmp(name, "add") == 0)
		return add(arguments);
	if (name != NULL && strcmp(name, "time") == 0) {
		clock_text(clock_wall_ms(), now);
		return result_of(now, false, NULL);
	}
	if (name != NULL && strcmp(name, "send_postcard") == 0)
		return send_postcard(arguments);
	if (name != NULL && strcmp(name, "delete_everything") == 0)
		return result_of(
		    "Everything would be gone now. This is a demo: nothing was deleted.", false,
		    NULL);
	(void)rpc_fault_set(fault, 200, RPC_INVALID_PARAMS, "no such tool");
	return NULL;
}
