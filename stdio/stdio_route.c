/* stdio_route.c - what the child of a host says, and to whom it goes; see stdio_host.h. */
#include <string.h>

#include "clock.h"
#include "log.h"
#include "stdio_host.h"

#define SUBSCRIPTION MCP_META "subscriptionId"

/* The answer to a question that nobody else answers. */
static void
answer_child(struct host *host, struct json_object *id, int code, const char *text)
{
	struct rpc_fault fault = {.data = NULL};
	struct json_object *message;

	(void)rpc_fault_set(&fault, 200, code, "%s", text);
	message = rpc_error(id, &fault);
	if (message == NULL || host_tell_child(host, message) != STATUS_OK)
		log_warn(
		    "upstream %s: a question of it is left without an answer", host->upstream.name);
	json_free(message);
	rpc_fault_free(&fault);
}

static void
question_remove(struct host *host, size_t at)
{
	json_free(host->questions[at].id);
	json_free(host->questions[at].message);
	host->nquestions--;
	memmove(&host->questions[at], &host->questions[at + 1],
	    (host->nquestions - at) * sizeof(host->questions[0]));
}

/* The newest that can be asked; one that somebody waits for before one that is parked. */
static struct errand *
newest(struct host *host, bool askable)
{
	struct errand *parked = NULL;

	for (struct errand *errand = host->errands; errand != NULL; errand = errand->next) {
		if ((askable && !errand->askable) || errand->answered ||
		    (errand->guest != NULL && errand->guest->state != GUEST_CALLING))
			continue;
		if (errand->guest != NULL)
			return errand;
		if (parked == NULL)
			parked = errand;
	}
	return parked;
}

static void
route_question(struct host *host, const struct rpc_message *message)
{
	struct errand *errand = newest(host, true);
	struct json_object *response;

	if (strcmp(message->method, "ping") == 0) {
		response = rpc_response(message->id, NULL);
		if (response == NULL || host_tell_child(host, response) != STATUS_OK)
			log_warn("upstream %s: a ping is not answered", host->upstream.name);
		json_free(response);
		return;
	}
	if (host->era == ERA_MODERN) {
		answer_child(host, message->id, RPC_METHOD_NOT_FOUND,
		    "requests to the client are not of this version of the protocol");
		return;
	}
	if (host->nquestions == QUESTIONS_MAX) {
		answer_child(host, message->id, RPC_INTERNAL, "too many questions are open");
		return;
	}
	host->questions[host->nquestions++] = (struct question){.id = json_share(message->id),
	    .errand = errand != NULL ? errand->id : 0,
	    .message = errand != NULL ? NULL : json_share(message->root),
	    .until_us = clock_us() + (int64_t)QUESTION_MS * 1000};
	if (errand != NULL)
		errand_say(host, errand, "message", json_share(message->root));
}

void
questions_offer(struct host *host, struct errand *errand)
{
	for (size_t i = 0; i < host->nquestions; i++) {
		struct question *question = &host->questions[i];

		if (question->errand != 0)
			continue;
		question->errand = errand->id;
		errand_say(host, errand, "message", question->message); /* taken over */
		question->message = NULL;
	}
}

void
questions_drop(struct host *host, const struct errand *errand)
{
	for (size_t i = host->nquestions; i-- > 0;) {
		if (host->questions[i].errand != errand->id)
			continue;
		if (host->phase == PHASE_SERVING)
			answer_child(host, host->questions[i].id, RPC_INTERNAL,
			    "the request that this belongs to is over");
		question_remove(host, i);
	}
}

void
questions_tidy(struct host *host, int64_t now_us)
{
	for (size_t i = host->nquestions; i-- > 0;) {
		if (host->questions[i].errand != 0 || now_us < host->questions[i].until_us)
			continue;
		answer_child(
		    host, host->questions[i].id, RPC_INTERNAL, "nobody is there to be asked");
		question_remove(host, i);
	}
}

/* The question with that id; nquestions: none. */
static size_t
question_find(const struct host *host, const struct json_object *id)
{
	size_t i = 0;

	while (i < host->nquestions && !rpc_same_id(host->questions[i].id, id))
		i++;
	return i;
}

void
route_send(struct host *host, struct guest *guest, struct json_object *root)
{
	struct rpc_message message;
	struct rpc_fault fault = {.data = NULL};
	enum status status = STATUS_OK;
	size_t i;

	if (rpc_read(json_share(root), &message, &fault) == STATUS_OK) {
		i = message.kind == RPC_RESPONSE ? question_find(host, message.id) : 0;
		if (message.kind == RPC_NOTIFICATION) {
			status = host_tell_child(host, root);
		} else if (message.kind == RPC_RESPONSE && i < host->nquestions &&
			   guest->errand != NULL &&
			   host->questions[i].errand == guest->errand->id) {
			question_remove(host, i);
			status = host_tell_child(host, root);
		}
	}
	if (status != STATUS_OK)
		log_warn("upstream %s: an answer was not told", host->upstream.name);
	rpc_free(&message);
	rpc_fault_free(&fault);
}

/* A member of params that is an integer of ours names the call. */
static struct errand *
named_errand(struct host *host, const struct json_object *object, const char *name)
{
	bool found;
	int64_t id;

	return json_integer(json_member(object, name, &found), &id) ? errand_find(host, id) : NULL;
}

static void
route_progress(struct host *host, const struct rpc_message *message)
{
	struct errand *errand = named_errand(host, message->params, "progressToken");
	struct json_object *root, *params;

	if (errand == NULL || errand->own_token == NULL || errand->answered)
		return;
	root = rpc_copy(message->root);
	params = rpc_copy(message->params);
	if (root != NULL && params != NULL &&
	    json_set(params, "progressToken", json_share(errand->own_token)) &&
	    json_set(root, "params", json_share(params)))
		errand_say(host, errand, "message", json_share(root));
	json_free(root);
	json_free(params);
}

/* The child does not wait for an answer any more, or ends a listening. */
static void
route_cancelled(struct host *host, const struct rpc_message *message)
{
	bool found;
	struct json_object *id = json_member(message->params, "requestId", &found);
	struct errand *errand = named_errand(host, message->params, "requestId");
	size_t i = question_find(host, id);

	if (i < host->nquestions) {
		errand = errand_find(host, host->questions[i].errand);
		question_remove(host, i);
		if (errand != NULL)
			errand_say(host, errand, "message", json_share(message->root));
		return;
	}
	if (errand != NULL && errand->guest != NULL && errand->guest->state == GUEST_LISTENING) {
		errand->answered = true; /* its end is known at both sides */
		guest_say_lost(errand->guest, "it listens no more", true);
	}
}

static bool
ends_with(const char *text, const char *end)
{
	const size_t len = strlen(text), n = strlen(end);

	return len >= n && strcmp(text + len - n, end) == 0;
}

static void
tell_all(struct host *host, const struct rpc_message *message, bool listeners_only)
{
	for (struct guest *guest = host->guests; guest != NULL; guest = guest->next)
		if (guest->state == GUEST_LISTENING ||
		    (!listeners_only && guest->state == GUEST_CALLING))
			guest_say(guest, "message", json_share(message->root));
}

static void
route_notification(struct host *host, const struct rpc_message *message)
{
	const bool of_nobody = ends_with(message->method, "/list_changed") ||
			       strcmp(message->method, "notifications/resources/updated") == 0;
	struct errand *errand = named_errand(host, message->meta, SUBSCRIPTION);

	if (errand == NULL && !of_nobody)
		errand = newest(host, false);
	if (strcmp(message->method, "notifications/progress") == 0)
		route_progress(host, message);
	else if (strcmp(message->method, "notifications/cancelled") == 0)
		route_cancelled(host, message);
	else if (errand != NULL)
		errand_say(host, errand, "message", json_share(message->root));
	else
		tell_all(host, message, !of_nobody);
}

static void
route_response(struct host *host, const struct rpc_message *message)
{
	struct errand *errand = NULL;
	int64_t id;

	if (host->phase == PHASE_PROBING || host->hello == NULL) {
		probe_answer(host, message);
		return;
	}
	if (json_integer(message->id, &id))
		errand = errand_find(host, id);
	/* Of one that was cancelled, of the probe, or of nobody: dropped. */
	if (errand != NULL && !errand->answered)
		errand_answer(host, errand, message->root);
}

void
route_line(struct host *host, const char *line, size_t len)
{
	struct rpc_message message = {.root = NULL};
	struct rpc_fault fault = {.data = NULL};
	struct json_object *root = json_lines_parse(line, len);

	if (root == NULL) {
		noise_line(host, "not a message, on its standard output: ", line, len);
		return;
	}
	if (rpc_read(root, &message, &fault) != STATUS_OK) {
		log_warn(
		    "upstream %s: a message that is none: %s", host->upstream.name, fault.message);
	} else {
		switch (message.kind) {
		case RPC_REQUEST:
			route_question(host, &message);
			break;
		case RPC_NOTIFICATION:
			route_notification(host, &message);
			break;
		case RPC_RESPONSE:
			route_response(host, &message);
			break;
		}
	}
	rpc_free(&message);
	rpc_fault_free(&fault);
}
