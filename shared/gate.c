/* gate.c - the way of a call, top to bottom, as far as its verdict; see gate.h. gate_run.c is the rest. */
#include "gate.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "resolve.h"

/* Keys or policies that change this often while one call is judged are not in order: "busy". */
#define STALE_TRIES 16

#define OVERDUE_SURFACE "gate"

static void
deny(struct verdict *verdict, const char *reason)
{
	*verdict = (struct verdict){.decision = DECISION_DENY, .rule = -1};
	(void)snprintf(verdict->reason, sizeof(verdict->reason), "%s", reason);
}

/* The verdict: the kill switch first, then what the door refuses, then the policies. */
static void
evaluate(struct gate *gate, struct attempt *attempt, struct verdict *verdict)
{
	const struct caller *caller = attempt->caller;
	char reason[VERDICT_REASON_MAX];

	if (caller->stopped || stop_files_present(&gate->stop_files, caller->key.name)) {
		deny(verdict, "stopped");
	} else if (caller->unreadable[0] != '\0') {
		(void)snprintf(
		    reason, sizeof(reason), "policy \"%s\" cannot be read", caller->unreadable);
		deny(verdict, reason);
	} else if (attempt->refusal != NULL) {
		deny(verdict, attempt->refusal);
	} else {
		policy_evaluate(caller->policies, caller->npolicies, &attempt->call, NULL, verdict);
	}
	if (verdict->unclear)
		log_refusal("key %s: %s", caller->key.name, verdict->reason);
}

/* What a link will carry, and the digest by which the page checks it. Made before the transaction, and only where somebody may be asked. */
static enum status
prepare_asking(struct attempt *attempt)
{
	struct settlement *s = &attempt->settlement;
	char salt[SECRET_DIGEST_TEXT];
	enum status status;

	if (!attempt->ask || attempt->held ||
	    attempt->verdict.decision != DECISION_REQUIRE_APPROVAL)
		return STATUS_OK;
	approval_make_id(s->made_id);
	buf_reset(&attempt->canonical);
	call_write_canonical(&attempt->call, &attempt->canonical);
	status = buf_status(&attempt->canonical);
	if (status == STATUS_OK)
		status = approval_salt(attempt->gate->master, s->made_id, salt);
	if (status == STATUS_OK)
		status = approval_shown_digest(
		    salt, buf_str(&attempt->canonical), attempt->canonical.len, s->shown_digest);
	return status;
}

static struct attempt *
attempt_of(struct audit_append *append)
{
	return (struct attempt *)((char *)append - offsetof(struct attempt, append));
}

/* In the transaction of the entry: what a person has decided, or has to. */
static enum status
settle_within(struct audit_append *append, struct db *db)
{
	struct attempt *attempt = attempt_of(append);
	struct settlement *s = &attempt->settlement;
	const struct verdict *verdict = &attempt->verdict;
	enum status status = settle(db, s, &attempt->verdict, clock_wall_ms());

	append->entry.decision = decision_name(verdict->decision);
	append->entry.approval_id = s->approval_id;
	append->entry.rule = verdict->rule;
	if (verdict->policy == NULL) {
		append->entry.policy_id = "";
		append->entry.policy_name = "";
		append->entry.policy_version = 0;
	}
	return status;
}

/* Whether more than the verdict itself has to be looked at or written. */
static bool
needs_settling(const struct attempt *attempt)
{
	if (attempt->verdict.decision == DECISION_REQUIRE_APPROVAL)
		return true;
	return attempt->verdict.decision == DECISION_DENY && attempt->caller->tells_blocked;
}

static void
begin_settlement(struct attempt *attempt)
{
	struct gate *gate = attempt->gate;
	struct settlement *s = &attempt->settlement;

	*s = (struct settlement){.key = &attempt->caller->key,
	    .stop_files = &gate->stop_files,
	    .server = attempt->call.server,
	    .tool = attempt->call.tool,
	    .args_digest = attempt->call.digest,
	    .call_id = attempt->answer.call_id,
	    .continues_call = attempt->continues_call,
	    .continues_round = attempt->continues_round,
	    .lease = gate->courier != NULL ? courier_lease(gate->courier) : NULL,
	    .most = gate->approvals_per_key,
	    .links = gate->links,
	    .ask = attempt->ask,
	    .wait = attempt->wait,
	    .release = attempt->held,
	    .tells_blocked = attempt->caller->tells_blocked};
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
	attempt->append.within = needs_settling(attempt) ? settle_within : NULL;
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
	const struct settlement *s = &attempt->settlement;
	struct answer *answer = &attempt->answer;

	answer->continued = s->continued;
	answer->approval_id[0] = '\0';
	if (s->asked) {
		memcpy(answer->approval_id, s->approval_id, sizeof(answer->approval_id));
		answer->approval_state = s->state;
		answer->approval_expires_ms = s->expires_ms;
	}

	answer->decision = verdict->decision;
	memcpy(answer->reason, verdict->reason, sizeof(answer->reason));
	answer->policy_id[0] = '\0';
	if (verdict->policy != NULL)
		memcpy(answer->policy_id, verdict->policy->id, sizeof(answer->policy_id));
	answer->latency_us = clock_us() - attempt->started_us;
}

void
gate_let_go(struct attempt *attempt)
{
	caller_release(attempt->gate->callers, attempt->caller);
	attempt->caller = NULL;
	call_free(&attempt->call);
	if (attempt->canonical.data != NULL)
		secret_wipe(attempt->canonical.data, attempt->canonical.len);
	buf_free(&attempt->canonical);
}

/* Where it was allowed and is to be run, gate_run() needs the call still. */
static void
end(struct attempt *attempt, enum status status)
{
	if (status != STATUS_OK || attempt->forward == NULL ||
	    attempt->answer.decision != DECISION_ALLOW)
		gate_let_go(attempt);
	attempt->done(attempt, status);
}

static enum status
read_call(struct attempt *attempt)
{
	enum status status = attempt->read_call(attempt, &attempt->call, &attempt->why);

	/* A door that needed the digest has made it. */
	if (status == STATUS_OK && attempt->call.digest[0] == '\0')
		status = call_digest(&attempt->call, &attempt->gate->digest_key);
	return status;
}

/* An approval of this call whose time is over: that is an event of its own, recorded before the call is judged anew. */
static enum status
end_overdue(struct gate *gate, const char *approval_id)
{
	const struct resolution resolution = {.approval_id = approval_id,
	    .to = APPROVAL_EXPIRED,
	    .surface = OVERDUE_SURFACE,
	    .by = ""};
	struct approval approval;
	struct problem why;
	struct db *db;
	enum status status = store_write(gate->store, &db);

	if (status != STATUS_OK)
		return status;
	status = resolve(db, gate->audit, &resolution, clock_wall_ms(), &approval, &why);
	if (status == STATUS_OK)
		return store_commit(gate->store, db);
	store_rollback(gate->store, db);
	return status == STATUS_EXISTS ? STATUS_OK : status;
}

static void decide(struct attempt *attempt);

/* Key, policy or approval changed before the recording: the line anew. False: it cannot be. */
static bool
decide_anew(struct attempt *attempt)
{
	struct gate *gate = attempt->gate;
	const char *overdue = attempt->settlement.overdue_id;

	if (attempt->tries >= STALE_TRIES || callers_refresh(gate->callers) != STATUS_OK)
		return false;
	if (overdue[0] != '\0' && end_overdue(gate, overdue) != STATUS_OK)
		return false;
	log_request(attempt->request_id != NULL ? attempt->request_id : "");
	caller_release(gate->callers, attempt->caller);
	attempt->caller = NULL;
	decide(attempt);
	log_request("");
	return true;
}

/* The last step of the line. A call that waits for a person is handed to its door, which brings it back. */
static void
answer(struct audit_append *append)
{
	struct attempt *attempt = attempt_of(append);
	const struct settlement *s = &attempt->settlement;
	enum status status = append->status;

	if (status == STATUS_STALE) {
		if (decide_anew(attempt))
			return;
		status = STATUS_BUSY;
	}
	if (status == STATUS_OK) {
		write_answer(attempt);
		if (s->notices && attempt->gate->courier != NULL)
			courier_send(attempt->gate->courier, s->made ? s->approval_id : NULL,
			    buf_str(&attempt->canonical), attempt->canonical.len);
		if (attempt->wait && attempt->hold != NULL && !attempt->held && s->asked &&
		    s->state == APPROVAL_PENDING) {
			gate_let_go(attempt);
			attempt->held = true;
			if (attempt->hold(attempt))
				return;
		}
	}
	end(attempt, status);
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
	evaluate(gate, attempt, &attempt->verdict);
	begin_settlement(attempt);
	status = prepare_asking(attempt);
	if (status != STATUS_OK) {
		end(attempt, status);
		return;
	}
	/* 3. Record: what is not on disk is not answered; with it, what a person decided. 4. Hold, or answer. */
	record(attempt, answer);
}

void
gate_decide(struct gate *gate, struct attempt *attempt)
{
	attempt->gate = gate;
	attempt->caller = NULL;
	attempt->call = (struct call){0};
	attempt->tries = 0;
	attempt->held = false;
	buf_init(&attempt->canonical, CALL_CANONICAL_MAX);
	attempt->why.text[0] = '\0';
	memcpy(attempt->answer.call_id, "call_", sizeof("call_"));
	secret_random_text(attempt->answer.call_id + strlen("call_"), CALL_ID_RANDOM);
	decide(attempt);
}

enum gate_wait
gate_look(struct db *db, const struct attempt *attempt, int64_t now_ms)
{
	struct approval approval;

	/* Where it cannot be read the line is walked again, which says why. */
	if (approval_find(db, attempt->answer.approval_id, &approval) != STATUS_OK)
		return GATE_DECIDED;
	if (strcmp(approval.asker, attempt->answer.call_id) != 0)
		return GATE_SUPERSEDED;
	return approval.state == APPROVAL_PENDING && now_ms < approval.expires_ms ? GATE_WAITING
										  : GATE_DECIDED;
}

void
gate_release(struct attempt *attempt)
{
	attempt->tries = 0;
	decide(attempt);
}

void
gate_give_up(struct attempt *attempt)
{
	end(attempt, STATUS_OK);
}
