/* mcp_visit.c - the life of a visit; see mcp_visit.h. */
#include "mcp_visit.h"

#include <stdlib.h>

#define BUSY_RETRY_S 1

struct visit *
visit_make(struct exchange *exchange)
{
	struct visit *visit = calloc(1, sizeof(*visit));

	if (visit == NULL)
		return NULL;
	visit->exchange = exchange;
	visit->door = exchange->service->mcp;
	exchange->visit = visit;
	reply_allow(&exchange->reply, visit->door->answer_max);
	return visit;
}

void
visit_end(struct visit *visit)
{
	struct exchange *exchange = visit->exchange;
	const bool alone = visit->batch == NULL;

	caller_release(exchange->service->gate.callers, visit->caller);
	errand_free(visit->errand);
	rpc_free(&visit->message);
	session_free(&visit->session);
	json_free(visit->id);
	json_free(visit->progress_token);
	json_free(visit->capabilities);
	json_free(visit->bridged);
	free(visit);
	exchange->visit = NULL;
	if (alone)
		exchange_end(exchange);
}

struct catalog_view
visit_view(const struct visit *visit)
{
	const bool legacy = visit->era == ERA_LEGACY;

	return (struct catalog_view){.caller = visit->caller,
	    .peer = {.owner = legacy ? visit->session.id : "",
		.capabilities = visit->bridged,
		.park = !legacy},
	    .era = visit->era};
}

void
visit_unavailable(struct visit *visit, enum status status)
{
	struct rpc_fault fault = {0};

	if (status == STATUS_BUSY) {
		log_warn("503: the database is locked");
		if (!visit->exchange->reply.begun)
			reply_header(&visit->exchange->reply, "Retry-After", "%d", BUSY_RETRY_S);
		(void)rpc_fault_set(&fault, 503, RPC_INTERNAL,
		    "the gateway's database is locked; nothing was done, try again");
	} else {
		log_error("500: %s", status_name(status));
		(void)rpc_fault_set(&fault, 500, RPC_INTERNAL,
		    "the gateway could not do this; its operator finds the reason in the log");
	}
	answer_fault_http(visit, &fault);
}
