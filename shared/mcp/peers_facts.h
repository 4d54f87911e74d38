/* peers_facts.h - what an upstream says about itself, in one form wherever it comes from; private to peers*.c. */
#ifndef ENFORGATE_MCP_PEERS_FACTS_H
#define ENFORGATE_MCP_PEERS_FACTS_H

#include "mcp/peers.h"

/*
 * {version, capabilities, serverInfo, instructions}, as it is kept in the database and as hosts say it in their hello, into a peer.
 * STATUS_INVALID: that era has no such version.
 */
enum status facts_take(struct peer *peer, enum era era, struct json_object *facts) MUST_USE;
/* The same from the result of initialize or server/discover; `version` is the one that was agreed on. */
enum status facts_from_result(
    struct peer *peer, enum era era, const char *version, struct json_object *result) MUST_USE;
/* The other way round, as JSON. STATUS_TOO_LARGE: more than PEER_FACTS_MAX bytes. */
enum status facts_write(const struct peer *peer, struct buf *out) MUST_USE;
void facts_free(struct peer *peer);

#endif
