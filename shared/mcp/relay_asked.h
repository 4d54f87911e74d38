/*
 * relay_asked.h - questions of an upstream that are under way: which of ours stands for which of its own. Pure.
 */
#ifndef ENFORGATE_MCP_RELAY_ASKED_H
#define ENFORGATE_MCP_RELAY_ASKED_H

#include "mcp/rpc.h"

#define ASKED_MAX 16 /* at once, of one call */
#define ASKED_KEY_MAX 32

struct asked_one {
	struct json_object *id;    /* the upstream's: of its request, or the key of its entry */
	struct json_object *ours;  /* what the client knows it by; NULL: it was not asked yet */
	struct json_object *entry; /* {method, params} */
	int64_t since_us;
};

/* Zeroed at first; asked_free() in the end. */
struct asked {
	struct asked_one one[ASKED_MAX];
	size_t count;
};

/* All three are shared; `ours` may be NULL. STATUS_TOO_LARGE: ASKED_MAX are under way. STATUS_EXISTS: that id is. */
enum status asked_add(struct asked *asked, struct json_object *id, struct json_object *ours,
    struct json_object *entry, int64_t now_us) MUST_USE;
/* ASKED_MAX: there is none. */
size_t asked_find(const struct asked *asked, const struct json_object *id);
size_t asked_find_ours(const struct asked *asked, const struct json_object *ours);
void asked_remove(struct asked *asked, size_t at);
void asked_free(struct asked *asked);

/* {method, params} of a request; what is about a task or progress of it is left out, as the gateway bridges neither. NULL: out of memory. */
struct json_object *asked_entry(const char *method, struct json_object *params);

/*
 * The entries as inputRequests under keys of ours ("r2q1": round and number), and {key: id of the upstream's request} for the next
 * round. False: out of memory; what was made is freed.
 */
bool asked_as_input(const struct asked *asked, int64_t round, struct json_object **requests,
    struct json_object **keys);

#endif
