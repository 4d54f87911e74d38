/*
 * request.h - one FastCGI request as the doors see it: parameters and body, with caps.
 *
 * Web servers differ (design 6): only REQUEST_URI is the same everywhere, the Authorization header may come
 * under another name, and a body may be cut without a word. What can be told is told here.
 */
#ifndef ENFORGATE_REQUEST_H
#define ENFORGATE_REQUEST_H

#include <fcgiapp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "log.h"
#include "proxies.h"

#define REQUEST_PATH_MAX 1024 /* bytes of a path that could be ours */
#define REQUEST_ID_LEN 12

struct request {
	FCGX_Request *fcgx;
	char id[REQUEST_ID_LEN + 1]; /* random; in every reply and log line */
	int64_t started_us;          /* clock_us() */
	const char *method;          /* borrowed parameters, never NULL unless said */
	const char *content_type;
	const char *authorization; /* NULL: none */
	const char *address;       /* of the client, "" where the web server does not say */
	const char *query;         /* of REQUEST_URI, as it came; "" for none */
	const char *configuration; /* parameter ENFORGATE_CONF; NULL: none */
	char
	    path[REQUEST_PATH_MAX + 1]; /* of REQUEST_URI, without query; "" where it is too long */
	int64_t content_length;         /* -1: not given; -2: not a number */
	struct buf body;                /* owned; filled by request_read_body() */
	char forwarded[PROXIES_ADDRESS_MAX]; /* private: where `address` may point */
	bool whole;                          /* everything the web server sent was read */
};

/* Takes the parameters of an accepted request. The struct is all zero at first, and used again after request_end(). */
void request_begin(FCGX_Request *fcgx, struct request *request);

/* Before it, `address` is that of whoever has connected to the web server. */
void request_see_through(struct request *request, const struct proxies *trusted);

/*
 * Reads the body to its end, at most `max` bytes. STATUS_TOO_LARGE; STATUS_INVALID: it was cut or its length is not what the header
 * said; STATUS_NO_MEMORY.
 */
enum status request_read_body(struct request *request, size_t max, struct problem *why) MUST_USE;

/* The value of a header by its name as CGI folds it, "MCP_METHOD" for Mcp-Method; NULL: not sent. Borrowed. */
const char *request_header(const struct request *request, const char *name);

/* Whether the content type is this one, whatever its parameters and case. */
bool request_has_type(const struct request *request, const char *type);

void request_end(struct request *request);

#endif
