/* approve_reply.c - answers of the approve route; see approve_reply.h. */
#include "approve_reply.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"

#define SENTENCE_MAX 128

void
answer_headers(struct visit *visit)
{
	struct reply *reply = &visit->exchange->reply;

	reply_header(reply, "Referrer-Policy", "no-referrer");
	reply_header(reply, "X-Frame-Options", "DENY");
	reply_header(reply, "X-Robots-Tag", "noindex");
}

void
answer_problem(struct visit *visit, int status, const char *code, const char *title,
    const char *message, const char *hint)
{
	log_refusal("%d: %s", status, code);
	if (visit->html)
		page_of_problem(visit, status, title, message, hint);
	else
		reply_error(
		    &visit->exchange->reply, &visit->exchange->request, status, code, message);
}

void
answer_unread(struct visit *visit, enum status status, const struct problem *why)
{
	if (status == STATUS_TOO_LARGE)
		answer_problem(visit, 413, "too_large", "That was too much", why->text, NULL);
	else if (status == STATUS_INVALID)
		answer_problem(visit, 400, "bad_request", "That cannot be understood", why->text,
		    "Open the link of the message once more.");
	else
		answer_failed(visit, status);
}

void
answer_busy(struct visit *visit)
{
	reply_header(&visit->exchange->reply, "Retry-After", "%d", APPROVE_BUSY_RETRY_S);
	answer_problem(visit, 503, "busy", "Busy just now",
	    "the gateway is busy; nothing was changed, try again",
	    "Wait a moment, then go back and try once more.");
}

void
answer_failed(struct visit *visit, enum status status)
{
	log_error("500: %s", status_name(status));
	answer_problem(visit, 500, "internal", "Something went wrong",
	    "the gateway could not do this; nothing was changed",
	    "The operator of the gateway finds the reason in its log.");
}

void
answer_ask(struct visit *visit)
{
	page_of_ask(visit, 200, NULL);
}

/* Members of an answer about this approval, all but the brace at its end. */
static void
put_state(struct visit *visit, struct buf *out)
{
	const struct approval *approval = &visit->approval;
	char time[CLOCK_TEXT_MAX];

	buf_printf(out, "\"id\":\"%s\",\"status\":\"%s\"", approval->id,
	    approval_state_name(visit->state));
	if (visit->state == APPROVAL_APPROVED) {
		clock_text(approval->expires_ms, time);
		buf_printf(
		    out, ",\"duration\":\"%s\",\"expiresAt\":\"%s\"", approval->duration, time);
	}
}

void
answer_done(struct visit *visit)
{
	const struct wish *wish = &visit->wish;
	struct buf *out = &visit->exchange->reply.body;
	bool for_a_time = grant_duration_ms(visit->approval.duration) > 0;

	if (visit->html || strcmp(visit->exchange->request.method, "POST") != 0) {
		page_of_done(visit);
		return;
	}
	buf_char(out, '{');
	put_state(visit, out);
	if (visit->state == APPROVAL_APPROVED && for_a_time) {
		buf_printf(out, ",\"argumentsOnly\":%s", wish->these_args ? "true" : "false");
		if (wish->calls > 0)
			buf_printf(out, ",\"maxCalls\":%lld", (long long)wish->calls);
		else
			buf_text(out, ",\"maxCalls\":null");
	}
	buf_text(out, "}\n");
}

/* An error in JSON about this approval. */
static void
error_with_state(struct visit *visit, int status, const char *code, const char *message)
{
	struct exchange *exchange = visit->exchange;
	struct buf *out = &exchange->reply.body;

	exchange->reply.status = status;
	buf_text(out, "{\"error\":");
	json_write_string(code, strlen(code), out);
	buf_text(out, ",\"message\":");
	json_write_string(message, strlen(message), out);
	buf_char(out, ',');
	put_state(visit, out);
	buf_printf(out, ",\"requestId\":\"%s\"}\n", exchange->request.id);
}

void
answer_gone(struct visit *visit)
{
	static const char *const messages[] = {
	    [APPROVAL_PENDING] = "this link is used up",
	    [APPROVAL_APPROVED] = "this call was approved before",
	    [APPROVAL_DENIED] = "this call was denied before",
	    [APPROVAL_EXPIRED] = "nobody decided in time, so this call counts as denied",
	    [APPROVAL_SPENT] = "this call was approved before, and let through",
	};

	const char *message = messages[visit->state];

	if (visit->state == APPROVAL_EXPIRED && visit->approval.decided_ms != 0)
		message = "this call was approved before, but the agent did not come back in time";
	log_refusal("410: approval %s: %s", visit->approval.id, approval_state_name(visit->state));
	if (visit->html)
		page_of_gone(visit);
	else
		error_with_state(visit, 410, "gone", message);
}

void
answer_off(struct visit *visit)
{
	log_refusal("%d: approval %s: %s", visit->off_status, visit->approval.id, visit->off_code);
	if (visit->html)
		page_of_ask(visit, visit->off_status, NULL);
	else
		error_with_state(visit, visit->off_status, visit->off_code, visit->off.text);
}

void
answer_wrong_pin(struct visit *visit, int64_t left)
{
	char sentence[SENTENCE_MAX];

	(void)snprintf(sentence, sizeof(sentence), "That PIN is wrong. %lld %s left.",
	    (long long)left, left == 1 ? "try is" : "tries are");
	log_refusal("403: approval %s: wrong PIN", visit->approval.id);
	if (visit->html)
		page_of_ask(visit, 403, sentence);
	else
		error_with_state(visit, 403, "wrong_pin", sentence);
}
