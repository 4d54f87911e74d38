/* resolve.c - a decision about an approval with all that follows from it; see resolve.h. */
#include "resolve.h"

#include <stdio.h>
#include <string.h>

#include "grant.h"
#include "outbox.h"

#define BATCH_MAX 256 /* ids held at once by a sweep */
#define NOTE_MAX 64

static const char *
duration_of(const struct resolution *resolution)
{
	return resolution->duration != NULL ? resolution->duration : "once";
}

/* What an approver may ask for, of this key. */
static enum status
check(const struct resolution *resolution, const struct approval *approval, struct problem *why)
{
	int64_t ms = grant_duration_ms(duration_of(resolution));

	if (resolution->to != APPROVAL_APPROVED)
		return STATUS_OK;
	if (ms < 0) {
		problem_set(why, "There is no such duration; choose once, 1h, 8h or 24h.");
		return STATUS_INVALID;
	}
	if (ms > 0 && !approval->allowances) {
		problem_set(why,
		    "Calls of the key \"%s\" can be approved once only, not for a time.",
		    approval->key_name);
		return STATUS_INVALID;
	}
	if (resolution->calls < 0 || resolution->calls > GRANT_CALLS_MAX) {
		problem_set(
		    why, "The number of calls must be from 1 to %d, or left out.", GRANT_CALLS_MAX);
		return STATUS_INVALID;
	}
	return STATUS_OK;
}

/* Whether it can still go there. */
static bool
is_late(const struct approval *approval, enum approval_state to, int64_t now_ms)
{
	enum approval_state at = approval_state_at(approval, now_ms);

	if (to == APPROVAL_EXPIRED)
		return at != APPROVAL_EXPIRED || approval->state == APPROVAL_EXPIRED;
	return at != APPROVAL_PENDING;
}

static enum status
transit(struct db *db, const struct resolution *resolution, int64_t now_ms)
{
	const char *id = resolution->approval_id;

	if (resolution->to == APPROVAL_APPROVED)
		return approval_approve(db, id, resolution->by, duration_of(resolution), now_ms);
	if (resolution->to == APPROVAL_DENIED)
		return approval_deny(db, id, resolution->by, now_ms);
	return approval_expire(db, id, now_ms);
}

/* "approved by channel "ops" for 1h, these arguments only, at most 5 calls". */
static void
write_reason(const struct resolution *resolution, const struct approval *now, char *out)
{
	const char *duration = duration_of(resolution);
	bool once = strcmp(duration, "once") == 0;
	char by[APPROVAL_BY_MAX + NOTE_MAX] = "", calls[NOTE_MAX] = "";

	if (resolution->by[0] != '\0')
		(void)snprintf(by, sizeof(by),
		    strcmp(resolution->surface, "ctl") == 0 ? " by %s" : " by channel \"%s\"",
		    resolution->by);
	if (resolution->calls > 0)
		(void)snprintf(calls, sizeof(calls), ", at most %lld %s",
		    (long long)resolution->calls, resolution->calls == 1 ? "call" : "calls");
	if (resolution->why != NULL)
		(void)snprintf(out, VERDICT_REASON_MAX, "%s", resolution->why);
	else if (resolution->to == APPROVAL_EXPIRED)
		(void)snprintf(out, VERDICT_REASON_MAX, "%s",
		    now->decided_ms != 0 ? "approved, but the call did not come back in time"
					 : "nobody decided in time");
	else if (resolution->to == APPROVAL_DENIED)
		(void)snprintf(out, VERDICT_REASON_MAX, "denied%s", by);
	else if (once)
		(void)snprintf(out, VERDICT_REASON_MAX, "approved%s once", by);
	else
		(void)snprintf(out, VERDICT_REASON_MAX, "approved%s for %s%s%s", by, duration,
		    resolution->these_args ? ", these arguments only" : "", calls);
}

static enum status
record(struct db *db, struct audit *audit, const struct resolution *resolution,
    const struct approval *now)
{
	char reason[VERDICT_REASON_MAX];
	struct audit_entry entry = {
	    .chain = now->key_id,
	    .kind = "outcome",
	    .call_id = now->call_id,
	    .key_name = now->key_name,
	    .surface = resolution->surface,
	    .server = now->server,
	    .tool = now->tool,
	    .args_digest = now->args_digest,
	    .decision = approval_state_name(resolution->to),
	    .policy_id = now->policy_id,
	    .policy_name = now->policy_name,
	    .policy_version = now->policy_version,
	    .rule = now->rule,
	    .reason = reason,
	    .approval_id = now->id,
	};

	write_reason(resolution, now, reason);
	return audit_append_in(audit, db, &entry);
}

/* The approved call itself spends the approval, so it does not count among those of the allowance. */
static enum status
add_allowance(
    struct db *db, const struct resolution *resolution, const struct approval *now, int64_t now_ms)
{
	int64_t ms = grant_duration_ms(duration_of(resolution));
	struct grant grant = {.created_ms = now_ms,
	    .expires_ms = now_ms + ms,
	    .calls_left = resolution->calls > 0 ? resolution->calls - 1 : -1};

	if (resolution->to != APPROVAL_APPROVED || ms <= 0 || grant.calls_left == 0)
		return STATUS_OK;
	memcpy(grant.key_id, now->key_id, sizeof(grant.key_id));
	memcpy(grant.server, now->server, sizeof(grant.server));
	memcpy(grant.tool, now->tool, sizeof(grant.tool));
	memcpy(grant.approval_id, now->id, sizeof(grant.approval_id));
	if (resolution->these_args)
		memcpy(grant.args_digest, now->args_digest, sizeof(grant.args_digest));
	return grant_add(db, &grant);
}

static enum status
notify(struct db *db, const struct approval *now, int64_t now_ms)
{
	const struct event event = {
	    .kind = EVENT_APPROVAL_RESOLVED,
	    .key_id = now->key_id,
	    .approval_id = now->id,
	    .call_id = now->call_id,
	};

	return outbox_add(db, &event, NULL, now_ms, NULL);
}

/* Somebody was first, or time: what counts is what it is now. */
static enum status
late(struct approval *out, int64_t now_ms)
{
	out->state = approval_state_at(out, now_ms);
	return STATUS_EXISTS;
}

/* From `out`, as it was found, to what it is then. */
static enum status
decide(struct db *db, struct audit *audit, const struct resolution *resolution, int64_t now_ms,
    struct approval *out)
{
	enum status won = transit(db, resolution, now_ms);
	enum status status = won;

	if (won == STATUS_OK || won == STATUS_NOT_FOUND)
		status = approval_find(db, resolution->approval_id, out);
	if (status != STATUS_OK)
		return status;
	if (won != STATUS_OK)
		return late(out, now_ms);
	status = record(db, audit, resolution, out);
	if (status == STATUS_OK)
		status = add_allowance(db, resolution, out, now_ms);
	if (status == STATUS_OK)
		status = notify(db, out, now_ms);
	return status;
}

enum status
resolve(struct db *db, struct audit *audit, const struct resolution *resolution, int64_t now_ms,
    struct approval *out, struct problem *why)
{
	enum status status = approval_find(db, resolution->approval_id, out);

	if (status != STATUS_OK)
		return status;
	if (is_late(out, resolution->to, now_ms))
		return late(out, now_ms);
	status = check(resolution, out, why);
	if (status != STATUS_OK)
		return status;
	return decide(db, audit, resolution, now_ms, out);
}

struct batch {
	char ids[BATCH_MAX][APPROVAL_ID_MAX + 1];
	int64_t count;
};

static bool
add_id(void *arg, const char *id)
{
	struct batch *batch = arg;

	(void)snprintf(batch->ids[batch->count++], sizeof(batch->ids[0]), "%s", id);
	return batch->count < BATCH_MAX;
}

enum status
resolve_overdue(struct db *db, struct audit *audit, int64_t now_ms, int64_t most, int64_t *ended)
{
	struct batch batch = {.count = 0};
	struct resolution resolution = {.to = APPROVAL_EXPIRED, .surface = "sweep", .by = ""};
	struct approval approval;
	enum status status = approvals_overdue(db, now_ms, most, add_id, &batch);

	*ended = 0;
	for (int64_t i = 0; i < batch.count && status == STATUS_OK; i++) {
		/* A damaged row (logged) keeps nobody from the others; its time is over all the same. */
		if (approval_find(db, batch.ids[i], &approval) != STATUS_OK)
			continue;
		resolution.approval_id = batch.ids[i];
		status = decide(db, audit, &resolution, now_ms, &approval);
		if (status == STATUS_OK)
			++*ended;
		else if (status == STATUS_EXISTS)
			status = STATUS_OK;
	}
	return status;
}
