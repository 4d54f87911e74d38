/* mcp_missing.c - stands in for parts of the proxy that are not there yet. Goes as they come. */
#include "mcp/watch.h"

#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#define STANDS_IN __attribute__((weak))

STANDS_IN enum status
watch_wanted_check(const struct json_object *wanted, struct rpc_fault *fault)
{
	(void)wanted;
	(void)fault;
	return STATUS_OK;
}
STANDS_IN void
watch_run(struct mcp *mcp, const struct watch_client *client)
{
	(void)mcp;
	(void)client;
}
