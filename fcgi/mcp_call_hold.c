/* mcp_call_hold.c - a call that waits for a person: what stays in memory, and what the client is sent meanwhile; see mcp_call.h. */
#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "mcp_call.h"

#define PROGRESS_TEXT_MAX 128
#define US_PER_MINUTE ((int64_t)60 * 1000000)

/* Of a request that its client is sent progress of. */
static struct json_object *
progress_message(struct visit *visit)
{
	const struct exchange *exchange = visit->exchange;
	const int64_t minutes = (clock_us() - exchange->request.started_us) / US_PER_MINUTE;
	struct json_object *params = json_new_object(), *message = NULL;
	char text[PROGRESS_TEXT_MAX];

	(void)snprintf(text, sizeof(text), "waiting for approval %s, %lld min",
	    exchange->attempt.answer.approval_id, (long long)minutes);
	if (params != NULL &&
	    json_set(params, "progressToken", json_share(visit->progress_token)) &&
	    json_set_integer(params, "progress", ++visit->progress) &&
	    json_set_text(params, "message", text))
		message = rpc_notification("notifications/progress", params);
	json_free(params);
	return message;
}

/* A sign of life every HOLD_PIECE_MS: for the servers in between, and for a client that follows. */
static bool
sign(struct exchange *exchange)
{
	struct visit *visit = exchange->visit;
	struct json_object *message;
	bool sent;

	if (visit->progress_token == NULL)
		return answer_keep(visit);
	message = progress_message(visit);
	sent = message != NULL ? answer_event(visit, message) : answer_keep(visit);
	json_free(message);
	return sent;
}

/* In the mailbox's thread: hold.c sees it. */
static void
cancelled(void *arg)
{
	struct exchange *exchange = arg;

	atomic_store(&exchange->cancelled, true);
}

bool
call_hold(struct attempt *attempt)
{
	struct visit *visit = call_visit(attempt);
	struct exchange *exchange = visit->exchange;
	struct errand *errand = visit->errand;

	message_let_go(visit);
	if (errand->route != NULL)
		route_free(errand->route);
	free(errand->route);
	errand->route = NULL;
	if (errand->ticket != NULL)
		ticket_on_cancel(errand->ticket, cancelled, exchange);
	errand->held = true;
	/* Where it is taken over, another thread may have answered it by now. */
	if (holds_add(exchange->service->holds, exchange, sign))
		return true;
	errand->held = false;
	return false;
}

void
call_sign_off(struct visit *visit)
{
	ticket_close(visit->errand->ticket);
	visit->errand->ticket = NULL;
}
