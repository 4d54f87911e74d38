/* watch.c - streams of notifications to a client; see watch.h. */
#include "mcp/watch_stream.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "mcp/convert.h"
#include "wake.h"

#define US_PER_MS 1000
#define READY_MS 3000 /* for upstreams to listen, before the client is told that it is heard */

const struct watch_notice watch_notices[WATCH_NOTICES] = {
    {LIST_TOOLS, "toolsListChanged", "notifications/tools/list_changed"},
    {LIST_PROMPTS, "promptsListChanged", "notifications/prompts/list_changed"},
    {LIST_RESOURCES, "resourcesListChanged", "notifications/resources/list_changed"},
};

enum status
watch_wanted_check(const struct json_object *wanted, struct rpc_fault *fault)
{
	bool found;
	struct json_object *uris;

	if (json_type(wanted) != JSON_OBJECT)
		return rpc_fault_set(
		    fault, 200, RPC_INVALID_PARAMS, "Invalid params: notifications is no object");
	for (size_t i = 0; i < WATCH_NOTICES; i++) {
		struct json_object *wish = json_member(wanted, watch_notices[i].wish, &found);

		if (found && json_type(wish) != JSON_BOOL)
			return rpc_fault_set(fault, 200, RPC_INVALID_PARAMS,
			    "Invalid params: %s is no boolean", watch_notices[i].wish);
	}
	uris = json_member(wanted, "resourceSubscriptions", &found);
	if (found && json_type(uris) != JSON_ARRAY)
		return rpc_fault_set(fault, 200, RPC_INVALID_PARAMS,
		    "Invalid params: resourceSubscriptions is no array");
	if (json_length(uris) > WATCH_URIS_MAX)
		return rpc_fault_set(fault, 200, RPC_INVALID_PARAMS,
		    "Invalid params: more than %d resourceSubscriptions", WATCH_URIS_MAX);
	for (size_t i = 0; i < json_length(uris); i++) {
		size_t len = 0;

		if (json_string(json_element(uris, i), &len) == NULL || len > MCP_URI_MAX)
			return rpc_fault_set(fault, 200, RPC_INVALID_PARAMS,
			    "Invalid params: resourceSubscriptions holds no URI, or a long one");
	}
	return STATUS_OK;
}

/* ---- What is said. ---- */

/* Takes over `params`, which may be NULL; a modern stream's name is added. */
static void
say(struct watch *w, const char *method, struct json_object *params)
{
	struct json_object *meta = NULL, *message = NULL;
	bool fine = true;

	if (w->client->era == ERA_MODERN) {
		if (params == NULL)
			params = json_new_object();
		meta = json_new_object();
		fine = params != NULL && meta != NULL && json_set(params, "_meta", meta) &&
		       json_set(meta, MCP_META "subscriptionId", json_share(w->client->id));
	}
	if (fine)
		message = rpc_notification(method, params);
	json_free(params);
	/* What there is no memory for was not said, and the client would rely on it. */
	if (message == NULL || !w->client->send(w->client->arg, message))
		w->gone = true;
	w->kept_us = clock_us();
	json_free(message);
}

static void
acknowledge(struct watch *w)
{
	struct json_object *params = json_new_object(), *accepted = json_new_object();
	bool fine = params != NULL && accepted != NULL;

	for (size_t i = 0; i < WATCH_NOTICES && fine; i++)
		if (w->wants[i])
			fine = json_set_bool(accepted, watch_notices[i].wish, true);
	if (fine && json_length(w->uris) > 0)
		fine = json_set(accepted, "resourceSubscriptions", json_share(w->uris));
	if (fine && json_set(params, "notifications", accepted)) {
		say(w, "notifications/subscriptions/acknowledged", params);
		return;
	}
	json_free(params);
	if (!fine)
		json_free(accepted);
	w->gone = true;
}

/* The response to subscriptions/listen. */
static void
say_goodbye(struct watch *w)
{
	struct json_object *result = json_new_object(), *message = NULL, *meta;
	bool found;

	if (result != NULL && convert_modern(result, "complete")) {
		meta = json_member(result, "_meta", &found);
		if (json_set(meta, MCP_META "subscriptionId", json_share(w->client->id)))
			message = rpc_response(w->client->id, result);
	}
	if (message != NULL)
		(void)w->client->send(w->client->arg, message);
	json_free(message);
	json_free(result);
}

/* ---- The stream. ---- */

static void
look(struct watch *w)
{
	struct watch_look found;

	w->looked_us = clock_us();
	/* What cannot be read now can be in a second. */
	if (watch_look(w, &found) != STATUS_OK)
		return;
	if (found.over) {
		w->ended = true;
		return;
	}
	for (size_t i = 0; i < WATCH_NOTICES && !w->gone; i++) {
		if (found.marks[i] == w->marks[i])
			continue;
		w->marks[i] = found.marks[i];
		if (w->wants[i])
			say(w, watch_notices[i].method, NULL);
	}
	watch_touch(w);
	if (found.moved || found.generation != w->generation)
		watch_listen(w, found.generation);
}

static void
say_updates(struct watch *w)
{
	struct json_object *params;
	char *uri;

	while (!w->gone && (uri = listener_take(w->listener)) != NULL) {
		params = json_new_object();
		if (params != NULL && json_set_text(params, "uri", uri)) {
			say(w, "notifications/resources/updated", params);
		} else {
			json_free(params);
			w->gone = true;
		}
		free(uri);
	}
}

/* Waits a tick at most; sees the end of the client and of the process. */
static void
wait_tick(struct watch *w)
{
	struct pollfd watched[] = {{.fd = w->client->fd, .events = POLLRDHUP},
	    {.fd = w->mcp->end_fd, .events = POLLIN},
	    {.fd = listener_fd(w->listener), .events = POLLIN}};

	if (poll(watched, 3, WATCH_TICK_MS) <= 0)
		return;
	if (watched[0].revents != 0)
		w->gone = true;
	if (watched[1].revents != 0)
		w->ended = true;
}

/* Until we listen at the upstreams, or know that we cannot: what changes from now on is heard. */
static void
wait_ready(struct watch *w)
{
	const int64_t until_us = clock_us() + (int64_t)READY_MS * US_PER_MS;

	while (!w->gone && !w->ended && !listener_ready(w->listener) && clock_us() < until_us) {
		wait_tick(w);
		/* An update before the client was told anything: it has read nothing yet. */
		free(listener_take(w->listener));
	}
}

static bool
begin(struct watch *w)
{
	const struct watch_client *client = w->client;
	struct watch_look found;
	bool all = client->era == ERA_LEGACY, wanted;

	for (size_t i = 0; i < WATCH_NOTICES; i++)
		w->wants[i] =
		    all || json_bool(json_member(client->wanted, watch_notices[i].wish, &wanted));
	w->uris =
	    all ? NULL : json_copy(json_member(client->wanted, "resourceSubscriptions", &wanted));
	w->wake = wake_value(w->mcp->wake_fd);
	if (listener_open(w->mcp, client->view, &w->listener) != STATUS_OK ||
	    watch_look(w, &found) != STATUS_OK || found.over)
		return false;
	memcpy(w->marks, found.marks, sizeof(w->marks));
	watch_listen(w, found.generation);
	wait_ready(w);
	if (client->era == ERA_MODERN)
		acknowledge(w);
	else if (!client->keep(client->arg))
		w->gone = true;
	w->kept_us = clock_us();
	return true;
}

void
watch_run(struct mcp *mcp, const struct watch_client *client)
{
	struct watch w = {.mcp = mcp,
	    .client = client,
	    .state_dir_fd = open(mcp->config->state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
	    .touched_us = clock_us()};
	uint64_t wake;

	w.ended = !begin(&w);
	while (!w.gone && !w.ended) {
		wait_tick(&w);
		wake = wake_value(mcp->wake_fd);
		if (wake != w.wake ||
		    clock_us() - w.looked_us > (int64_t)WATCH_LOOK_MS * US_PER_MS) {
			w.wake = wake;
			look(&w);
		}
		say_updates(&w);
		if (!w.gone && clock_us() - w.kept_us > (int64_t)WATCH_KEEP_MS * US_PER_MS) {
			w.gone = !client->keep(client->arg);
			w.kept_us = clock_us();
		}
	}
	if (!w.gone && client->era == ERA_MODERN)
		say_goodbye(&w);
	listener_close(w.listener);
	json_free(w.uris);
	if (w.state_dir_fd >= 0)
		(void)close(w.state_dir_fd);
}
