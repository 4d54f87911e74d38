/* watch_stream.h - what saying (watch.c) and looking (watch_look.c) share of one stream; see watch.h. */
#ifndef ENFORGATE_MCP_WATCH_STREAM_H
#define ENFORGATE_MCP_WATCH_STREAM_H

#include "mcp/watch.h"
#include "mcp/watch_ears.h"

#define WATCH_NOTICES 3 /* kinds of lists that are told of: templates go with resources */

struct watch_notice {
	enum list_kind kind;
	const char *wish; /* member of params.notifications */
	const char *method;
};
extern const struct watch_notice watch_notices[WATCH_NOTICES];

/* One stream. */
struct watch {
	struct mcp *mcp;
	const struct watch_client *client;
	struct listener *listener;
	struct json_object *uris; /* that the client wants to hear of, as it says them */
	bool wants[WATCH_NOTICES];
	int64_t marks[WATCH_NOTICES];
	int64_t generation; /* under which the upstreams were read */
	int state_dir_fd;
	uint64_t wake;
	int64_t looked_us;
	int64_t touched_us;
	int64_t kept_us;
	bool gone;  /* the client is */
	bool ended; /* by us */
};

/* What a look at the database found. */
struct watch_look {
	bool over;  /* the stream has to end */
	bool moved; /* what is wanted has */
	int64_t generation;
	int64_t marks[WATCH_NOTICES];
};

enum status watch_look(struct watch *w, struct watch_look *look) MUST_USE;
/* So that a session does not end as idle while its stream is open. */
void watch_touch(struct watch *w);
/* Listens at the upstreams of the key as they are now. */
void watch_listen(struct watch *w, int64_t generation);

#endif
