/*
 * host.h - how responders speak with the host process of an upstream, `enforgate-stdio`.
 *
 * A host has one child that speaks MCP over stdin and stdout: the program of a stdio upstream, or the bridge to a legacy http upstream
 * whose calls have to be parked. There is one for each upstream and owner (peer_view.owner) and set of capabilities; it is started on
 * demand by whoever needs it, listens on the socket run/HOST.sock (0600) of the state directory, whose name is a digest of upstream id,
 * changed_ms, owner and capabilities, and ends when it was idle for the setting stdio_idle_s, when its session, key or upstream is gone
 * (looked at in the database every second), or its child ends; its children end with it in every case.
 *
 * A connection begins as run_socket.h says. Then both sides write JSON, one object a line. The host begins:
 *   {"hello": {"era": "modern"|"legacy", "version", "capabilities", "serverInfo", "instructions", "upstream": its name}}, or
 *   {"failed": sentence}.
 * Then the responder, once:
 *   {"request": message} | {"resume": handle} | {"listen": notifications or null}
 * (a resume is answered by {"resumed": true} or {"lost": ...}). Then the host, any number of times, {"message": message}; at the end
 * {"response": message}, or {"lost": sentence, "sent": boolean}; and the responder {"send": message}, {"cancel": reason}, {"park": true}.
 * The end of the connection without a park cancels the request.
 *
 * A park is answered by {"parked": handle}, after which nothing more comes. What had been sent to the responder before that and was not
 * handed to anybody it gives back, {"return": line} each in their order and then {"returned": true}; the host closes.
 *
 * Ids of requests and progress tokens towards the child are the host's own, the responder sees its own; a request of the child has the
 * child's id. Notifications that belong to no request go to all connections, requests and log messages to the one whose request is the
 * newest. What the child asks while nobody is there waits for the next request that may be asked back: tools/call, prompts/get,
 * resources/read.
 */
#ifndef ENFORGATE_MCP_HOST_H
#define ENFORGATE_MCP_HOST_H

#include "mcp/line.h"
#include "mcp/run_socket.h"

#define HOST_LINE_MAX ((size_t)16 << 20) /* bytes of one line, whatever the settings allow */
#define HOST_CALLS_MAX 256               /* under way at once at one host; parked ones count */
#define HOST_PROGRAM                                                                               \
	"enforgate-stdio" /* beside the program that starts it, else in the same directory as enforgatectl */
#define HOST_BRIDGE "enforgate-bridge"
#define BRIDGE_LOST                                                                                \
	"io.enforgate/lost" /* in error.data of the bridge: {"sent": boolean}; the request was lost */
#define HOST_PREFIX "host-" /* of sockets: run/host-DIGEST.sock, and of their locks, DIGEST.lock */
#define HOST_START_MS 60000 /* for a child to say what it is; it may have to be fetched first */

/*
 * The host of an upstream for a view: found, or started. `upstream` needs no settings. `out` is the path of its socket; `hello` is owned by the
 * caller. STATUS_FAILED: it or its child does not start, `why` names the upstream.
 */
enum status host_find(struct mcp *mcp, const struct upstream *upstream,
    const struct peer_view *view, int64_t until_us, char out[PATH_MAX], struct json_object **hello,
    struct problem *why) MUST_USE;

/* The name of its socket. */
enum status host_name(const struct upstream *upstream, const struct peer_view *view,
    char out[RUN_NAME_MAX + 1]) MUST_USE;

/* What `mcp` is asked for: configuration, `master`, `end_fd`. Removes sockets and locks of hosts that died. */
void host_sweep(const struct mcp *mcp);

/* The path of a program that lies beside us, where it was installed, or in programs_dir. STATUS_NOT_FOUND with `why`. */
enum status host_program(const struct config *config, const char *name, char out[PATH_MAX],
    struct problem *why) MUST_USE;

/* The line's side; used by line.c only. */
struct host_line;
/*
 * `first` is the responder's first object, borrowed. Where the host is gone, the line is opened all the same and its next event is
 * LINE_SESSION: peer_lost(), and once more.
 */
enum status host_line_open(struct mcp *mcp, struct peer *peer, struct json_object *first,
    struct host_line **out, struct problem *why) MUST_USE;
enum line_event host_line_next(struct host_line *line, struct pollfd *watch, nfds_t nwatch,
    int64_t until_us, struct json_object **message, struct problem *why);
bool host_line_sent(const struct host_line *line);
enum status host_line_send(
    struct host_line *line, struct json_object *message) MUST_USE; /* borrowed */
void host_line_cancel(struct host_line *line, const char *reason);
/* The line is of no use afterwards, but to be closed. */
enum status host_line_park(struct host_line *line, char handle[LINE_HANDLE_MAX + 1]) MUST_USE;
/* STATUS_NOT_FOUND: see line_resume(). */
enum status host_line_resume(
    struct mcp *mcp, const char *handle, struct host_line **out, struct problem *why) MUST_USE;
void host_line_close(struct host_line *line); /* accepts NULL */

#endif
