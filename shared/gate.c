/* gate.c - the way of a call, top to bottom; see gate.h. */
#include "gate.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "log.h"

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

	if (caller->stopped || stop_files_present(&gate->stop_files, caller->key.name)) {
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

/* The verdict as an entry of the audit log; `then` is called when it is on disk, or cannot be. */
static void
record(struct attempt *attempt, void (*then)(struct audit_append *append))
{
	const struct verdict *verdict = &attempt->verdict;
	const struct policy *policy = verdict->policy;
	const struct caller *caller = attempt->caller;

	attempt->append.generation = caller->generation;
	attempt->append.done = then;
	attempt->append.entry = (struct audit_entry){
	    .chain = caller->key.id,
	    .kind = "verdict",
	    .call_id = attempt->answer.call_id,
	    .key_name = caller->key.name,
	    .surface = attempt->surface,
	    .server = attempt->call.server,
	    .tool = attempt->call.tool,
	    .args_digest = attempt->call.digest,
	    .decision = decision_name(verdict->decision),
	    .policy_id = policy != NULL ? policy->id : "",
	    .policy_name = policy != NULL ? policy->name : "",
	    .policy_version = policy != NULL ? policy->version : 0,
	    .rule = verdict->rule,
	    .reason = verdict->reason,
	    .latency_us = clock_us() - attempt->started_us,
	};
	audit_submit(attempt->gate->audit, &attempt->append);
}

static void
write_answer(struct attempt *attempt)
{
	const struct verdict *verdict = &attempt->verdict;
	struct answer *answer = &attempt->answer;

	answer->decision = verdict->decision;
	memcpy(answer->reason, verdict->reason, sizeof(answer->reason));
	answer->policy_id[0] = '\0';
	if (verdict->policy != NULL)
		memcpy(answer->policy_id, verdict->policy->id, sizeof(answer->policy_id));
	answer->latency_us = clock_us() - attempt->started_us;
}

static void
end(struct attempt *attempt, enum status status)
{
	caller_release(attempt->gate->callers, attempt->caller);
	attempt->caller = NULL;
	call_free(&attempt->call);
	attempt->done(attempt, status);
}

static enum status
read_call(struct attempt *attempt)
{
	enum status status = attempt->read_call(attempt, &attempt->call, &attempt->why);

	return status == STATUS_OK ? call_digest(&attempt->call, &attempt->gate->digest_key)
				   : status;
}

static void decide(struct attempt *attempt);

/* The last step of the line; or, where key or policy changed before the recording, the line anew. */
static void
answer(struct audit_append *append)
{
	struct attempt *attempt =
	    (struct attempt *)((char *)append - offsetof(struct attempt, append));
	struct gate *gate = attempt->gate;
	enum status status = append->status;

	if (status == STATUS_STALE && attempt->tries < STALE_TRIES &&
	    callers_refresh(gate->callers) == STATUS_OK) {
		caller_release(gate->callers, attempt->caller);
		attempt->caller = NULL;
		log_request(attempt->request_id != NULL ? attempt->request_id : "");
		decide(attempt);
		log_request("");
		return;
	}
	if (status == STATUS_OK)
		write_answer(attempt);
	end(attempt, status == STATUS_STALE ? STATUS_BUSY : status);
}

/* The line, in order. Between its last two steps the entry is committed, and another thread may go on. */
static void
decide(struct attempt *attempt)
{
	struct gate *gate = attempt->gate;
	enum status status;

	/* 1. Authenticate. */
	status = callers_authenticate(
	    gate->callers, attempt->authorization, &attempt->caller, &attempt->why);
	if (status == STATUS_OK && attempt->tries++ == 0)
		status = read_call(attempt);
	if (status != STATUS_OK) {
		end(attempt, status);
		return;
	}
	/* 2. Evaluate. */
	evaluate(gate, attempt->caller, &attempt->call, &attempt->verdict);
	/* 3. Record: what is not on disk is not answered. 4. Answer. */
	record(attempt, answer);
}

void
gate_decide(struct gate *gate, struct attempt *attempt)
{
	attempt->gate = gate;
	attempt->caller = NULL;
	attempt->call = (struct call){0};
	attempt->tries = 0;
	attempt->why.text[0] = '\0';
	memcpy(attempt->answer.call_id, "call_", sizeof("call_"));
	secret_random_text(attempt->answer.call_id + strlen("call_"), CALL_ID_RANDOM);
	decide(attempt);
}
