/*
 * rpc.h - JSON-RPC 2.0 messages as MCP uses them: one message, its parts, and the faults it is answered with.
 *
 * Pure: trees in, trees or bytes out. A message keeps the tree it was read from; its parts are borrowed from there.
 */
#ifndef ENFORGATE_MCP_RPC_H
#define ENFORGATE_MCP_RPC_H

#include "json.h"
#include "status.h"

/* Codes of JSON-RPC 2.0 section 5.1 and of MCP 2026-07-28 Basic, Error Codes. */
#define RPC_PARSE_ERROR (-32700)
#define RPC_INVALID_REQUEST (-32600)
#define RPC_METHOD_NOT_FOUND (-32601)
#define RPC_INVALID_PARAMS (-32602)
#define RPC_INTERNAL (-32603)
#define RPC_SERVER_ERROR (-32000) /* what the SDKs use where no other code fits, legacy only */
#define RPC_RESOURCE_NOT_FOUND (-32002) /* legacy only */
#define RPC_HEADER_MISMATCH (-32020)
#define RPC_CAPABILITY_MISSING (-32021)
#define RPC_VERSION_UNSUPPORTED (-32022)
#define RPC_URL_ELICITATION (-32042) /* legacy only */
/* Our own, outside the range that JSON-RPC reserves: prompts, resources and completions that the gate did not let through. */
#define RPC_DENIED 403
#define RPC_HELD 202

#define RPC_ID_MAX 256     /* bytes of a text as id; a longer one is refused */
#define RPC_METHOD_MAX 128 /* bytes */

/* What a request is refused with. Zeroed at first; rpc_fault_free() in the end. */
struct rpc_fault {
	int http; /* HTTP status of the answer; 200 for faults inside the protocol */
	int code;
	char message[PROBLEM_MAX];
	struct json_object *data; /* owned; NULL: none */
};
/* Always returns STATUS_INVALID, so that a check can end with it. Replaces what the fault held, `data` with nothing. */
enum status rpc_fault_set(struct rpc_fault *fault, int http, int code, const char *format, ...)
    PRINTF_LIKE(4, 5);
void rpc_fault_free(struct rpc_fault *fault);

enum rpc_kind { RPC_REQUEST, RPC_NOTIFICATION, RPC_RESPONSE };

struct rpc_message {
	enum rpc_kind kind;
	struct json_object *root; /* owned */
	/* Borrowed from the root. */
	struct json_object *id;     /* of a request or a response; NULL: none */
	const char *method;         /* of a request or a notification */
	struct json_object *params; /* an object, or NULL: none */
	struct json_object *meta;   /* params._meta where it is an object, or NULL */
	struct json_object *result; /* of a response; NULL where it has an error */
	struct json_object *error;  /* an object with an integer `code` and a text `message` */
};

/*
 * Takes over `root` in any case. STATUS_INVALID with `fault` (facts 2, rows 8 and 9: HTTP 400, -32600): an array, not JSON-RPC,
 * an id that is neither text nor integer (RPC_ID_MAX), params that are no object. `out` is to be freed in any case: where
 * only other things are wrong, out->id is what can be echoed.
 */
enum status rpc_read(
    struct json_object *root, struct rpc_message *out, struct rpc_fault *fault) MUST_USE;
void rpc_free(struct rpc_message *message); /* accepts one that is all zero */

/*
 * Builders: new trees, NULL when memory runs out. `id`, `params` and `result` are shared (one more owner), not taken over; `id` NULL
 * leaves it out; `params` NULL leaves them out; `result` NULL is an empty object.
 */
struct json_object *rpc_request(
    struct json_object *id, const char *method, struct json_object *params);
struct json_object *rpc_notification(const char *method, struct json_object *params);
struct json_object *rpc_response(struct json_object *id, struct json_object *result);
struct json_object *rpc_error(struct json_object *id, const struct rpc_fault *fault);
/* The error object of a response as a fault with HTTP status 200; `data` is shared. */
void rpc_fault_from(struct rpc_fault *fault, struct json_object *error);

/* Whether two ids are the same: texts by bytes, integers by value, never one of each. */
bool rpc_same_id(const struct json_object *a, const struct json_object *b);

/*
 * A copy of an object of which members can be set or dropped without changing the original: the members are shared. NULL when memory
 * runs out. Of NULL it is an empty object.
 */
struct json_object *rpc_copy(const struct json_object *object);

#endif
