/* mcp_call.c - a call through the gate: who goes on when; see mcp_call.h. */
#include "mcp_call.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "clock.h"

struct visit *
call_visit(struct attempt *attempt)
{
	const struct exchange *exchange =
	    (struct exchange *)((char *)attempt - offsetof(struct exchange, attempt));

	return exchange->visit;
}

void
errand_free(struct errand *errand)
{
	if (errand == NULL)
		return;
	ticket_close(errand->ticket);
	if (errand->route != NULL)
		route_free(errand->route);
	free(errand->route);
	free(errand->tool);
	state_free(&errand->state);
	relay_answer_free(&errand->answer);
	(void)sem_destroy(&errand->decided);
	free(errand);
}

/* In a thread that may wait. */
static void
run(struct run *r)
{
	struct errand *errand = (struct errand *)r;
	struct visit *visit = errand->visit;
	struct runs *runs = visit->door->runs;
	enum status status;

	log_request(visit->exchange->request.id);
	status = gate_run(&visit->exchange->attempt, &errand->outcome);
	runs_give(runs, r);
	call_answer_run(visit, status);
	visit_end(visit);
	log_request("");
}

/*
 * An allowed call goes to its upstream, here or in a thread of its own. One that a person let through waits for a place where its key has
 * too many under way, as the decision is spent.
 */
static void
carry(struct visit *visit, bool asked_here)
{
	struct errand *errand = visit->errand;
	const struct answer *answer = &visit->exchange->attempt.answer;
	struct runs *runs = visit->door->runs;
	const bool alone = visit->batch == NULL;

	errand->run.work = run;
	errand->run.waits = answer->approval_id[0] != '\0' || answer->continued;
	if (!asked_here || (alone && !runs_begin_here(runs))) {
		runs_later(runs, &errand->run);
		return;
	}
	runs_take(runs, &errand->run);
	if (errand->run.placed || !errand->run.waits || !alone)
		run(&errand->run);
	else
		runs_later(runs, &errand->run);
	if (alone)
		runs_end_here(runs);
}

/* The verdict is there. */
static void
go_on(struct visit *visit, bool asked_here)
{
	if (visit->errand->status == STATUS_OK &&
	    visit->exchange->attempt.answer.decision == DECISION_ALLOW) {
		carry(visit, asked_here);
		return;
	}
	call_answer_verdict(visit);
	visit_end(visit);
}

/* The gate calls this, in whichever thread. */
static void
decided(struct attempt *attempt, enum status status)
{
	struct visit *visit = call_visit(attempt);
	struct errand *errand = visit->errand;

	log_request(visit->exchange->request.id);
	errand->status = status;
	if (visit->batch != NULL)
		(void)sem_post(&errand->decided);
	else if (atomic_exchange(&errand->turn, TURN_DECIDED) == TURN_LEFT)
		go_on(visit, false);
}

static void
ask_gate(struct visit *visit)
{
	struct exchange *exchange = visit->exchange;
	struct attempt *attempt = &exchange->attempt;
	struct errand *errand = visit->errand;
	struct audit *audit = exchange->service->audit;
	int asking = TURN_ASKING;

	*attempt = (struct attempt){.surface = "mcp",
	    .authorization = exchange->request.authorization,
	    .request_id = exchange->request.id,
	    .started_us = exchange->request.started_us,
	    .read_call = call_read,
	    .done = decided,
	    .hold = call_hold,
	    .forward = call_forward};
	gate_decide(&exchange->service->gate, attempt);
	audit_work(audit);
	/* From here the visit may belong to another thread. */
	if (visit->batch != NULL) {
		while (sem_wait(&errand->decided) != 0 && errno == EINTR)
			continue;
		go_on(visit, true);
	} else if (!atomic_compare_exchange_strong(&errand->turn, &asking, TURN_LEFT)) {
		go_on(visit, true);
	}
}

void
call_serve(struct visit *visit)
{
	struct errand *errand = calloc(1, sizeof(*errand));

	if (errand == NULL) {
		visit_unavailable(visit, STATUS_NO_MEMORY);
		visit_end(visit);
		return;
	}
	errand->visit = visit;
	visit->errand = errand;
	atomic_init(&errand->turn, TURN_ASKING);
	(void)sem_init(&errand->decided, 0, 0);
	(void)snprintf(errand->run.key_id, sizeof(errand->run.key_id), "%s", visit->caller->key.id);
	if (call_prepare(visit))
		ask_gate(visit);
	else
		visit_end(visit);
}
