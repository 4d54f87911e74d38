/* settle.c - what a person's decision makes of a verdict; see settle.h. */
#include "settle.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "grant.h"
#include "mcp/continuation.h"

#define BY_TEXT_MAX (APPROVAL_BY_MAX + 32)

static void
change(struct verdict *verdict, enum decision decision, const char *reason)
{
	verdict->decision = decision;
	(void)snprintf(verdict->reason, sizeof(verdict->reason), "%s", reason);
}

/* Behind the reason that the policy gave. */
static void
add_reason(struct verdict *verdict, const char *reason)
{
	size_t len = strlen(verdict->reason);

	(void)snprintf(verdict->reason + len, sizeof(verdict->reason) - len, "; %s", reason);
}

static void
by_text(const struct approval *a, char out[BY_TEXT_MAX])
{
	if (strcmp(a->decided_by, "enforgatectl") == 0)
		(void)snprintf(out, BY_TEXT_MAX, "by the administrator");
	else if (a->decided_by[0] != '\0')
		(void)snprintf(out, BY_TEXT_MAX, "through channel \"%s\"", a->decided_by);
	else
		(void)snprintf(out, BY_TEXT_MAX, "by nobody");
}

static void
take_result(struct settlement *s, const struct approval *a, enum approval_state state)
{
	(void)snprintf(s->approval_id, sizeof(s->approval_id), "%s", a->id);
	s->state = state;
	s->expires_ms = a->expires_ms;
	s->asked = true;
}

/* The decision is spent by this very entry, once. */
static enum status
spend(struct db *db, struct settlement *s, const struct approval *a, struct verdict *verdict,
    int64_t now_ms)
{
	char by[BY_TEXT_MAX], reason[VERDICT_REASON_MAX];
	enum status status;

	/* A newer request waits for it. */
	if (s->release && strcmp(a->asker, s->call_id) != 0) {
		take_result(s, a, APPROVAL_PENDING);
		add_reason(verdict, "another request for the same call waits for the decision");
		return STATUS_OK;
	}
	status = approval_spend(db, a->id, now_ms);
	if (status != STATUS_OK)
		return status == STATUS_NOT_FOUND ? STATUS_STALE : status;
	by_text(a, by);
	(void)snprintf(reason, sizeof(reason), "approved %s", by);
	change(verdict, DECISION_ALLOW, reason);
	take_result(s, a, APPROVAL_APPROVED);
	return STATUS_OK;
}

/*
 * A person's no stands until the approval's time is over, so that asking again does not ask the person again; that nobody decided
 * is told once.
 */
static bool
refuses(const struct approval *a, int64_t now_ms)
{
	if (a->state == APPROVAL_DENIED)
		return a->told_ms == 0 || now_ms < a->expires_ms;
	return a->state == APPROVAL_EXPIRED && a->told_ms == 0 &&
	       now_ms - a->expires_ms < a->expires_ms - a->created_ms;
}

static enum status
refuse(struct db *db, struct settlement *s, const struct approval *a, struct verdict *verdict,
    int64_t now_ms)
{
	char by[BY_TEXT_MAX], reason[VERDICT_REASON_MAX];

	if (a->state == APPROVAL_EXPIRED && a->decided_ms != 0) {
		(void)snprintf(reason, sizeof(reason), "approved, but not called for in time");
	} else if (a->state == APPROVAL_EXPIRED) {
		(void)snprintf(reason, sizeof(reason), "nobody decided in time");
	} else {
		by_text(a, by);
		(void)snprintf(reason, sizeof(reason), "denied %s", by);
	}
	change(verdict, DECISION_DENY, reason);
	take_result(s, a, a->state);
	return a->told_ms == 0 ? approval_tell(db, a->id, now_ms) : STATUS_OK;
}

static enum status
use_allowance(struct db *db, struct settlement *s, struct verdict *verdict, int64_t now_ms)
{
	char until[CLOCK_TEXT_MAX], reason[VERDICT_REASON_MAX];
	struct grant grant;
	enum status status;

	/* Forbidden since: those that were given do not count any more. */
	if (!s->key->allowances)
		return STATUS_NOT_FOUND;
	status = grant_use(db, s->key->id, s->server, s->tool, s->args_digest, now_ms, &grant);
	if (status != STATUS_OK)
		return status;
	clock_text(grant.expires_ms, until);
	(void)snprintf(reason, sizeof(reason), "temporarily allowed until %s", until);
	change(verdict, DECISION_ALLOW, reason);
	(void)snprintf(s->approval_id, sizeof(s->approval_id), "%s", grant.approval_id);
	return STATUS_OK;
}

static enum status
announce(struct db *db, struct settlement *s, unsigned kind, const struct verdict *verdict,
    int64_t now_ms)
{
	const bool blocked = kind == EVENT_CALL_BLOCKED;
	const struct event event = {.kind = kind,
	    .key_id = s->key->id,
	    .approval_id = blocked ? NULL : s->approval_id,
	    .call_id = s->call_id,
	    .server = blocked ? s->server : NULL,
	    .tool = blocked ? s->tool : NULL,
	    .reason = blocked ? verdict->reason : NULL};
	int64_t added = 0;
	enum status status = outbox_add(db, &event, s->lease, now_ms, &added);

	s->notices = s->notices || added > 0;
	return status;
}

static void
describe(
    const struct settlement *s, const struct verdict *verdict, int64_t now_ms, struct approval *a)
{
	const struct policy *policy = verdict->policy;

	*a = (struct approval){.policy_version = policy != NULL ? policy->version : 0,
	    .rule = verdict->rule,
	    .state = APPROVAL_PENDING,
	    .created_ms = now_ms,
	    .expires_ms = now_ms + s->key->approval_timeout_ms};
	memcpy(a->id, s->made_id, sizeof(a->id));
	memcpy(a->key_id, s->key->id, sizeof(a->key_id));
	(void)snprintf(a->server, sizeof(a->server), "%s", s->server);
	(void)snprintf(a->tool, sizeof(a->tool), "%s", s->tool);
	(void)snprintf(a->args_digest, sizeof(a->args_digest), "%s", s->args_digest);
	memcpy(a->shown_digest, s->shown_digest, sizeof(a->shown_digest));
	if (policy != NULL) {
		memcpy(a->policy_id, policy->id, sizeof(a->policy_id));
		memcpy(a->policy_name, policy->name, sizeof(a->policy_name));
	}
	/* For people: what the rule says of itself, where it does. */
	(void)snprintf(a->reason, sizeof(a->reason), "%s",
	    verdict->rule_reason != NULL ? verdict->rule_reason : verdict->reason);
	(void)snprintf(a->call_id, sizeof(a->call_id), "%s", s->call_id);
	if (s->wait)
		memcpy(a->asker, a->call_id, sizeof(a->asker));
}

/* Somebody is asked. What keeps that from happening denies the call (law 2). */
static enum status
ask(struct db *db, struct settlement *s, struct verdict *verdict, int64_t now_ms)
{
	char when[CLOCK_TEXT_MAX], reason[VERDICT_REASON_MAX];
	struct approval a;
	enum status status;

	if (!s->links) {
		change(verdict, DECISION_DENY,
		    "needs a person's approval, but the gateway has no base_url for links, so "
		    "nobody can be asked");
		return STATUS_OK;
	}
	describe(s, verdict, now_ms, &a);
	status = approval_last_release(
	    db, s->key->id, s->server, s->tool, s->args_digest, &a.released_ms);
	if (status == STATUS_OK)
		status = approval_create(db, &a, s->most, now_ms);
	if (status == STATUS_TOO_LARGE) {
		(void)snprintf(reason, sizeof(reason),
		    "needs a person's approval, but %lld calls of this key wait for one already",
		    (long long)s->most);
		change(verdict, DECISION_DENY, reason);
		return STATUS_OK;
	}
	if (status != STATUS_OK)
		return status;
	take_result(s, &a, APPROVAL_PENDING);
	s->made = true;
	if (a.released_ms != 0) {
		clock_text(a.released_ms, when);
		(void)snprintf(reason, sizeof(reason),
		    "the same call was let through at %s, its outcome is not known here", when);
		add_reason(verdict, reason);
	}
	return announce(db, s, EVENT_APPROVAL_CREATED, verdict, now_ms);
}

/* A request that has waited and was not released: another one was. */
static void
miss(struct settlement *s, const struct approval *a, struct verdict *verdict)
{
	add_reason(
	    verdict, "the approval was used by another request for the same call; ask again");
	take_result(s, a, a->state);
}

/* The newest approval of this very call, if it says anything by now. */
static enum status
consider(struct db *db, struct settlement *s, const struct approval *a, struct verdict *verdict,
    int64_t now_ms, bool *settled)
{
	*settled = true;
	if ((a->state == APPROVAL_PENDING || a->state == APPROVAL_APPROVED) &&
	    now_ms >= a->expires_ms) {
		memcpy(s->overdue_id, a->id, sizeof(s->overdue_id));
		return STATUS_STALE;
	}
	if (a->state == APPROVAL_APPROVED)
		return spend(db, s, a, verdict, now_ms);
	if (refuses(a, now_ms))
		return refuse(db, s, a, verdict, now_ms);
	*settled = false;
	return STATUS_OK;
}

/* The decision was spent by the first round of the call; each further one is let through once. STATUS_NOT_FOUND: this one is none. */
static enum status
go_on(struct db *db, struct settlement *s, struct verdict *verdict, int64_t now_ms)
{
	char reason[VERDICT_REASON_MAX];
	enum status status;

	if (s->continues_call == NULL || s->continues_call[0] == '\0')
		return STATUS_NOT_FOUND;
	status = continuation_use(
	    db, s->key->id, s->continues_call, s->continues_round, s->args_digest, now_ms);
	if (status != STATUS_OK)
		return status;
	(void)snprintf(reason, sizeof(reason), "round %lld of %s that was approved",
	    (long long)s->continues_round, s->continues_call);
	change(verdict, DECISION_ALLOW, reason);
	s->continued = true;
	return STATUS_OK;
}

static enum status
settle_asked(struct db *db, struct settlement *s, struct verdict *verdict, int64_t now_ms)
{
	struct approval a;
	bool settled = false;
	enum status status =
	    approval_find_call(db, s->key->id, s->server, s->tool, s->args_digest, &a);
	const bool known = status == STATUS_OK;

	if (known)
		status = consider(db, s, &a, verdict, now_ms, &settled);
	if ((status != STATUS_OK && status != STATUS_NOT_FOUND) || settled)
		return status;
	status = use_allowance(db, s, verdict, now_ms);
	if (status != STATUS_NOT_FOUND)
		return status;
	if (known && a.state == APPROVAL_PENDING) {
		take_result(s, &a, APPROVAL_PENDING);
		return s->wait && !s->release ? approval_take(db, a.id, s->call_id) : STATUS_OK;
	}
	if (known && s->release) {
		miss(s, &a, verdict);
		return STATUS_OK;
	}
	return ask(db, s, verdict, now_ms);
}

static enum status
settle_held(struct db *db, struct settlement *s, struct verdict *verdict, int64_t now_ms)
{
	enum status status;

	if (s->ask)
		return settle_asked(db, s, verdict, now_ms);
	status = use_allowance(db, s, verdict, now_ms);
	return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status
settle(struct db *db, struct settlement *s, struct verdict *verdict, int64_t now_ms)
{
	enum status status = STATUS_OK;

	/* Looked at again right before a decision is spent: the switch may have been set since. */
	if (stop_files_present(s->stop_files, s->key->name)) {
		*verdict = (struct verdict){.decision = DECISION_DENY, .rule = -1};
		change(verdict, DECISION_DENY, "stopped");
	} else if (verdict->decision == DECISION_REQUIRE_APPROVAL) {
		status = go_on(db, s, verdict, now_ms);
		if (status == STATUS_NOT_FOUND)
			status = settle_held(db, s, verdict, now_ms);
	}
	/* A person's decision is told as approval.resolved. */
	if (status == STATUS_OK && verdict->decision == DECISION_DENY && s->tells_blocked &&
	    !s->asked)
		status = announce(db, s, EVENT_CALL_BLOCKED, verdict, now_ms);
	return status;
}
