/* sessions.c - sessions of legacy clients, as rows; see sessions.h. */
#include "mcp/sessions.h"

#include <string.h>

#include "log.h"
#include "mcp/sessions_row.h"

#define ID_RANDOM 22 /* characters: 131 bits */
#define CAPABILITIES_NESTING 16
#define CAPABILITIES_MEMBERS 1024

static const char sql_count[] = "SELECT count(*) FROM mcp_session WHERE key_id = ?1";
static const char sql_add[] =
    "INSERT INTO mcp_session (id, hash, key_id, version, capabilities, client, log_level, "
    "created_ms, used_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8)";
static const char sql_find[] = "SELECT " SESSION_COLUMNS ", capabilities FROM mcp_session "
			       "WHERE hash = ?1 AND key_id = ?2 AND used_ms > ?3";
static const char sql_touch[] =
    "UPDATE mcp_session SET used_ms = ?2 WHERE id = ?1 AND used_ms < ?2";
static const char sql_level[] = "UPDATE mcp_session SET log_level = ?2 WHERE id = ?1";
static const char sql_alive[] = "SELECT 1 FROM mcp_session s JOIN api_key k ON k.id = s.key_id "
				"WHERE s.id = ?1 AND k.revoked_ms IS NULL";
static const char sql_each[] =
    "SELECT " SESSION_COLUMNS " FROM mcp_session ORDER BY created_ms, id";
static const char sql_of_key[] =
    "SELECT " SESSION_COLUMNS " FROM mcp_session WHERE key_id = ?1 ORDER BY created_ms, id";

#define CAPABILITIES_COLUMN 7
#define COLUMN_TYPES "tttttii"

void
session_free(struct session *session)
{
	json_free(session->capabilities);
	session->capabilities = NULL;
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
read_row(struct query *q, struct session *out)
{
	*out = (struct session){.created_ms = query_integer(q, 5), .used_ms = query_integer(q, 6)};
	if (take(q, 0, out->id, sizeof(out->id)) && take(q, 1, out->key_id, sizeof(out->key_id)) &&
	    take(q, 2, out->version, sizeof(out->version)) &&
	    take(q, 3, out->client, sizeof(out->client)) &&
	    take(q, 4, out->log_level, sizeof(out->log_level)))
		return STATUS_OK;
	log_error("database: session %.40s is damaged", query_text(q, 0));
	return STATUS_FAILED;
}

static enum status
read_capabilities(struct query *q, struct session *out)
{
	const struct json_limits limits = {.bytes = SESSION_CAPABILITIES_MAX,
	    .nesting = CAPABILITIES_NESTING,
	    .members = CAPABILITIES_MEMBERS};
	enum status status = json_parse(query_text(q, CAPABILITIES_COLUMN),
	    query_length(q, CAPABILITIES_COLUMN), &limits, &out->capabilities, NULL);

	if (status == STATUS_OK && json_type(out->capabilities) == JSON_OBJECT)
		return STATUS_OK;
	session_free(out);
	if (status == STATUS_NO_MEMORY)
		return status;
	log_error("database: session %.40s is damaged", out->id);
	return STATUS_FAILED;
}

static enum status
token_hash(const char *token, char out[SECRET_DIGEST_TEXT])
{
	unsigned char sum[SECRET_BYTES];
	enum status status = secret_sha256(token, strlen(token), sum);

	if (status == STATUS_OK)
		secret_hex(sum, sizeof(sum), out);
	return status;
}

enum status
sessions_count(struct db *db, const char *key_id, int64_t *count)
{
	struct query *q = query(db, sql_count);
	enum status status = STATUS_FAILED;

	query_bind_text(q, 1, key_id);
	if (query_step(q) == QUERY_ROW) {
		*count = query_integer(q, 0);
		status = STATUS_OK;
	}
	query_end(q);
	return status;
}

static enum status
insert(struct db *db, const struct session *session, const char *hash)
{
	struct query *q;
	struct buf capabilities;
	enum status status;

	buf_init(&capabilities, SESSION_CAPABILITIES_MAX);
	if (session->capabilities != NULL)
		json_write(session->capabilities, &capabilities);
	else
		buf_text(&capabilities, "{}");
	status = buf_status(&capabilities);
	if (status == STATUS_TOO_LARGE) {
		buf_reset(&capabilities);
		buf_text(&capabilities, "{}");
		status = buf_status(&capabilities);
	}
	if (status == STATUS_OK) {
		q = query(db, sql_add);
		query_bind_text(q, 1, session->id);
		query_bind_text(q, 2, hash);
		query_bind_text(q, 3, session->key_id);
		query_bind_text(q, 4, session->version);
		query_bind_text(q, 5, buf_str(&capabilities));
		query_bind_text(q, 6, session->client);
		query_bind_text(q, 7, session->log_level);
		query_bind_integer(q, 8, session->created_ms);
		status = query_run(q, NULL);
	}
	buf_free(&capabilities);
	return status;
}

enum status
sessions_open(struct db *db, struct session *session, int64_t most, int64_t idle_ms, int64_t now_ms,
    char token[SESSION_TOKEN_LEN + 1])
{
	char hash[SECRET_DIGEST_TEXT];
	int64_t count = 0;
	enum status status;

	memcpy(session->id, SESSION_ID_PREFIX, sizeof(SESSION_ID_PREFIX));
	secret_random_text(session->id + sizeof(SESSION_ID_PREFIX) - 1, ID_RANDOM);
	secret_random_text(token, SESSION_TOKEN_LEN);
	session->created_ms = session->used_ms = now_ms;
	status = sessions_end_idle(db, session->key_id, now_ms - idle_ms);
	if (status == STATUS_OK)
		status = sessions_count(db, session->key_id, &count);
	if (status == STATUS_OK && count >= most)
		status = STATUS_TOO_LARGE;
	if (status == STATUS_OK)
		status = token_hash(token, hash);
	if (status == STATUS_OK)
		status = insert(db, session, hash);
	if (status != STATUS_OK)
		secret_wipe(token, SESSION_TOKEN_LEN + 1);
	return status;
}

enum status
sessions_find(struct db *db, const char *key_id, const char *token, int64_t idle_ms, int64_t now_ms,
    struct session *out)
{
	char hash[SECRET_DIGEST_TEXT];
	enum status status;
	enum query_step step;
	struct query *q;

	*out = (struct session){.capabilities = NULL};
	if (strlen(token) != SESSION_TOKEN_LEN)
		return STATUS_NOT_FOUND;
	status = token_hash(token, hash);
	if (status != STATUS_OK)
		return status;
	q = query(db, sql_find);
	query_bind_text(q, 1, hash);
	query_bind_text(q, 2, key_id);
	query_bind_integer(q, 3, now_ms - idle_ms);
	step = query_step(q);
	status = step == QUERY_DONE ? STATUS_NOT_FOUND : STATUS_FAILED;
	if (step == QUERY_ROW && query_types(q, COLUMN_TYPES "t"))
		status = read_row(q, out);
	if (status == STATUS_OK)
		status = read_capabilities(q, out);
	query_end(q);
	return status;
}

bool
session_stale(const struct session *session, int64_t now_ms)
{
	return now_ms - session->used_ms >= SESSION_TOUCH_MS;
}

enum status
sessions_touch(struct db *db, const char *id, int64_t now_ms)
{
	struct query *q = query(db, sql_touch);

	query_bind_text(q, 1, id);
	query_bind_integer(q, 2, now_ms);
	return query_run(q, NULL);
}

enum status
sessions_set_level(struct db *db, const char *id, const char *level)
{
	struct query *q = query(db, sql_level);
	int64_t changed = 0;
	enum status status;

	query_bind_text(q, 1, id);
	query_bind_text(q, 2, level);
	status = query_run(q, &changed);
	return status == STATUS_OK && changed == 0 ? STATUS_NOT_FOUND : status;
}

bool
sessions_alive(struct db *db, const char *id)
{
	struct query *q = query(db, sql_alive);
	enum query_step step;

	query_bind_text(q, 1, id);
	step = query_step(q);
	query_end(q);
	return step != QUERY_DONE;
}

enum status
sessions_each(struct db *db, const char *key_id,
    bool (*each)(void *arg, const struct session *session), void *arg)
{
	struct query *q = query(db, key_id != NULL ? sql_of_key : sql_each);
	struct session session;
	enum status status = STATUS_OK;
	enum query_step step;
	bool more = true;

	if (key_id != NULL)
		query_bind_text(q, 1, key_id);
	while (more && (step = query_step(q)) != QUERY_DONE) {
		status = STATUS_FAILED;
		if (step == QUERY_ROW && query_types(q, COLUMN_TYPES))
			status = read_row(q, &session);
		if (status != STATUS_OK)
			break;
		more = each(arg, &session);
	}
	query_end(q);
	return status;
}
