/* demo.c - the demo server's messages; see demo.h. */
#include "demo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mcp/era.h"

#define MESSAGE_MAX ((size_t)4 << 20)
#define SERVER_INFO                                                                                \
	"{\"name\":\"enforgate-demo\",\"title\":\"Demo tools\",\"version\":\"" ENFORGATE_VERSION   \
	"\"}"
#define CAPABILITIES "{\"tools\":{},\"resources\":{},\"prompts\":{}}"
#define INSTRUCTIONS "Tools to try a gateway out with. None of them changes anything."

struct json_object *
demo_parse(const char *text)
{
	const struct json_limits limits = {.bytes = strlen(text), .nesting = 32, .members = 1000};
	struct json_object *root = NULL;

	return json_parse(text, limits.bytes, &limits, &root, NULL) == STATUS_OK ? root : NULL;
}

struct json_object *
demo_text(const char *text)
{
	struct json_object *block = json_new_object();

	if (block != NULL && json_set_text(block, "type", "text") &&
	    json_set_text(block, "text", text))
		return block;
	json_free(block);
	return NULL;
}

static struct json_object *
initialize(struct json_object *params)
{
	bool found;
	const char *wanted = json_text(json_member(params, "protocolVersion", &found));
	struct json_object *result = json_new_object();

	if (result != NULL &&
	    json_set_text(result, "protocolVersion", era_negotiate(wanted != NULL ? wanted : "")) &&
	    json_set(result, "capabilities", demo_parse(CAPABILITIES)) &&
	    json_set(result, "serverInfo", demo_parse(SERVER_INFO)) &&
	    json_set_text(result, "instructions", INSTRUCTIONS))
		return result;
	json_free(result);
	return NULL;
}

static struct json_object *
discover(void)
{
	struct json_object *result = json_new_object();

	if (result != NULL && json_set(result, "supportedVersions", era_versions()) &&
	    json_set(result, "capabilities", demo_parse(CAPABILITIES)) &&
	    json_set_text(result, "instructions", INSTRUCTIONS))
		return result;
	json_free(result);
	return NULL;
}

/* What a modern result has beside what it is about. */
static bool
make_modern(struct json_object *result, const char *method)
{
	struct json_object *meta = json_new_object();
	const bool lasting = strstr(method, "/list") != NULL ||
			     strcmp(method, "resources/read") == 0 ||
			     strcmp(method, "server/discover") == 0;

	if (meta == NULL || !json_set(meta, MCP_META "serverInfo", demo_parse(SERVER_INFO))) {
		json_free(meta);
		return false;
	}
	return json_set_text(result, "resultType", "complete") && json_set(result, "_meta", meta) &&
	       (!lasting || (json_set_integer(result, "ttlMs", 3600000) &&
				json_set_text(result, "cacheScope", "public")));
}

static struct json_object *
answer(const struct rpc_message *message, enum era era, struct rpc_fault *fault)
{
	const char *method = message->method;

	if (strcmp(method, "tools/list") == 0)
		return demo_list_tools();
	if (strcmp(method, "tools/call") == 0)
		return demo_call_tool(message->params, fault);
	if (strcmp(method, "resources/list") == 0)
		return demo_list_resources();
	if (strcmp(method, "resources/templates/list") == 0)
		return demo_parse("{\"resourceTemplates\":[]}");
	if (strcmp(method, "resources/read") == 0)
		return demo_read_resource(message->params, fault);
	if (strcmp(method, "prompts/list") == 0)
		return demo_list_prompts();
	if (strcmp(method, "prompts/get") == 0)
		return demo_get_prompt(message->params, fault);
	if (era == ERA_MODERN && strcmp(method, "server/discover") == 0)
		return discover();
	if (era == ERA_LEGACY && strcmp(method, "initialize") == 0)
		return initialize(message->params);
	if (era == ERA_LEGACY && strcmp(method, "ping") == 0)
		return json_new_object();
	(void)rpc_fault_set(fault, 200, RPC_METHOD_NOT_FOUND, "no such method");
	return NULL;
}

static struct json_object *
respond(const struct rpc_message *message)
{
	struct rpc_fault fault = {.data = NULL};
	struct envelope envelope = {.era = ERA_LEGACY};
	struct json_object *result = NULL, *response = NULL;

	if (era_read(message, NULL, &envelope, &fault) == STATUS_OK)
		result = answer(message, envelope.era, &fault);
	if (result != NULL && envelope.era == ERA_MODERN && !make_modern(result, message->method)) {
		json_free(result);
		result = NULL;
	}
	if (result != NULL) {
		response = rpc_response(message->id, result);
	} else {
		if (fault.code == 0)
			(void)rpc_fault_set(&fault, 200, RPC_INTERNAL, "out of memory");
		response = rpc_error(message->id, &fault);
	}
	json_free(result);
	rpc_fault_free(&fault);
	return response;
}

static bool
print(const struct json_object *response)
{
	struct buf text;
	bool written;

	buf_init(&text, MESSAGE_MAX);
	json_write(response, &text);
	buf_char(&text, '\n');
	written = buf_status(&text) == STATUS_OK && fputs(buf_str(&text), stdout) != EOF &&
		  fflush(stdout) == 0;
	buf_free(&text);
	return written;
}

/* One line of input. False: nobody reads the answers any more. */
static bool
serve(const char *line, size_t len)
{
	const struct json_limits limits = {.bytes = MESSAGE_MAX, .nesting = 64, .members = 100000};
	struct rpc_message message = {.root = NULL};
	struct rpc_fault fault = {.data = NULL};
	struct json_object *root = NULL, *response = NULL;
	bool good = true;

	if (json_parse(line, len, &limits, &root, NULL) != STATUS_OK) {
		(void)rpc_fault_set(&fault, 400, RPC_PARSE_ERROR, "this is not JSON");
		response = rpc_error(NULL, &fault);
	} else if (rpc_read(root, &message, &fault) != STATUS_OK) {
		response = rpc_error(message.id, &fault);
	} else if (message.kind == RPC_REQUEST) {
		response = respond(&message);
	}
	if (response != NULL)
		good = print(response);
	json_free(response);
	rpc_free(&message);
	rpc_fault_free(&fault);
	return good;
}

int
main(void)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	bool good = true;

	while (good && (len = getline(&line, &size, stdin)) >= 0) {
		while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
			len--;
		good = len == 0 || serve(line, (size_t)len);
	}
	free(line);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
