/*
 * relay_parts.h - what the pieces of a relay share: waiting (relay.c), sending (relay_send.c), what an upstream says (relay_hear.c), what it asks
 * (relay_ask.c), rounds of input (relay_input.c), and the end (relay_end.c). relay_message.h and relay_asked.h are its pure parts.
 */
#ifndef ENFORGATE_MCP_RELAY_PARTS_H
#define ENFORGATE_MCP_RELAY_PARTS_H

#include "mcp/mailbox.h"
#include "mcp/relay_asked.h"
#include "mcp/relay_message.h"

#define RELAY_ROUNDS_MAX 8         /* of questions that a modern upstream asks a legacy client */
#define RELAY_STATE_ROUNDS_MAX 240 /* rounds in which it only wants to be called again */
#define RELAY_STATE_MS 250         /* before each of them */
#define RELAY_ANSWER_MS 600000     /* for the client's answer to a question */

struct relay {
	struct mcp *mcp;
	const struct relay_call *call;
	const struct relay_client *client;
	struct relay_answer *out;
	struct peer *peer;
	struct line *line;              /* NULL: between two rounds */
	struct ticket *ticket;          /* of a legacy client's request */
	struct ticket *own_ticket;      /* the same where it was opened here */
	struct json_object *token;      /* our progress token at the upstream; owned */
	struct json_object *definition; /* of the tool, once it was looked up again; owned */
	/* Of the next round with a modern upstream; owned. */
	struct json_object *responses;
	struct json_object *own_state;
	struct asked asked;
	bool resumed;   /* the line was opened by an earlier request, with another progress token */
	bool once_more; /* the second try, as the first one was not run */
	bool refreshed; /* the tool was looked up again */
	bool stream_gone; /* of a legacy client: its call goes on all the same */
	bool done;        /* `out` is there */
	int rounds, state_rounds;
	double progress;   /* the last value that the client has */
	int64_t word_us;   /* the upstream's last word */
	int64_t keep_us;   /* the next sign of life to the client */
	int64_t gather_us; /* questions of a legacy upstream are asked then; 0: there are none */
	int64_t again_us;  /* a modern upstream is called again then; 0: it is not */
};

/* ---- relay.c ---- */
/* To the client, on its stream. False: it is gone. */
bool relay_say(
    struct relay *r, struct json_object *message); /* takes it over; NULL is out of memory */
/* The line is broken: what was not sent is sent again, once. */
void relay_lost(struct relay *r, bool sent, const char *why);
/* Ends the line, having told the upstream. */
void relay_hang_up(struct relay *r, const char *reason);

/* ---- relay_send.c ---- */
/* Sends the request, again where that is a further round. Ends the relay where it cannot. */
void relay_send(struct relay *r);
/* The next relay_send() finds the upstream anew: what was not run may be sent again, once. False: it was already. */
bool relay_connect_anew(struct relay *r);

/* ---- relay_hear.c ---- */
/* A notification or request of the upstream; takes it over. */
void relay_hear(struct relay *r, struct json_object *message);
/* The response; takes it over. */
void relay_response(struct relay *r, struct json_object *message);

/* ---- relay_ask.c ---- */
/* A question of a legacy upstream. */
void relay_ask(struct relay *r, const struct rpc_message *question);
/* Nobody waits for an answer to any of its questions. */
void relay_take_back_all(struct relay *r);
/* It does not want to know any more. */
void relay_ask_no_more(struct relay *r, const struct json_object *id);
/* The client is sent a question under an id of ours; `id` is what the upstream knows it by. False: it could not be. */
bool relay_put(struct relay *r, struct json_object *id, struct json_object *entry);
/* Answers of a legacy client that have come. */
void relay_take_answers(struct relay *r);
/* Questions that a client does not answer in time. */
void relay_drop_late(struct relay *r, int64_t now_us);

/* ---- relay_input.c ---- */
/* A modern upstream wants input. `result` is borrowed. */
void relay_input(struct relay *r, struct json_object *result);
/* A legacy client has answered one of its entries. */
void relay_input_answer(struct relay *r, size_t at, const struct rpc_message *answer);
/* A legacy upstream has asked a modern client: the line waits for the client's next request. */
void relay_park(struct relay *r);
/* A line that waits, if `state` has one, is not waited for any more. */
void relay_give_up_parked(struct relay *r, const struct state *state);
/* Takes up a line that waited, with what the client answered. */
void relay_resume(struct relay *r);
/* A legacy upstream's -32042 for a modern client. False: it is none that can be asked. */
bool relay_urls(struct relay *r, struct json_object *error);

/* ---- relay_end.c ---- */
void relay_finish(struct relay *r, struct json_object *result); /* borrowed */
void relay_fail(struct relay *r, struct json_object *error);    /* borrowed */
/* Made up by the gateway: for tools/call a result that the model reads. The sentence is the reason, too. */
void relay_refuse(struct relay *r, enum relay_end end, const char *format, ...) PRINTF_LIKE(3, 4);
/* The client left or cancelled. */
void relay_cancel(struct relay *r, const char *why);
/* Wants input: takes over `result`, whose requestState is set from `state`. */
void relay_want_input(struct relay *r, struct json_object *result, struct state *state);

#endif
