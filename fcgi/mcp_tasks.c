/*
 * mcp_tasks.c - tasks/get, tasks/update and tasks/cancel of a task that a call through the gate became; see mcp_visit.h.
 *
 * The call was judged and recorded when it began. What is asked about its task is no call: it goes to the upstream that has it, if
 * the task is of this key. The kill switch stops it as well.
 */
#include <string.h>

#include "mcp/relay_task.h"
#include "mcp_visit.h"

static bool
stopped(const struct visit *visit)
{
	struct gate *gate = &visit->exchange->service->gate;

	return visit->caller->stopped ||
	       stop_files_present(&gate->stop_files, visit->caller->key.name);
}

static bool
send_message(void *arg, const struct json_object *message)
{
	return answer_event(arg, message);
}

static bool
keep(void *arg)
{
	return answer_keep(arg);
}

static void
carry(struct visit *visit, const struct upstream *upstream, struct json_object *params,
    const char *id)
{
	const struct relay_client client = {.era = visit->era,
	    .version = MCP_VERSION_MODERN,
	    .capabilities = visit->capabilities,
	    .client_info = visit->envelope.client_info,
	    .log_level = visit->envelope.log_level,
	    .progress_token = visit->progress_token,
	    .id = visit->id,
	    .send = send_message,
	    .keep = keep,
	    .fd = exchange_fd(visit->exchange),
	    .arg = visit};
	const struct relay_call call = {.upstream = upstream,
	    .caller = visit->caller,
	    .method = visit->message.method,
	    .params = params,
	    .view = visit_view(visit).peer,
	    .bond = {.key_id = visit->caller->key.id,
		.method = visit->message.method,
		.server = upstream->name,
		.name = id,
		.digest = ""},
	    .call_id = ""};
	struct relay_answer answer;

	relay_run(&visit->door->mcp, &call, &client, &answer);
	if (answer.end == RELAY_CANCELLED) {
		answer_nothing(visit);
	} else if (answer.result != NULL) {
		answer_result(visit, answer.result);
		answer.result = NULL;
	} else {
		answer_fault(visit, &answer.fault);
	}
	relay_answer_free(&answer);
}

/* Among the upstreams of the key; NULL: it has none of that name any more. */
static const struct upstream *
find(const struct upstream_set *set, const char *name)
{
	for (size_t i = 0; i < set->count; i++)
		if (strcmp(set->items[i].name, name) == 0)
			return &set->items[i];
	return NULL;
}

static void
serve_task(struct visit *visit, const char *upstream_name, const char *id)
{
	struct caller *caller = visit->caller;
	struct mcp *mcp = &visit->door->mcp;
	const struct upstream *upstream;
	struct upstream_set set = {.count = 0};
	struct json_object *params = rpc_copy(visit->message.params);
	enum status status = STATUS_NO_MEMORY;

	if (params != NULL && json_set_text(params, "taskId", id))
		status = catalog_upstreams(mcp, caller->key.id, caller->generation, &set);
	if (status != STATUS_OK) {
		visit_unavailable(visit, status);
	} else {
		upstream = find(&set, upstream_name);
		if (upstream != NULL)
			carry(visit, upstream, params, id);
		else
			answer_error(visit, RPC_INVALID_PARAMS, "Unknown task");
	}
	catalog_upstreams_end(mcp, &set);
	json_free(params);
}

void
tasks_serve(struct visit *visit)
{
	char upstream_name[UPSTREAM_NAME_MAX + 1];
	bool found;
	const char *task = json_text(json_member(visit->message.params, "taskId", &found));
	const char *id;
	enum status status = STATUS_NOT_FOUND;

	if (task != NULL)
		status = relay_task_split(
		    &visit->door->mcp, visit->caller->key.id, task, upstream_name, &id);
	if (status == STATUS_NOT_FOUND)
		answer_error(visit, RPC_INVALID_PARAMS, "Unknown task");
	else if (status != STATUS_OK)
		visit_unavailable(visit, status);
	else if (stopped(visit))
		answer_error(visit, RPC_DENIED, "Denied: stopped");
	else
		serve_task(visit, upstream_name, id);
}
