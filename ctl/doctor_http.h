/*
 * doctor_http.h - one HTTP request at a time, as doctor makes them; doctor_http.c is the owner of libcurl.
 *
 * HTTP/1.1 without proxies and without following redirects: what is looked at is the web server itself.
 */
#ifndef ENFORGATE_CTL_DOCTOR_HTTP_H
#define ENFORGATE_CTL_DOCTOR_HTTP_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"

#define HTTP_VALUE_MAX 256 /* bytes of one header value that is kept */
#define HTTP_HEADERS_MAX 4
#define HTTP_TIMEOUT_MS 20000

struct http_request {
	const char *method; /* NULL: GET, or POST where there is a body */
	const char *url;
	const char *headers[HTTP_HEADERS_MAX + 1]; /* whole lines, NULL at the end */
	const char *body;                          /* NULL: none */
	size_t len;
	bool chunked;            /* send the body without saying its length */
	bool gzip;               /* Accept-Encoding: gzip; the answer is not unpacked */
	int64_t timeout_ms;      /* 0: HTTP_TIMEOUT_MS */
	size_t most;             /* bytes of the answer that are kept; the rest is not read */
	void (*tick)(void *arg); /* called about once a second while waiting; may be NULL */
	void *arg;
};

enum http_end {
	HTTP_ANSWERED,
	HTTP_NO_CONNECTION,
	HTTP_BAD_CERTIFICATE,
	HTTP_TIMEOUT, /* connected, and then not everything came in time */
	HTTP_BROKEN   /* the connection ended before the answer did */
};

struct http_answer {
	enum http_end end;
	char why[HTTP_VALUE_MAX];
	long status; /* 0: no answer */
	char type[HTTP_VALUE_MAX];
	char server[HTTP_VALUE_MAX];
	char authenticate[HTTP_VALUE_MAX];
	char encoding[HTTP_VALUE_MAX];
	char location[HTTP_VALUE_MAX];
	char cache[HTTP_VALUE_MAX];
	char policy[HTTP_VALUE_MAX]; /* the last Content-Security-Policy */
	int policies;                /* how many of them */
	int64_t date_ms;             /* of the header Date, 0: none */
	char local_address[64];
	long local_port;
	int64_t took_us;  /* from begin to end */
	int64_t first_us; /* from begin to the first byte of the body; 0: none came */
	struct buf body;  /* owned: http_answer_free() */
};

struct http;

enum status http_open(struct http **out) MUST_USE;
void http_close(struct http *http); /* accepts NULL */
/* From here on certificates are not looked at. */
void http_trust(struct http *http);
/* STATUS_OK: *answer says what happened, also where nothing answered. STATUS_NO_MEMORY. Free the answer in any case. */
enum status http_send(
    struct http *http, const struct http_request *request, struct http_answer *answer) MUST_USE;
void http_answer_free(struct http_answer *answer);

#endif
