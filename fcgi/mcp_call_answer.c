/* mcp_call_answer.c - what the client gets of a call: refused, waiting for a person, or run; see mcp_call.h. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "mcp_call.h"
#include "refuse.h"

#define TEXT_MAX (VERDICT_REASON_MAX + 512)

/* {id, status, expiresAt} of the approval that has to do with the call; NULL: there is none, or no memory. */
static struct json_object *
approval_facts(const struct visit *visit)
{
	const struct answer *answer = &visit->exchange->attempt.answer;
	struct json_object *all = json_new_object(), *facts = json_new_object();
	char expires[CLOCK_TEXT_MAX];

	clock_text(answer->approval_expires_ms, expires);
	if (answer->approval_id[0] != '\0' && all != NULL && facts != NULL &&
	    json_set_text(facts, "id", answer->approval_id) &&
	    json_set_text(facts, "status", approval_state_name(answer->approval_state)) &&
	    json_set_text(facts, "expiresAt", expires) &&
	    json_set(all, MCP_APPROVAL, json_share(facts))) {
		json_free(facts);
		return all;
	}
	json_free(facts);
	json_free(all);
	return NULL;
}

/* Of a tool: a result, which the model reads; of others an error. */
static void
refuse(struct visit *visit, int code, const char *text)
{
	struct json_object *facts = approval_facts(visit), *result, *meta, *value;
	struct rpc_fault fault = {0};
	bool found;

	if (visit->errand->verb->kind != LIST_TOOLS) {
		(void)rpc_fault_set(&fault, 200, code, "%s", text);
		fault.data = facts;
		answer_fault(visit, &fault);
		return;
	}
	result = convert_refusal(visit->era, text);
	if (result != NULL && facts != NULL) {
		/* Beside what the era wants in _meta. */
		meta = json_member(result, "_meta", &found);
		value = json_share(json_member(facts, MCP_APPROVAL, &found));
		if (meta != NULL)
			(void)json_set(meta, MCP_APPROVAL, value);
		else if (json_set(result, "_meta", json_share(facts)))
			json_free(value);
	}
	json_free(facts);
	answer_result(visit, result);
}

void
call_refuse(struct visit *visit, int code, const char *format, ...)
{
	char why[TEXT_MAX - 32], text[TEXT_MAX];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	(void)snprintf(text, sizeof(text), "Not executed: %s", why);
	refuse(visit, code, text);
}

static void
answer_pending(struct visit *visit)
{
	const struct answer *answer = &visit->exchange->attempt.answer;
	char text[TEXT_MAX], expires[CLOCK_TEXT_MAX];

	clock_text(answer->approval_expires_ms, expires);
	(void)snprintf(text, sizeof(text),
	    "Not executed. Waiting for a person's approval (request %s, expires %s). Make the same call "
	    "again with the same arguments to continue waiting or to get the result; do not try another "
	    "way.",
	    answer->approval_id, expires);
	refuse(visit, RPC_HELD, text);
}

/*
 * The client comes again with a state of ours, by itself. False: it has done so as often as it may, or a person could decide between two
 * of its requests as well as not at all.
 */
static bool
answer_come_again(struct visit *visit)
{
	struct errand *errand = visit->errand;
	const struct state_bond bond = call_bond(visit, errand->run.key_id);
	struct state next = {.round = errand->state.round + 1};
	struct json_object *result;
	struct buf text;
	bool fine;

	if (visit->era == ERA_LEGACY || !errand->held || next.round > STATE_ROUNDS_MAX)
		return false;
	result = json_new_object();
	buf_init(&text, STATE_TEXT_MAX);
	fine = result != NULL &&
	       state_seal(&visit->door->mcp.state, &bond, &next, &text) == STATUS_OK &&
	       json_set_text(result, "requestState", buf_str(&text)) &&
	       convert_modern(result, "input_required");
	buf_free(&text);
	if (!fine) {
		json_free(result);
		return false;
	}
	answer_result(visit, result);
	return true;
}

static void
answer_denied(struct visit *visit)
{
	const struct answer *answer = &visit->exchange->attempt.answer;
	const struct errand *errand = visit->errand;

	if (errand->hidden && errand->verb->kind == LIST_TOOLS)
		answer_error(visit, RPC_INVALID_PARAMS, "Unknown tool");
	else
		call_refuse(visit, RPC_DENIED, "denied (%s)", answer->reason);
}

/* The gate gave no verdict. */
static void
answer_undecided(struct visit *visit)
{
	struct exchange *exchange = visit->exchange;
	const char *why = exchange->attempt.why.text;
	struct rpc_fault fault = {0};

	switch (visit->errand->status) {
	case STATUS_REFUSED:
		/* Its key went out of force in between. */
		if (!exchange->reply.begun && visit->batch == NULL) {
			refuse_stranger(exchange->service, &exchange->request, &exchange->reply,
			    "Bearer realm=\"enforgate\", error=\"invalid_token\"", why);
			return;
		}
		log_refusal("a call that waited was refused: %s", why);
		(void)rpc_fault_set(
		    &fault, 401, RPC_INVALID_REQUEST, "The key is no longer in force");
		break;
	case STATUS_INVALID:
	case STATUS_TOO_LARGE:
		(void)rpc_fault_set(&fault, 200, RPC_INVALID_PARAMS, "%s", why);
		break;
	case STATUS_OK:
	case STATUS_BUSY:
	case STATUS_NOT_FOUND:
	case STATUS_EXISTS:
	case STATUS_STALE:
	case STATUS_FAILED:
	case STATUS_NO_MEMORY:
		visit_unavailable(visit, visit->errand->status);
		if (visit->batch != NULL)
			visit->batch->broken = true;
		return;
	}
	answer_fault_http(visit, &fault);
}

void
call_answer_verdict(struct visit *visit)
{
	const struct answer *answer = &visit->exchange->attempt.answer;

	if (visit->errand->status != STATUS_OK)
		answer_undecided(visit);
	else if (atomic_load(&visit->exchange->cancelled))
		answer_nothing(visit);
	else if (answer->decision == DECISION_DENY)
		answer_denied(visit);
	else if (answer->approval_id[0] == '\0')
		call_refuse(visit, RPC_DENIED, "it needs a person's approval (%s)", answer->reason);
	else if (!answer_come_again(visit))
		answer_pending(visit);
}

void
call_answer_run(struct visit *visit, enum status status)
{
	struct errand *errand = visit->errand;
	struct relay_answer *answer = &errand->answer;
	struct rpc_fault fault = {0};

	if (status != STATUS_OK) {
		(void)rpc_fault_set(&fault, 500, RPC_INTERNAL,
		    "The outcome of this call could not be recorded, so it cannot be told; the call may "
		    "have run");
		answer_fault_http(visit, &fault);
		if (visit->batch != NULL)
			visit->batch->broken = true;
	} else if (!errand->relayed) {
		if (atomic_load(&visit->exchange->cancelled))
			answer_nothing(visit);
		else
			call_refuse(visit, RPC_DENIED, "%s", errand->outcome.reason);
	} else if (answer->end == RELAY_CANCELLED) {
		answer_nothing(visit);
	} else if (answer->result != NULL) {
		answer_result(visit, answer->result);
		answer->result = NULL;
	} else {
		answer_fault(visit, &answer->fault);
	}
}
