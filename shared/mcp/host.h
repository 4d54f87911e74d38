/*
 * host.h - how responders speak with the host process of an upstream, `enforgate-stdio`.
 *
 * A host has one child that speaks MCP over stdin and stdout: the program of a stdio upstream, or the bridge to a legacy http upstream
 * whose calls have to be parked. There is one for each upstream and owner (peer_view.owner) and set of capabilities; it is started on
 * demand by whoever needs it, listens on the socket run/HOST.sock (0600) of the state directory, whose name is a digest of upstream id,
 * changed_ms, owner and capabilities, and ends when it was idle for the setting stdio_idle_s, when its session, key or upstream is gone
 * (looked at in the database every second), or its child ends; its children end with it in every case.
 *
 * On a connection both sides write JSON, one object a line. The host begins:
 *   {"hello": {"era": "modern"|"legacy", "version", "capabilities", "serverInfo", "instructions"}}, or {"failed": sentence}.
 * Then the responder, once:
 *   {"request": message} | {"resume": handle} | {"listen": notifications or null}
 * Then the host, any number of times, {"message": message}; at the end {"response": message}, or {"lost": sentence, "sent": boolean};
 * and the responder {"send": message}, {"cancel": reason}, {"park": true}, answered by {"parked": handle} and the end of the connection. The
 * end of the connection without a park cancels the request. Ids are the host's affair: the child sees ids and progress tokens of the
 * host's own, the responder its own.
 */
#ifndef ENFORGATE_MCP_HOST_H
#define ENFORGATE_MCP_HOST_H

#include "mcp/line.h"

#define HOST_LINE_MAX ((size_t)16 << 20) /* bytes of one line, whatever the settings allow */
#define HOST_CALLS_MAX 256               /* under way at once at one host; parked ones count */
#define HOST_PROGRAM                                                                               \
	"enforgate-stdio" /* beside the program that starts it, else in the same directory as enforgatectl */
#define HOST_BRIDGE "enforgate-bridge"

/* The host of an upstream for a view: found, or started. `out` is the path of its socket; `hello` is owned by the caller. */
enum status host_find(struct mcp *mcp, const struct upstream *upstream,
    const struct peer_view *view, int64_t until_us, char out[PATH_MAX], struct json_object **hello,
    struct problem *why) MUST_USE;

/* The line's side; used by line.c only. */
struct host_line;
enum status host_line_open(struct mcp *mcp, struct peer *peer, struct json_object *first,
    struct host_line **out, struct problem *why) MUST_USE;
enum line_event host_line_next(struct host_line *line, struct pollfd *watch, nfds_t nwatch,
    int64_t until_us, struct json_object **message, struct problem *why);
bool host_line_sent(const struct host_line *line);
enum status host_line_send(struct host_line *line, struct json_object *message) MUST_USE;
void host_line_cancel(struct host_line *line, const char *reason);
enum status host_line_park(struct host_line *line, char handle[LINE_HANDLE_MAX + 1]) MUST_USE;
enum status host_line_resume(
    struct mcp *mcp, const char *handle, struct host_line **out, struct problem *why) MUST_USE;
void host_line_close(struct host_line *line);

#endif
