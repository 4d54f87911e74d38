/*
 * line_http.h - lines over http; used by line.c and, to connect, by peers*.c.
 *
 * One exchange on a wire carries the request; its answer is one JSON document or an event stream. What is said beside it has an exchange
 * of its own (http_say()).
 */
#ifndef ENFORGATE_MCP_LINE_HTTP_H
#define ENFORGATE_MCP_LINE_HTTP_H

#include "mcp/line.h"
#include "mcp/sse.h"
#include "mcp/wires.h"

#define HTTP_SAY_MS 10000                   /* for an exchange beside a line */
#define HTTP_LISTEN_MS 3000                 /* for the head of a stream of notifications */
#define HTTP_CANCEL_MS 2000                 /* for a cancellation, or the end of a session */
#define HTTP_REFUSAL_MAX ((size_t)64 << 10) /* bytes of an answer that is not 2xx */
#define HTTP_MESSAGES_MAX 1024              /* that one piece of an answer may hold */

struct http_message {
	struct http_message *next;
	struct json_object *root;
	bool response;
};

struct http_line {
	struct mcp *mcp;
	struct peer *peer; /* an owner of it */
	struct wire *wire;
	struct json_object *id; /* of our request; NULL: the stream of a legacy upstream */
	struct sse_reader events;
	struct buf body;
	struct http_message *first, **last; /* read and not yet handed out */
	size_t waiting;
	size_t in_turn; /* messages handed out since what is watched was looked at */
	bool stream;    /* nothing but messages is expected (line_listen()) */
	bool answered;  /* the response was read */
	bool over;      /* the exchange has ended, as `end` says once all messages are handed out */
	enum line_event end;
	bool bad;             /* `fault` is set: nothing more is read */
	bool other_id;        /* a response to something else came */
	int64_t code;         /* of a JSON-RPC error in an answer that is not 2xx; 0: none */
	struct problem fault; /* "answered with ...", without the name of the upstream */
};

/* See line.h. `request` NULL: GET, the stream of a legacy upstream. */
enum status http_line_open(struct mcp *mcp, struct peer *peer, struct json_object *request,
    const char *const *headers, struct http_line **out, struct problem *why) MUST_USE;
enum line_event http_line_next(struct http_line *line, struct pollfd *watch, nfds_t nwatch,
    int64_t until_us, struct json_object **message, struct problem *why);
/*
 * For a line that asks for what an upstream says by itself: waits for the head of the answer. STATUS_NOT_FOUND: the upstream offers
 * none; STATUS_FAILED with `why`.
 */
enum status http_line_listens(struct http_line *line, struct problem *why) MUST_USE;
bool http_line_sent(const struct http_line *line);
void http_line_close(struct http_line *line); /* accepts NULL */

/* What an exchange beside a line ends with. */
struct http_said {
	long status; /* 0: no answer */
	struct problem why;
};
/*
 * Posts a message (NULL: DELETE) in the session of a peer, and waits for the status, until `until_us` or until the process is about to end.
 * STATUS_OK: the status is 2xx.
 */
enum status http_say(struct mcp *mcp, struct peer *peer, struct json_object *message,
    int64_t until_us, struct http_said *said) MUST_USE;
/* Tells a legacy upstream that nobody waits for the answer to a request any more. */
void http_cancel(struct http_line *line, const char *reason);

/* Private to line_http*.c. */
enum status http_headers(
    struct wire *wire, const struct peer *peer, struct json_object *request) MUST_USE;
bool http_take(void *line, const char *bytes, size_t len);
bool http_ready(void *line);
bool http_is_stream(const struct http_line *line);
/* The exchange is over: reads what came whole, the first time, and says what the line ends with when nothing waits any more. */
enum line_event http_end(struct http_line *line);

#endif
