/*
 * call.h - one tool call: server, tool, arguments, and the digest that stands for the arguments.
 *
 * The parsed call is what is judged, shown, hashed and sent on (law 4). Its arguments live in memory
 * only, as long as the request (law 3).
 */
#ifndef ENFORGATE_CALL_H
#define ENFORGATE_CALL_H

#include "json.h"
#include "secret.h"
#include "status.h"

/* Longest server and tool name in bytes. */
#define CALL_NAME_MAX 256
/* Most bytes of a canonical form: it can be five times as long as its text, as for numbers like 1e20. */
#define CALL_CANONICAL_MAX ((size_t)32 << 20)

struct call {
	char server[CALL_NAME_MAX + 1];
	char tool[CALL_NAME_MAX + 1];
	struct json_object *args;        /* owned, an object; NULL means {} */
	char digest[SECRET_DIGEST_TEXT]; /* lower-case hex, set by call_digest() */
};

#define CALL_WAIT_MAX_S 86400

/* The member `approval` of a check (design 3.1). */
struct call_wish {
	bool request;   /* make or attach to an approval where one is needed */
	int64_t wait_s; /* and wait for the decision: 0 to CALL_WAIT_MAX_S */
};

/*
 * Reads the body of POST /v1/check (design 3.1): an object with serverName, toolName and, optionally,
 * args and approval. Unknown members are ignored. STATUS_INVALID or STATUS_TOO_LARGE: `why` names
 * the member and what is wrong with it. The call is owned by the caller and freed with call_free() in
 * every case.
 */
enum status call_read_check(const char *body, size_t len, const struct json_limits *limits,
    struct call *call, struct call_wish *wish, struct problem *why) MUST_USE;

/* A name as an upstream may give it: 1 to CALL_NAME_MAX bytes of UTF-8 without control characters. */
bool call_name_valid(const char *name, size_t len);

/* Sets call->digest: HMAC-SHA-256 over the canonical arguments ({} when absent). */
enum status call_digest(struct call *call, const struct secret_key *key) MUST_USE;

/* Appends the canonical arguments, those that the digest is made of; failure shows in buf_status(). */
void call_write_canonical(const struct call *call, struct buf *out);

void call_free(struct call *call);

#endif
