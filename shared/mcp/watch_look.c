/* watch_look.c - what the database says to a stream, and where it listens; see watch_stream.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "generation.h"
#include "log.h"
#include "mcp/sessions.h"
#include "mcp/watch_stream.h"
#include "stop.h"

#define US_PER_MS 1000
#define TOUCH_MS 600000

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

void
watch_touch(struct watch *w)
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

static enum status
read_all(struct watch *w, struct db *db, struct watch_look *look)
{
	enum status status = generation_read(db, &look->generation);

	look->over = !key_stands(w, db) ||
		     (w->client->session_id != NULL && !sessions_alive(db, w->client->session_id));
	if (status == STATUS_OK && w->client->session_id != NULL)
		status = read_subscriptions(w, db, &look->moved);
	for (size_t i = 0; i < WATCH_NOTICES && status == STATUS_OK; i++)
		status = catalog_mark_in(
		    db, w->client->caller->key.id, watch_notices[i].kind, &look->marks[i]);
	return status;
}

enum status
watch_look(struct watch *w, struct watch_look *look)
{
	struct db *db;
	enum status status = store_read(w->mcp->store, &db);

	*look = (struct watch_look){.over = false};
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

void
watch_listen(struct watch *w, int64_t generation)
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
