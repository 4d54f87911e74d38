/* mcp_missing.c - stands in for parts of the proxy that are not there yet: a gateway without upstreams. Goes as they come. */
#include "mcp_visit.h"

#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#define STANDS_IN __attribute__((weak))

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
