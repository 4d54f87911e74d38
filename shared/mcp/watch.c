/* watch.c - streams of notifications to a client; see watch.h. */
#include "mcp/watch.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "generation.h"
#include "log.h"
#include "mcp/convert.h"
#include "mcp/sessions.h"
#include "mcp/watch_ears.h"
#include "stop.h"
#include "wake.h"

#define US_PER_MS 1000
#define READY_MS 3000   /* for upstreams to listen, before the client is told that it is heard */
#define TOUCH_MS 600000 /* a session whose stream is open is in use */
#define NOTICES 3       /* kinds of lists that are told of: templates go with resources */

static const struct notice_kind {
	enum list_kind kind;
	const char *wish; /* member of params.notifications */
	const char *method;
} notices[NOTICES] = {
    {LIST_TOOLS, "toolsListChanged", "notifications/tools/list_changed"},
    {LIST_PROMPTS, "promptsListChanged", "notifications/prompts/list_changed"},
    {LIST_RESOURCES, "resourcesListChanged", "notifications/resources/list_changed"},
};

/* One stream. */
struct watch {
	struct mcp *mcp;
	const struct watch_client *client;
	struct listener *listener;
	struct json_object *uris; /* that the client wants to hear of, as it says them */
	bool wants[NOTICES];
	int64_t marks[NOTICES];
	int64_t generation; /* under which the upstreams were read */
	int state_dir_fd;
	uint64_t wake;
	int64_t looked_us;
	int64_t touched_us;
	int64_t kept_us;
	bool gone;  /* the client is */
	bool ended; /* by us */
};

enum status
watch_wanted_check(const struct json_object *wanted, struct rpc_fault *fault)
{
	bool found;
	struct json_object *uris;

	if (json_type(wanted) != JSON_OBJECT)
		return rpc_fault_set(
		    fault, 200, RPC_INVALID_PARAMS, "Invalid params: notifications is no object");
	for (size_t i = 0; i < NOTICES; i++) {
		struct json_object *wish = json_member(wanted, notices[i].wish, &found);

		if (found && json_type(wish) != JSON_BOOL)
			return rpc_fault_set(fault, 200, RPC_INVALID_PARAMS,
			    "Invalid params: %s is no boolean", notices[i].wish);
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

	for (size_t i = 0; i < NOTICES && fine; i++)
		if (w->wants[i])
			fine = json_set_bool(accepted, notices[i].wish, true);
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

/* ---- What is looked at. ---- */

/* Whether the key may still listen. False also where that cannot be told. */
static bool
key_stands(struct watch *w, struct db *db)
{
	const struct key *key = &w->client->caller->key;
	bool all = true, own = true;
	struct key now;

	if (keys_find_name(db, key->name, &now) != STATUS_OK || strcmp(now.id, key->id) != 0 ||
	    strcmp(key_state(&now, clock_wall_ms()), "active") != 0)
		return false;
	if (stop_file_present(w->state_dir_fd, key->name) ||
	    stop_row_present(db, NULL, &all) != STATUS_OK ||
	    stop_row_present(db, key->id, &own) != STATUS_OK)
		return false;
	return !all && !own;
}

static bool
collect_uri(void *arg, const char *uri)
{
	return json_append_text(arg, uri);
}

/* What the session of a legacy client has subscribed to. */
static enum status
read_subscriptions(struct watch *w, struct db *db, bool *moved)
{
	struct json_object *uris = json_new_array();
	enum status status = STATUS_NO_MEMORY;

	*moved = false;
	if (uris != NULL)
		status = sessions_each_subscription(db, w->client->session_id, collect_uri, uris);
	if (status != STATUS_OK) {
		json_free(uris);
		return status;
	}
	*moved = !json_equal(uris, w->uris);
	json_free(w->uris);
	w->uris = uris;
	return STATUS_OK;
}

/* So that it does not end as idle while its stream is open. */
static void
touch_session(struct watch *w)
{
	struct db *db;

	if (w->client->session_id == NULL ||
	    clock_us() - w->touched_us < (int64_t)TOUCH_MS * US_PER_MS)
		return;
	w->touched_us = clock_us();
	if (store_write(w->mcp->store, &db) != STATUS_OK)
		return;
	if (sessions_touch(db, w->client->session_id, clock_wall_ms()) != STATUS_OK)
		store_rollback(w->mcp->store, db);
	else if (store_commit(w->mcp->store, db) != STATUS_OK)
		log_warn("the session of a stream cannot be kept in use");
}

/* What a look at the database found. */
struct look {
	bool over;  /* the stream has to end */
	bool moved; /* what is wanted has */
	int64_t generation;
	int64_t marks[NOTICES];
};

static enum status
read_all(struct watch *w, struct db *db, struct look *look)
{
	enum status status = generation_read(db, &look->generation);

	look->over = !key_stands(w, db) ||
		     (w->client->session_id != NULL && !sessions_alive(db, w->client->session_id));
	if (status == STATUS_OK && w->client->session_id != NULL)
		status = read_subscriptions(w, db, &look->moved);
	for (size_t i = 0; i < NOTICES && status == STATUS_OK; i++)
		status = catalog_mark_in(
		    db, w->client->caller->key.id, notices[i].kind, &look->marks[i]);
	return status;
}

static enum status
read_look(struct watch *w, struct look *look)
{
	struct db *db;
	enum status status = store_read(w->mcp->store, &db);

	*look = (struct look){.over = false};
	if (status != STATUS_OK)
		return status;
	status = read_all(w, db, look);
	store_read_end(w->mcp->store, db);
	return status;
}

/* ---- What is heard for it. ---- */

/* Where one URI leads; one that leads nowhere, or that the policy always denies, is not heard of. */
static bool
lead(struct watch *w, const struct caller *caller, const char *uri, struct heard_uri *out)
{
	const struct catalog_view view = {
	    .caller = caller, .peer = *w->client->view, .era = w->client->era};
	char name[sizeof("resource:") + MCP_URI_MAX];
	struct problem why = {""};
	struct route route;
	bool allowed;

	if (catalog_route(w->mcp, &view, LIST_RESOURCES, uri, &route, &why) != STATUS_OK)
		return false;
	(void)snprintf(name, sizeof(name), "resource:%s", route.name);
	allowed = !catalog_hidden(caller, route.upstream.name, name);
	if (allowed) {
		(void)snprintf(out->upstream_id, sizeof(out->upstream_id), "%s", route.upstream.id);
		out->uri = strdup(uri);
		out->own = strdup(route.name);
	}
	route_free(&route);
	if (allowed && out->uri != NULL && out->own != NULL)
		return true;
	free(out->uri);
	free(out->own);
	*out = (struct heard_uri){.uri = NULL};
	return false;
}

/* The URIs that lead somewhere, for the ears; the others are taken off what a modern client is told that it hears. */
static struct heard_uri *
lead_all(struct watch *w, const struct caller *caller, size_t *count)
{
	struct heard_uri *heard = calloc(json_length(w->uris) + 1, sizeof(*heard));
	struct json_object *accepted = json_new_array();
	size_t len;

	*count = 0;
	for (size_t i = 0; heard != NULL && i < json_length(w->uris); i++) {
		struct json_object *uri = json_element(w->uris, i);

		if (lead(w, caller, json_string(uri, &len), &heard[*count])) {
			(*count)++;
			if (accepted != NULL)
				(void)json_append(accepted, json_share(uri));
		}
	}
	if (w->client->era == ERA_MODERN && accepted != NULL) {
		json_free(w->uris);
		w->uris = accepted;
	} else {
		json_free(accepted);
	}
	return heard;
}

/* Listens at the upstreams of the key as they are now. */
static void
listen_at(struct watch *w, int64_t generation)
{
	struct caller *caller = malloc(sizeof(*caller));
	struct upstream_set set;
	struct heard_uri *heard;
	size_t count;

	w->generation = generation;
	if (caller == NULL)
		return;
	/* As it was, but of today: names lead to the upstreams that there are. */
	memcpy(caller, w->client->caller, sizeof(*caller));
	caller->generation = generation;
	if (catalog_upstreams(w->mcp, caller->key.id, generation, &set) == STATUS_OK) {
		heard = lead_all(w, caller, &count);
		if (heard != NULL && listener_wants(w->listener, &set, heard, count) != STATUS_OK)
			log_warn(
			    "a stream does not hear all upstreams of key \"%s\"", caller->key.name);
		catalog_upstreams_end(w->mcp, &set);
	}
	free(caller);
}

/* ---- The stream. ---- */

static void
look(struct watch *w)
{
	struct look found;

	w->looked_us = clock_us();
	/* What cannot be read now can be in a second. */
	if (read_look(w, &found) != STATUS_OK)
		return;
	if (found.over) {
		w->ended = true;
		return;
	}
	for (size_t i = 0; i < NOTICES && !w->gone; i++) {
		if (found.marks[i] == w->marks[i])
			continue;
		w->marks[i] = found.marks[i];
		if (w->wants[i])
			say(w, notices[i].method, NULL);
	}
	touch_session(w);
	if (found.moved || found.generation != w->generation)
		listen_at(w, found.generation);
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
	struct look found;
	bool all = client->era == ERA_LEGACY, wanted;

	for (size_t i = 0; i < NOTICES; i++)
		w->wants[i] =
		    all || json_bool(json_member(client->wanted, notices[i].wish, &wanted));
	w->uris =
	    all ? NULL : json_copy(json_member(client->wanted, "resourceSubscriptions", &wanted));
	w->wake = wake_value(w->mcp->wake_fd);
	if (listener_open(w->mcp, client->view, &w->listener) != STATUS_OK ||
	    read_look(w, &found) != STATUS_OK || found.over)
		return false;
	memcpy(w->marks, found.marks, sizeof(w->marks));
	listen_at(w, found.generation);
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
