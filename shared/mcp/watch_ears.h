/*
 * watch_ears.h - listening at upstreams on behalf of the streams that clients have open; see watch.h.
 *
 * An ear is a thread with one line to one upstream, for one owner and view; streams of which these are the same share it. Changes of lists that
 * it hears go into the database (catalog_changed()), from where every process has them; updates of resources go to the streams that want to
 * hear of them. An ear ends with the last of its streams.
 */
#ifndef ENFORGATE_MCP_WATCH_EARS_H
#define ENFORGATE_MCP_WATCH_EARS_H

#include "mcp/catalog.h"

#define EARS_MAX 512        /* of one process; further upstreams are not listened at */
#define EAR_FIRST_MS 1000   /* for an upstream to say that it listens */
#define EAR_BACKOFF_MS 1000 /* before the first new try */
#define EAR_BACKOFF_MAX_MS 30000
#define LISTENER_QUEUE_MAX 256 /* updates that a stream has not taken; more are dropped */

/* What one stream wants to hear. */
struct listener;

enum status listener_open(
    struct mcp *mcp, const struct peer_view *view, struct listener **out) MUST_USE;
void listener_close(struct listener *listener); /* accepts NULL */
/* Can be read when there is something to take, or when an ear is ready. */
int listener_fd(const struct listener *listener);

/* A resource as the client says it, and where it leads. */
struct heard_uri {
	char *uri; /* as the client says it */
	char upstream_id[UPSTREAM_ID_MAX + 1];
	char *own; /* as the upstream says it */
};
/* What it wants from now on, at which upstreams. Takes over the texts of `uris`, and the array. */
enum status listener_wants(struct listener *listener, const struct upstream_set *set,
    struct heard_uri *uris, size_t count) MUST_USE;
void heard_uris_free(struct heard_uri *uris, size_t count);
/* Whether each of its ears listens, or has failed to. */
bool listener_ready(struct listener *listener);
/* The next resource that was updated, as the client says it; owned by the caller. NULL: none. */
char *listener_take(struct listener *listener);

/* Of a process. False: a thread is still connecting, and what it uses must stay. */
enum status ears_open(struct catalog *catalog) MUST_USE;
bool ears_close(struct catalog *catalog) MUST_USE;

#endif
