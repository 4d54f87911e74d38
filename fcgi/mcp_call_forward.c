/* mcp_call_forward.c - an allowed call on its way to the upstream; see mcp_call.h. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mcp_call.h"

static void
blocked(struct outcome *outcome, const char *reason)
{
	outcome->what = "blocked";
	(void)snprintf(
	    outcome->reason, sizeof(outcome->reason), "%.*s", OUTCOME_REASON_MAX - 1, reason);
}

static bool
is_ending(const struct visit *visit)
{
	struct pollfd end = {.fd = visit->door->mcp.end_fd, .events = POLLIN};

	return poll(&end, 1, 0) > 0;
}

/* A session that ended while its call waited has nobody to answer to. */
static bool
session_alive(const struct visit *visit)
{
	struct store *store = visit->exchange->service->store;
	struct db *db;
	bool alive = true;

	if (visit->era == ERA_LEGACY && store_read(store, &db) == STATUS_OK) {
		alive = sessions_alive(db, visit->session.id);
		store_read_end(store, db);
	}
	return alive;
}

/* The route once more after a hold, in which the configuration and the tool may have changed. */
static bool
find_route(struct visit *visit, const struct caller *caller, struct outcome *outcome)
{
	struct errand *errand = visit->errand;
	struct problem why = {"its name leads nowhere any more"};
	enum status status;

	if (errand->route != NULL)
		return true;
	status = call_route(visit, caller, call_name(visit), &why);
	if (status != STATUS_OK || errand->route == NULL || errand->name == NULL ||
	    strcmp(errand->route->upstream.name, errand->server) != 0 ||
	    strcmp(errand->route->name, errand->name) != 0) {
		blocked(outcome, why.text);
		return false;
	}
	if (call_quarantine(errand->route) != NULL) {
		blocked(outcome, call_quarantine(errand->route));
		return false;
	}
	return true;
}

static bool
may_go(struct visit *visit, const struct caller *caller, struct outcome *outcome)
{
	const struct errand *errand = visit->errand;

	if (atomic_load(&visit->exchange->cancelled))
		blocked(outcome, "its client cancelled it");
	else if (is_ending(visit))
		blocked(outcome, "the gateway is being restarted; call again");
	else if (!session_alive(visit))
		blocked(outcome, "its session has ended");
	else if (!errand->run.placed)
		blocked(outcome, "too many calls at once with this key; wait for others to end");
	else
		return find_route(visit, caller, outcome);
	return false;
}

/* What goes along with a call unjudged: where it belongs in a trace. */
static bool
add_meta(struct json_object *params, const struct visit *visit)
{
	static const char *const names[] = {"traceparent", "tracestate", "baggage"};
	struct json_object *meta = NULL;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		bool found;
		struct json_object *value = json_member(visit->message.meta, names[i], &found);

		if (json_type(value) != JSON_STRING)
			continue;
		if (meta == NULL)
			meta = json_new_object();
		if (meta == NULL || !json_set(meta, names[i], json_share(value))) {
			json_free(meta);
			return false;
		}
	}
	return meta == NULL || json_set(params, "_meta", meta);
}

static struct json_object *
ref_for_upstream(const struct visit *visit)
{
	struct json_object *ref = json_new_object();
	const bool prompt = visit->errand->verb->kind == LIST_PROMPTS;

	if (ref != NULL && json_set_text(ref, "type", prompt ? "ref/prompt" : "ref/resource") &&
	    json_set_text(ref, prompt ? "name" : "uri", visit->errand->name))
		return ref;
	json_free(ref);
	return NULL;
}

/* What was judged, under the upstream's own name, and nothing else (law 4): `args` is the tree that the gate saw. */
static struct json_object *
params_for_upstream(const struct visit *visit, struct json_object *args)
{
	const struct verb *verb = visit->errand->verb;
	struct json_object *params = json_new_object(), *ref;
	struct json_walk walk = {0};
	bool fine = params != NULL;

	if (fine && strcmp(verb->member, "ref") == 0) {
		ref = ref_for_upstream(visit);
		fine = ref != NULL && json_set(params, "ref", ref);
		while (fine && json_next_member(args, &walk))
			if (walk.value != NULL)
				fine = json_set(params, walk.name, json_share(walk.value));
	} else if (fine) {
		fine = json_set_text(params, verb->member, visit->errand->name) &&
		       (args == NULL || json_set(params, "arguments", json_share(args)));
	}
	if (fine && add_meta(params, visit))
		return params;
	json_free(params);
	return NULL;
}

static bool
send_message(void *arg, const struct json_object *message)
{
	const struct visit *visit = arg;

	return !atomic_load(&visit->exchange->cancelled) && answer_event(arg, message);
}

static bool
keep(void *arg)
{
	const struct visit *visit = arg;

	return !atomic_load(&visit->exchange->cancelled) && answer_keep(arg);
}

/* In a batch nothing is said before the answers, and so nothing can be asked. */
static void
describe_client(struct visit *visit, struct json_object *none, struct relay_client *client)
{
	const bool alone = visit->batch == NULL;
	const bool legacy = visit->era == ERA_LEGACY;
	const char *level = legacy ? visit->session.log_level : visit->envelope.log_level;

	*client = (struct relay_client){.era = visit->era,
	    .version = legacy ? visit->session.version : MCP_VERSION_MODERN,
	    .capabilities = alone ? visit->capabilities : none,
	    .client_info = visit->envelope.client_info,
	    .log_level = alone && level != NULL && level[0] != '\0' ? level : NULL,
	    .progress_token = alone ? visit->progress_token : NULL,
	    .id = visit->id,
	    .session_id = legacy ? visit->session.id : NULL,
	    .ticket = visit->errand->ticket,
	    .progress_from = (double)visit->progress,
	    .send = send_message,
	    .keep = keep,
	    .fd = exchange_fd(visit->exchange),
	    .arg = visit};
}

static void
take_outcome(const struct relay_answer *answer, struct outcome *outcome)
{
	static const char *const words[] = {[RELAY_COMPLETED] = "completed",
	    [RELAY_ERROR] = "error",
	    [RELAY_INPUT] = "completed",
	    [RELAY_NOT_SENT] = "error",
	    [RELAY_CANCELLED] = "unknown",
	    [RELAY_UNKNOWN] = "unknown"};

	outcome->what = words[answer->end];
	(void)snprintf(outcome->reason, sizeof(outcome->reason), "%s", answer->reason);
}

static void
relay(struct visit *visit, struct attempt *attempt, struct json_object *params,
    struct json_object *none)
{
	struct errand *errand = visit->errand;
	const struct answer *verdict = &attempt->answer;
	struct catalog_view view = visit_view(visit);
	struct relay_client client;
	const struct relay_call call = {.upstream = &errand->route->upstream,
	    .caller = attempt->caller,
	    .method = errand->verb->method,
	    .params = params,
	    .definition = errand->route->definition,
	    .view = view.peer,
	    .bond = call_bond(visit, attempt->caller->key.id),
	    .state = errand->continues ? &errand->state : NULL,
	    .input_responses = visit->envelope.input_responses,
	    .call_id = verdict->call_id,
	    .once = verdict->continued || (verdict->approval_id[0] != '\0' &&
					      verdict->approval_state == APPROVAL_APPROVED)};

	describe_client(visit, none, &client);
	relay_run(&visit->door->mcp, &call, &client, &errand->answer);
	errand->relayed = true;
}

void
call_forward(struct attempt *attempt, struct outcome *outcome)
{
	struct visit *visit = call_visit(attempt);
	struct errand *errand = visit->errand;
	struct json_object *params, *none;

	if (!may_go(visit, attempt->caller, outcome))
		return;
	params = params_for_upstream(visit, attempt->call.args);
	none = json_new_object();
	exchange_drop(visit->exchange);
	if (params != NULL && none != NULL) {
		relay(visit, attempt, params, none);
		call_sign_off(visit);
		take_outcome(&errand->answer, outcome);
	} else {
		blocked(outcome, "out of memory");
	}
	json_free(params);
	json_free(none);
}
