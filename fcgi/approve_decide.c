/* approve_decide.c - approving and denying; see approve.h. */
#include <string.h>

#include "approve.h"
#include "approve_reply.h"
#include "clock.h"
#include "wake.h"

struct resolution
decide_resolution(const struct visit *visit, enum approval_state to)
{
	const struct wish *wish = &visit->wish;
	struct resolution resolution = {.approval_id = visit->approval.id,
	    .to = to,
	    .surface = "approve",
	    .by = visit->channel};

	/* Limits are those of an allowance; "once" needs none. */
	if (to == APPROVAL_APPROVED) {
		resolution.duration = wish->duration;
		resolution.these_args = wish->these_args && grant_duration_ms(wish->duration) > 0;
		resolution.calls = grant_duration_ms(wish->duration) > 0 ? wish->calls : 0;
	}
	return resolution;
}

enum status
decide_in(
    struct visit *visit, struct db *db, const struct resolution *resolution, struct problem *why)
{
	struct audit *audit = visit->exchange->service->audit;
	struct approval now = visit->approval; /* from which the resolution borrows */
	enum status status = resolve(db, audit, resolution, visit->now_ms, &now, why);

	if (status == STATUS_OK || status == STATUS_EXISTS) {
		visit->approval = now;
		visit->state = now.state;
	}
	return status;
}

void
decide_committed(struct visit *visit)
{
	struct service *service = visit->exchange->service;

	wake_all(service->wake);
	courier_send(service->courier, visit->approval.id, NULL, 0);
	log_info("approval %s: %s", visit->approval.id, approval_state_name(visit->state));
}

/* A PIN may have been set since the case was found; without it nothing is approved. STATUS_STALE: so it is. */
static enum status
still_without_pin(struct visit *visit, struct db *db)
{
	enum status status = pin_find(db, visit->approval.key_id, visit->now_ms, &visit->pin);

	if (status == STATUS_NOT_FOUND)
		return STATUS_OK;
	return status == STATUS_OK ? STATUS_STALE : status;
}

/* In a transaction of its own. As resolve(), or STATUS_STALE. */
static enum status
resolve_now(struct visit *visit, enum approval_state to, struct problem *why)
{
	struct service *service = visit->exchange->service;
	struct resolution resolution = decide_resolution(visit, to);
	struct db *db;
	enum status status = store_write(service->store, &db);

	if (status != STATUS_OK)
		return status;
	visit->now_ms = clock_wall_ms();
	if (to == APPROVAL_APPROVED)
		status = still_without_pin(visit, db);
	if (status == STATUS_OK)
		status = decide_in(visit, db, &resolution, why);
	if (status != STATUS_OK) {
		store_rollback(service->store, db);
		return status;
	}
	status = store_commit(service->store, db);
	if (status == STATUS_OK)
		decide_committed(visit);
	return status;
}

/* What was wished, with the result of trying it. */
static void
answer(struct visit *visit, enum status status, const struct problem *why)
{
	switch (status) {
	case STATUS_OK:
		answer_done(visit);
		return;
	case STATUS_EXISTS:
		answer_gone(visit);
		return;
	case STATUS_INVALID:
		answer_problem(visit, 400, "bad_request", "That is not possible", why->text,
		    "Open the link again and choose once.");
		return;
	case STATUS_BUSY:
	case STATUS_STALE:
		answer_busy(visit);
		return;
	case STATUS_NOT_FOUND:
	case STATUS_TOO_LARGE:
	case STATUS_REFUSED:
	case STATUS_FAILED:
	case STATUS_NO_MEMORY:
		break;
	}
	answer_failed(visit, status);
}

static void
approve(struct visit *visit)
{
	struct problem why = {""};
	int64_t left = 0;
	enum status status = STATUS_NOT_FOUND;

	if (visit->off.text[0] != '\0') {
		answer_off(visit);
		return;
	}
	/* Before a PIN is tried. */
	if (grant_duration_ms(visit->wish.duration) > 0 && !visit->approval.allowances) {
		problem_set(&why, "calls of this agent can be approved once only, not for a time");
		answer(visit, STATUS_INVALID, &why);
		return;
	}
	if (visit->has_pin)
		status = pin_decide(visit, &left, &why);
	if (status == STATUS_NOT_FOUND) {
		status = resolve_now(visit, APPROVAL_APPROVED, &why);
		/* By the database, that is; below it means a PIN. */
		if (status == STATUS_REFUSED)
			status = STATUS_FAILED;
	}
	if (status != STATUS_REFUSED)
		answer(visit, status, &why);
	else if (visit->state != APPROVAL_PENDING)
		answer_gone(visit);
	else if (visit->off.text[0] != '\0')
		answer_off(visit);
	else
		answer_wrong_pin(visit, left);
}

void
decide(struct visit *visit)
{
	struct problem why = {""};

	if (visit->wish.action == ACTION_APPROVE)
		approve(visit);
	else
		answer(visit, resolve_now(visit, APPROVAL_DENIED, &why), &why);
}
