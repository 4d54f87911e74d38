/*
 * check.c - POST /v1/check: may this call be made? Design 3.1.
 *
 * The door only translates: HTTP in, an attempt to the gate, its answer out as JSON.
 */
#include <stddef.h>
#include <string.h>

#include "clock.h"
#include "probe.h"
#include "refuse.h"
#include "secret.h"
#include "serve.h"

#define ROUTE "/v1/check"
#define BUSY_RETRY_S 1

static struct exchange *
exchange_of(struct attempt *attempt)
{
	return (struct exchange *)((char *)attempt - offsetof(struct exchange, attempt));
}

/* The gate calls this once it knows the caller. */
static enum status
read_call(struct attempt *attempt, struct call *call, struct problem *why)
{
	struct exchange *exchange = exchange_of(attempt);
	struct request *request = &exchange->request;
	const struct config *config = &exchange->service->config;
	const struct json_limits limits = config_json_limits(config);
	struct call_wish wish;
	/* After a hold the body is read again from memory. */
	enum status status =
	    request->whole ? STATUS_OK : request_read_body(request, limits.bytes, why);

	exchange_hold(exchange, request->body.len);
	exchange->unreadable = status != STATUS_OK;
	if (status == STATUS_OK)
		status = call_read_check(
		    buf_str(&request->body), request->body.len, &limits, call, &wish, why);
	if (status != STATUS_OK)
		return status;
	exchange->wait_s = wish.wait_s < config->wait_max_s ? wish.wait_s : config->wait_max_s;
	attempt->ask = wish.request;
	attempt->wait = exchange->wait_s > 0;
	return STATUS_OK;
}

/* White space before the JSON, which keeps the silence timers of web servers from running out. */
static bool
keep(struct exchange *exchange)
{
	if (!exchange->reply.begun)
		reply_begin(&exchange->reply, &exchange->request);
	return reply_piece(&exchange->request, " ", 1);
}

static bool
hold(struct attempt *attempt)
{
	struct exchange *exchange = exchange_of(attempt);

	return holds_add(exchange->service->holds, exchange, keep);
}

static void
write_approval(struct reply *reply, const struct answer *answer)
{
	char expires[CLOCK_TEXT_MAX];

	clock_text(answer->approval_expires_ms, expires);
	buf_printf(&reply->body,
	    ",\"approval\":{\"id\":\"%s\",\"status\":\"%s\",\"expiresAt\":\"%s\"}",
	    answer->approval_id, approval_state_name(answer->approval_state), expires);
}

static void
write_verdict(struct reply *reply, const struct answer *answer)
{
	const char *decision = decision_name(answer->decision);

	buf_text(&reply->body, "{\"decision\":");
	json_write_string(decision, strlen(decision), &reply->body);
	buf_text(&reply->body, ",\"reason\":");
	json_write_string(answer->reason, strlen(answer->reason), &reply->body);
	buf_text(&reply->body, ",\"policyId\":");
	if (answer->policy_id[0] != '\0')
		json_write_string(answer->policy_id, strlen(answer->policy_id), &reply->body);
	else
		buf_text(&reply->body, "null");
	buf_text(&reply->body, ",\"toolCallId\":");
	json_write_string(answer->call_id, strlen(answer->call_id), &reply->body);
	buf_text(&reply->body, ",\"latencyMs\":");
	buf_integer(&reply->body, (answer->latency_us + 500) / 1000);
	if (answer->approval_id[0] != '\0')
		write_approval(reply, answer);
	buf_text(&reply->body, "}\n");
	if (reply->begun)
		return;
	reply_header(reply, "Server-Timing", "total;dur=%lld.%03d",
	    (long long)(answer->latency_us / 1000), (int)(answer->latency_us % 1000));
}

static void
write_refusal(struct exchange *exchange, enum status status)
{
	struct service *service = exchange->service;
	struct request *request = &exchange->request;
	struct reply *reply = &exchange->reply;
	const char *why = exchange->attempt.why.text;

	switch (status) {
	case STATUS_REFUSED:
		refuse_stranger(service, request, reply, "Bearer", why);
		return;
	case STATUS_INVALID:
		log_refusal("400: %s", why);
		reply_error(reply, request, 400, "bad_request", why);
		return;
	case STATUS_TOO_LARGE:
		/* A body over its size is 413; one within it that holds too much is malformed. */
		log_refusal("%d: %s", exchange->unreadable ? 413 : 400, why);
		reply_error(reply, request, exchange->unreadable ? 413 : 400,
		    exchange->unreadable ? "too_large" : "bad_request", why);
		return;
	case STATUS_BUSY:
		log_warn("503: the database was locked for %lld ms",
		    (long long)service->config.database_deadline_ms);
		reply_header(reply, "Retry-After", "%d", BUSY_RETRY_S);
		reply_error(reply, request, 503, "busy",
		    "the audit log is locked; nothing was recorded, try again");
		return;
	case STATUS_OK:
	case STATUS_NOT_FOUND:
	case STATUS_EXISTS:
	case STATUS_STALE:
	case STATUS_FAILED:
	case STATUS_NO_MEMORY:
		break;
	}
	log_error("500: no verdict: %s", status_name(status));
	reply_error(reply, request, 500, "audit_failed",
	    "the verdict could not be recorded, so there is none");
}

/* What can be refused before anybody is known. */
static bool
acceptable(struct service *service, struct request *request, struct reply *reply)
{
	const char *base = config_base_path(&service->config);
	size_t base_len = strlen(base);

	if (strncmp(request->path, base, base_len) != 0 ||
	    strcmp(request->path + base_len, ROUTE) != 0) {
		log_refusal("404: not a path of this responder");
		reply_error(reply, request, 404, "not_found", "this responder serves POST " ROUTE);
		return false;
	}
	if (strcmp(request->method, "POST") != 0) {
		log_refusal("405: not POST");
		reply_header(reply, "Allow", "POST");
		reply_error(reply, request, 405, "method_not_allowed", "use POST");
		return false;
	}
	if (!request_has_type(request, "application/json")) {
		log_refusal("415: not application/json");
		reply_error(reply, request, 415, "unsupported_media_type",
		    "send the body as `Content-Type: application/json`");
		return false;
	}
	return true;
}

/* The gate calls this at the end, in whichever thread. */
static void
decided(struct attempt *attempt, enum status status)
{
	struct exchange *exchange = exchange_of(attempt);

	log_request(exchange->request.id);
	if (status == STATUS_OK)
		write_verdict(&exchange->reply, &attempt->answer);
	else
		write_refusal(exchange, status);
	exchange_end(exchange);
}

static void
handle(struct exchange *exchange)
{
	struct service *service = exchange->service;
	struct attempt *attempt = &exchange->attempt;

	if (probe_answer("check", (size_t)service->config.body_max, service, &exchange->request,
		&exchange->reply) ||
	    !acceptable(service, &exchange->request, &exchange->reply)) {
		exchange_end(exchange);
		return;
	}
	attempt->surface = "check";
	attempt->authorization = exchange->request.authorization;
	attempt->request_id = exchange->request.id;
	attempt->started_us = exchange->request.started_us;
	attempt->read_call = read_call;
	attempt->done = decided;
	attempt->hold = hold;
	attempt->ask = false;
	attempt->wait = false;
	gate_decide(&service->gate, attempt);
}

int
main(void)
{
	static const struct door door = {.program = "check", .handle = handle};

	secret_spare_settings();
	return serve(&door);
}
