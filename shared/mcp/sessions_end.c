/* sessions_end.c - what belongs to a session of a client, and how it ends; see sessions.h. */
#include <string.h>

#include "mcp/sessions_row.h"

#define SWEEP_MAX 200 /* ended by one call, whatever was asked for */

static const char sql_subscribed[] =
    "SELECT count(*), COALESCE(max(CASE WHEN uri = ?2 THEN 1 ELSE 0 END), 0) "
    "FROM mcp_subscription WHERE session_id = ?1";
static const char sql_subscribe[] = "INSERT INTO mcp_subscription (session_id, uri) "
				    "SELECT s.id, ?2 FROM mcp_session s WHERE s.id = ?1 "
				    "ON CONFLICT (session_id, uri) DO NOTHING";
static const char sql_unsubscribe[] =
    "DELETE FROM mcp_subscription WHERE session_id = ?1 AND uri = ?2";
static const char sql_subscriptions[] =
    "SELECT uri FROM mcp_subscription WHERE session_id = ?1 ORDER BY uri";
static const char sql_end_subscriptions[] = "DELETE FROM mcp_subscription WHERE session_id = ?1";
static const char sql_end_upstreams[] = "DELETE FROM upstream_session WHERE owner = ?1";
static const char sql_end[] = "DELETE FROM mcp_session WHERE id = ?1";
static const char sql_idle[] =
    "SELECT id FROM mcp_session WHERE key_id = ?1 AND used_ms <= ?2 LIMIT ?3";
static const char sql_over[] = "SELECT s.id FROM mcp_session s JOIN api_key k ON k.id = s.key_id "
			       "WHERE s.used_ms <= ?1 OR k.revoked_ms IS NOT NULL LIMIT ?2";

static enum status
subscriptions_allow(struct db *db, const char *id, const char *uri)
{
	struct query *q = query(db, sql_subscribed);
	enum status status = STATUS_FAILED;

	query_bind_text(q, 1, id);
	query_bind_text(q, 2, uri);
	if (query_step(q) == QUERY_ROW)
		status = query_integer(q, 0) < SESSION_SUBSCRIPTIONS_MAX || query_integer(q, 1) == 1
			     ? STATUS_OK
			     : STATUS_TOO_LARGE;
	query_end(q);
	return status;
}

enum status
sessions_subscribe(struct db *db, const char *id, const char *uri, bool on)
{
	enum status status = on ? subscriptions_allow(db, id, uri) : STATUS_OK;
	struct query *q;

	if (status != STATUS_OK)
		return status;
	q = query(db, on ? sql_subscribe : sql_unsubscribe);
	query_bind_text(q, 1, id);
	query_bind_text(q, 2, uri);
	return query_run(q, NULL);
}

enum status
sessions_each_subscription(
    struct db *db, const char *id, bool (*each)(void *arg, const char *uri), void *arg)
{
	return query_each_text(db, sql_subscriptions, id, each, arg);
}

static enum status
run_for(struct db *db, const char *sql, const char *id, int64_t *changed)
{
	struct query *q = query(db, sql);

	query_bind_text(q, 1, id);
	return query_run(q, changed);
}

enum status
sessions_end(struct db *db, const char *id)
{
	int64_t ended = 0;
	enum status status = run_for(db, sql_end_subscriptions, id, NULL);

	/* Sessions towards upstreams that have no owner belong to the key. */
	if (status == STATUS_OK && id[0] != '\0')
		status = run_for(db, sql_end_upstreams, id, NULL);
	if (status == STATUS_OK)
		status = run_for(db, sql_end, id, &ended);
	return status == STATUS_OK && ended == 0 ? STATUS_NOT_FOUND : status;
}

/* Ids first, ends the statement, then ends the sessions: no row is removed under the statement that reads it. */
static enum status
end_listed(struct db *db, struct query *q, int64_t *ended)
{
	char ids[SWEEP_MAX][SESSION_ID_MAX + 1];
	enum status status = STATUS_OK;
	enum query_step step = QUERY_DONE;
	size_t count = 0;

	while (count < SWEEP_MAX && (step = query_step(q)) == QUERY_ROW) {
		if (query_length(q, 0) > SESSION_ID_MAX) {
			step = QUERY_FAILED;
			break;
		}
		memcpy(ids[count++], query_text(q, 0), query_length(q, 0) + 1);
	}
	query_end(q);
	if (step == QUERY_FAILED)
		return STATUS_FAILED;
	for (size_t i = 0; i < count && status == STATUS_OK; i++)
		status = sessions_end(db, ids[i]);
	*ended = (int64_t)count;
	return status;
}

enum status
sessions_end_idle(struct db *db, const char *key_id, int64_t since_ms)
{
	struct query *q = query(db, sql_idle);
	int64_t ended;

	query_bind_text(q, 1, key_id);
	query_bind_integer(q, 2, since_ms);
	query_bind_integer(q, 3, SWEEP_MAX);
	return end_listed(db, q, &ended);
}

enum status
sessions_sweep(struct db *db, int64_t idle_ms, int64_t now_ms, int64_t most, int64_t *ended)
{
	struct query *q = query(db, sql_over);

	query_bind_integer(q, 1, now_ms - idle_ms);
	query_bind_integer(q, 2, most < SWEEP_MAX ? most : SWEEP_MAX);
	return end_listed(db, q, ended);
}
