/* gate_run.c - the way of a call that was allowed: forward, record the outcome; see gate.h. */
#include "gate.h"

#include <errno.h>
#include <semaphore.h>
#include <stdio.h>

#include "clock.h"
#include "log.h"

/* The outcome of a call that has run is worth more waiting than a verdict. */
#define BUSY_TRIES 3

struct recording {
	struct audit_append append;
	sem_t done;
};

static void
blocked(struct outcome *outcome, const char *reason)
{
	outcome->what = "blocked";
	(void)snprintf(outcome->reason, sizeof(outcome->reason), "%s", reason);
}

/* Right before the forward: whether the key is still in force and nothing is stopped, as of now. */
static bool
may_go_on(struct attempt *attempt, struct outcome *outcome)
{
	struct gate *gate = attempt->gate;
	struct caller *now = NULL;
	struct problem why;
	bool may = false;

	if (callers_refresh(gate->callers) != STATUS_OK ||
	    callers_authenticate(gate->callers, attempt->authorization, &now, &why) != STATUS_OK)
		blocked(outcome, "the key is no longer in force, or that cannot be told");
	else if (now->stopped || stop_files_present(&gate->stop_files, now->key.name))
		blocked(outcome, "stopped");
	else
		may = true;
	caller_release(gate->callers, now);
	return may;
}

static void
recorded(struct audit_append *append)
{
	(void)sem_post(&((struct recording *)append)->done);
}

static enum status
append_outcome(struct audit *audit, const struct audit_entry *entry)
{
	struct recording recording = {.append = {.entry = *entry, .done = recorded}};

	if (sem_init(&recording.done, 0, 0) != 0)
		return STATUS_FAILED;
	audit_submit(audit, &recording.append);
	audit_work(audit);
	while (sem_wait(&recording.done) != 0 && errno == EINTR)
		continue;
	(void)sem_destroy(&recording.done);
	return recording.append.status;
}

/* The outcome as an entry of its own, linked to the verdict by the id of the call. */
static enum status
record_outcome(struct attempt *attempt, const struct outcome *outcome, int64_t began_us)
{
	const struct audit_entry entry = {
	    .chain = attempt->caller->key.id,
	    .kind = "outcome",
	    .call_id = attempt->answer.call_id,
	    .key_name = attempt->caller->key.name,
	    .surface = attempt->surface,
	    .server = attempt->call.server,
	    .tool = attempt->call.tool,
	    .args_digest = attempt->call.digest,
	    .decision = outcome->what,
	    .rule = -1,
	    .reason = outcome->reason,
	    .latency_us = clock_us() - began_us,
	    .approval_id = attempt->answer.approval_id,
	};
	enum status status = STATUS_BUSY;

	for (int i = 0; i < BUSY_TRIES && status == STATUS_BUSY; i++)
		status = append_outcome(attempt->gate->audit, &entry);
	if (status != STATUS_OK)
		log_error("the outcome \"%s\" of %s could not be recorded: %s", outcome->what,
		    attempt->answer.call_id, status_name(status));
	return status;
}

enum status
gate_run(struct attempt *attempt, struct outcome *out)
{
	const int64_t began_us = clock_us();
	enum status status;

	*out = (struct outcome){.what = "unknown"};
	/* 5. Forward: a person's decision, the key and the kill switch may have changed since the verdict. */
	if (may_go_on(attempt, out))
		attempt->forward(attempt, out);
	/* 6. Record the outcome: what is not on disk is not told. */
	status = record_outcome(attempt, out, began_us);
	gate_let_go(attempt);
	return status;
}
