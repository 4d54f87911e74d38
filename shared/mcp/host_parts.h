/* host_parts.h - private to host*.c: a connection to a host up to its hello, and the start of one. */
#ifndef ENFORGATE_MCP_HOST_PARTS_H
#define ENFORGATE_MCP_HOST_PARTS_H

#include "mcp/host.h"
#include "mcp/json_lines.h"

#define HOST_QUEUE_MAX (2 * HOST_LINE_MAX)
#define HOST_DIGEST_CHARS 32
#define HOST_WRITE_MS                                                                              \
	10000 /* for the host to take what is said; it reads whatever its child does */

/* A line of at most so many bytes, with what a message is wrapped in. */
size_t host_line_most(const struct config *config);

/*
 * Connects and waits for the hello. STATUS_NOT_FOUND: nobody is there, or it ended while we waited; STATUS_BUSY: it has not said it in time;
 * STATUS_FAILED with `why`: it said why there is none. *lines has the connection as both descriptors; the caller closes it.
 */
enum status host_meet(const struct mcp *mcp, const char *path, int64_t until_us,
    struct json_lines *lines, struct json_object **hello, struct problem *why) MUST_USE;

/* The next line as a tree, or NULL with *status: STATUS_BUSY, the time is over; STATUS_NOT_FOUND, the host has closed. */
struct json_object *host_receive(struct json_lines *lines, int64_t until_us, enum status *status);

/*
 * Starts one, unless another does so (STATUS_BUSY) or has (its lock is held). STATUS_OK: it is ready. STATUS_FAILED with `why`.
 */
enum status host_start(struct mcp *mcp, const struct upstream *upstream,
    const struct peer_view *view, const char *name, int64_t until_us, struct problem *why) MUST_USE;

/* The lock of a host: run/NAME with .lock in place of .sock. */
enum status host_lock_path(const char *socket_path, char out[PATH_MAX]) MUST_USE;

/* A responder's side of a connection; for host_line*.c. */
struct host_line {
	struct json_lines lines;
	char upstream[UPSTREAM_NAME_MAX + 1];
	bool gone; /* there was no host: nothing was sent */
	bool sent; /* the request may have begun */
	bool over; /* nothing comes any more */
	int in_turn;
};
struct host_line *host_line_new(const char *upstream);
/* Says one object, waiting at most HOST_WRITE_MS. */
enum status host_line_tell(struct host_line *line, const struct json_object *object) MUST_USE;
/* {NAME: value}; takes over the value. */
enum status host_line_say(
    struct host_line *line, const char *name, struct json_object *value) MUST_USE;

#endif
