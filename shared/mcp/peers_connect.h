/* peers_connect.h - how an upstream becomes one that can be spoken to; private to peers*.c. */
#ifndef ENFORGATE_MCP_PEERS_CONNECT_H
#define ENFORGATE_MCP_PEERS_CONNECT_H

#include "mcp/peers.h"

enum known_state { KNOWN_CONNECTING, KNOWN_OPEN, KNOWN_FAILED };

/* One upstream as it is known to this process for one view. The peer comes first, so that one is found from the other. */
struct known {
	struct peer peer;
	struct peers *peers;
	struct known *next;
	/* Of the upstream as the caller had it: what it is found by, as the peer's own is read while others look. */
	char asked_id[UPSTREAM_ID_MAX + 1];
	int64_t asked_changed_ms;
	bool park;
	enum known_state state;
	bool linked; /* the list of peers.c is one of the owners */
	_Atomic int owners;
	int64_t used_us;
	int64_t until_us;   /* a failure is believed until then */
	struct problem why; /* of a failure */
	/* Of the rows that it was made from, or wrote; 0: none. */
	int64_t era_stamp_ms;
	int64_t session_stamp_ms;
};

/*
 * Everything that takes time, in the one thread that connects; the peer has id, owner and view. STATUS_OK: it can be used; else `why` names
 * the upstream.
 */
enum status known_connect(struct mcp *mcp, struct known *known, const struct upstream *upstream,
    const struct peer_view *view, int64_t until_us, struct problem *why) MUST_USE;

/* peers.c: of a session that is over, what this process knows. */
void peers_forget_owner(struct peers *peers, const char *owner);

/* peers_probe.c: over http. */
enum probe_verdict {
	VERDICT_MODERN,
	VERDICT_LEGACY,
	VERDICT_NONE /* cannot be told now; `why` says why */
};
/* Asks server/discover; VERDICT_MODERN: the peer is ready. `why` does not name the upstream. */
enum probe_verdict http_probe(
    struct mcp *mcp, struct peer *peer, int64_t until_us, struct problem *why) MUST_USE;
/*
 * Opens a legacy session that declares exactly these capabilities. STATUS_INVALID: it answered, but not as a legacy server does; STATUS_FAILED: it
 * cannot be told now.
 */
enum status http_initialize(struct mcp *mcp, struct peer *peer,
    const struct json_object *capabilities, int64_t until_us, struct problem *why) MUST_USE;

#endif
