/* demo_texts.c - the resource and the prompt of the demo server. */
#include <stdio.h>
#include <string.h>

#include "demo.h"

#define URI "demo://welcome"

static const char resources[] =
    "{\"resources\":[{\"uri\":\"" URI "\",\"name\":\"welcome\",\"title\":\"Welcome\","
    "\"description\":\"What this server is for.\",\"mimeType\":\"text/plain\"}]}";
static const char welcome[] =
    "{\"contents\":[{\"uri\":\"" URI "\",\"mimeType\":\"text/plain\",\"text\":"
    "\"Welcome. Each call that you make here passes the gateway first: some are allowed, some wait for "
    "a person, some are denied. `enforgatectl audit tail` shows what became of them.\"}]}";
static const char prompts[] =
    "{\"prompts\":[{\"name\":\"postcard\",\"title\":\"Write a postcard\",\"description\":\"Asks for a "
    "postcard to somebody.\",\"arguments\":[{\"name\":\"to\",\"description\":\"who gets it\","
    "\"required\":true}]}]}";

struct json_object *
demo_list_resources(void)
{
	return demo_parse(resources);
}

struct json_object *
demo_read_resource(struct json_object *params, struct rpc_fault *fault)
{
	bool found;
	const char *uri = json_text(json_member(params, "uri", &found));

	if (uri != NULL && strcmp(uri, URI) == 0)
		return demo_parse(welcome);
	(void)rpc_fault_set(fault, 200, RPC_INVALID_PARAMS, "no such resource");
	return NULL;
}

struct json_object *
demo_list_prompts(void)
{
	return demo_parse(prompts);
}

struct json_object *
demo_get_prompt(struct json_object *params, struct rpc_fault *fault)
{
	bool found;
	const char *name = json_text(json_member(params, "name", &found));
	const char *to =
	    json_text(json_member(json_member(params, "arguments", &found), "to", &found));
	struct json_object *result = json_new_object(), *message = json_new_object(),
			   *messages = json_new_array();
	char text[256];
	bool good = false;

	if (name == NULL || strcmp(name, "postcard") != 0 || to == NULL) {
		(void)rpc_fault_set(fault, 200, RPC_INVALID_PARAMS,
		    "there is one prompt, \"postcard\", with an argument `to`");
	} else if (result != NULL && message != NULL && messages != NULL) {
		(void)snprintf(text, sizeof(text),
		    "Write a postcard of three sentences to %.100s, and send it with send_postcard.",
		    to);
		good = json_set_text(message, "role", "user") &&
		       json_set(message, "content", demo_text(text)) &&
		       json_append(messages, json_share(message)) &&
		       json_set(result, "messages", json_share(messages));
	}
	json_free(message);
	json_free(messages);
	if (good)
		return result;
	json_free(result);
	return NULL;
}
