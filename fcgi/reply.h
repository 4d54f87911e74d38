/*
 * reply.h - what goes back to the web server; reply.c is the only writer to it.
 *
 * Every reply says no-store and nosniff and carries the request id. A reply that could not be built becomes a short 500.
 */
#ifndef ENFORGATE_REPLY_H
#define ENFORGATE_REPLY_H

#include "request.h"

#define REPLY_BODY_MAX ((size_t)64 << 10)
#define REPLY_HEADERS_MAX ((size_t)4 << 10)

struct reply {
	int status;         /* HTTP status code */
	struct buf headers; /* whole lines ending in CR LF, beyond the usual ones */
	struct buf body;
	const char *type; /* of the body: JSON unless set; a text that lives on */
	bool bodiless;    /* for HEAD: the headers go out, the body does not */
	bool begun;       /* by reply_begin() */
	bool cut;         /* nothing follows what has gone out: the answer is for nobody */
};

void reply_init(struct reply *reply);
/* For a door whose bodies may be larger than REPLY_BODY_MAX. */
void reply_allow(struct reply *reply, size_t body_max);
/* Makes it ready for another reply. */
void reply_reset(struct reply *reply);

/* Adds a header line. The value comes from us, never from a request. */
void reply_header(struct reply *reply, const char *name, const char *format, ...) PRINTF_LIKE(3, 4);

/* {"error": code, "message": sentence, "requestId": id} with the status. Replaces what the body held. */
void reply_error(struct reply *reply, const struct request *request, int status, const char *code,
    const char *message);

/*
 * For an answer that is waited for: status and headers go out now, without a length. White space may follow in pieces, each
 * flushed, and reply_send() then adds the body. False: the web server is gone.
 */
void reply_begin(struct reply *reply, struct request *request);
/* The same for a stream of events (sse.h), which web servers are asked not to gather; reply_send() adds the last event. */
void reply_begin_events(struct reply *reply, struct request *request);
bool reply_piece(struct request *request, const char *bytes, size_t len);

/* Writes it out. Whether the client still was there cannot be told on every web server. */
void reply_send(struct reply *reply, struct request *request);

#endif
