/*
 * wire.h - one HTTP connection to an upstream, with one exchange at a time on it; wire*.c are the owners of libcurl here.
 *
 * A wire is used by one thread at a time, which drives it by wire_run(). After an orderly end of an exchange the connection stays open and
 * serves the next one (wires.h). No redirect is followed, no proxy, .netrc or cookie is used, certificates are verified; http:// and
 * addresses that are not public only where the upstream's setting `private` says so, or on loopback, looked at when a connection is made.
 *
 * No request goes out twice. Libcurl repeats one by itself where a kept connection dies before the first byte of the answer; the server
 * may have run it all the same (RFC 9110 section 9.2.2 forbids this for what is not idempotent). So a kept connection is looked at before
 * it is used, it is kept no longer than the server says it will be, and a second sending of the same exchange is broken off
 * unless it is said to be harmless.
 */
#ifndef ENFORGATE_MCP_WIRE_H
#define ENFORGATE_MCP_WIRE_H

#include <poll.h>

#include "mcp/upstreams.h"

#define WIRE_TYPE_MAX 64
#define WIRE_SESSION_MAX 1024 /* characters of an Mcp-Session-Id */
#define WIRE_WATCH_MAX 8
#define WIRE_DROP_MAX ((size_t)64 << 10) /* bytes of an answer that nobody wants any more */

struct wire;

/* Once per process before any thread, and the other way round; counted. */
enum status wire_library_start(struct problem *why) MUST_USE;
void wire_library_end(void);

/* A wire to an upstream whose settings are open; keeps nothing of it but its id and time of change. NULL: out of memory. */
struct wire *wire_open(const struct upstream *upstream);
void wire_close(struct wire *wire); /* accepts NULL; breaks off what is under way */
/* Whether it leads to that upstream as it is configured. */
bool wire_leads_to(const struct wire *wire, const struct upstream *upstream);

/*
 * One exchange: wire_prepare(), wire_header() for each line, wire_start(). The settings are borrowed until the exchange is over; their
 * headers are sent too.
 */
enum status wire_prepare(struct wire *wire, const struct upstream *upstream) MUST_USE;
/* STATUS_INVALID: not "Name: value" in printable characters. */
enum status wire_header(struct wire *wire, const char *name, const char *value) MUST_USE;
enum status wire_header_line(struct wire *wire, const char *line) MUST_USE;

enum wire_method { WIRE_POST, WIRE_GET, WIRE_DELETE };
struct wire_ask {
	enum wire_method method;
	bool harmless;            /* may be sent a second time */
	struct json_object *body; /* NULL: none; written out at once */
	/* Takes bytes of the answer's body, in wire_run(); false breaks the exchange off. */
	bool (*take)(void *arg, const char *bytes, size_t len);
	/* False: something has come that the caller should look at; further bytes are left where they are until the next wire_run(). */
	bool (*ready)(void *arg);
	void *arg;
};
/* STATUS_FAILED with `why` (it does not name the upstream): nothing was sent. */
enum status wire_start(struct wire *wire, const struct wire_ask *ask, struct problem *why) MUST_USE;

enum wire_step {
	WIRE_MOVED /* the head of the answer has come, or ready() is false */,
	WIRE_WATCHED,
	WIRE_TIME,
	WIRE_DONE
};
enum wire_step wire_run(
    struct wire *wire, struct pollfd *watch, nfds_t nwatch, int64_t until_us) MUST_USE;

/* Of the answer; all empty before it has begun. Texts as the server gave them, cut. */
struct wire_head {
	long status;
	char type[WIRE_TYPE_MAX];           /* in lower case, without parameters */
	char session[WIRE_SESSION_MAX + 1]; /* "": none, or none that is allowed */
};
const struct wire_head *wire_head(const struct wire *wire);
/* Whether a byte of the request may have left. */
bool wire_sent(const struct wire *wire);
/* After WIRE_DONE: whether the answer came whole; where it did not, what happened: "ended the connection before it answered". */
bool wire_whole(const struct wire *wire, struct problem *why);

/*
 * The exchange is of no interest any more. True: the wire can be kept, as it is over or, with `answered`, about to be. wire_alive() then
 * says, before the next use, whether it is really over and the connection stands.
 */
bool wire_leave(struct wire *wire, bool answered);
bool wire_alive(struct wire *wire);
/* When it was left (clock_us()), and for how long the server keeps the connection. */
int64_t wire_left_us(const struct wire *wire);
int64_t wire_keep_us(const struct wire *wire);

#endif
