/*
 * state.h - requestState: what a modern client brings back with its next round, sealed, so that nobody can make or alter it.
 *
 * AES-256-GCM under a key of the installation, bound to the key of the agent, the method, the name and the arguments of the call; it
 * carries its own end. It proves that we said so, not that it comes for the first time: whatever may happen once only is kept by the
 * server that knows it (continuation.h, the host of a parked call). No argument is in it.
 */
#ifndef ENFORGATE_MCP_STATE_H
#define ENFORGATE_MCP_STATE_H

#include "json.h"
#include "secret.h"

#define STATE_ROUNDS_MAX                                                                           \
	10 /* the v2 client answers so many input_required of one call, and then fails */
#define STATE_LIFE_MS 600000
#define STATE_TEXT_MAX ((size_t)64 << 10)

/* What it is bound to; all borrowed. */
struct state_bond {
	const char *key_id;
	const char *method;
	const char *server;
	const char *name;   /* of the tool, prompt or resource, the upstream's own */
	const char *digest; /* of the arguments */
};

struct state {
	int64_t round;    /* rounds of this call so far, from 1 */
	int64_t until_ms; /* set by state_seal() where it is 0 */
	char call_id
	    [41]; /* of the verdict under which the call is under way; "": none is, it waits for a person */
	char handle
	    [129]; /* of the call parked at the host of a legacy upstream; "": none (line.h) */
	struct json_object *own; /* requestState of a modern upstream, a text; owned; NULL: none */
	struct json_object
	    *asked; /* of a parked call: {key: id of the upstream's request}; owned; NULL: none */
};
void state_free(struct state *state);

/* The key of sealed states. */
enum status state_key(const struct secret_key *master, struct secret_key *out) MUST_USE;
enum status state_seal(const struct secret_key *key, const struct state_bond *bond,
    struct state *state, struct buf *out) MUST_USE;
/* STATUS_REFUSED: altered, of another call or key, or over; `out` is to be freed in any case. */
enum status state_unseal(const struct secret_key *key, const struct state_bond *bond,
    const char *text, int64_t now_ms, struct state *out) MUST_USE;

#endif
