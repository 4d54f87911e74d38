/*
 * check.c - POST /v1/check: may this call be made? Design 3.1.
 *
 * The door only translates: HTTP in, an attempt to the gate, its answer out as JSON.
 */
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "probe.h"
#include "serve.h"

#define ROUTE "/v1/check"
#define BUSY_RETRY_S 1

struct incoming {
	struct service *service;
	struct request *request;
	bool unreadable; /* the body, as opposed to what it says */
};

/* The gate calls this once it knows the caller. */
static enum status
read_call(void *arg, struct call *call, struct problem *why)
{
	struct incoming *in = arg;
	const struct json_limits limits = config_json_limits(&in->service->config);
	enum status status = request_read_body(in->request, limits.bytes, why);

	in->unreadable = status != STATUS_OK;
	if (status != STATUS_OK)
		return status;
	return call_read_check(
	    buf_str(&in->request->body), in->request->body.len, &limits, call, why);
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
	buf_printf(
	    &reply->body, ",\"latencyMs\":%lld}\n", (long long)((answer->latency_us + 500) / 1000));
	reply_header(reply, "Server-Timing", "total;dur=%lld.%03d",
	    (long long)(answer->latency_us / 1000), (int)(answer->latency_us % 1000));
}

/* Missing, malformed, unknown, revoked and expired look the same to the client; the log knows. */
static void
refuse_caller(
    struct service *service, struct request *request, struct reply *reply, const char *why)
{
	int retry_s = limits_count(
	    service->limits, "key", request->address, service->config.failed_keys_per_minute);

	log_refusal("401 for %s: %s", request->address, why);
	if (retry_s > 0) {
		reply_header(reply, "Retry-After", "%d", retry_s);
		reply_error(reply, request, 429, "too_many_requests",
		    "too many requests without a valid key from this address; wait as Retry-After says");
		return;
	}
	reply_header(reply, "WWW-Authenticate", "Bearer");
	reply_error(reply, request, 401, "unauthorized",
	    "send a valid key as `Authorization: Bearer bwb_...`");
}

static void
write_refusal(struct service *service, const struct incoming *in, enum status status,
    const char *why, struct reply *reply)
{
	struct request *request = in->request;

	switch (status) {
	case STATUS_REFUSED:
		refuse_caller(service, request, reply, why);
		return;
	case STATUS_INVALID:
		log_refusal("400: %s", why);
		reply_error(reply, request, 400, "bad_request", why);
		return;
	case STATUS_TOO_LARGE:
		/* A body over its size is 413; one within it that holds too much is malformed. */
		log_refusal("%d: %s", in->unreadable ? 413 : 400, why);
		reply_error(reply, request, in->unreadable ? 413 : 400,
		    in->unreadable ? "too_large" : "bad_request", why);
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

static void
handle(struct service *service, struct request *request, struct reply *reply)
{
	struct incoming in = {.service = service, .request = request};
	const struct attempt attempt = {.surface = "check",
	    .authorization = request->authorization,
	    .started_us = request->started_us,
	    .read_call = read_call,
	    .arg = &in};
	struct answer answer;
	struct problem why = {""};
	enum status status;

	if (probe_answer("check", (size_t)service->config.body_max, service, request, reply) ||
	    !acceptable(service, request, reply))
		return;
	status = gate_decide(&service->gate, &attempt, &answer, &why);
	if (status == STATUS_OK)
		write_verdict(reply, &answer);
	else
		write_refusal(service, &in, status, why.text, reply);
}

int
main(void)
{
	static const struct door door = {.program = "check", .handle = handle};

	return serve(&door);
}
