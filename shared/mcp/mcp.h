/*
 * mcp.h - what the parts of the proxy share in one process. Opened by the door and by `enforgatectl upstream test`.
 */
#ifndef ENFORGATE_MCP_H
#define ENFORGATE_MCP_H

#include "audit.h"
#include "caller.h"
#include "config.h"
#include "courier.h"

struct peers;
struct catalog;
struct mailbox;

struct mcp {
	const struct config *config; /* borrowed, as is everything but what is said to be owned */
	struct store *store;
	struct audit *audit;
	struct courier *courier; /* NULL: others send */
	const struct secret_key *master;
	struct secret_key seal;  /* upstream_seal_key() */
	struct secret_key state; /* state_key() */
	int wake_fd;             /* wake.h */
	int end_fd; /* can be read once the process is about to end: whatever waits stops waiting */
	struct peers *peers;     /* owned */
	struct catalog *catalog; /* owned */
	struct mailbox *mailbox; /* owned; NULL: nobody hands anything over to this process */
};

/* What the caller has set is kept; opens the rest. `mailbox`: this process serves requests. */
enum status mcp_open(struct mcp *mcp, bool mailbox, struct problem *why) MUST_USE;
void mcp_close(struct mcp *mcp);

#endif
