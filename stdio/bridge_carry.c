/* bridge_carry.c - requests and answers on their way to the upstream; see bridge.h. */
#include "bridge.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "mcp/line_http.h"

#define WAIT_MS 60000 /* then it waits again: whoever waits for the answer says when it is enough */
#define TRIES 2       /* with a new session the second time */
#define STACK_BYTES ((size_t)256 << 10) /* sanitizers need more */
#define STACK_BYTES_SANITIZED ((size_t)2 << 20)

struct peer_view
bridge_view(struct json_object *capabilities)
{
	return (struct peer_view){.owner = "", .capabilities = capabilities, .park = false};
}

static void
free_carried(struct carried *c)
{
	if (c->cancel_fd >= 0)
		(void)close(c->cancel_fd);
	json_free(c->message);
	json_free(c->capabilities);
	free(c);
}

/* {"sent": sent} under BRIDGE_LOST; NULL: out of memory. */
static struct json_object *
lost_data(bool sent)
{
	struct json_object *data = json_new_object(), *lost = json_new_object();

	if (data == NULL || lost == NULL || !json_set_bool(lost, "sent", sent)) {
		json_free(data);
		json_free(lost);
		return NULL;
	}
	if (json_set(data, BRIDGE_LOST, lost))
		return data;
	json_free(data);
	return NULL;
}

static void
say_lost(struct carried *c, bool sent, const char *why)
{
	struct rpc_fault fault = {.data = NULL};
	bool found;

	(void)rpc_fault_set(&fault, 200, RPC_INTERNAL, "%s", why);
	fault.data = lost_data(sent);
	bridge_say(c->bridge, rpc_error(json_member(c->message, "id", &found), &fault));
	rpc_fault_free(&fault);
}

/* An upstream cannot say for us what became of a request. */
static void
say_response(struct carried *c, struct json_object *message)
{
	bool found;
	struct json_object *error = json_member(message, "error", &found);
	struct json_object *data = json_member(error, "data", &found);

	if (json_type(data) == JSON_OBJECT)
		json_remove(data, BRIDGE_LOST);
	bridge_say(c->bridge, message);
}

enum carried_end { CARRIED, CARRY_AGAIN };

static enum carried_end
follow(struct carried *c, struct peer *peer, struct line *line)
{
	struct json_object *message;
	struct problem why = {""};

	for (;;) {
		struct pollfd watch = {.fd = c->cancel_fd, .events = POLLIN};

		switch (line_next(
		    line, &watch, 1, clock_us() + (int64_t)WAIT_MS * 1000, &message, &why)) {
		case LINE_MESSAGE:
			bridge_say(c->bridge, message);
			break;
		case LINE_RESPONSE:
			say_response(c, message);
			return CARRIED;
		case LINE_WATCHED:
			line_cancel(line, "nobody waits for it any more");
			return CARRIED;
		case LINE_TIME:
			break;
		case LINE_LOST:
			say_lost(c, line_sent(line), why.text);
			return CARRIED;
		case LINE_SESSION:
			peer_lost(&c->bridge->mcp, peer);
			return CARRY_AGAIN;
		}
	}
}

/* Once. */
static enum carried_end
try(struct carried *c)
{
	struct bridge *bridge = c->bridge;
	struct peer_view view = bridge_view(c->capabilities);
	enum carried_end end = CARRIED;
	struct problem why = {"out of memory"};
	struct line *line = NULL;
	struct peer *peer = NULL;

	if (peer_open(&bridge->mcp, &bridge->upstream, &view,
		clock_us() + (int64_t)PEER_CONNECT_MS * 1000, &peer, &why) != STATUS_OK ||
	    line_open(&bridge->mcp, peer, c->message, NULL, &line, &why) != STATUS_OK)
		say_lost(c, false, why.text);
	else
		end = follow(c, peer, line);
	line_close(line);
	peer_release(&bridge->mcp, peer);
	return end;
}

/* The answer to a question of the upstream, in the session in which it was asked. */
static void
hand_over(struct carried *c)
{
	struct bridge *bridge = c->bridge;
	struct peer_view view = bridge_view(c->capabilities);
	const int64_t until_us = clock_us() + (int64_t)HTTP_SAY_MS * 1000;
	struct problem why = {"out of memory"};
	struct http_said said = {.status = 0};
	struct peer *peer = NULL;

	if (peer_open(&bridge->mcp, &bridge->upstream, &view, until_us, &peer, &why) != STATUS_OK)
		log_warn("an answer did not reach the upstream: %s", why.text);
	else if (http_say(&bridge->mcp, peer, c->message, until_us, &said) != STATUS_OK)
		log_warn("an answer did not reach the upstream, which %s", said.why.text);
	peer_release(&bridge->mcp, peer);
}

static void
take_out(struct carried *c)
{
	struct carried **at = &c->bridge->carried;

	pthread_mutex_lock(&c->bridge->mutex);
	while (*at != NULL && *at != c)
		at = &(*at)->next;
	if (*at != NULL)
		*at = c->next;
	pthread_mutex_unlock(&c->bridge->mutex);
}

static void *
work(void *arg)
{
	struct carried *c = arg;
	bool again = c->is_request;

	if (!c->is_request)
		hand_over(c);
	for (int tries = 0; again && tries < TRIES; tries++)
		again = try(c) == CARRY_AGAIN;
	if (again)
		say_lost(c, false, "the upstream does not know its own session");
	take_out(c);
	free_carried(c);
	return NULL;
}

static bool
start(struct carried *c)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	const size_t stack = STACK_BYTES_SANITIZED;
#else
	const size_t stack = STACK_BYTES;
#endif
	pthread_attr_t attr;
	pthread_t thread;
	bool started;

	if (pthread_attr_init(&attr) != 0)
		return false;
	started = pthread_attr_setstacksize(&attr, stack) == 0 &&
		  pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED) == 0 &&
		  pthread_create(&thread, &attr, work, c) == 0;
	(void)pthread_attr_destroy(&attr);
	return started;
}

void
bridge_carry(struct bridge *bridge, struct json_object *message, bool is_request, int64_t id)
{
	struct carried *c = calloc(1, sizeof(*c));

	if (c == NULL) {
		json_free(message);
		if (is_request)
			bridge_refuse(bridge, id, RPC_INTERNAL, "out of memory");
		return;
	}
	*c = (struct carried){.bridge = bridge,
	    .message = message,
	    .capabilities = json_copy(bridge->capabilities),
	    .id = id,
	    .is_request = is_request,
	    .cancel_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
	pthread_mutex_lock(&bridge->mutex);
	c->next = bridge->carried;
	bridge->carried = c;
	pthread_mutex_unlock(&bridge->mutex);
	if (message != NULL && c->capabilities != NULL && c->cancel_fd >= 0 && start(c))
		return;
	if (is_request && message != NULL)
		say_lost(c, false, "the gateway has no memory or no thread for it");
	take_out(c);
	free_carried(c);
}

void
bridge_cancel(struct bridge *bridge, int64_t id)
{
	pthread_mutex_lock(&bridge->mutex);
	for (struct carried *c = bridge->carried; c != NULL; c = c->next)
		if (c->is_request && c->id == id && c->cancel_fd >= 0)
			(void)eventfd_write(c->cancel_fd, 1);
	pthread_mutex_unlock(&bridge->mutex);
}
