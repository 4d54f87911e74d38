/*
 * line.h - one request to an upstream and everything that is said until its response: the same for http, stdio and hosts.
 *
 * Straight-line: the thread that opened a line waits in line_next() for what comes, and for whatever else it has to watch. Messages are
 * whole trees, bounded by the setting upstream_answer_max. What the upstream says in notifications and requests that belong to this
 * request comes as LINE_MESSAGE; so do list_changed and resources/updated, which belong to nobody.
 */
#ifndef ENFORGATE_MCP_LINE_H
#define ENFORGATE_MCP_LINE_H

#include <poll.h>

#include "mcp/peers.h"
#include "mcp/rpc.h"

#define LINE_HANDLE_MAX 128
#define LINE_WATCH_MAX 4

struct line;

enum line_event {
	LINE_MESSAGE,  /* a notification or a request of the upstream */
	LINE_RESPONSE, /* the response to our request; nothing comes after it */
	LINE_WATCHED,  /* one of the watched descriptors can be read */
	LINE_TIME,     /* `until_us` has come */
	LINE_LOST,     /* broken, dead, or no MCP; see line_sent() */
	LINE_SESSION /* the upstream does not know the session any more: peer_lost(), and once more. Nothing was run. */
};

/*
 * Sends `request` (with an id of ours, and params as the upstream wants them) as a line of its own. `headers`: further ones for a modern http
 * upstream, "Mcp-Param-X: v", NULL-terminated; may be NULL. Mcp-Method and Mcp-Name are added here. STATUS_FAILED: nothing was
 * sent; `why` names the upstream.
 */
enum status line_open(struct mcp *mcp, struct peer *peer, struct json_object *request,
    const char *const *headers, struct line **out, struct problem *why) MUST_USE;

/*
 * The next thing that happens. *message is owned by the caller (LINE_MESSAGE and LINE_RESPONSE; else NULL). `watch` has up to
 * LINE_WATCH_MAX descriptors; their revents are set. LINE_LOST: `why` says what happened, naming the upstream.
 */
enum line_event line_next(struct line *line, struct pollfd *watch, nfds_t nwatch, int64_t until_us,
    struct json_object **message, struct problem *why);
/* Whether the upstream may have begun to run the request. Only where this is false is it safe to say that it did not. */
bool line_sent(const struct line *line);

/* A response or notification to the upstream, beside the line (legacy: a POST of its own in the session, or the pipe). */
enum status line_send(struct line *line, struct json_object *message, struct problem *why) MUST_USE;

/* Cancels in the upstream's way (facts 8), before line_close(). */
void line_cancel(struct line *line, const char *reason);
void line_close(struct line *line); /* accepts NULL */

/*
 * Only where the peer has a host: the line goes on without us, and whoever has the handle takes it over, once. What comes
 * meanwhile waits at the host, STATE_LIFE_MS at most. STATUS_FAILED: there is no host, or it is gone.
 */
enum status line_park(struct line *line, char handle[LINE_HANDLE_MAX + 1]) MUST_USE;
/* STATUS_NOT_FOUND: taken over already, over, or its host has died: the call ends as unknown. */
enum status line_resume(struct mcp *mcp, const struct upstream *upstream, const char *handle,
    struct line **out, struct problem *why) MUST_USE;

/*
 * A stream of what an upstream says by itself: subscriptions/listen of a modern one with `wanted` (the member `notifications` of its
 * params), the GET stream of a legacy one (which must have been subscribed to resources by requests). Only LINE_MESSAGE, LINE_WATCHED,
 * LINE_TIME and LINE_LOST come. STATUS_NOT_FOUND: the upstream offers none.
 */
enum status line_listen(struct mcp *mcp, struct peer *peer, struct json_object *wanted,
    struct line **out, struct problem *why) MUST_USE;

#endif
