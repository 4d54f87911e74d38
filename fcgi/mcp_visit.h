/*
 * mcp_visit.h - one message of an MCP client on its way through the door, and what the parts of the door share.
 *
 * A visit lives from the request's arrival to its answer, like its exchange; in a batch each message has one of its own. While a call is
 * held nothing of it but the body stays in memory: `message` is empty then.
 */
#ifndef ENFORGATE_MCP_VISIT_H
#define ENFORGATE_MCP_VISIT_H

#include <semaphore.h>
#include <stdatomic.h>

#include "mcp/catalog.h"
#include "mcp/convert.h"
#include "mcp/mailbox.h"
#include "mcp/relay.h"
#include "mcp/sessions.h"
#include "serve.h"

#define MCP_ROUTE "/mcp"
#define MCP_APPROVAL "io.enforgate/approval" /* in _meta: {id, status, expiresAt} */
#define MCP_SESSION_HEADER "Mcp-Session-Id"

struct runs;
struct streams;
struct stream; /* one of them: mcp_stream.c */
struct errand; /* a call: mcp_call.c */

/* What the door has beside the service. */
struct mcp_door {
	struct mcp mcp;
	struct runs *runs;
	struct streams *streams;
	struct json_limits limits; /* of a message */
	size_t answer_max;         /* bytes of an answer of ours */
};

/* A batch: its messages are answered one after another, together. */
struct batch {
	struct json_object *answers; /* an array, owned */
	bool broken; /* out of memory, or the audit log failed: there is no answer */
};

struct visit {
	struct exchange *exchange;
	struct mcp_door *door;
	struct caller *caller; /* owned; NULL while held */
	struct rpc_message message;
	struct envelope envelope; /* borrowed from the message */
	enum era era;
	struct session session;             /* of a legacy client; id "": none */
	struct json_object *id;             /* of its request; owned, as are the next three */
	struct json_object *progress_token; /* NULL: none */
	struct json_object *capabilities;   /* of the client, whole */
	struct json_object *bridged;        /* cut by convert_capabilities() */
	int64_t progress;                   /* the last value it was sent */
	struct batch *batch;                /* NULL: a message of its own */
	struct stream *stream;              /* likewise, of mcp_stream.c */
	struct errand *errand;              /* of a call; owned by mcp_call.c */
};

/* ---- mcp_visit.c ---- */
struct visit *visit_make(struct exchange *exchange);
/* Ends it and, outside a batch, sends the answer. */
void visit_end(struct visit *visit);
struct catalog_view visit_view(const struct visit *visit);
/* The database: a visit that needs it and cannot have it is answered. */
void visit_unavailable(struct visit *visit, enum status status);

/* ---- mcp_answer.c: what an answer is; none of these ends the visit ---- */
/* Takes over `result`; NULL: out of memory. */
void answer_result(struct visit *visit, struct json_object *result);
/* In a legacy session with HTTP 200, else with its own status. Frees what the fault holds. */
void answer_fault(struct visit *visit, struct rpc_fault *fault);
/* With its own status in either era: before a session is known, and for what is wrong with the gateway. */
void answer_fault_http(struct visit *visit, struct rpc_fault *fault);
/* As the era has it: HTTP 200 and a JSON-RPC error. */
void answer_error(struct visit *visit, int code, const char *format, ...) PRINTF_LIKE(3, 4);
/* The same from the JSON text of a result. */
void answer_result_text(struct visit *visit, const struct buf *result);
/* All answers of a batch, or that there is none. */
void answer_batch(struct visit *visit, struct batch *batch);
/* No body: 202 and the like. */
void answer_empty(struct visit *visit, int status);
/* For nobody: the client cancelled. */
void answer_nothing(struct visit *visit);
/* A message on the stream of the request, which begins with it. False: the client is gone. */
bool answer_event(struct visit *visit, const struct json_object *message);
/* A sign of life on the stream. */
bool answer_keep(struct visit *visit);

/* ---- mcp_http.c: what can be said before a message is read ---- */
/* Route, Host and Origin, key, method. False: it is answered. */
bool http_admit(struct visit *visit);
/* Size, types and syntax of a POST. False: it is answered. *root is owned by the caller. */
bool http_read(struct visit *visit, struct json_object **root);
bool http_accepts_events(const struct visit *visit);

/* ---- mcp_session.c ---- */
/* Finds the session of a legacy client. False: it is answered. */
bool session_find(struct visit *visit);
void session_initialize(struct visit *visit);
void session_delete(struct visit *visit);
void session_set_level(struct visit *visit);
void session_subscribe(struct visit *visit);
void session_unsubscribe(struct visit *visit);

/* ---- mcp_lists.c ---- */
void lists_tools(struct visit *visit);
void lists_prompts(struct visit *visit);
void lists_resources(struct visit *visit);
void lists_templates(struct visit *visit);
void lists_discover(struct visit *visit);

/* ---- mcp_tasks.c ---- */
void tasks_serve(struct visit *visit);

/* ---- mcp_message.c ---- */
/* One message: takes over `root`, leads to visit_end(), at once or later. */
void message_serve(struct visit *visit, struct json_object *root);
void message_batch(struct visit *visit, struct json_object *root);
/* Reads it, and what outlives it, into the visit: once more after it was let go. Answered where false. Takes over `root`. */
bool message_read(struct visit *visit, struct json_object *root);
/* Nothing of it stays but its id and progress token. */
void message_let_go(struct visit *visit);

/* ---- mcp_call.c: through the gate and to the upstream; leads to visit_end() ---- */
void call_serve(struct visit *visit);
void errand_free(struct errand *errand);

/* ---- mcp_stream.c ---- */
void stream_get(struct visit *visit);
void stream_listen(struct visit *visit);

#endif
