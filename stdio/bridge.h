/*
 * bridge.h - enforgate-bridge: MCP over its standard input and output towards its host, over HTTP towards a legacy upstream.
 *
 * A call whose upstream asks back has to wait somewhere for a modern client's next request. The host of a stdio upstream can do that
 * (stdio_host.h); with this as its child it can do so for http upstreams as well. The first line on the standard input says where it leads to
 * (stdio.c, tell_bridge()), so that no secret is an argument or in the environment; then comes `initialize`.
 *
 * Each request is carried by a thread of its own. What the upstream says meanwhile goes out as it comes, and so does the answer. A request
 * that was lost is answered with an error whose `data` has the member BRIDGE_LOST: whether it was sent; nobody else's error has it.
 */
#ifndef ENFORGATE_STDIO_BRIDGE_H
#define ENFORGATE_STDIO_BRIDGE_H

#include <pthread.h>

#include "mcp/host.h"
#include "mcp/peers.h"

/* A request under way, or an answer on its way to the upstream. */
struct carried {
	struct bridge *bridge;
	struct json_object *message;      /* owned */
	struct json_object *capabilities; /* a copy: trees are not shared between threads */
	int64_t id;                       /* of the request, the host's */
	bool is_request;
	int cancel_fd; /* can be read once nobody waits for it */
	struct carried *next;
};

struct bridge {
	struct config config;
	struct mcp mcp;
	struct upstream upstream;         /* with settings; only read once it is open */
	struct json_object *capabilities; /* that the upstream is shown */
	pthread_mutex_t out;              /* guards the standard output */
	pthread_mutex_t mutex;            /* guards what follows */
	struct carried *carried;
};

/* A message for the host; takes it over. NULL: memory ran out, which the host takes for silence. */
void bridge_say(struct bridge *bridge, struct json_object *message);
/* An error in answer to a request. */
void bridge_refuse(struct bridge *bridge, int64_t id, int code, const char *text);

/* ---- bridge_carry.c ---- */
/* Carries a request or a response of the host's, in a thread of its own; takes the message over. */
void bridge_carry(struct bridge *bridge, struct json_object *message, bool is_request, int64_t id);
/* Nobody waits for the answer to that request any more. */
void bridge_cancel(struct bridge *bridge, int64_t id);
/* For whom the upstream is spoken to. */
struct peer_view bridge_view(struct json_object *capabilities);

#endif
