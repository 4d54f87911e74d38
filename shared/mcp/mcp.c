/* mcp.c - what the parts of the proxy share, opened and closed; see mcp.h. */
#include "mcp/mcp.h"

#include "mcp/catalog.h"
#include "mcp/mailbox.h"
#include "mcp/peers.h"
#include "mcp/state.h"
#include "mcp/upstreams.h"

enum status
mcp_open(struct mcp *mcp, bool mailbox, struct problem *why)
{
	enum status status = upstream_seal_key(mcp->master, &mcp->seal);

	mcp->peers = NULL;
	mcp->catalog = NULL;
	mcp->mailbox = NULL;
	if (status == STATUS_OK)
		status = state_key(mcp->master, &mcp->state);
	if (status != STATUS_OK) {
		problem_set(why, "the keys of the proxy cannot be derived");
		return status;
	}
	status = peers_open(mcp, &mcp->peers, why);
	if (status == STATUS_OK)
		status = catalog_open(mcp, &mcp->catalog, why);
	if (status == STATUS_OK && mailbox)
		status = mailbox_open(mcp, &mcp->mailbox, why);
	if (status != STATUS_OK)
		mcp_close(mcp);
	return status;
}

void
mcp_close(struct mcp *mcp)
{
	if (mcp->mailbox != NULL)
		mailbox_close(mcp->mailbox);
	if (mcp->catalog != NULL)
		catalog_close(mcp->catalog);
	if (mcp->peers != NULL)
		peers_close(mcp->peers);
	mcp->mailbox = NULL;
	mcp->catalog = NULL;
	mcp->peers = NULL;
	secret_wipe(&mcp->seal, sizeof(mcp->seal));
	secret_wipe(&mcp->state, sizeof(mcp->state));
}
