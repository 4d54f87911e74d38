/* continuation.c - one more round of a call that a person let through; see continuation.h. */
#include "mcp/continuation.h"

/* Asked for twice, as by an answer that was sent again, it is one row all the same. */
static const char sql_add[] =
    "INSERT INTO continuation (call_id, round, key_id, args_digest, until_ms) "
    "VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (call_id, round) DO NOTHING";
static const char sql_use[] =
    "DELETE FROM continuation WHERE call_id = ?1 AND round = ?2 AND key_id = ?3 "
    "AND args_digest = ?4 AND until_ms > ?5";
static const char sql_sweep[] = "DELETE FROM continuation WHERE until_ms <= ?1";

enum status
continuation_add(struct db *db, const char *key_id, const char *call_id, int64_t round,
    const char *args_digest, int64_t until_ms)
{
	struct query *q = query(db, sql_add);

	query_bind_text(q, 1, call_id);
	query_bind_integer(q, 2, round);
	query_bind_text(q, 3, key_id);
	query_bind_text(q, 4, args_digest);
	query_bind_integer(q, 5, until_ms);
	return query_run(q, NULL);
}

enum status
continuation_use(struct db *db, const char *key_id, const char *call_id, int64_t round,
    const char *args_digest, int64_t now_ms)
{
	struct query *q = query(db, sql_use);
	int64_t changed = 0;
	enum status status;

	query_bind_text(q, 1, call_id);
	query_bind_integer(q, 2, round);
	query_bind_text(q, 3, key_id);
	query_bind_text(q, 4, args_digest);
	query_bind_integer(q, 5, now_ms);
	status = query_run(q, &changed);
	if (status != STATUS_OK)
		return status;
	return changed == 1 ? STATUS_OK : STATUS_NOT_FOUND;
}

enum status
continuation_sweep(struct db *db, int64_t now_ms)
{
	struct query *q = query(db, sql_sweep);

	query_bind_integer(q, 1, now_ms);
	return query_run(q, NULL);
}
