/* approval_read.c - finding and listing approvals; see approval.h. */
#include "approval.h"

#include <string.h>

#include "log.h"

#define COLUMNS                                                                                    \
	"a.id, a.key_id, k.name, a.server, a.tool, a.args_digest, a.shown_digest, a.policy_id, "   \
	"a.policy_name, a.reason, a.call_id, a.state, a.decided_by, a.duration, a.asker, "         \
	"a.policy_version, a.rule, a.created_ms, a.expires_ms, COALESCE(a.decided_ms, 0), "        \
	"COALESCE(a.ended_ms, 0), COALESCE(a.told_ms, 0), COALESCE(a.released_ms, 0), "            \
	"a.pin_failures, k.allowances, COALESCE(k.revoked_ms, 0)"
#define COLUMN_TYPES "tttttttttttttttiiiiiiiiiii"
#define CHANNEL_COLUMN 26 /* after those above, where a token was asked for */
#define FROM " FROM approval a JOIN api_key k ON k.id = a.key_id "
#define SAME_CALL "a.key_id = ?1 AND a.server = ?2 AND a.tool = ?3 AND a.args_digest = ?4"

static const char sql_find[] = "SELECT " COLUMNS FROM "WHERE a.id = ?1";
/* By the partial index: at most one, whatever the clock did. */
static const char sql_find_open[] =
    "SELECT " COLUMNS FROM "WHERE a.state IN ('pending', 'approved') AND " SAME_CALL;
static const char sql_find_newest[] =
    "SELECT " COLUMNS FROM "WHERE " SAME_CALL " ORDER BY a.created_ms DESC LIMIT 1";
static const char sql_find_token[] =
    "SELECT " COLUMNS ", t.channel FROM approval_token t JOIN approval a ON a.id = t.approval_id "
    "JOIN api_key k ON k.id = a.key_id WHERE t.hash = ?1";
/* Releases of one call follow each other as their approvals do: only one is open at a time. */
static const char sql_last_release[] = "SELECT a.ended_ms FROM approval a WHERE " SAME_CALL
				       " AND a.state = 'spent' ORDER BY a.created_ms DESC LIMIT 1";
static const char sql_each[] = "SELECT " COLUMNS FROM "ORDER BY a.created_ms DESC, a.id LIMIT ?1";
static const char sql_each_open[] =
    "SELECT " COLUMNS FROM "WHERE a.state IN ('pending', 'approved') "
    "ORDER BY a.created_ms DESC, a.id LIMIT ?1";
static const char sql_overdue[] =
    "SELECT id FROM approval WHERE state IN ('pending', 'approved') AND expires_ms <= ?1 "
    "ORDER BY expires_ms LIMIT ?2";

static const char *const state_names[] = {
    [APPROVAL_PENDING] = "pending",
    [APPROVAL_APPROVED] = "approved",
    [APPROVAL_DENIED] = "denied",
    [APPROVAL_EXPIRED] = "expired",
    [APPROVAL_SPENT] = "spent",
};
#define STATES (sizeof(state_names) / sizeof(state_names[0]))

const char *
approval_state_name(enum approval_state state)
{
	return state_names[state];
}

enum approval_state
approval_state_at(const struct approval *approval, int64_t now_ms)
{
	bool open = approval->state == APPROVAL_PENDING || approval->state == APPROVAL_APPROVED;

	return open && approval->expires_ms <= now_ms ? APPROVAL_EXPIRED : approval->state;
}

static bool
read_state(const char *text, enum approval_state *out)
{
	for (size_t i = 0; i < STATES; i++)
		if (strcmp(text, state_names[i]) == 0) {
			*out = (enum approval_state)i;
			return true;
		}
	return false;
}

/* A text of a column; false: longer than anything that this program wrote. */
static bool
take(struct query *q, int column, char *out, size_t size)
{
	size_t len = query_length(q, column);

	if (len >= size)
		return false;
	memcpy(out, query_text(q, column), len + 1);
	return true;
}

static bool
take_texts(struct query *q, struct approval *out)
{
	return take(q, 0, out->id, sizeof(out->id)) &&
	       take(q, 1, out->key_id, sizeof(out->key_id)) &&
	       take(q, 2, out->key_name, sizeof(out->key_name)) &&
	       take(q, 3, out->server, sizeof(out->server)) &&
	       take(q, 4, out->tool, sizeof(out->tool)) &&
	       take(q, 5, out->args_digest, sizeof(out->args_digest)) &&
	       take(q, 6, out->shown_digest, sizeof(out->shown_digest)) &&
	       take(q, 7, out->policy_id, sizeof(out->policy_id)) &&
	       take(q, 8, out->policy_name, sizeof(out->policy_name)) &&
	       take(q, 9, out->reason, sizeof(out->reason)) &&
	       take(q, 10, out->call_id, sizeof(out->call_id)) &&
	       take(q, 12, out->decided_by, sizeof(out->decided_by)) &&
	       take(q, 13, out->duration, sizeof(out->duration)) &&
	       take(q, 14, out->asker, sizeof(out->asker));
}

/* STATUS_FAILED (logged): somebody else wrote into the table. */
static enum status
read_row(struct query *q, struct approval *out)
{
	*out = (struct approval){.policy_version = query_integer(q, 15),
	    .rule = query_integer(q, 16),
	    .created_ms = query_integer(q, 17),
	    .expires_ms = query_integer(q, 18),
	    .decided_ms = query_integer(q, 19),
	    .ended_ms = query_integer(q, 20),
	    .told_ms = query_integer(q, 21),
	    .released_ms = query_integer(q, 22),
	    .pin_failures = query_integer(q, 23),
	    .allowances = query_integer(q, 24) != 0,
	    .key_revoked = query_integer(q, 25) != 0};
	if (query_types(q, COLUMN_TYPES) && take_texts(q, out) &&
	    read_state(query_text(q, 11), &out->state))
		return STATUS_OK;
	log_error("database: approval %.40s is damaged", query_text(q, 0));
	return STATUS_FAILED;
}

static enum status
step_status(enum query_step step)
{
	if (step == QUERY_FAILED)
		return STATUS_FAILED;
	return step == QUERY_ROW ? STATUS_OK : STATUS_NOT_FOUND;
}

enum status
approval_find(struct db *db, const char *id, struct approval *out)
{
	struct query *q = query(db, sql_find);
	enum status status;

	query_bind_text(q, 1, id);
	status = step_status(query_step(q));
	if (status == STATUS_OK)
		status = read_row(q, out);
	query_end(q);
	return status;
}

/* What identifies a call. */
static struct query *
query_of_call(struct db *db, const char *sql, const char *key_id, const char *server,
    const char *tool, const char *args_digest)
{
	struct query *q = query(db, sql);

	query_bind_text(q, 1, key_id);
	query_bind_text(q, 2, server);
	query_bind_text(q, 3, tool);
	query_bind_text(q, 4, args_digest);
	return q;
}

enum status
approval_find_call(struct db *db, const char *key_id, const char *server, const char *tool,
    const char *args_digest, struct approval *out)
{
	static const char *const sqls[] = {sql_find_open, sql_find_newest};
	enum status status = STATUS_NOT_FOUND;
	struct query *q;

	for (int i = 0; i < 2 && status == STATUS_NOT_FOUND; i++) {
		q = query_of_call(db, sqls[i], key_id, server, tool, args_digest);
		status = step_status(query_step(q));
		if (status == STATUS_OK)
			status = read_row(q, out);
		query_end(q);
	}
	return status;
}

enum status
approval_find_token(struct db *db, const char *hash, struct approval *out, char *channel)
{
	struct query *q = query(db, sql_find_token);
	enum status status;

	query_bind_text(q, 1, hash);
	status = step_status(query_step(q));
	if (status == STATUS_OK)
		status = read_row(q, out);
	if (status == STATUS_OK && !take(q, CHANNEL_COLUMN, channel, APPROVAL_BY_MAX + 1))
		status = STATUS_FAILED;
	query_end(q);
	return status;
}

enum status
approval_last_release(struct db *db, const char *key_id, const char *server, const char *tool,
    const char *args_digest, int64_t *time_ms)
{
	struct query *q = query_of_call(db, sql_last_release, key_id, server, tool, args_digest);
	enum query_step step = query_step(q);

	*time_ms = step == QUERY_ROW ? query_integer(q, 0) : 0;
	query_end(q);
	return step == QUERY_FAILED ? STATUS_FAILED : STATUS_OK;
}

enum status
approvals_each(struct db *db, bool open_only, int64_t limit,
    bool (*each)(void *arg, const struct approval *approval), void *arg)
{
	struct query *q = query(db, open_only ? sql_each_open : sql_each);
	struct approval approval;
	enum query_step step;

	query_bind_integer(q, 1, limit);
	while ((step = query_step(q)) == QUERY_ROW) {
		if (read_row(q, &approval) == STATUS_OK && !each(arg, &approval))
			break;
	}
	query_end(q);
	return step == QUERY_FAILED ? STATUS_FAILED : STATUS_OK;
}

enum status
approvals_overdue(
    struct db *db, int64_t now_ms, int64_t most, bool (*each)(void *arg, const char *id), void *arg)
{
	struct query *q = query(db, sql_overdue);
	enum query_step step;

	query_bind_integer(q, 1, now_ms);
	query_bind_integer(q, 2, most);
	while ((step = query_step(q)) == QUERY_ROW)
		if (!each(arg, query_text(q, 0)))
			break;
	query_end(q);
	return step == QUERY_FAILED ? STATUS_FAILED : STATUS_OK;
}
