/*
 * relay_message.h - what a relay rewrites: requests on their way to an upstream, notifications on their way to the client (facts 7, 8).
 *
 * Pure: trees in, new trees out; what does not change is shared.
 */
#ifndef ENFORGATE_MCP_RELAY_MESSAGE_H
#define ENFORGATE_MCP_RELAY_MESSAGE_H

#include "mcp/relay.h"

/* Of the request that is sent next. */
struct relay_sending {
	enum era era;                        /* of the upstream */
	const char *version;                 /* of the upstream */
	bool tasks;                          /* the upstream declares the tasks extension */
	struct json_object *progress_token;  /* of ours; NULL: the client wants no progress */
	struct json_object *input_responses; /* modern; NULL: none */
	struct json_object *request_state;   /* modern: the upstream's own; NULL: none */
};

/*
 * The params of a request for the upstream: _meta made anew for its era, with what the client put there and does not concern the protocol;
 * `task` of a legacy client is dropped, as the gateway declares no legacy tasks. NULL: out of memory.
 */
struct json_object *relay_params(const struct relay_call *call, const struct relay_client *client,
    const struct relay_sending *sending);

/* A number that no other request has: ids are unique in an upstream's session, which other processes use too. */
struct json_object *relay_new_id(void);

/*
 * The params of notifications/progress for the client: its token, `from` added to progress and total. *last is the value that it had last
 * and is moved on. NULL: not a progress that moves on, or out of memory.
 */
struct json_object *relay_progress(
    const struct json_object *params, struct json_object *token, double from, double *last);

/* The params of notifications/message for a client that wants `level` and above; NULL: it is not for it. */
struct json_object *relay_log(
    struct json_object *params, const char *level, const char *upstream_name);

#endif
