/* relay_input.c - calls that go on in further rounds (2026-07-28 Multi Round-Trip Requests); see relay_parts.h. */
#include "mcp/relay_parts.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "mcp/convert.h"
#include "secret.h"

#define US_PER_MS INT64_C(1000)
#define ELICITATION_ID_LEN 22

static const char *
method_of(const struct json_object *entry)
{
	bool found;

	return json_text(json_member(entry, "method", &found));
}

/* Whether the client may be sent everything that is asked for. */
static bool
may_ask_all(const struct relay *r, const struct json_object *requests)
{
	struct json_walk walk = {0};
	bool found;

	if (requests != NULL && json_type(requests) != JSON_OBJECT)
		return false;
	while (requests != NULL && json_next_member(requests, &walk)) {
		const struct json_object *params = json_member(walk.value, "params", &found);
		const char *method = method_of(walk.value);

		if (method == NULL || (params != NULL && json_type(params) != JSON_OBJECT) ||
		    convert_needed_capability(method) == NULL ||
		    !convert_may_ask(r->client->capabilities, method, params))
			return false;
	}
	return true;
}

/* A legacy client knows an URL to be opened by an id, which the modern form does not have. */
static bool
add_elicitation_id(struct json_object *entry)
{
	char id[ELICITATION_ID_LEN + 1];
	bool found, has_id;
	struct json_object *params = json_member(entry, "params", &found);
	const char *mode = json_text(json_member(params, "mode", &found));

	(void)json_member(params, "elicitationId", &has_id);
	if (mode == NULL || strcmp(mode, "url") != 0 || has_id)
		return true;
	secret_random_text(id, ELICITATION_ID_LEN);
	return json_set_text(params, "elicitationId", id);
}

static bool
put_entry(struct relay *r, const char *key, struct json_object *given)
{
	bool found, put;
	struct json_object *id = json_new_text(key, strlen(key));
	struct json_object *entry =
	    asked_entry(method_of(given), json_member(given, "params", &found));

	put = id != NULL && entry != NULL && add_elicitation_id(entry) && relay_put(r, id, entry);
	json_free(id);
	json_free(entry);
	return put;
}

/* A legacy client is asked each question by a request of its own. */
static void
ask_client(struct relay *r, struct json_object *requests)
{
	struct json_walk walk = {0};

	if (++r->rounds > RELAY_ROUNDS_MAX || json_length(requests) > ASKED_MAX) {
		relay_refuse(r, RELAY_ERROR, "upstream \"%s\" asked for input too often",
		    r->call->upstream->name);
		return;
	}
	json_free(r->responses);
	r->responses = json_new_object();
	while (!r->done && json_next_member(requests, &walk))
		if (r->responses == NULL || !put_entry(r, walk.name, walk.value))
			relay_refuse(r, RELAY_ERROR,
			    "upstream \"%s\" asked for input, and the client cannot be asked now",
			    r->call->upstream->name);
}

void
relay_input_answer(struct relay *r, size_t at, const struct rpc_message *answer)
{
	const char *key = json_text(r->asked.one[at].id);

	if (answer->error != NULL || key == NULL ||
	    !json_set(r->responses, key, json_share(answer->result))) {
		relay_refuse(r, RELAY_ERROR,
		    "upstream \"%s\" asked for input, and the client answered with an error",
		    r->call->upstream->name);
		return;
	}
	asked_remove(&r->asked, at);
	if (r->asked.count == 0)
		relay_send(r);
}

static void
input_for_legacy(struct relay *r, struct json_object *requests, struct json_object *own_state)
{
	json_free(r->own_state);
	r->own_state = own_state != NULL ? json_share(own_state) : NULL;
	if (json_length(requests) > 0) {
		ask_client(r, requests);
		return;
	}
	json_free(r->responses);
	r->responses = NULL;
	if (++r->state_rounds > RELAY_STATE_ROUNDS_MAX)
		relay_refuse(r, RELAY_ERROR, "upstream \"%s\" wanted to be called again too often",
		    r->call->upstream->name);
	else
		r->again_us = clock_us() + RELAY_STATE_MS * US_PER_MS;
}

void
relay_input(struct relay *r, struct json_object *result)
{
	static const char *const methods[] = {"tools/call", "prompts/get", "resources/read"};
	bool found, known = false;
	struct json_object *requests = json_member(result, "inputRequests", &found);
	struct json_object *own_state = json_member(result, "requestState", &found);
	struct json_object *copy;
	struct state state = {.own = NULL};

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		known = known || strcmp(r->call->method, methods[i]) == 0;
	if (json_type(own_state) != JSON_STRING)
		own_state = NULL;
	if (!known || (own_state == NULL && json_length(requests) == 0)) {
		relay_refuse(r, RELAY_ERROR, "upstream \"%s\" asked for input where it must not",
		    r->call->upstream->name);
	} else if (!may_ask_all(r, requests)) {
		relay_refuse(r, RELAY_ERROR,
		    "upstream \"%s\" asked for input that this client cannot give",
		    r->call->upstream->name);
	} else if (r->client->era == ERA_LEGACY) {
		input_for_legacy(r, requests, own_state);
	} else {
		copy = rpc_copy(result);
		state.own = own_state;
		relay_want_input(r, copy, &state);
	}
}

/* {"inputRequests": requests}. Takes it over; NULL: out of memory. */
static struct json_object *
input_result(struct json_object *requests)
{
	struct json_object *result = json_new_object();

	if (result == NULL) {
		json_free(requests);
		return NULL;
	}
	if (json_set(result, "inputRequests", requests))
		return result;
	json_free(result);
	return NULL;
}

static int64_t
this_round(const struct relay *r)
{
	return r->call->state != NULL ? r->call->state->round + 1 : 1;
}

void
relay_park(struct relay *r)
{
	struct json_object *requests = NULL;
	struct state state = {.own = NULL};
	char handle[LINE_HANDLE_MAX + 1];

	r->gather_us = 0;
	if (this_round(r) > STATE_ROUNDS_MAX ||
	    !asked_as_input(&r->asked, this_round(r), &requests, &state.asked)) {
		relay_drop_late(r, clock_us());
		return;
	}
	if (line_park(r->line, handle) != STATUS_OK) {
		json_free(requests);
		json_free(state.asked);
		relay_hang_up(r, "the call cannot wait for the client");
		relay_refuse(r, RELAY_UNKNOWN,
		    "upstream \"%s\" asked for input and is gone; the call may have run, its "
		    "outcome is unknown",
		    r->call->upstream->name);
		return;
	}
	line_close(r->line);
	r->line = NULL;
	memcpy(state.handle, handle, sizeof(handle));
	relay_want_input(r, input_result(requests), &state);
	json_free(state.asked);
}

void
relay_give_up_parked(struct relay *r, const struct state *state)
{
	struct problem why;

	if (state->handle[0] == '\0')
		return;
	if (line_resume(r->mcp, r->call->upstream, state->handle, &r->line, &why) == STATUS_OK)
		relay_hang_up(r, "the call cannot wait for the client");
}

/* One answer of the client for the upstream that waits for it; none is an error, so that it need not wait for ever. */
static bool
give_answer(struct relay *r, const char *key, struct json_object *id)
{
	bool found;
	struct json_object *given = json_member(r->call->input_responses, key, &found);
	struct json_object *message;
	struct rpc_fault fault = {0};
	struct problem why = {"out of memory"};
	bool sent;

	if (json_type(given) == JSON_OBJECT) {
		message = rpc_response(id, given);
	} else {
		(void)rpc_fault_set(&fault, 200, RPC_INTERNAL, "the client gave no answer");
		message = rpc_error(id, &fault);
	}
	sent = message != NULL && line_send(r->line, message, &why) == STATUS_OK;
	if (!sent)
		log_warn("an answer did not reach the upstream: %s", why.text);
	json_free(message);
	rpc_fault_free(&fault);
	return sent;
}

void
relay_resume(struct relay *r)
{
	const struct state *state = r->call->state;
	struct json_walk walk = {0};
	struct problem why = {""};

	r->resumed = true;
	if (line_resume(r->mcp, r->call->upstream, state->handle, &r->line, &why) != STATUS_OK) {
		r->line = NULL;
		relay_refuse(r, RELAY_UNKNOWN,
		    "the call that waited for this answer is over or was taken up already; it may "
		    "have run, its outcome is unknown%s%s",
		    why.text[0] != '\0' ? ": " : "", why.text);
		return;
	}
	r->word_us = clock_us();
	while (state->asked != NULL && json_next_member(state->asked, &walk))
		/* What becomes of the line is seen when it is waited for. */
		(void)give_answer(r, walk.name, walk.value);
}

/* One URL as an entry of inputRequests. */
static bool
add_url(struct json_object *requests, size_t index, struct json_object *given)
{
	struct json_object *params = rpc_copy(given), *entry;
	char key[ASKED_KEY_MAX];

	if (params == NULL)
		return false;
	json_remove(params, "elicitationId");
	entry =
	    json_set_text(params, "mode", "url") ? asked_entry("elicitation/create", params) : NULL;
	json_free(params);
	(void)snprintf(key, sizeof(key), "url%zu", index + 1);
	return entry != NULL && json_set(requests, key, entry);
}

bool
relay_urls(struct relay *r, struct json_object *error)
{
	bool found, good;
	int64_t code = 0;
	struct json_object *data = json_member(error, "data", &found), *requests;
	const struct json_object *urls = json_member(data, "elicitations", &found);
	struct state state = {.own = NULL};

	if (r->client->era != ERA_MODERN ||
	    !json_integer(json_member(error, "code", &found), &code) ||
	    code != RPC_URL_ELICITATION || json_type(urls) != JSON_ARRAY ||
	    json_length(urls) == 0 || json_length(urls) > ASKED_MAX)
		return false;
	requests = json_new_object();
	good = requests != NULL;
	for (size_t i = 0; good && i < json_length(urls); i++)
		good = add_url(requests, i, json_element(urls, i));
	if (!good || !may_ask_all(r, requests)) {
		json_free(requests);
		return false;
	}
	relay_want_input(r, input_result(requests), &state);
	return true;
}
