/* peers_probe.c - which era an http upstream is of, and the first words with it (facts 14). */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "json.h"
#include "mcp/convert.h"
#include "mcp/line_http.h"
#include "mcp/peers_connect.h"
#include "mcp/peers_facts.h"

/* What came of one request. */
struct answer {
	enum line_event event;
	struct json_object *root; /* of the response; owned; NULL: none */
	int64_t code;             /* of a JSON-RPC error; 0: none */
	long status;
	char session[WIRE_SESSION_MAX + 1];
};

static int64_t
error_code(const struct json_object *root)
{
	bool found;
	int64_t code;

	return json_integer(json_member(json_member(root, "error", &found), "code", &found), &code)
		   ? code
		   : 0;
}

/* Asks and waits for the response. What an upstream says before it is not for anybody yet. `why` is set where there is none. */
static void
ask(struct mcp *mcp, struct peer *peer, struct json_object *request, int64_t until_us,
    struct answer *out, struct problem *why)
{
	struct pollfd end = {.fd = mcp->end_fd, .events = POLLIN};
	struct http_line *line;
	struct problem fault;

	*out = (struct answer){.event = LINE_LOST};
	if (http_line_open(mcp, peer, request, NULL, &line, why) != STATUS_OK)
		return;
	do {
		json_free(out->root);
		out->event = http_line_next(
		    line, &end, mcp->end_fd >= 0 ? 1 : 0, until_us, &out->root, &fault);
	} while (out->event == LINE_MESSAGE);
	out->status = wire_head(line->wire)->status;
	out->code = out->root != NULL ? error_code(out->root) : line->code;
	memcpy(out->session, wire_head(line->wire)->session, sizeof(out->session));
	if (out->event == LINE_TIME)
		problem_set(why, "did not answer in time");
	else if (out->event == LINE_WATCHED)
		problem_set(why, "was not waited for: the gateway is being stopped");
	else
		problem_set(why, "%s", line->fault.text);
	http_line_close(line);
}

/* The two that `_meta` of every modern request must have, and who we are. */
static struct json_object *
modern_meta(void)
{
	struct json_object *meta = json_new_object();

	if (meta != NULL && json_set_text(meta, MCP_META "protocolVersion", MCP_VERSION_MODERN) &&
	    json_set(meta, MCP_META "clientCapabilities", json_new_object()) &&
	    json_set(meta, MCP_META "clientInfo", convert_server_info()))
		return meta;
	json_free(meta);
	return NULL;
}

/* `params` is taken over. */
static struct json_object *
request_of(const char *method, const char *id, struct json_object *params)
{
	struct json_object *holder = json_new_array();
	struct json_object *request = NULL;

	if (params != NULL && holder != NULL && json_append_text(holder, id))
		request = rpc_request(json_element(holder, 0), method, params);
	json_free(holder);
	json_free(params);
	return request;
}

static bool
speaks_modern(struct json_object *result)
{
	bool found;
	struct json_object *versions = json_member(result, "supportedVersions", &found);
	const char *version;

	for (size_t i = 0; i < json_length(versions); i++) {
		version = json_text(json_element(versions, i));
		if (version != NULL && strcmp(version, MCP_VERSION_MODERN) == 0)
			return true;
	}
	return false;
}

static enum probe_verdict
judge_response(struct peer *peer, const struct answer *answer, struct problem *why)
{
	bool found;
	struct json_object *result = json_member(answer->root, "result", &found);

	if (found)
		return speaks_modern(result) && facts_from_result(peer, ERA_MODERN,
						    MCP_VERSION_MODERN, result) == STATUS_OK
			   ? VERDICT_MODERN
			   : VERDICT_LEGACY;
	if (answer->code != RPC_HEADER_MISMATCH && answer->code != RPC_CAPABILITY_MISSING)
		return VERDICT_LEGACY;
	problem_set(why, "does not answer server/discover (error %lld)", (long long)answer->code);
	return VERDICT_NONE;
}

/* Facts 14: only what a modern server alone says is taken for one, and what says nothing about the era for nothing. */
static enum probe_verdict
judge(struct peer *peer, const struct answer *answer, struct problem *why)
{
	long status = answer->status;

	if (answer->event == LINE_RESPONSE)
		return judge_response(peer, answer, why);
	if (answer->event == LINE_TIME || answer->event == LINE_WATCHED || status == 0 ||
	    status == 401 || status == 403 || status >= 500 || (status >= 300 && status < 400))
		return VERDICT_NONE;
	return VERDICT_LEGACY;
}

enum probe_verdict
http_probe(struct mcp *mcp, struct peer *peer, int64_t until_us, struct problem *why)
{
	struct json_object *params = json_new_object();
	struct json_object *request = NULL;
	struct answer answer;
	enum probe_verdict verdict;

	facts_free(peer);
	peer->era = ERA_MODERN;
	memcpy(peer->version, MCP_VERSION_MODERN, sizeof(MCP_VERSION_MODERN));
	if (params != NULL && json_set(params, "_meta", modern_meta()))
		request = request_of("server/discover", "enforgate-discover", json_share(params));
	json_free(params);
	if (request == NULL) {
		problem_set(why, "cannot be asked: out of memory");
		return VERDICT_NONE;
	}
	ask(mcp, peer, request, until_us, &answer, why);
	verdict = judge(peer, &answer, why);
	json_free(answer.root);
	json_free(request);
	return verdict;
}

static struct json_object *
initialize_request(const struct json_object *capabilities)
{
	struct json_object *params = json_new_object();
	struct json_object *declared = rpc_copy(capabilities);

	if (params != NULL && declared != NULL &&
	    json_set_text(params, "protocolVersion", MCP_VERSION_LEGACY) &&
	    json_set(params, "capabilities", json_share(declared)) &&
	    json_set(params, "clientInfo", convert_server_info())) {
		json_free(declared);
		return request_of("initialize", "enforgate-initialize", params);
	}
	json_free(declared);
	json_free(params);
	return NULL;
}

/* The answer to initialize, into the peer. */
static enum status
take_session(struct peer *peer, const struct answer *answer, struct problem *why)
{
	bool found;
	struct json_object *result = json_member(answer->root, "result", &found);
	enum status status;

	if (!found) {
		problem_set(
		    why, "answered initialize with the error %lld", (long long)answer->code);
		return STATUS_INVALID;
	}
	status = facts_from_result(
	    peer, ERA_LEGACY, json_text(json_member(result, "protocolVersion", &found)), result);
	if (status == STATUS_INVALID)
		problem_set(why, "speaks no version of MCP that is known here");
	if (status == STATUS_OK && answer->session[0] != '\0' &&
	    (peer->session = strdup(answer->session)) == NULL)
		status = STATUS_NO_MEMORY;
	return status;
}

/* Some servers serve nothing before they were told this. */
static enum status
say_initialized(struct mcp *mcp, struct peer *peer, int64_t until_us, struct problem *why)
{
	struct json_object *message = rpc_notification("notifications/initialized", NULL);
	struct http_said said;
	enum status status = STATUS_NO_MEMORY;

	problem_set(why, "cannot be asked: out of memory");
	if (message != NULL) {
		status = http_say(mcp, peer, message, until_us, &said);
		problem_set(why, "%s (notifications/initialized)", said.why.text);
	}
	json_free(message);
	return status;
}

enum status
http_initialize(struct mcp *mcp, struct peer *peer, const struct json_object *capabilities,
    int64_t until_us, struct problem *why)
{
	struct json_object *request = initialize_request(capabilities);
	struct answer answer;
	enum status status = STATUS_FAILED;

	facts_free(peer);
	peer->era = ERA_LEGACY;
	if (request == NULL) {
		problem_set(why, "cannot be asked: out of memory");
		return STATUS_FAILED;
	}
	ask(mcp, peer, request, until_us, &answer, why);
	if (answer.event == LINE_RESPONSE)
		status = take_session(peer, &answer, why);
	else if (answer.status >= 200 && answer.status < 500 && answer.status != 401 &&
		 answer.status != 403 && answer.event != LINE_TIME && answer.event != LINE_WATCHED)
		status = STATUS_INVALID;
	json_free(answer.root);
	json_free(request);
	if (status == STATUS_OK)
		status = say_initialized(mcp, peer, until_us, why);
	return status;
}
