/* catalog_store.c - lists of upstreams as the database keeps them; see catalog_store.h. */
#include "mcp/catalog_store.h"

static const char sql_find[] =
    "SELECT l.ttl_ms, l.fetched_ms, l.fresh_ms, COALESCE(m.value, 0) FROM upstream_list l "
    "LEFT JOIN upstream_mark m ON m.upstream_id = l.upstream_id AND m.kind = l.kind "
    "WHERE l.upstream_id = ?1 AND l.view = ?2 AND l.kind = ?3";
static const char sql_find_entries[] =
    "SELECT l.ttl_ms, l.fetched_ms, l.fresh_ms, COALESCE(m.value, 0), l.entries "
    "FROM upstream_list l "
    "LEFT JOIN upstream_mark m ON m.upstream_id = l.upstream_id AND m.kind = l.kind "
    "WHERE l.upstream_id = ?1 AND l.view = ?2 AND l.kind = ?3";
/* Nothing where the upstream was removed while it was asked. */
static const char sql_keep[] =
    "INSERT INTO upstream_list (upstream_id, view, kind, entries, ttl_ms, fetched_ms, fresh_ms) "
    "SELECT id, ?2, ?3, ?4, ?5, ?6, ?7 FROM upstream WHERE id = ?1 "
    "ON CONFLICT (upstream_id, view, kind) DO UPDATE SET entries = excluded.entries, "
    "ttl_ms = excluded.ttl_ms, fetched_ms = excluded.fetched_ms, fresh_ms = excluded.fresh_ms";
static const char sql_forget[] =
    "UPDATE upstream_list SET fresh_ms = 0 WHERE upstream_id = ?1 AND kind = ?2";
static const char sql_move[] =
    "INSERT INTO upstream_mark (upstream_id, kind, value) "
    "SELECT id, ?2, 1 FROM upstream WHERE id = ?1 "
    "ON CONFLICT (upstream_id, kind) DO UPDATE SET value = upstream_mark.value + 1";
static const char sql_sum[] =
    "SELECT COALESCE(SUM(m.value), 0) FROM upstream u JOIN upstream_mark m ON m.upstream_id = u.id "
    "WHERE u.key_id = ?1 AND m.kind = ?2";
static const char sql_mark[] =
    "SELECT COALESCE(SUM(value), 0) FROM upstream_mark WHERE upstream_id = ?1 AND kind = ?2";

const char *
list_kind_name(enum list_kind kind)
{
	static const char *const names[LIST_KINDS] = {
	    [LIST_TOOLS] = "tools",
	    [LIST_PROMPTS] = "prompts",
	    [LIST_RESOURCES] = "resources",
	    [LIST_TEMPLATES] = "templates",
	};

	return names[kind];
}

enum status
list_find(struct db *db, const struct list_id *id, struct list_facts *facts, struct buf *entries)
{
	struct query *q = query(db, entries != NULL ? sql_find_entries : sql_find);
	enum status status = STATUS_OK;
	enum query_step step;

	query_bind_text(q, 1, id->upstream_id);
	query_bind_text(q, 2, id->view);
	query_bind_text(q, 3, list_kind_name(id->kind));
	step = query_step(q);
	if (step == QUERY_ROW) {
		*facts = (struct list_facts){.ttl_ms = query_integer(q, 0),
		    .fetched_ms = query_integer(q, 1),
		    .fresh_ms = query_integer(q, 2),
		    .mark = query_integer(q, 3)};
		if (entries != NULL) {
			buf_add(entries, query_text(q, 4), query_length(q, 4));
			status = buf_status(entries);
		}
	} else {
		status = step == QUERY_DONE ? STATUS_NOT_FOUND : STATUS_FAILED;
	}
	query_end(q);
	return status;
}

enum status
list_keep(struct db *db, const struct list_id *id, const struct list_facts *facts,
    const char *entries, size_t len)
{
	struct query *q = query(db, sql_keep);
	int64_t changed = 0;
	enum status status;

	query_bind_text(q, 1, id->upstream_id);
	query_bind_text(q, 2, id->view);
	query_bind_text(q, 3, list_kind_name(id->kind));
	query_bind_bytes(q, 4, entries, len);
	query_bind_integer(q, 5, facts->ttl_ms);
	query_bind_integer(q, 6, facts->fetched_ms);
	query_bind_integer(q, 7, facts->fresh_ms);
	status = query_run(q, &changed);
	return status == STATUS_OK && changed == 0 ? STATUS_NOT_FOUND : status;
}

static enum status
run(struct db *db, const char *sql, const char *upstream_id, enum list_kind kind)
{
	struct query *q = query(db, sql);

	query_bind_text(q, 1, upstream_id);
	query_bind_text(q, 2, list_kind_name(kind));
	return query_run(q, NULL);
}

enum status
list_forget(struct db *db, const char *upstream_id, enum list_kind kind)
{
	return run(db, sql_forget, upstream_id, kind);
}

enum status
list_mark_move(struct db *db, const char *upstream_id, enum list_kind kind)
{
	return run(db, sql_move, upstream_id, kind);
}

static enum status
read_sum(struct db *db, const char *sql, const char *id, enum list_kind kind, int64_t *out)
{
	struct query *q = query(db, sql);
	enum status status = STATUS_FAILED;

	query_bind_text(q, 1, id);
	query_bind_text(q, 2, list_kind_name(kind));
	if (query_step(q) == QUERY_ROW) {
		*out = query_integer(q, 0);
		status = STATUS_OK;
	}
	query_end(q);
	return status;
}

enum status
list_mark_of(struct db *db, const char *upstream_id, enum list_kind kind, int64_t *out)
{
	return read_sum(db, sql_mark, upstream_id, kind, out);
}

enum status
list_mark_sum(struct db *db, const char *key_id, enum list_kind kind, int64_t *out)
{
	return read_sum(db, sql_sum, key_id, kind, out);
}
