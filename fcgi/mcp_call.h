/* mcp_call.h - one call of a client, from its name to what is answered; shared by the files mcp_call*.c only. */
#ifndef ENFORGATE_MCP_CALL_H
#define ENFORGATE_MCP_CALL_H

#include "mcp_run.h"
#include "mcp_visit.h"

/* What a method calls. */
struct verb {
	const char *method;
	const char *member; /* of params: its name */
	const char *prefix; /* in front of the name, for the gate: "prompt:" */
	enum list_kind kind;
	bool held; /* a person may be asked, and the answer may be input_required */
};

/* Who goes on with a call once its verdict is there: the thread that asked, unless it has gone on to other requests. */
enum turn { TURN_ASKING, TURN_DECIDED, TURN_LEFT };

/* The order of the members is that of their sizes: there may be many that wait. */
struct errand {
	struct run run; /* the first: run() finds the errand by it */
	struct visit *visit;
	const struct verb *verb;
	char *tool;            /* as the gate knows it; owned */
	const char *name;      /* the upstream's own; within `tool` */
	struct route *route;   /* owned; NULL while held */
	const char *refusal;   /* of the gateway, whatever the policies say; NULL: none */
	struct ticket *ticket; /* of a legacy client's request, to hear of its cancellation */
	struct state state;    /* that the client brought back */
	struct relay_answer answer;
	sem_t decided; /* in a batch */
	struct outcome outcome;
	atomic_int turn;                 /* enum turn */
	enum status status;              /* of the gate */
	char digest[SECRET_DIGEST_TEXT]; /* of the arguments; modern clients only */
	char server[UPSTREAM_NAME_MAX + 1];
	bool hidden;    /* as if it were not there: every policy denies it */
	bool held;      /* it has waited for a person */
	bool continues; /* `state` is there */
	bool relayed;   /* `answer` is there */
};

/* The visit of an attempt. */
struct visit *call_visit(struct attempt *attempt);
/* The name that is called, as the client says it, and by which verb (errand->verb); NULL: the params do not say so. */
const char *call_name(struct visit *visit);
/* The arguments that are judged, of the message itself; one more owner. NULL: none. */
struct json_object *call_arguments(const struct visit *visit);
struct state_bond call_bond(const struct visit *visit, const char *key_id);
/* Where its name leads, into errand->route. STATUS_OK, or as catalog_route(). */
enum status call_route(struct visit *visit, const struct caller *caller, const char *name,
    struct problem *why) MUST_USE;
/* The quarantine's words; NULL: it is not in quarantine. */
const char *call_quarantine(const struct route *route);

/* ---- mcp_call_read.c: the message as a call; answered where false ---- */
bool call_prepare(struct visit *visit);
enum status call_read(struct attempt *attempt, struct call *call, struct problem *why) MUST_USE;

/* ---- mcp_call_hold.c ---- */
bool call_hold(struct attempt *attempt);
void call_sign_off(struct visit *visit); /* from now on no cancellation reaches it */

/* ---- mcp_call_forward.c ---- */
void call_forward(struct attempt *attempt, struct outcome *outcome);

/* ---- mcp_call_answer.c: what the client gets ---- */
/* Of a call that was not allowed, or not decided. */
void call_answer_verdict(struct visit *visit);
/* Of one that was run; `status` says whether its outcome is recorded. */
void call_answer_run(struct visit *visit, enum status status);
/* "Not executed" and why: a result for tools, which a model can read, else an error. */
void call_refuse(struct visit *visit, int code, const char *format, ...) PRINTF_LIKE(3, 4);

#endif
