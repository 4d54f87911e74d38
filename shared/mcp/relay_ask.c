/* relay_ask.c - what an upstream asks the client while a call is under way; see relay_parts.h. */
#include "mcp/relay_parts.h"

#include <string.h>

#include "clock.h"
#include "log.h"
#include "mcp/convert.h"

#define US_PER_MS INT64_C(1000)

static void
reply(struct relay *r, struct json_object *response)
{
	struct problem why = {"out of memory"};

	if (response == NULL || line_send(r->line, response, &why) != STATUS_OK)
		log_warn("an answer did not reach the upstream: %s", why.text);
	json_free(response);
}

/* The upstream goes on without an answer. */
static void
decline(struct relay *r, struct json_object *id, int code, const char *message)
{
	struct rpc_fault fault = {0};

	(void)rpc_fault_set(&fault, 200, code, "%s", message);
	reply(r, rpc_error(id, &fault));
	rpc_fault_free(&fault);
}

/* A question that is over without an answer. */
static void
forget(struct relay *r, size_t at)
{
	if (r->ticket != NULL && r->asked.one[at].ours != NULL)
		ticket_forget(r->ticket, r->asked.one[at].ours);
	asked_remove(&r->asked, at);
}

bool
relay_put(struct relay *r, struct json_object *id, struct json_object *entry)
{
	struct json_object *ours = r->ticket != NULL ? ticket_question(r->ticket) : NULL;
	const char *method;
	bool found, put;

	if (ours == NULL || r->stream_gone) {
		json_free(ours);
		return false;
	}
	method = json_text(json_member(entry, "method", &found));
	put = asked_add(&r->asked, id, ours, entry, clock_us()) == STATUS_OK &&
	      relay_say(r, rpc_request(ours, method, json_member(entry, "params", &found)));
	if (!put && asked_find_ours(&r->asked, ours) < ASKED_MAX)
		forget(r, asked_find_ours(&r->asked, ours));
	else if (!put)
		ticket_forget(r->ticket, ours);
	json_free(ours);
	return put;
}

/* A modern client is asked in the answer to its request, together with whatever comes within a moment. */
static bool
gather(struct relay *r, struct json_object *id, struct json_object *entry)
{
	if (r->peer == NULL ? !r->resumed : r->peer->host[0] == '\0')
		return false;
	if (asked_add(&r->asked, id, NULL, entry, clock_us()) != STATUS_OK)
		return false;
	if (r->gather_us == 0)
		r->gather_us = clock_us() + RELAY_GATHER_MS * US_PER_MS;
	return true;
}

void
relay_ask(struct relay *r, const struct rpc_message *question)
{
	struct json_object *entry;
	bool asked;

	if (convert_needed_capability(question->method) == NULL ||
	    !convert_may_ask(r->client->capabilities, question->method, question->params)) {
		decline(r, question->id, RPC_METHOD_NOT_FOUND,
		    "the client does not answer such requests");
		return;
	}
	entry = asked_entry(question->method, question->params);
	asked = entry != NULL && (r->client->era == ERA_LEGACY ? relay_put(r, question->id, entry)
							       : gather(r, question->id, entry));
	json_free(entry);
	if (!asked)
		decline(r, question->id, RPC_INTERNAL, "the client cannot be asked now");
}

/* A question that nobody waits for any more: a client that has it is told. */
static void
take_back(struct relay *r, size_t at)
{
	struct json_object *ours = r->asked.one[at].ours;
	struct json_object *params = ours != NULL ? json_new_object() : NULL;

	if (params != NULL && json_set(params, "requestId", json_share(ours)))
		(void)relay_say(r, rpc_notification("notifications/cancelled", params));
	json_free(params);
	forget(r, at);
}

void
relay_take_back_all(struct relay *r)
{
	while (r->asked.count > 0)
		take_back(r, 0);
	r->gather_us = 0;
}

void
relay_ask_no_more(struct relay *r, const struct json_object *id)
{
	const size_t at = id != NULL ? asked_find(&r->asked, id) : ASKED_MAX;

	if (at == ASKED_MAX)
		return;
	take_back(r, at);
	r->word_us = clock_us();
	if (r->asked.count == 0)
		r->gather_us = 0;
}

/* The client's answer goes to the legacy upstream under the id that it knows. */
static void
hand_on(struct relay *r, size_t at, const struct rpc_message *answer)
{
	struct json_object *id = json_share(r->asked.one[at].id);
	struct rpc_fault fault = {0};

	asked_remove(&r->asked, at);
	r->word_us = clock_us();
	if (answer->error != NULL) {
		rpc_fault_from(&fault, answer->error);
		reply(r, rpc_error(id, &fault));
	} else {
		reply(r, rpc_response(id, answer->result));
	}
	rpc_fault_free(&fault);
	json_free(id);
}

void
relay_take_answers(struct relay *r)
{
	struct json_object *tree;
	struct rpc_message answer;
	struct rpc_fault fault = {0};
	size_t at;

	while (!r->done && (tree = ticket_take(r->ticket)) != NULL) {
		at = rpc_read(tree, &answer, &fault) == STATUS_OK && answer.kind == RPC_RESPONSE &&
			     answer.id != NULL
			 ? asked_find_ours(&r->asked, answer.id)
			 : ASKED_MAX;
		if (at < ASKED_MAX && r->line != NULL)
			hand_on(r, at, &answer);
		else if (at < ASKED_MAX)
			relay_input_answer(r, at, &answer);
		rpc_free(&answer);
	}
	rpc_fault_free(&fault);
}

void
relay_drop_late(struct relay *r, int64_t now_us)
{
	struct json_object *id;

	if (r->line == NULL) {
		relay_refuse(r, RELAY_ERROR,
		    "upstream \"%s\" asked the client for input, and no answer came",
		    r->call->upstream->name);
		return;
	}
	while (r->asked.count > 0) {
		id = json_share(r->asked.one[0].id);
		take_back(r, 0);
		decline(r, id, RPC_INTERNAL, "the client did not answer in time");
		json_free(id);
	}
	r->word_us = now_us;
}
