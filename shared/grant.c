/* grant.c - temporary allowances; see grant.h. */
#include "grant.h"

#include <string.h>

#include "log.h"

#define ID_RANDOM 22 /* characters: 131 bits */
#define HOUR_MS ((int64_t)3600 * 1000)

#define KEY_NAME "(SELECT k.name FROM api_key k WHERE k.id = allowance.key_id)"
#define COLUMNS                                                                                    \
	"id, key_id, " KEY_NAME ", server, tool, args_digest, approval_id, created_ms, "           \
	"expires_ms, COALESCE(calls_left, -1), COALESCE(revoked_ms, 0)"
#define COLUMN_TYPES "tttttttiiii"
/* The upper bound: SQLite takes a text that a shell wrote there for more than any number. */
#define LEFT "revoked_ms IS NULL AND (calls_left IS NULL OR calls_left BETWEEN 1 AND 1000000)"

_Static_assert(GRANT_CALLS_MAX == 1000000, "the bound in LEFT");

static const char sql_add[] =
    "INSERT INTO allowance (id, key_id, server, tool, args_digest, approval_id, created_ms, "
    "expires_ms, calls_left, revoked_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, NULL)";
/* The outer condition counts where two could pick the same row at the same time. */
static const char sql_use[] =
    "UPDATE allowance SET calls_left = calls_left - 1 WHERE id = "
    "(SELECT id FROM allowance WHERE key_id = ?1 AND server = ?2 AND tool = ?3 "
    "AND args_digest IN ('', ?4) AND expires_ms > ?5 AND " LEFT
    " ORDER BY CASE WHEN args_digest = '' THEN 1 ELSE 0 END, expires_ms, id LIMIT 1) AND " LEFT
    " RETURNING " COLUMNS;
static const char sql_revoke[] =
    "UPDATE allowance SET revoked_ms = ?2 WHERE id = ?1 AND expires_ms > ?2 AND " LEFT;
static const char sql_find[] = "SELECT " COLUMNS " FROM allowance WHERE id = ?1";
static const char sql_each[] = "SELECT " COLUMNS " FROM allowance ORDER BY created_ms DESC, id";
static const char sql_each_live[] =
    "SELECT " COLUMNS " FROM allowance WHERE expires_ms > ?1 AND " LEFT
    " ORDER BY created_ms DESC, id";

int64_t
grant_duration_ms(const char *duration)
{
	static const struct {
		const char *text;
		int64_t ms;
	} known[] = {{"once", 0}, {"1h", HOUR_MS}, {"8h", 8 * HOUR_MS}, {"24h", 24 * HOUR_MS}};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(duration, known[i].text) == 0)
			return known[i].ms;
	return -1;
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

/* STATUS_FAILED (logged): somebody else wrote into the table. */
static enum status
read_row(struct query *q, struct grant *out)
{
	*out = (struct grant){.created_ms = query_integer(q, 7),
	    .expires_ms = query_integer(q, 8),
	    .calls_left = query_integer(q, 9),
	    .revoked_ms = query_integer(q, 10)};
	if (query_types(q, COLUMN_TYPES) && take(q, 0, out->id, sizeof(out->id)) &&
	    take(q, 1, out->key_id, sizeof(out->key_id)) &&
	    take(q, 2, out->key_name, sizeof(out->key_name)) &&
	    take(q, 3, out->server, sizeof(out->server)) &&
	    take(q, 4, out->tool, sizeof(out->tool)) &&
	    take(q, 5, out->args_digest, sizeof(out->args_digest)) &&
	    take(q, 6, out->approval_id, sizeof(out->approval_id)))
		return STATUS_OK;
	log_error("database: allowance %.40s is damaged", query_text(q, 0));
	return STATUS_FAILED;
}

/* Takes the one row of a statement, and ends it. */
static enum status
take_one(struct query *q, struct grant *out)
{
	enum query_step step = query_step(q);
	enum status status = STATUS_NOT_FOUND;

	if (step == QUERY_ROW)
		status = read_row(q, out);
	else if (step == QUERY_FAILED)
		status = STATUS_FAILED;
	query_end(q);
	return status;
}

enum status
grant_add(struct db *db, struct grant *grant)
{
	struct query *q = query(db, sql_add);

	memcpy(grant->id, "grt_", sizeof("grt_"));
	secret_random_text(grant->id + 4, ID_RANDOM);
	query_bind_text(q, 1, grant->id);
	query_bind_text(q, 2, grant->key_id);
	query_bind_text(q, 3, grant->server);
	query_bind_text(q, 4, grant->tool);
	query_bind_text(q, 5, grant->args_digest);
	query_bind_text(q, 6, grant->approval_id);
	query_bind_integer(q, 7, grant->created_ms);
	query_bind_integer(q, 8, grant->expires_ms);
	if (grant->calls_left < 0)
		query_bind_null(q, 9);
	else
		query_bind_integer(q, 9, grant->calls_left);
	return query_run(q, NULL);
}

enum status
grant_use(struct db *db, const char *key_id, const char *server, const char *tool,
    const char *args_digest, int64_t now_ms, struct grant *out)
{
	struct query *q = query(db, sql_use);

	query_bind_text(q, 1, key_id);
	query_bind_text(q, 2, server);
	query_bind_text(q, 3, tool);
	query_bind_text(q, 4, args_digest);
	query_bind_integer(q, 5, now_ms);
	return take_one(q, out);
}

enum status
grant_revoke(struct db *db, const char *id, int64_t now_ms)
{
	struct query *q = query(db, sql_revoke);
	int64_t changed = 0;
	enum status status;

	query_bind_text(q, 1, id);
	query_bind_integer(q, 2, now_ms);
	status = query_run(q, &changed);
	if (status != STATUS_OK)
		return status;
	return changed == 1 ? STATUS_OK : STATUS_NOT_FOUND;
}

enum status
grant_find(struct db *db, const char *id, struct grant *out)
{
	struct query *q = query(db, sql_find);

	query_bind_text(q, 1, id);
	return take_one(q, out);
}

enum status
grants_each(struct db *db, bool live_only, int64_t now_ms,
    bool (*each)(void *arg, const struct grant *grant), void *arg)
{
	struct query *q = query(db, live_only ? sql_each_live : sql_each);
	enum query_step step;
	struct grant grant;

	if (live_only)
		query_bind_integer(q, 1, now_ms);
	while ((step = query_step(q)) == QUERY_ROW)
		if (read_row(q, &grant) == STATUS_OK && !each(arg, &grant))
			break;
	query_end(q);
	return step == QUERY_FAILED ? STATUS_FAILED : STATUS_OK;
}
