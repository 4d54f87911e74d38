/* store_query.c - statements of the SQLite store: prepared once, found again by the address of their text. */
#include "store_sqlite.h"

#include <string.h>

#include "log.h"

enum status
store_status(struct db *db, int result, const char *doing)
{
	const char *message;

	switch (result & 0xff) {
	case SQLITE_OK:
	case SQLITE_DONE:
	case SQLITE_ROW:
		return STATUS_OK;
	case SQLITE_NOMEM:
		return STATUS_NO_MEMORY;
	default:
		break;
	}
	message = db->handle != NULL ? sqlite3_errmsg(db->handle) : sqlite3_errstr(result);
	log_error("database: cannot %s: %s (code %d)", doing, message, result);
	return (result & 0xff) == SQLITE_BUSY ? STATUS_BUSY : STATUS_FAILED;
}

/* An entry of the cache for a new statement; the oldest idle one goes where all are taken. */
static struct query *
free_slot(struct db *db)
{
	if (db->nqueries < STORE_QUERIES_MAX)
		return &db->queries[db->nqueries++];
	for (int i = 0; i < STORE_QUERIES_MAX; i++)
		if (!db->queries[i].active) {
			(void)sqlite3_finalize(db->queries[i].stmt);
			return &db->queries[i];
		}
	return NULL;
}

struct query *
query(struct db *db, const char *sql)
{
	struct query *q;
	int result;

	for (int i = 0; i < db->nqueries; i++) {
		q = &db->queries[i];
		if (q->sql == sql && !q->active && q->stmt != NULL) {
			q->active = true;
			q->failed = false;
			return q;
		}
	}
	q = free_slot(db);
	if (q == NULL) {
		log_error("database: too many statements at once");
		return NULL;
	}
	*q = (struct query){.db = db};
	result = sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &q->stmt, NULL);
	if (store_status(db, result, "prepare a statement") != STATUS_OK)
		return NULL; /* the slot has no statement and is never found, only reused */
	q->sql = sql;
	q->active = true;
	return q;
}

void
query_bind_bytes(struct query *q, int index, const char *text, size_t len)
{
	if (q != NULL &&
	    sqlite3_bind_text64(q->stmt, index, text, len, SQLITE_STATIC, SQLITE_UTF8) != SQLITE_OK)
		q->failed = true;
}

void
query_bind_text(struct query *q, int index, const char *text)
{
	if (text == NULL)
		query_bind_null(q, index);
	else
		query_bind_bytes(q, index, text, strlen(text));
}

void
query_bind_integer(struct query *q, int index, int64_t value)
{
	if (q != NULL && sqlite3_bind_int64(q->stmt, index, value) != SQLITE_OK)
		q->failed = true;
}

void
query_bind_null(struct query *q, int index)
{
	if (q != NULL && sqlite3_bind_null(q->stmt, index) != SQLITE_OK)
		q->failed = true;
}

enum query_step
query_step(struct query *q)
{
	int result;

	if (q == NULL || q->failed)
		return QUERY_FAILED;
	result = sqlite3_step(q->stmt);
	if (result == SQLITE_ROW)
		return QUERY_ROW;
	if (result == SQLITE_DONE)
		return QUERY_DONE;
	(void)store_status(q->db, result, "run a statement");
	return QUERY_FAILED;
}

const char *
query_text(struct query *q, int column)
{
	const unsigned char *text = sqlite3_column_text(q->stmt, column);

	return text != NULL ? (const char *)text : "";
}

size_t
query_length(struct query *q, int column)
{
	return (size_t)sqlite3_column_bytes(q->stmt, column);
}

int64_t
query_integer(struct query *q, int column)
{
	return sqlite3_column_int64(q->stmt, column);
}

bool
query_null(struct query *q, int column)
{
	return sqlite3_column_type(q->stmt, column) == SQLITE_NULL;
}

bool
query_types(struct query *q, const char *types)
{
	for (int i = 0; types[i] != '\0'; i++) {
		if (sqlite3_column_type(q->stmt, i) !=
		    (types[i] == 'i' ? SQLITE_INTEGER : SQLITE_TEXT))
			return false;
		if (types[i] == 't' && strlen(query_text(q, i)) != query_length(q, i))
			return false;
	}
	return true;
}

void
query_end(struct query *q)
{
	if (q == NULL)
		return;
	(void)sqlite3_reset(q->stmt);
	(void)sqlite3_clear_bindings(q->stmt);
	q->active = false;
}

enum status
query_run(struct query *q, int64_t *changed)
{
	enum status status = STATUS_OK;
	int result;

	if (q == NULL || q->failed) {
		query_end(q);
		return STATUS_FAILED;
	}
	result = sqlite3_step(q->stmt);
	if (result == SQLITE_DONE || result == SQLITE_ROW) {
		if (changed != NULL)
			*changed = sqlite3_changes64(q->db->handle);
	} else if (result == SQLITE_CONSTRAINT_UNIQUE || result == SQLITE_CONSTRAINT_PRIMARYKEY) {
		status = STATUS_EXISTS;
	} else if ((result & 0xff) == SQLITE_CONSTRAINT) {
		(void)store_status(q->db, result, "run a statement");
		status = STATUS_REFUSED;
	} else {
		status = store_status(q->db, result, "run a statement");
		if (status == STATUS_BUSY)
			status = STATUS_FAILED;
	}
	query_end(q);
	return status;
}

enum status
query_each_text(struct db *db, const char *sql, const char *id,
    bool (*each)(void *arg, const char *text), void *arg)
{
	struct query *q = query(db, sql);
	enum query_step step;

	query_bind_text(q, 1, id);
	while ((step = query_step(q)) == QUERY_ROW)
		if (!each(arg, query_text(q, 0)))
			break;
	query_end(q);
	return step == QUERY_FAILED ? STATUS_FAILED : STATUS_OK;
}
