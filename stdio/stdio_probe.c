/*
 * stdio_probe.c - of which era the child of a host is (facts of the protocol: stdio, Backward Compatibility), and its hello.
 *
 * server/discover goes first. A result that names our version: modern. An error, whatever its code, or silence: initialize. A child
 * that ends on the first message is started once more and not asked that again.
 */
#include <string.h>

#include "clock.h"
#include "log.h"
#include "mcp/convert.h"
#include "stdio_host.h"

#define SILENCE_MS 3000

static struct json_object *
shared_capabilities(const struct host *host)
{
	return host->capabilities != NULL ? json_share(host->capabilities) : json_new_object();
}

struct json_object *
probe_meta(const struct host *host)
{
	struct json_object *meta = json_new_object();

	if (meta != NULL && json_set_text(meta, MCP_META "protocolVersion", MCP_VERSION_MODERN) &&
	    json_set(meta, MCP_META "clientCapabilities", shared_capabilities(host)) &&
	    json_set(meta, MCP_META "clientInfo", convert_server_info()))
		return meta;
	json_free(meta);
	return NULL;
}

/* Sends a request of the host's own; takes over `params`. */
static void
ask(struct host *host, const char *method, struct json_object *params, int64_t *id)
{
	struct json_object *message = params != NULL ? rpc_request(NULL, method, params) : NULL;

	*id = ++host->next_id;
	if (message == NULL || !json_set_integer(message, "id", *id) ||
	    host_tell_child(host, message) != STATUS_OK)
		host_end(host, "it cannot be asked what it is");
	json_free(message);
	json_free(params);
}

static void
discover(struct host *host)
{
	struct json_object *params = json_new_object();

	if (params != NULL && !json_set(params, "_meta", probe_meta(host))) {
		json_free(params);
		params = NULL;
	}
	ask(host, "server/discover", params, &host->probe_id);
	host->probe_until_us = clock_us() + (int64_t)SILENCE_MS * 1000;
}

static void
initialize(struct host *host)
{
	struct json_object *params = json_new_object();

	if (params != NULL && (!json_set_text(params, "protocolVersion", MCP_VERSION_LEGACY) ||
				  !json_set(params, "capabilities", shared_capabilities(host)) ||
				  !json_set(params, "clientInfo", convert_server_info()))) {
		json_free(params);
		params = NULL;
	}
	ask(host, "initialize", params, &host->initialize_id);
}

void
probe_start(struct host *host)
{
	host->probe_id = host->initialize_id = 0;
	/* Behind the bridge is a legacy server: that is what it is for. */
	if (host->probe_died || host->upstream.kind == UPSTREAM_HTTP)
		initialize(host);
	else
		discover(host);
}

/* Puts the members of a result that the hello has into it. */
static bool
take_facts(struct json_object *hello, struct json_object *result, struct json_object *server_info)
{
	bool found, fits = true;
	struct json_object *value = json_member(result, "capabilities", &found);

	fits = json_set(hello, "capabilities",
	    json_type(value) == JSON_OBJECT ? json_share(value) : json_new_object());
	if (json_type(server_info) == JSON_OBJECT)
		fits = fits && json_set(hello, "serverInfo", json_share(server_info));
	value = json_member(result, "instructions", &found);
	if (json_text(value) != NULL)
		fits = fits && json_set(hello, "instructions", json_share(value));
	return fits;
}

static void
say_hello(struct host *host, enum era era, const char *version, struct json_object *result,
    struct json_object *server_info)
{
	struct json_object *hello = json_new_object(), *wrapped = json_new_object();
	struct buf text;

	buf_init(&text, PEER_FACTS_MAX);
	if (hello == NULL || wrapped == NULL ||
	    !json_set_text(hello, "upstream", host->upstream.name) ||
	    !json_set_text(hello, "era", era == ERA_MODERN ? "modern" : "legacy") ||
	    !json_set_text(hello, "version", version) || !take_facts(hello, result, server_info) ||
	    !json_set(wrapped, "hello", json_share(hello))) {
		host_end(host, "its host is out of memory");
		goto out;
	}
	json_write(hello, &text);
	if (buf_status(&text) != STATUS_OK) {
		host_end(host, "it says too much about itself");
		goto out;
	}
	host->era = era;
	host->hello = wrapped;
	wrapped = NULL;
	host->phase = PHASE_SERVING;
	host->used_us = clock_us();
	log_info("upstream %s: ready, %s, version %s", host->upstream.name,
	    era == ERA_MODERN ? "modern" : "legacy", version);
	guests_greet(host);
out:
	buf_free(&text);
	json_free(hello);
	json_free(wrapped);
}

static bool
serves_modern(const struct json_object *result)
{
	bool found;
	const struct json_object *versions = json_member(result, "supportedVersions", &found);

	for (size_t i = 0; i < json_length(versions); i++) {
		const char *version = json_text(json_element(versions, i));

		if (version != NULL && strcmp(version, MCP_VERSION_MODERN) == 0)
			return true;
	}
	return false;
}

static void
modern(struct host *host, struct json_object *result)
{
	bool found;
	struct json_object *meta = json_member(result, "_meta", &found);

	say_hello(host, ERA_MODERN, MCP_VERSION_MODERN, result,
	    json_member(meta, MCP_META "serverInfo", &found));
}

static void
legacy(struct host *host, struct json_object *result)
{
	bool found;
	const char *version = json_text(json_member(result, "protocolVersion", &found));
	struct json_object *message;

	if (version == NULL || !era_serves_legacy(version)) {
		host_end(host, "it speaks a version of the protocol that is not known here");
		return;
	}
	message = rpc_notification("notifications/initialized", NULL);
	if (message == NULL || host_tell_child(host, message) != STATUS_OK)
		host_end(host, "it takes nothing of what it is told");
	else
		say_hello(
		    host, ERA_LEGACY, version, result, json_member(result, "serverInfo", &found));
	json_free(message);
}

/* The answer to initialize, in which a modern server that was slow to answer the first question says that it does not know that. */
static void
initialized(struct host *host, const struct rpc_message *message)
{
	if (json_type(message->result) == JSON_OBJECT)
		legacy(host, message->result);
	else if (host->discovered != NULL)
		modern(host, host->discovered);
	else if (message->error != NULL) {
		bool found;
		const char *text = json_text(json_member(message->error, "message", &found));

		host_end(host, "it refuses to be initialized: %.200s", text != NULL ? text : "");
	} else {
		host_end(host, "it is no MCP server");
	}
}

static void
discovered(struct host *host, const struct rpc_message *message)
{
	const bool is_modern =
	    json_type(message->result) == JSON_OBJECT && serves_modern(message->result);

	if (host->initialize_id == 0) {
		if (is_modern)
			modern(host, message->result);
		else
			initialize(host);
	} else if (is_modern && host->discovered == NULL) {
		/* It was asked to initialize meanwhile: what it says to that decides. */
		host->discovered = json_share(message->result);
	}
}

void
probe_answer(struct host *host, const struct rpc_message *message)
{
	int64_t id;

	if (!json_integer(message->id, &id))
		return;
	if (id == host->initialize_id)
		initialized(host, message);
	else if (id == host->probe_id)
		discovered(host, message);
}

void
probe_tick(struct host *host, int64_t now_us)
{
	if (host->phase != PHASE_PROBING)
		return;
	if (now_us >= host->start_until_us)
		host_end(host, "it did not say what it is within %d seconds", HOST_START_MS / 1000);
	else if (host->initialize_id == 0 && now_us >= host->probe_until_us)
		initialize(host);
}
