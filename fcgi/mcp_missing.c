/* mcp_missing.c - stands in for parts of the proxy that are not there yet: a gateway without upstreams. Goes as they come. */
#include "mcp_visit.h"

#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#define STANDS_IN __attribute__((weak))

STANDS_IN enum status
catalog_offer(
    struct mcp *mcp, const struct catalog_view *view, struct offer *out, struct problem *why)
{
	(void)mcp;
	(void)view;
	(void)why;
	out->capabilities = json_new_object();
	buf_init(&out->instructions, 16);
	return STATUS_OK;
}
STANDS_IN void
offer_free(struct offer *offer)
{
	json_free(offer->capabilities);
	buf_free(&offer->instructions);
}
STANDS_IN enum status
catalog_page(struct mcp *mcp, const struct catalog_view *view, enum list_kind kind,
    const char *cursor, struct json_object **result, struct rpc_fault *fault)
{
	(void)mcp;
	(void)view;
	(void)kind;
	(void)cursor;
	*result = NULL;
	return rpc_fault_set(fault, 200, RPC_INTERNAL, "no lists yet");
}
STANDS_IN enum status
catalog_page_text(struct mcp *mcp, const struct catalog_view *view, enum list_kind kind,
    const char *cursor, struct buf *out, struct rpc_fault *fault)
{
	(void)mcp;
	(void)view;
	(void)kind;
	(void)cursor;
	(void)out;
	return rpc_fault_set(fault, 200, RPC_INTERNAL, "no lists yet");
}
STANDS_IN enum status
catalog_route(struct mcp *mcp, const struct catalog_view *view, enum list_kind kind,
    const char *name, struct route *out, struct problem *why)
{
	(void)mcp;
	(void)view;
	(void)kind;
	(void)name;
	(void)out;
	(void)why;
	return STATUS_NOT_FOUND;
}
STANDS_IN void
route_free(struct route *route)
{
	json_free(route->definition);
}
STANDS_IN enum status
mcp_open(struct mcp *mcp, bool mailbox, struct problem *why)
{
	enum status status = upstream_seal_key(mcp->master, &mcp->seal);

	if (status == STATUS_OK)
		status = state_key(mcp->master, &mcp->state);
	return status == STATUS_OK && mailbox ? mailbox_open(mcp, &mcp->mailbox, why) : status;
}
STANDS_IN void
peers_end_session(struct mcp *mcp, const char *session_id)
{
	(void)mcp;
	(void)session_id;
}
STANDS_IN void
relay_answer_free(struct relay_answer *answer)
{
	json_free(answer->result);
	rpc_fault_free(&answer->fault);
}
STANDS_IN void
relay_run(struct mcp *mcp, const struct relay_call *call, const struct relay_client *client,
    struct relay_answer *out)
{
	(void)mcp;
	(void)call;
	(void)client;
	*out = (struct relay_answer){.end = RELAY_NOT_SENT};
	(void)rpc_fault_set(&out->fault, 200, RPC_INTERNAL, "no relay yet");
}
