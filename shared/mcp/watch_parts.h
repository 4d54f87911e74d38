/* watch_parts.h - what the streams' side (watch_listener.c) and the upstreams' side (watch_ear.c) of listening share. */
#ifndef ENFORGATE_MCP_WATCH_PARTS_H
#define ENFORGATE_MCP_WATCH_PARTS_H

#include "mcp/catalog_parts.h"
#include "mcp/watch_ears.h"

enum ear_state { EAR_STARTING, EAR_LISTENING, EAR_DEAF };

/* One thread at one upstream. */
struct ear {
	struct mcp *mcp;
	struct upstream upstream;
	char owner[64];
	char digest[SECRET_DIGEST_TEXT];  /* of the capabilities */
	struct json_object *capabilities; /* a copy */
	int fd; /* an eventfd: what is wanted has changed, or it is to end */
	/* Guarded by the mutex of all ears. */
	enum ear_state state;
	size_t listeners; /* that it has; none: it ends */
	uint64_t version; /* moves with what is wanted of it */
	struct ear *next;
};

struct ears {
	pthread_mutex_t mutex; /* guards everything here, the listeners too */
	pthread_cond_t ended;
	struct ear *first;
	size_t count;
	bool ending;
	struct listener *listeners;
};

struct listener {
	struct mcp *mcp;
	char owner[64];
	char digest[SECRET_DIGEST_TEXT];
	struct json_object *capabilities; /* a copy */
	int fd;                           /* an eventfd */
	/* Guarded by the mutex of all ears. */
	struct ear *ears[UPSTREAMS_PER_KEY_MAX];
	size_t nears;
	struct heard_uri *uris;
	size_t nuris;
	char *queue[LISTENER_QUEUE_MAX];
	size_t queued;
	struct listener *next;
};

/* Starts the thread of a new ear. */
bool ear_start(struct ear *ear);
void ear_free(struct ear *ear);

/* Makes an eventfd readable. */
void ears_signal(int fd);

/* For an ear, in its thread. */
void ears_set_state(struct ear *ear, enum ear_state state);
/* Whether somebody wants it; takes the present version and the upstream's own URIs. `uris` may be NULL. */
bool ears_wanted(struct ear *ear, uint64_t *version, struct json_object **uris);
void ears_updated(struct ear *ear, const char *own_uri);
/* The thread ends: the ear is freed. */
void ears_leave(struct ear *ear);

#endif
