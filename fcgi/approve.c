/*
 * approve.c - /v1/approve/TOKEN: a person decides about a call. Design 3.3.
 *
 * What can be refused without the database is refused first, and the limit per address comes before anything that costs.
 */
#include "approve.h"

#include <string.h>

#include "approve_reply.h"
#include "clock.h"
#include "probe.h"

static bool
is_prefetch(const struct request *request)
{
	static const char *const signs[] = {
	    "HTTP_PURPOSE", "HTTP_SEC_PURPOSE", "HTTP_X_PURPOSE", "HTTP_X_MOZ"};

	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		const char *value = FCGX_GetParam(signs[i], request->fcgx->envp);

		if (value != NULL && *value != '\0')
			return true;
	}
	return false;
}

/* Whether what goes wrong is shown to a person: a form was sent, or the client asks for pages. */
static bool
wants_page(const struct request *request)
{
	const char *accept = FCGX_GetParam("HTTP_ACCEPT", request->fcgx->envp);

	if (strcmp(request->method, "POST") == 0 && request_has_type(request, "application/json"))
		return false;
	if (strcmp(request->method, "POST") == 0 &&
	    request_has_type(request, "application/x-www-form-urlencoded"))
		return true;
	return accept != NULL && strcasestr(accept, "text/html") != NULL;
}

/* The rest of a path of ours; NULL: it is none. */
static const char *
token_of(const struct service *service, const struct request *request)
{
	const char *base = config_base_path(&service->config);
	size_t len = strlen(base);

	if (strncmp(request->path, base, len) != 0 ||
	    strncmp(request->path + len, APPROVE_ROUTE, strlen(APPROVE_ROUTE)) != 0)
		return NULL;
	return request->path + len + strlen(APPROVE_ROUTE);
}

/* What can be refused before anything is read. */
static bool
acceptable(struct visit *visit)
{
	struct service *service = visit->exchange->service;
	struct request *request = &visit->exchange->request;
	struct reply *reply = &visit->exchange->reply;
	int retry_s;

	if (token_of(service, request) == NULL) {
		answer_problem(visit, 404, "not_found", "There is nothing here",
		    "this responder serves " APPROVE_ROUTE "TOKEN", NULL);
		return false;
	}
	retry_s = limits_count(
	    service->limits, "approve", request->address, service->config.approve_per_minute);
	if (retry_s > 0) {
		reply_header(reply, "Retry-After", "%d", retry_s);
		answer_problem(visit, 429, "too_many_requests", "Too many requests",
		    "too many requests from this address; wait as Retry-After says",
		    "Wait a minute, then open the link again.");
		return false;
	}
	if (strcmp(request->method, "GET") != 0 && strcmp(request->method, "HEAD") != 0 &&
	    strcmp(request->method, "POST") != 0) {
		reply_header(reply, "Allow", "GET, HEAD, POST");
		answer_problem(visit, 405, "method_not_allowed", "That is not how it works",
		    "use GET, HEAD or POST", NULL);
		return false;
	}
	if (strcmp(request->method, "POST") == 0 &&
	    !request_has_type(request, "application/json") &&
	    !request_has_type(request, "application/x-www-form-urlencoded")) {
		answer_problem(visit, 415, "unsupported_media_type", "That cannot be understood",
		    "send the body as application/json or application/x-www-form-urlencoded", NULL);
		return false;
	}
	return true;
}

/* The token does not go further than this. */
static enum status
find(struct visit *visit)
{
	struct request *request = &visit->exchange->request;
	const char *token = token_of(visit->exchange->service, request);
	char hash[SECRET_DIGEST_TEXT];
	enum status status = STATUS_NOT_FOUND;

	if (approval_token_valid(token, strlen(token)))
		status = approval_token_hash(token, strlen(token), hash);
	secret_wipe(request->path, sizeof(request->path));
	return status == STATUS_OK ? case_find(visit, hash) : status;
}

static void
serve_visit(struct visit *visit)
{
	enum status status;

	if (!acceptable(visit) || !wish_read(visit))
		return;
	status = find(visit);
	if (status == STATUS_NOT_FOUND)
		answer_problem(visit, 404, "not_found", "This link is not known",
		    "there is no approval with this link",
		    "Copy the whole link from the message. Links of calls that ended long ago are forgotten.");
	else if (status == STATUS_BUSY)
		answer_busy(visit);
	else if (status != STATUS_OK)
		answer_failed(visit, status);
	else if (visit->state != APPROVAL_PENDING)
		answer_gone(visit);
	else if (!visit->changes || (strcmp(visit->exchange->request.method, "POST") != 0 &&
					visit->wish.action != ACTION_DENY))
		answer_ask(visit);
	else
		decide(visit);
}

static void
handle(struct exchange *exchange)
{
	struct request *request = &exchange->request;
	struct visit visit = {.exchange = exchange, .now_ms = clock_wall_ms()};

	exchange->reply.bodiless = strcmp(request->method, "HEAD") == 0;
	if (!probe_answer(
		"approve", APPROVE_BODY_MAX, exchange->service, request, &exchange->reply)) {
		answer_headers(&visit);
		visit.html = wants_page(request);
		visit.changes = strcmp(request->method, "HEAD") != 0 && !is_prefetch(request);
		serve_visit(&visit);
		wish_wipe(&visit);
	}
	exchange_end(exchange);
}

static enum status
open_pages(struct service *service, struct problem *why)
{
	return pages_open(service->config.templates_dir, &service->pages, why);
}

int
main(void)
{
	static const struct door door = {
	    .program = "approve", .handle = handle, .open = open_pages};

	secret_spare_settings();
	return serve(&door);
}
