/* http_place.h - an MCP server over http that answers as a test wants it to, and remembers what it was asked. */
#ifndef TEST_HTTP_PLACE_H
#define TEST_HTTP_PLACE_H

#include "testing.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#define HTTP_PLACE_CONNECTIONS 64
#define HTTP_PLACE_REQUEST_MAX 65536
#define HTTP_PLACE_LOG_MAX 65536

/* One answer. */
struct served {
	const char
	    *head; /* status line and headers, without the empty line; NULL: nothing is said */
	const char *body; /* NULL: none */
	bool cut;         /* without a length: the connection ends with it */
	size_t fill;      /* so many more bytes of `fill_with`, behind the body */
	const char *fill_with;
};

struct http_place {
	int listener;
	int port;
	pthread_t acceptor;
	pthread_t threads[HTTP_PLACE_CONNECTIONS];
	atomic_int fds[HTTP_PLACE_CONNECTIONS];
	atomic_int connections;
	/* Which answer a request gets; called in a thread of the connection. */
	const struct served *(*choose)(void *arg, const char *head, const char *body);
	void *arg;
	pthread_mutex_t mutex;
	char log[HTTP_PLACE_LOG_MAX]; /* heads and bodies of all requests, one after the other */
};

void http_place_open(struct http_place *place,
    const struct served *(*choose)(void *arg, const char *head, const char *body), void *arg);
void http_place_close(struct http_place *place);
/* How often a text occurs in what was asked so far. */
int http_place_count(struct http_place *place, const char *text);
/* Ends all connections, as a server does that has waited long enough. */
void http_place_hang_up(struct http_place *place);

#endif
