/*
 * store_triggers.c - whether the triggers are the ones that the migrations made; see store.h.
 *
 * The migrations run once more, in memory, and both schemas are compared: no list of names that could be forgotten.
 */
#include "store_sqlite.h"

#include <string.h>

#define LINE "replace(replace(sql, char(10), ' '), char(13), ' ')"

static const char expected_sql[] =
    "SELECT name, " LINE " FROM sqlite_schema WHERE type = 'trigger' ORDER BY name";
static const char present_sql[] =
    "SELECT count(*) FROM sqlite_schema WHERE type = 'trigger' AND name = ? AND " LINE " = ?";

/* A database as the migrations leave it, up to the version that this one has. */
static int
make_model(const struct store *store, sqlite3 **out)
{
	int result = sqlite3_open(":memory:", out);

	for (int version = 1; result == SQLITE_OK && version <= store->version; version++)
		for (const struct migration *m = store->migrations;
		     result == SQLITE_OK && m->text != NULL; m++)
			if (m->version == version)
				result = sqlite3_exec(*out, m->text, NULL, NULL, NULL);
	return result;
}

static enum status
compare(struct db *db, sqlite3_stmt *model, store_tell_trigger tell, void *context)
{
	enum status status = STATUS_OK;
	const char *name, *statement;
	struct query *q;
	int result;

	while (status == STATUS_OK && (result = sqlite3_step(model)) != SQLITE_DONE) {
		if (result != SQLITE_ROW)
			return STATUS_FAILED;
		name = (const char *)sqlite3_column_text(model, 0);
		statement = (const char *)sqlite3_column_text(model, 1);
		if (name == NULL || statement == NULL)
			return STATUS_NO_MEMORY;
		q = query(db, present_sql);
		query_bind_text(q, 1, name);
		query_bind_text(q, 2, statement);
		if (query_step(q) != QUERY_ROW)
			status = STATUS_FAILED;
		else if (query_integer(q, 0) == 0)
			tell(context, name, statement);
		query_end(q);
	}
	return status;
}

enum status
store_missing_triggers(struct store *store, store_tell_trigger tell, void *context)
{
	sqlite3 *model = NULL;
	sqlite3_stmt *stmt = NULL;
	struct db *db;
	enum status status = store_read(store, &db);
	int result;

	if (status != STATUS_OK)
		return status;
	result = make_model(store, &model);
	if (result == SQLITE_OK)
		result = sqlite3_prepare_v2(model, expected_sql, -1, &stmt, NULL);
	if (result != SQLITE_OK)
		status = result == SQLITE_NOMEM ? STATUS_NO_MEMORY : STATUS_FAILED;
	if (status == STATUS_OK)
		status = compare(db, stmt, tell, context);
	(void)sqlite3_finalize(stmt);
	(void)sqlite3_close(model);
	store_read_end(store, db);
	return status;
}
