/* approve_reply.c - answers of the approve route; see approve_reply.h. */
#include "approve_reply.h"

#include <string.h>

void
answer_problem(struct visit *visit, int status, const char *code, const char *title,
    const char *message, const char *hint)
{
	(void)title;
	(void)hint;
	log_refusal("%d: %s", status, code);
	reply_error(&visit->exchange->reply, &visit->exchange->request, status, code, message);
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
answer_gone(struct visit *visit)
{
	static const char *const messages[] = {
	    [APPROVAL_PENDING] = "this link is used up",
	    [APPROVAL_APPROVED] = "this call was approved before",
	    [APPROVAL_DENIED] = "this call was denied before",
	    [APPROVAL_EXPIRED] = "nobody decided in time, so this call was denied",
	    [APPROVAL_SPENT] = "this call was approved before, and let through",
	};

	answer_problem(visit, 410, "gone", "Over", messages[visit->state], NULL);
}
