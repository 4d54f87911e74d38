/*
 * watch.h - streams of notifications to a client: subscriptions/listen of a modern one, the GET stream of a legacy one (facts 3, 11).
 *
 * One thread each, which the caller has. It looks at the marks of the key's lists, whatever process moved them, and at what upstreams say of
 * resources. While a client listens so do we at its upstreams, in threads of our own that several streams share (watch_ears.h).
 */
#ifndef ENFORGATE_MCP_WATCH_H
#define ENFORGATE_MCP_WATCH_H

#include "mcp/catalog.h"

#define WATCH_TICK_MS 100  /* between looks at wake.h */
#define WATCH_LOOK_MS 1000 /* between looks at the database where nothing woke us */
#define WATCH_KEEP_MS 10000
#define WATCH_URIS_MAX 256 /* resources that one stream wants to hear of */

/* The client's side. All borrowed. */
struct watch_client {
	enum era era;
	const struct caller *caller;
	const struct peer_view *view;
	const char *session_id;     /* legacy: "ses_...", which ends the stream with it */
	struct json_object *id;     /* modern: of its request, as it was sent */
	struct json_object *wanted; /* modern: params.notifications, fit by watch_wanted_check() */
	int fd;                     /* its connection, to see its end; -1: none */
	/*
	 * Sends a message on the stream, in the thread of watch_run(). False: the client is gone. The stream begins with the first message or
	 * comment, and should not begin before: by then we listen at the upstreams.
	 */
	bool (*send)(void *arg, const struct json_object *message);
	/* A comment. False: the client is gone. */
	bool (*keep)(void *arg);
	void *arg;
};

/* STATUS_INVALID with `fault`: not what a client may want to hear of. */
enum status watch_wanted_check(const struct json_object *wanted, struct rpc_fault *fault) MUST_USE;

/*
 * Returns when the stream has ended: the client is gone, the process ends, the session is over, the key is revoked or stopped. Where
 * the client may still be there a modern one has got the response to its request by then.
 */
void watch_run(struct mcp *mcp, const struct watch_client *client);

#endif
