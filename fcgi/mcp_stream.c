/*
 * mcp_stream.c - streams of notifications: GET of a legacy client, subscriptions/listen of a modern one; see mcp_visit.h.
 *
 * Each has a thread of its own (watch.h), so that none of those that serve requests is taken; the setting streams_max bounds them.
 */
#include "mcp_stream.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "mcp/watch.h"
#include "thread.h"

struct stream {
	const char *session_id; /* of a legacy client; NULL: a modern one may have several */
	struct stream *next;
};

struct streams {
	pthread_mutex_t mutex; /* guards the rest */
	struct stream *first;
	int64_t count;
};

enum status
streams_open(struct streams **out, struct problem *why)
{
	struct streams *streams = calloc(1, sizeof(*streams));

	*out = streams;
	if (streams == NULL)
		return STATUS_NO_MEMORY;
	if (pthread_mutex_init(&streams->mutex, NULL) == 0)
		return STATUS_OK;
	problem_set(why, "cannot make a lock");
	free(streams);
	*out = NULL;
	return STATUS_FAILED;
}

/* STATUS_EXISTS: the session has one; STATUS_TOO_LARGE: the process has as many as it may. */
static enum status
enter(struct streams *streams, struct stream *stream, int64_t most)
{
	enum status status = STATUS_OK;

	pthread_mutex_lock(&streams->mutex);
	for (struct stream *s = streams->first; s != NULL; s = s->next)
		if (stream->session_id != NULL && s->session_id != NULL &&
		    strcmp(s->session_id, stream->session_id) == 0)
			status = STATUS_EXISTS;
	if (status == STATUS_OK && streams->count >= most)
		status = STATUS_TOO_LARGE;
	if (status == STATUS_OK) {
		stream->next = streams->first;
		streams->first = stream;
		streams->count++;
	}
	pthread_mutex_unlock(&streams->mutex);
	return status;
}

static void
leave(struct streams *streams, struct stream *stream)
{
	struct stream **at = &streams->first;

	pthread_mutex_lock(&streams->mutex);
	while (*at != stream)
		at = &(*at)->next;
	*at = stream->next;
	streams->count--;
	pthread_mutex_unlock(&streams->mutex);
}

static bool
send_message(void *arg, const struct json_object *message)
{
	return answer_event(arg, message);
}

static bool
keep(void *arg)
{
	return answer_keep(arg);
}

/* The thread of one stream. */
static void *
keep_open(void *arg)
{
	struct visit *visit = arg;
	const struct catalog_view view = visit_view(visit);
	const bool legacy = visit->era == ERA_LEGACY;
	bool found;
	const struct watch_client client = {.era = visit->era,
	    .caller = visit->caller,
	    .view = &view.peer,
	    .session_id = legacy ? visit->session.id : NULL,
	    .id = visit->id,
	    .wanted = json_member(visit->message.params, "notifications", &found),
	    .fd = exchange_fd(visit->exchange),
	    .send = send_message,
	    .keep = keep,
	    .arg = visit};
	struct mcp_door *door = visit->door;
	struct stream *stream = visit->stream;

	log_request(visit->exchange->request.id);
	watch_run(&door->mcp, &client);
	answer_nothing(visit);
	leave(door->streams, stream);
	visit_end(visit);
	free(stream);
	log_request("");
	return NULL;
}

/* Into a thread of its own. Otherwise `status` says why not, and the visit is still the caller's. */
static enum status
begin(struct visit *visit)
{
	struct stream *stream = calloc(1, sizeof(*stream));
	enum status status = STATUS_NO_MEMORY;

	if (stream == NULL)
		return status;
	if (visit->era == ERA_LEGACY)
		stream->session_id = visit->session.id;
	status = enter(visit->door->streams, stream, visit->exchange->service->config.streams_max);
	if (status != STATUS_OK) {
		free(stream);
		return status;
	}
	visit->stream = stream;
	exchange_drop(visit->exchange);
	exchange_park(visit->exchange);
	if (thread_start(keep_open, visit))
		return STATUS_OK;
	leave(visit->door->streams, stream);
	free(stream);
	return STATUS_BUSY;
}

static void
refuse(struct visit *visit, int http, const char *why)
{
	struct rpc_fault fault = {0};

	(void)rpc_fault_set(
	    &fault, http, visit->era == ERA_LEGACY ? RPC_SERVER_ERROR : RPC_INTERNAL, "%s", why);
	answer_fault_http(visit, &fault);
}

static void
begin_or_refuse(struct visit *visit)
{
	enum status status = begin(visit);

	if (status == STATUS_OK)
		return;
	if (status == STATUS_EXISTS)
		refuse(visit, 409, "Conflict: this session has a stream already");
	else if (status == STATUS_TOO_LARGE)
		refuse(visit, 503, "Too many streams are open; try again later");
	else
		visit_unavailable(visit, status);
	visit_end(visit);
}

void
stream_get(struct visit *visit)
{
	visit->era = ERA_LEGACY;
	if (!http_accepts_events(visit)) {
		reply_error(&visit->exchange->reply, &visit->exchange->request, 406,
		    "not_acceptable", "send `Accept: text/event-stream`");
	} else if (request_header(&visit->exchange->request, "MCP_SESSION_ID") == NULL) {
		refuse(visit, 400, "Bad request: Mcp-Session-Id is missing");
	} else if (session_find(visit)) {
		/* Whatever the body of a GET may be. */
		visit->bridged = json_share(visit->session.capabilities);
		begin_or_refuse(visit);
		return;
	}
	visit_end(visit);
}

void
stream_listen(struct visit *visit)
{
	struct rpc_fault fault = {0};
	bool found;

	if (watch_wanted_check(
		json_member(visit->message.params, "notifications", &found), &fault) == STATUS_OK) {
		begin_or_refuse(visit);
		return;
	}
	answer_fault(visit, &fault);
	visit_end(visit);
}
