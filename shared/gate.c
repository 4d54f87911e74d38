/* gate.c - the way of a call, top to bottom; see gate.h. */
#include "gate.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "stop.h"

/* Keys or policies that change this often while one call is judged are not in order: "busy". */
#define STALE_TRIES 16

static void
deny(struct verdict *verdict, const char *reason)
{
	*verdict = (struct verdict){.decision = DECISION_DENY, .rule = -1};
	(void)snprintf(verdict->reason, sizeof(verdict->reason), "%s", reason);
}

/* The verdict: the kill switch first, then the policies. */
static void
evaluate(struct gate *gate, const struct caller *caller, const struct call *call,
    struct verdict *verdict)
{
	char reason[VERDICT_REASON_MAX];

	if (caller->stopped || stop_file_present(gate->state_dir_fd, caller->key.name)) {
		deny(verdict, "stopped");
	} else if (caller->unreadable[0] != '\0') {
		(void)snprintf(
		    reason, sizeof(reason), "policy \"%s\" cannot be read", caller->unreadable);
		deny(verdict, reason);
	} else {
		policy_evaluate(caller->policies, caller->npolicies, call, NULL, verdict);
	}
	if (verdict->unclear)
		log_refusal("key %s: %s", caller->key.name, verdict->reason);
}

/* The verdict as an entry of the audit log, durable on return. */
static enum status
record(struct gate *gate, const struct attempt *attempt, const struct caller *caller,
    const struct call *call, const struct verdict *verdict, const char *call_id)
{
	const struct policy *policy = verdict->policy;
	struct audit_entry entry = {
	    .chain = caller->key.id,
	    .kind = "verdict",
	    .call_id = call_id,
	    .key_name = caller->key.name,
	    .surface = attempt->surface,
	    .server = call->server,
	    .tool = call->tool,
	    .args_digest = call->digest,
	    .decision = decision_name(verdict->decision),
	    .policy_id = policy != NULL ? policy->id : "",
	    .policy_name = policy != NULL ? policy->name : "",
	    .policy_version = policy != NULL ? policy->version : 0,
	    .rule = verdict->rule,
	    .reason = verdict->reason,
	    .latency_us = clock_us() - attempt->started_us,
	};

	return audit_append(gate->audit, &entry, caller->generation);
}

static void
write_answer(const struct attempt *attempt, const struct verdict *verdict, struct answer *answer)
{
	answer->decision = verdict->decision;
	memcpy(answer->reason, verdict->reason, sizeof(answer->reason));
	(void)snprintf(answer->policy_id, sizeof(answer->policy_id), "%s",
	    verdict->policy != NULL ? verdict->policy->id : "");
	answer->latency_us = clock_us() - attempt->started_us;
}

static enum status
read_call(struct gate *gate, const struct attempt *attempt, struct call *call, struct problem *why)
{
	enum status status = attempt->read_call(attempt->arg, call, why);

	return status == STATUS_OK ? call_digest(call, &gate->digest_key) : status;
}

enum status
gate_decide(
    struct gate *gate, const struct attempt *attempt, struct answer *answer, struct problem *why)
{
	struct caller *caller = NULL;
	struct call call = {0};
	struct verdict verdict;
	bool call_is_read = false;
	enum status status = STATUS_STALE;

	(void)snprintf(answer->call_id, sizeof(answer->call_id), "call_");
	secret_random_text(answer->call_id + strlen("call_"), CALL_ID_RANDOM);
	for (int tries = 0; status == STATUS_STALE && tries < STALE_TRIES; tries++) {
		/* 1. Authenticate. */
		status = callers_authenticate(gate->callers, attempt->authorization, &caller, why);
		if (status != STATUS_OK)
			break;
		if (!call_is_read)
			status = read_call(gate, attempt, &call, why);
		call_is_read = true;
		if (status != STATUS_OK)
			break;
		/* 2. Evaluate. */
		evaluate(gate, caller, &call, &verdict);
		/* 3. Record. What is not on disk is not answered. */
		status = record(gate, attempt, caller, &call, &verdict, answer->call_id);
		/* 4. Answer; or, where key or policy changed meanwhile, judge anew. */
		if (status == STATUS_OK)
			write_answer(attempt, &verdict, answer);
		else if (status == STATUS_STALE && callers_refresh(gate->callers) != STATUS_OK)
			status = STATUS_BUSY;
		caller_release(gate->callers, caller);
		caller = NULL;
	}
	caller_release(gate->callers, caller);
	call_free(&call);
	return status == STATUS_STALE ? STATUS_BUSY : status;
}
