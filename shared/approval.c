/* approval.c - making approvals, and their transitions; see approval.h. */
#include "approval.h"

#include <string.h>

#define ID_RANDOM 22 /* characters: 131 bits */

/* The conflict that counts is that of the index approval_open. */
static const char sql_create[] =
    "INSERT INTO approval (id, key_id, server, tool, args_digest, shown_digest, policy_id, "
    "policy_name, policy_version, rule, reason, call_id, state, created_ms, expires_ms, "
    "decided_ms, decided_by, duration, ended_ms, told_ms, released_ms, pin_failures, asker) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, 'pending', ?13, ?14, "
    "NULL, '', '', NULL, NULL, ?15, 0, ?16) "
    "ON CONFLICT (key_id, server, tool, args_digest) WHERE state IN ('pending', 'approved') "
    "DO NOTHING";
static const char sql_is_open[] = "SELECT 1 FROM approval WHERE state IN ('pending', 'approved') "
				  "AND key_id = ?1 AND server = ?2 AND tool = ?3 "
				  "AND args_digest = ?4";
/* Names both states first, as the partial index does, so that it is the one that is walked. */
static const char sql_count[] =
    "SELECT COUNT(*) FROM (SELECT 1 FROM approval WHERE state IN ('pending', 'approved') "
    "AND key_id = ?1 AND state = 'pending' AND expires_ms > ?2 LIMIT ?3) counted";

static const char sql_approve[] =
    "UPDATE approval SET state = 'approved', decided_ms = ?2, decided_by = ?3, duration = ?4 "
    "WHERE id = ?1 AND state = 'pending' AND expires_ms > ?2";
static const char sql_deny[] =
    "UPDATE approval SET state = 'denied', decided_ms = ?2, decided_by = ?3, ended_ms = ?2 "
    "WHERE id = ?1 AND state = 'pending' AND expires_ms > ?2";
static const char sql_expire[] =
    "UPDATE approval SET state = 'expired', ended_ms = ?2 "
    "WHERE id = ?1 AND state IN ('pending', 'approved') AND expires_ms <= ?2";
static const char sql_spend[] = "UPDATE approval SET state = 'spent', ended_ms = ?2 "
				"WHERE id = ?1 AND state = 'approved' AND expires_ms > ?2";
static const char sql_take[] = "UPDATE approval SET asker = ?2 WHERE id = ?1 AND state = 'pending'";
static const char sql_tell[] =
    "UPDATE approval SET told_ms = ?2 "
    "WHERE id = ?1 AND state IN ('denied', 'expired') AND told_ms IS NULL";
static const char sql_pin_failed[] =
    "UPDATE approval SET pin_failures = pin_failures + 1 "
    "WHERE id = ?1 AND state = 'pending' AND expires_ms > ?2 RETURNING pin_failures";
static const char sql_pin_untry[] =
    "UPDATE approval SET pin_failures = pin_failures - 1 WHERE id = ?1 AND pin_failures > 0";

/* A batch of what is over, as `sql_batch` names it; what depends on it goes first. */
#define BATCH                                                                                      \
	"(SELECT a.id FROM approval a WHERE a.ended_ms < ?1 AND NOT EXISTS "                       \
	"(SELECT 1 FROM allowance g WHERE g.approval_id = a.id) ORDER BY a.ended_ms, a.id LIMIT ?2)"
static const char sql_purge_allowances[] =
    "DELETE FROM allowance WHERE expires_ms < ?1 OR revoked_ms < ?1";
static const char sql_purge_blocked[] =
    "DELETE FROM delivery WHERE id IN (SELECT d.id FROM delivery d "
    "WHERE d.approval_id = '' AND d.ended_ms < ?1 LIMIT ?2)";
static const char sql_purge_deliveries[] = "DELETE FROM delivery WHERE approval_id IN " BATCH;
static const char sql_purge_tokens[] = "DELETE FROM approval_token WHERE approval_id IN " BATCH;
static const char sql_purge_approvals[] = "DELETE FROM approval WHERE id IN " BATCH;

void
approval_make_id(char out[APPROVAL_ID_MAX + 1])
{
	memcpy(out, "apr_", sizeof("apr_"));
	secret_random_text(out + 4, ID_RANDOM);
}

static enum status
step_status(enum query_step step)
{
	if (step == QUERY_FAILED)
		return STATUS_FAILED;
	return step == QUERY_ROW ? STATUS_OK : STATUS_NOT_FOUND;
}

static enum status
is_open(struct db *db, const struct approval *approval)
{
	struct query *q = query(db, sql_is_open);
	enum status status;

	query_bind_text(q, 1, approval->key_id);
	query_bind_text(q, 2, approval->server);
	query_bind_text(q, 3, approval->tool);
	query_bind_text(q, 4, approval->args_digest);
	status = step_status(query_step(q));
	query_end(q);
	return status;
}

/* STATUS_OK: there is room for one more. At the cap an identical call still attaches. */
static enum status
have_room(struct db *db, const struct approval *approval, int64_t most, int64_t now_ms)
{
	struct query *q = query(db, sql_count);
	enum status status;
	int64_t count = 0;

	query_bind_text(q, 1, approval->key_id);
	query_bind_integer(q, 2, now_ms);
	query_bind_integer(q, 3, most);
	status = step_status(query_step(q));
	if (status == STATUS_OK)
		count = query_integer(q, 0);
	query_end(q);
	if (status != STATUS_OK || count < most)
		return status;
	status = is_open(db, approval);
	if (status == STATUS_OK)
		return STATUS_EXISTS;
	return status == STATUS_NOT_FOUND ? STATUS_TOO_LARGE : status;
}

static void
bind_new(struct query *q, const struct approval *approval)
{
	query_bind_text(q, 1, approval->id);
	query_bind_text(q, 2, approval->key_id);
	query_bind_text(q, 3, approval->server);
	query_bind_text(q, 4, approval->tool);
	query_bind_text(q, 5, approval->args_digest);
	query_bind_text(q, 6, approval->shown_digest);
	query_bind_text(q, 7, approval->policy_id);
	query_bind_text(q, 8, approval->policy_name);
	query_bind_integer(q, 9, approval->policy_version);
	query_bind_integer(q, 10, approval->rule);
	query_bind_text(q, 11, approval->reason);
	query_bind_text(q, 12, approval->call_id);
	query_bind_integer(q, 13, approval->created_ms);
	query_bind_integer(q, 14, approval->expires_ms);
	if (approval->released_ms == 0)
		query_bind_null(q, 15);
	else
		query_bind_integer(q, 15, approval->released_ms);
	query_bind_text(q, 16, approval->asker);
}

enum status
approval_create(struct db *db, const struct approval *approval, int64_t most, int64_t now_ms)
{
	enum status status = STATUS_OK;
	int64_t changed = 0;
	struct query *q;

	if (most > 0)
		status = have_room(db, approval, most, now_ms);
	if (status != STATUS_OK)
		return status;
	q = query(db, sql_create);
	bind_new(q, approval);
	status = query_run(q, &changed);
	if (status != STATUS_OK)
		return status == STATUS_EXISTS ? STATUS_FAILED : status; /* only an id is left */
	return changed == 1 ? STATUS_OK : STATUS_EXISTS;
}

/* A change of one row, or of none. */
static enum status
run_one(struct query *q)
{
	int64_t changed = 0;
	enum status status = query_run(q, &changed);

	if (status != STATUS_OK)
		return status;
	return changed == 1 ? STATUS_OK : STATUS_NOT_FOUND;
}

static enum status
transit(struct query *q, const char *id, int64_t now_ms)
{
	query_bind_text(q, 1, id);
	query_bind_integer(q, 2, now_ms);
	return run_one(q);
}

enum status
approval_approve(
    struct db *db, const char *id, const char *by, const char *duration, int64_t now_ms)
{
	struct query *q = query(db, sql_approve);

	query_bind_text(q, 3, by);
	query_bind_text(q, 4, duration);
	return transit(q, id, now_ms);
}

enum status
approval_deny(struct db *db, const char *id, const char *by, int64_t now_ms)
{
	struct query *q = query(db, sql_deny);

	query_bind_text(q, 3, by);
	return transit(q, id, now_ms);
}

enum status
approval_expire(struct db *db, const char *id, int64_t now_ms)
{
	return transit(query(db, sql_expire), id, now_ms);
}

enum status
approval_spend(struct db *db, const char *id, int64_t now_ms)
{
	return transit(query(db, sql_spend), id, now_ms);
}

enum status
approval_take(struct db *db, const char *id, const char *asker)
{
	struct query *q = query(db, sql_take);

	query_bind_text(q, 1, id);
	query_bind_text(q, 2, asker);
	return run_one(q);
}

enum status
approval_tell(struct db *db, const char *id, int64_t now_ms)
{
	return transit(query(db, sql_tell), id, now_ms);
}

enum status
approval_pin_failed(struct db *db, const char *id, int64_t now_ms, int64_t *failures)
{
	struct query *q = query(db, sql_pin_failed);
	enum status status;

	query_bind_text(q, 1, id);
	query_bind_integer(q, 2, now_ms);
	status = step_status(query_step(q));
	if (status == STATUS_OK)
		*failures = query_integer(q, 0);
	query_end(q);
	return status;
}

enum status
approval_pin_untry(struct db *db, const char *id)
{
	struct query *q = query(db, sql_pin_untry);

	query_bind_text(q, 1, id);
	return query_run(q, NULL);
}

static enum status
purge(struct db *db, const char *sql, int64_t before_ms, bool in_batch, int64_t *removed)
{
	struct query *q = query(db, sql);

	query_bind_integer(q, 1, before_ms);
	if (in_batch)
		query_bind_integer(q, 2, APPROVALS_PURGE_MOST);
	return query_run(q, removed);
}

enum status
approvals_purge(struct db *db, int64_t before_ms, int64_t *removed, bool *more)
{
	enum status status = purge(db, sql_purge_allowances, before_ms, false, NULL);
	int64_t notices = 0;

	*removed = 0;
	if (status == STATUS_OK)
		status = purge(db, sql_purge_blocked, before_ms, true, &notices);
	if (status == STATUS_OK)
		status = purge(db, sql_purge_deliveries, before_ms, true, NULL);
	if (status == STATUS_OK)
		status = purge(db, sql_purge_tokens, before_ms, true, NULL);
	if (status == STATUS_OK)
		status = purge(db, sql_purge_approvals, before_ms, true, removed);
	*more = *removed == APPROVALS_PURGE_MOST || notices == APPROVALS_PURGE_MOST;
	return status;
}
