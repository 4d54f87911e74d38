/*
 * response.h - tells whether the bytes read so far are one complete HTTP/1.1 response (RFC 9112).
 *
 * Only framed bodies count as complete: Content-Length, chunked, or a status without a body. A body
 * that ends with the connection cannot be told from one that was cut, so it is broken here.
 */
#ifndef ENFORGATE_BENCH_RESPONSE_H
#define ENFORGATE_BENCH_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>

enum response_state { RESPONSE_PARTIAL, RESPONSE_COMPLETE, RESPONSE_BROKEN };

struct response {
	int status;      /* 200 to 599 */
	bool close;      /* the server ends the connection after it */
	char *body;      /* inside the bytes given */
	size_t body_len; /* bytes, chunk framing removed */
	size_t len;      /* bytes of the whole response on the wire */
};

/*
 * Looks at `len` bytes from the start of a response; `bytes` must have a NUL behind them. Sets
 * `out` only with RESPONSE_COMPLETE; a chunked body is then joined in place.
 */
enum response_state response_parse(char *bytes, size_t len, struct response *out);

#endif
