/*
 * relay_upstream.h - the upstream of relay_place.h: what the gateway has in peers.c, line.c and catalog.c, played by a script.
 *
 * Definitions, so that a program has either these or the real ones: for the one that tests the relay alone.
 */
#ifndef TEST_RELAY_UPSTREAM_H
#define TEST_RELAY_UPSTREAM_H

#include "relay_place.h"

#include <poll.h>

#include "clock.h"

enum status
peer_open(struct mcp *mcp, const struct upstream *upstream, const struct peer_view *view,
    int64_t until_us, struct peer **out, struct problem *why)
{
	struct peer *peer = calloc(1, sizeof(*peer));

	(void)mcp;
	(void)view;
	(void)until_us;
	(void)why;
	assert_non_null(peer);
	peer->upstream = *upstream;
	peer->era = relay_place_now()->era;
	peer->capabilities = relay_place_now()->trees[1];
	(void)snprintf(peer->version, sizeof(peer->version), "%s",
	    peer->era == ERA_MODERN ? MCP_VERSION_MODERN : MCP_VERSION_LEGACY);
	if (relay_place_now()->host)
		(void)snprintf(peer->host, sizeof(peer->host), "host");
	*out = peer;
	return STATUS_OK;
}

void
peer_lost(struct mcp *mcp, struct peer *peer)
{
	(void)mcp;
	assert_non_null(peer);
	relay_place_now()->lost++;
}

void
peer_release(struct mcp *mcp, struct peer *peer)
{
	(void)mcp;
	free(peer);
}

struct line {
	bool sent;
};

enum status
line_open(struct mcp *mcp, struct peer *peer, struct json_object *request,
    const char *const *headers, struct line **out, struct problem *why)
{
	struct relay_place *p = relay_place_now();

	(void)mcp;
	(void)peer;
	relay_place_note(&p->requests, request);
	for (size_t i = 0; headers != NULL && headers[i] != NULL; i++)
		relay_place_note_text(&p->headers, headers[i]);
	if (p->steps[p->at].kind == STEP_REFUSED) {
		p->at++;
		problem_set(why, "upstream \"fs\" refuses");
		return STATUS_FAILED;
	}
	*out = calloc(1, sizeof(**out));
	assert_non_null(*out);
	return STATUS_OK;
}

static enum line_event
wait_for(struct pollfd *watch, nfds_t nwatch, int64_t until_us)
{
	const int64_t left_us = until_us - clock_us();
	const int most_ms = 20;
	int wait_ms = left_us > 0 ? (int)(left_us / 1000 + 1) : 0;

	return poll(watch, nwatch, wait_ms < most_ms ? wait_ms : most_ms) > 0 ? LINE_WATCHED
									      : LINE_TIME;
}

/* The text with the token of the last request in it. */
static struct json_object *
with_token(const char *json)
{
	struct relay_place *p = relay_place_now();
	char token[64] = "0", text[4096];
	const char *at = strstr(json, "$TOKEN");
	struct json_object *request = aid_json(p->requests.text[p->requests.count - 1]);
	int64_t id;
	bool found;

	assert_true(json_integer(json_member(request, "id", &found), &id));
	(void)snprintf(token, sizeof(token), "%lld", (long long)id);
	json_free(request);
	if (at == NULL)
		return aid_json(json);
	(void)snprintf(
	    text, sizeof(text), "%.*s%s%s", (int)(at - json), json, token, at + strlen("$TOKEN"));
	return aid_json(text);
}

enum line_event
line_next(struct line *line, struct pollfd *watch, nfds_t nwatch, int64_t until_us,
    struct json_object **message, struct problem *why)
{
	struct relay_place *p = relay_place_now();
	const struct step *step = &p->steps[p->at];

	*message = NULL;
	assert_non_null(line);
	if (step->kind == STEP_END)
		return wait_for(watch, nwatch, until_us);
	if (step->kind == STEP_ANSWERED && p->sent.count < step->count)
		return wait_for(watch, nwatch, until_us);
	line->sent = step->kind != STEP_LOST && step->kind != STEP_SESSION;
	p->at++;
	if (step->act != NULL)
		step->act();
	switch (step->kind) {
	case STEP_MESSAGE:
		*message = with_token(step->json);
		return LINE_MESSAGE;
	case STEP_RESULT:
		*message = relay_place_response("result", step->json);
		return LINE_RESPONSE;
	case STEP_ERROR:
		*message = relay_place_response("error", step->json);
		return LINE_RESPONSE;
	case STEP_LOST:
	case STEP_LOST_SENT:
		problem_set(why, "upstream \"fs\" closed the connection");
		return LINE_LOST;
	case STEP_SESSION:
		return LINE_SESSION;
	case STEP_ANSWERED:
	case STEP_WATCHED:
		return wait_for(watch, nwatch, until_us);
	case STEP_REFUSED:
	case STEP_END:
		break;
	}
	fail_msg("a step where no line is open");
	return LINE_LOST;
}

bool
line_sent(const struct line *line)
{
	return line->sent;
}

enum status
line_send(struct line *line, struct json_object *message, struct problem *why)
{
	(void)why;
	assert_non_null(line);
	relay_place_note(&relay_place_now()->sent, message);
	return STATUS_OK;
}

void
line_cancel(struct line *line, const char *reason)
{
	assert_non_null(line);
	relay_place_note_text(&relay_place_now()->cancelled, reason);
}

void
line_close(struct line *line)
{
	free(line);
}

enum status
line_park(struct line *line, char handle[LINE_HANDLE_MAX + 1])
{
	assert_non_null(line);
	assert_true(relay_place_now()->host);
	relay_place_now()->parked = true;
	(void)snprintf(handle, LINE_HANDLE_MAX + 1, "handle 1");
	return STATUS_OK;
}

enum status
line_resume(struct mcp *mcp, const struct upstream *upstream, const char *handle, struct line **out,
    struct problem *why)
{
	(void)mcp;
	(void)upstream;
	(void)why;
	assert_string_equal(handle, "handle 1");
	if (!relay_place_now()->parked)
		return STATUS_NOT_FOUND;
	relay_place_now()->parked = false;
	relay_place_now()->resumed = true;
	*out = calloc(1, sizeof(**out));
	assert_non_null(*out);
	return STATUS_OK;
}

void
catalog_changed(struct mcp *mcp, const char *upstream_id, enum list_kind kind)
{
	(void)mcp;
	assert_string_equal(upstream_id, "ups_1");
	assert_int_equal(kind, LIST_TOOLS);
	relay_place_now()->changed++;
}

bool
list_kind_changed(const char *method, enum list_kind *out)
{
	*out = LIST_TOOLS;
	return strcmp(method, "notifications/tools/list_changed") == 0;
}

enum status
catalog_route(struct mcp *mcp, const struct catalog_view *view, enum list_kind kind,
    const char *name, struct route *out, struct problem *why)
{
	(void)mcp;
	(void)view;
	(void)kind;
	(void)why;
	assert_string_equal(name, "fs__tool");
	*out = (struct route){.upstream = relay_place_now()->upstream,
	    .definition = json_copy(relay_place_now()->definition)};
	return STATUS_OK;
}

void
route_free(struct route *route)
{
	json_free(route->definition);
}

#endif
