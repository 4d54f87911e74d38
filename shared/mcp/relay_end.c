/* relay_end.c - what a relay ends with; see relay_parts.h. */
#include "mcp/relay_parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "mcp/continuation.h"
#include "mcp/convert.h"
#include "mcp/relay_task.h"

static void
end(struct relay *r, enum relay_end how, const char *reason)
{
	r->done = true;
	r->out->end = how;
	(void)snprintf(
	    r->out->reason, sizeof(r->out->reason), "%.*s", RELAY_REASON_MAX - 1, reason);
}

static bool
is_tool_call(const struct relay *r)
{
	return strcmp(r->call->method, "tools/call") == 0;
}

void
relay_refuse(struct relay *r, enum relay_end how, const char *format, ...)
{
	char text[PROBLEM_MAX];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	relay_hang_up(r, "the call has ended");
	end(r, how, text);
	log_warn("upstream \"%s\": %s", r->call->upstream->name, r->out->reason);
	(void)rpc_fault_set(&r->out->fault, 200, RPC_INTERNAL, "%s", text);
	if (is_tool_call(r))
		r->out->result = convert_refusal(r->client->era, text);
}

void
relay_cancel(struct relay *r, const char *why)
{
	const bool sent = r->line != NULL && (r->resumed || line_sent(r->line));
	char text[RELAY_REASON_MAX];

	relay_hang_up(r, why);
	(void)snprintf(text, sizeof(text), "%s; %s", why,
	    sent ? "it may have run" : "nothing was under way at the upstream");
	end(r, RELAY_CANCELLED, text);
	(void)rpc_fault_set(&r->out->fault, 200, RPC_INTERNAL, "cancelled: %s", text);
}

static bool
is_task(const struct json_object *result)
{
	bool found;
	const char *type = json_text(json_member(result, "resultType", &found));

	return type != NULL && strcmp(type, "task") == 0;
}

/* The id under which the client may ask for a task. */
static bool
name_task(const struct relay *r, struct json_object *result)
{
	bool found, good;
	const char *id = json_text(json_member(result, "taskId", &found));
	struct buf name;

	if (id == NULL)
		return true;
	buf_init(&name, MCP_URI_MAX);
	good = relay_task_join(r->mcp, r->call->bond.key_id, r->call->upstream->name, id, &name) ==
		   STATUS_OK &&
	       json_set_text(result, "taskId", buf_str(&name));
	buf_free(&name);
	return good;
}

/* A task that is done has the result of its call inside. */
static bool
prefix_inside(struct json_object *task, const char *upstream_name)
{
	bool found;
	struct json_object *inside = json_member(task, "result", &found);

	if (json_type(inside) != JSON_OBJECT)
		return true;
	inside = rpc_copy(inside);
	if (inside != NULL && names_prefix_uris(inside, upstream_name))
		return json_set(task, "result", inside);
	json_free(inside);
	return false;
}

/* The result as the client's era has it and under the names that the client knows. NULL: out of memory. */
static struct json_object *
result_for_client(const struct relay *r, struct json_object *result, enum era from)
{
	const struct upstream *upstream = r->call->upstream;
	const bool of_task = is_task(result) || strncmp(r->call->method, "tasks/", 6) == 0;
	struct json_object *out = rpc_copy(result);
	bool good = out != NULL;

	if (good && upstream->prefix)
		good = names_prefix_uris(out, upstream->name) &&
		       (!of_task || prefix_inside(out, upstream->name));
	if (good)
		good = convert_result(out, r->call->method, from, r->client->era, -1);
	if (good && of_task)
		good = name_task(r, out);
	if (good)
		return out;
	json_free(out);
	return NULL;
}

void
relay_finish(struct relay *r, struct json_object *result)
{
	const enum era from = r->peer != NULL ? r->peer->era : ERA_LEGACY;
	bool found;

	if (is_task(result) && (from != ERA_MODERN || r->client->era != ERA_MODERN ||
				   !era_has_extension(r->client->capabilities, MCP_TASKS))) {
		relay_refuse(r, RELAY_UNKNOWN,
		    "upstream \"%s\" made a task of the call, which this client cannot follow; it "
		    "may run",
		    r->call->upstream->name);
		return;
	}
	r->out->result = result_for_client(r, result, from);
	if (r->out->result == NULL)
		relay_refuse(r, RELAY_UNKNOWN, "out of memory; the call was run");
	else if (is_task(result))
		end(r, RELAY_COMPLETED, "the upstream made a task of it, which may still run");
	else if (is_tool_call(r) && json_bool(json_member(result, "isError", &found)))
		end(r, RELAY_ERROR, "the upstream answered with a result that says isError");
	else
		end(r, RELAY_COMPLETED, "");
}

void
relay_fail(struct relay *r, struct json_object *error)
{
	struct rpc_fault *fault = &r->out->fault;
	char reason[RELAY_REASON_MAX];

	rpc_fault_from(fault, error);
	(void)snprintf(reason, sizeof(reason), "the upstream answered with error %d", fault->code);
	convert_fault(fault, r->client->era);
	end(r, RELAY_ERROR, reason);
}

/* One further round may come for what a person let through once. */
static enum status
let_next_round(const struct relay *r, const struct state *state)
{
	struct store *store = r->mcp->store;
	struct db *db;
	enum status status;

	if (!r->call->once)
		return STATUS_OK;
	status = store_write(store, &db);
	if (status != STATUS_OK)
		return status;
	status = continuation_add(db, r->call->bond.key_id, state->call_id, state->round + 1,
	    r->call->bond.digest, state->until_ms);
	if (status == STATUS_OK)
		return store_commit(store, db);
	store_rollback(store, db);
	return status;
}

void
relay_want_input(struct relay *r, struct json_object *result, struct state *state)
{
	const struct state *before = r->call->state;
	enum status status = STATUS_NO_MEMORY;
	char reason[RELAY_REASON_MAX];
	struct buf sealed;

	state->round = before != NULL ? before->round + 1 : 1;
	(void)snprintf(state->call_id, sizeof(state->call_id), "%s",
	    before != NULL && before->call_id[0] != '\0' ? before->call_id : r->call->call_id);
	buf_init(&sealed, 2 * STATE_TEXT_MAX);
	if (result != NULL && state->round <= STATE_ROUNDS_MAX)
		status = state_seal(&r->mcp->state, &r->call->bond, state, &sealed);
	else if (result != NULL)
		status = STATUS_TOO_LARGE;
	if (status == STATUS_OK && (!json_set_text(result, "requestState", buf_str(&sealed)) ||
				       !convert_modern(result, "input_required")))
		status = STATUS_NO_MEMORY;
	if (status == STATUS_OK)
		status = let_next_round(r, state);
	buf_free(&sealed);
	if (status != STATUS_OK) {
		json_free(result);
		relay_give_up_parked(r, state);
		relay_refuse(r, state->handle[0] != '\0' ? RELAY_UNKNOWN : RELAY_ERROR,
		    "upstream \"%s\" asked for input, but there can be no further round: %s",
		    r->call->upstream->name,
		    status == STATUS_TOO_LARGE ? "too many, or its state is too large"
					       : status_name(status));
		return;
	}
	r->out->result = result;
	(void)snprintf(reason, sizeof(reason), "asked the client for input in round %lld",
	    (long long)state->round);
	end(r, RELAY_INPUT, reason);
}

void
relay_answer_free(struct relay_answer *answer)
{
	json_free(answer->result);
	answer->result = NULL;
	rpc_fault_free(&answer->fault);
}
