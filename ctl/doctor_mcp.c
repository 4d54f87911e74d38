/* doctor_mcp.c - the way of MCP clients to POST /mcp; see doctor.h. Where no key has an upstream nothing has to lead there. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"

#define ANSWER_MAX ((size_t)64 << 10)
#define LINE_MAX_BYTES (CONFIG_URL_MAX + 32)
#define URL_MAX (CONFIG_URL_MAX + 64)
#define STREAM_MS 1000
#define STREAM_PIECES 3
#define STREAMED_US 400000 /* so much before its end the beginning was there */

/* An answer to a marked request that is not the responder's. */
static void
not_reached(struct doctor *d, const struct http_answer *answer)
{
	char code[ERROR_CODE_MAX];
	bool ours = doctor_our_error(&answer->body, code);

	if (ours && strcmp(code, "not_ready") == 0)
		doctor_fault(d, "not-set-up", "POST " MCP_ROUTE " is answered with %ld %s",
		    answer->status, code);
	else if (ours && strcmp(code, "not_found") != 0)
		doctor_fault(d, "probe-unknown",
		    "POST " MCP_ROUTE
		    ", as only this installation can send it, is answered with %ld %s",
		    answer->status, code);
	else if (answer->end != HTTP_ANSWERED)
		doctor_fault(
		    d, "mcp-down", "no whole answer to POST " MCP_ROUTE ": %s", answer->why);
	else if (answer->status >= 500)
		doctor_fault(d, "mcp-down",
		    "POST " MCP_ROUTE " is answered with %ld, and not by the responder",
		    answer->status);
	else
		doctor_fault(d, "mcp-missing",
		    "POST " MCP_ROUTE " is answered with %ld, and not by the responder; keys have "
		    "%zu upstreams",
		    answer->status, d->nupstreams);
}

static enum status
look_at_route(struct doctor *d, bool *reached)
{
	const struct probing probing = {.path = MCP_ROUTE};
	struct json_object *seen = NULL;
	struct http_answer answer;
	enum status status = doctor_probe(d, &probing, &answer, &seen);

	*reached = seen != NULL && strcmp(seen_text(seen, "program"), "mcp") == 0;
	if (status == STATUS_OK && seen != NULL) {
		doctor_program(d, MCP_ROUTE, "mcp", seen);
		if (d->nupstreams > 0)
			status = doctor_responder(d, seen);
	} else if (status == STATUS_OK && d->nupstreams > 0) {
		not_reached(d, &answer);
	}
	json_free(seen);
	http_answer_free(&answer);
	return status;
}

/* A message of the largest size. */
static enum status
look_at_size(struct doctor *d)
{
	const size_t most = (size_t)d->ctl->config.mcp_body_max;
	char *body = malloc(most);
	const struct probing probing = {.path = MCP_ROUTE, .body = body, .len = most};
	struct json_object *seen = NULL;
	struct http_answer answer;
	enum status status;

	if (body == NULL)
		return STATUS_NO_MEMORY;
	memset(body, 'm', most);
	doctor_progress("sending an MCP message of %zu bytes", most);
	status = doctor_probe(d, &probing, &answer, &seen);
	if (status == STATUS_OK && seen_number(seen, "bodyBytes") == (int64_t)most)
		doctor_fine(d, "mcp-body", "MCP messages of up to %zu bytes arrive whole", most);
	else if (status == STATUS_OK && seen != NULL)
		doctor_fault(d, "body-cut",
		    "%zu bytes were sent to " MCP_ROUTE ", and %" PRId64 " reached the responder",
		    most, seen_number(seen, "bodyBytes"));
	else if (status == STATUS_OK)
		doctor_fault(d, "mcp-body-limit",
		    "a message of %zu bytes is answered with %ld %s; mcp_body_max is %" PRId64,
		    most, answer.status, answer.end == HTTP_ANSWERED ? "" : answer.why,
		    d->ctl->config.mcp_body_max);
	json_free(seen);
	http_answer_free(&answer);
	free(body);
	return status;
}

static enum status
look_at_stream(struct doctor *d)
{
	const struct probing probing = {
	    .path = MCP_ROUTE, .probe = {.delay_ms = STREAM_MS, .pieces = STREAM_PIECES}};
	struct json_object *seen = NULL;
	struct http_answer answer;
	enum status status = doctor_probe(d, &probing, &answer, &seen);

	if (status == STATUS_OK && seen != NULL && answer.took_us - answer.first_us < STREAMED_US)
		doctor_fault(d, "mcp-buffering",
		    "an answer written in %d pieces over %d ms came in one, after %" PRId64 " ms",
		    STREAM_PIECES, STREAM_MS, answer.first_us / 1000);
	else if (status == STATUS_OK && seen != NULL)
		doctor_fine(d, "mcp-streaming", "what " MCP_ROUTE " writes arrives at once");
	else if (status == STATUS_OK)
		doctor_fault(d, "answer-cut", "an answer of " MCP_ROUTE " ended with %ld %s",
		    answer.status, answer.end == HTTP_ANSWERED ? "" : answer.why);
	json_free(seen);
	http_answer_free(&answer);
	return status;
}

/* A request as a stranger sends it: with a method, and an Origin or NULL. */
static enum status
ask(struct doctor *d, const char *method, const char *origin, struct http_answer *answer)
{
	char url[URL_MAX], line[LINE_MAX_BYTES];
	const bool post = strcmp(method, "POST") == 0;
	const struct http_request request = {.method = post ? NULL : method,
	    .url = url,
	    .headers = {"Accept: application/json, text/event-stream",
		origin != NULL ? line : NULL},
	    .body = post ? "{}" : NULL,
	    .len = post ? 2 : 0,
	    .most = ANSWER_MAX};

	(void)snprintf(url, sizeof(url), "%s" MCP_ROUTE, d->ctl->config.base_url);
	(void)snprintf(line, sizeof(line), "Origin: %s", origin != NULL ? origin : "");
	return http_send(d->http, &request, answer);
}

/* Streams are read by GET, sessions are ended by DELETE: without a key both are refused, but by the responder. */
static enum status
look_at_methods(struct doctor *d)
{
	static const char *const methods[] = {"GET", "DELETE"};
	enum status status = STATUS_OK;
	char code[ERROR_CODE_MAX];

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]) && status == STATUS_OK; i++) {
		struct http_answer answer;

		status = ask(d, methods[i], NULL, &answer);
		if (status == STATUS_OK && !doctor_our_error(&answer.body, code))
			doctor_fault(d, "mcp-methods",
			    "%s " MCP_ROUTE " is answered with %ld, and not by the responder",
			    methods[i], answer.status);
		http_answer_free(&answer);
	}
	if (status == STATUS_OK && !doctor_has(d, "mcp-methods"))
		doctor_fine(d, "mcp-methods-both", "GET and DELETE reach the responder, too");
	return status;
}

/* By the name that base_url has, and from its own pages, a client must not be taken for a stranger's page. */
static enum status
look_at_names(struct doctor *d)
{
	const struct config *config = &d->ctl->config;
	char origin[CONFIG_URL_MAX], code[ERROR_CODE_MAX];
	struct http_answer answer;
	enum status status;

	(void)snprintf(origin, sizeof(origin), "%.*s",
	    (int)(strlen(config->base_url) - strlen(config_base_path(config))), config->base_url);
	status = ask(d, "POST", origin, &answer);
	if (status == STATUS_OK && doctor_our_error(&answer.body, code) &&
	    (strcmp(code, "forbidden_host") == 0 || strcmp(code, "forbidden_origin") == 0))
		doctor_fault(d, "mcp-host", "a request to %s is answered with %ld %s", origin,
		    answer.status, code);
	else if (status == STATUS_OK)
		doctor_fine(d, "mcp-names", "the responder knows itself by the name in base_url");
	http_answer_free(&answer);
	if (status != STATUS_OK)
		return status;
	status = ask(d, "POST", "https://enforgate-doctor.invalid", &answer);
	if (status == STATUS_OK && answer.status != 403)
		doctor_fault(d, "mcp-origin-lost",
		    "a request with the Origin of a stranger is answered with %ld", answer.status);
	http_answer_free(&answer);
	return status;
}

/* Clients look there for a login page first, and take whatever is no 404 for one. */
static enum status
look_at_discovery(struct doctor *d)
{
	static const char *const paths[] = {"/.well-known/oauth-protected-resource",
	    "/.well-known/oauth-authorization-server", "/register"};
	enum status status = STATUS_OK;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]) && status == STATUS_OK; i++) {
		struct http_answer answer;

		status = doctor_get(d, true, paths[i], ANSWER_MAX, &answer);
		if (status == STATUS_OK && answer.status != 404)
			doctor_fault(d, "mcp-discovery", "GET %s is answered with %ld", paths[i],
			    answer.status);
		http_answer_free(&answer);
	}
	if (status == STATUS_OK && !doctor_has(d, "mcp-discovery"))
		doctor_fine(d, "mcp-no-login", "clients that look for a login page find none");
	return status;
}

enum status
doctor_mcp(struct doctor *d)
{
	bool reached = false;
	enum status status;

	doctor_progress("asking as an MCP client does");
	status = look_at_route(d, &reached);
	if (status != STATUS_OK || !reached || d->nupstreams == 0)
		return status;
	status = look_at_size(d);
	if (status == STATUS_OK)
		status = look_at_stream(d);
	if (status == STATUS_OK)
		status = look_at_methods(d);
	if (status == STATUS_OK)
		status = look_at_names(d);
	return status == STATUS_OK ? look_at_discovery(d) : status;
}
