/*
 * relay.h - one request of a client carried to an upstream and back, whatever the eras of the two (facts 7, 8, 10).
 *
 * Straight-line, in a thread of its own: opens a line, hands on progress, log messages and questions, and ends with what the client gets. All
 * that knows HTTP or FastCGI is behind struct relay_client.
 */
#ifndef ENFORGATE_MCP_RELAY_H
#define ENFORGATE_MCP_RELAY_H

#include "mcp/catalog.h"
#include "mcp/line.h"
#include "mcp/mailbox.h"
#include "mcp/state.h"

#define RELAY_KEEP_MS 10000 /* between signs of life to the client while nothing is said */
#define RELAY_GATHER_MS                                                                            \
	50 /* questions of a legacy upstream that come together are asked together */
#define RELAY_REASON_MAX 256

/* The client's side of the request. */
struct relay_client {
	enum era era;
	const char *version;                /* legacy: that of the session */
	struct json_object *capabilities;   /* that it declared, whole; borrowed */
	struct json_object *client_info;    /* NULL: unknown */
	const char *log_level;              /* NULL: it gets no log messages */
	struct json_object *progress_token; /* NULL: it gets no progress */
	struct json_object *id;             /* of its request */
	const char *session_id;             /* legacy: "ses_..."; NULL: none */
	struct ticket *ticket; /* legacy: of the request, where there is one already; borrowed */
	double progress_from;  /* the last value it was sent while held: ours count from there */
	/* Sends a message on the request's stream, in the thread of the relay. False: the client is gone. */
	bool (*send)(void *arg, const struct json_object *message);
	/* A sign of life on the stream. False: the client is gone. */
	bool (*keep)(void *arg);
	int fd; /* its connection, to see its end; -1: none */
	void *arg;
};

/* What is to be carried. */
struct relay_call {
	const struct upstream *upstream;
	const struct caller *caller; /* to look a tool up again; NULL: it cannot be */
	const char *method;
	struct json_object
	    *params; /* for the upstream: own names, no _meta of ours; shared, not changed */
	struct json_object *definition; /* of the tool, for Mcp-Param-*; NULL: none */
	struct peer_view view;
	/* Modern clients: the round that this request is. `state` is unsealed, NULL in the first one. */
	struct state_bond bond;
	struct state *state;
	struct json_object *input_responses;
	const char *call_id; /* of the verdict */
	bool
	    once; /* it runs by a person's decision: rounds after this one need a continuation (continuation.h) */
};

enum relay_end {
	RELAY_COMPLETED, /* the upstream answered with a result */
	RELAY_ERROR,     /* with an error, or a result that says isError */
	RELAY_INPUT, /* it wants input: the result is input_required, the call goes on in another request */
	RELAY_NOT_SENT,  /* it was never reached */
	RELAY_CANCELLED, /* the client went away or cancelled: nobody waits for an answer */
	RELAY_UNKNOWN    /* its answer was lost; it may have run */
};

struct relay_answer {
	enum relay_end end;
	struct json_object *result; /* owned; for the client's era; NULL: `fault` */
	struct rpc_fault fault;     /* for the client's era */
	char reason
	    [RELAY_REASON_MAX]; /* for the audit log and the operator: no argument, no result */
};
void relay_answer_free(struct relay_answer *answer);

/* Never fails: what went wrong is in the answer. For tools/call a fault that the model can act on is a result with isError. */
void relay_run(struct mcp *mcp, const struct relay_call *call, const struct relay_client *client,
    struct relay_answer *out);

#endif
