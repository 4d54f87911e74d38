/* peers_kept.h - what is kept in the database about upstreams as they were met: era and sessions; private to peers*.c. */
#ifndef ENFORGATE_MCP_PEERS_KEPT_H
#define ENFORGATE_MCP_PEERS_KEPT_H

#include "mcp/peers.h"

struct kept {
	bool found;
	enum era era;
	struct json_object *facts; /* owned */
	char *session;             /* owned, a secret; NULL: none */
	int64_t stamp_ms;          /* when it was found; tells one row from its successor */
};
void kept_free(struct kept *kept);

/* What is older than the upstream's configuration, or cannot be read, is not found. */
enum status kept_era(struct db *db, const struct peer *peer, struct kept *out) MUST_USE;
enum status kept_session(struct db *db, const struct secret_key *seal, const struct peer *peer,
    struct kept *out) MUST_USE;

/* Best effort: what cannot be kept has to be found out again. They return the stamp of the row, 0 where there is none. */
int64_t kept_write_era(struct mcp *mcp, const struct peer *peer);
int64_t kept_write_session(struct mcp *mcp, const struct peer *peer);
/* Only the row with that stamp: another process may have been faster. */
void kept_drop_era(struct mcp *mcp, const struct peer *peer, int64_t stamp_ms);
void kept_drop_session(struct mcp *mcp, const struct peer *peer, int64_t stamp_ms);

#endif
