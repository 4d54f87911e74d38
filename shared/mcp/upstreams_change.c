/* upstreams_change.c - upstreams added, changed and removed; see upstreams.h. */
#include <string.h>

#include "generation.h"
#include "mcp/upstreams.h"
#include "mcp/upstreams_row.h"

#define ID_PREFIX "ups_"
#define ID_RANDOM 20 /* characters: 119 bits */

static const char sql_places[] =
    "SELECT count(*), COALESCE(max(position), 0) FROM upstream WHERE key_id = ?1";
static const char sql_add[] =
    "INSERT INTO upstream (id, key_id, name, kind, target, settings, position, required, prefix, "
    "pinning, timeout_ms, created_ms, changed_ms) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) "
    "ON CONFLICT (key_id, name) DO NOTHING";
static const char sql_update[] =
    "UPDATE upstream SET kind = ?2, target = ?3, settings = COALESCE(?4, settings), required = ?5, "
    "prefix = ?6, pinning = ?7, timeout_ms = ?8, "
    "changed_ms = CASE WHEN changed_ms < ?9 THEN ?9 ELSE changed_ms + 1 END "
    "WHERE id = ?1 RETURNING changed_ms";
static const char sql_move[] = "UPDATE upstream SET position = ?2 WHERE id = ?1 AND position <> ?2";
static const char sql_forget_era[] = "DELETE FROM upstream_era WHERE upstream_id = ?1";
static const char sql_forget_sessions[] = "DELETE FROM upstream_session WHERE upstream_id = ?1";
static const char sql_forget_lists[] = "DELETE FROM upstream_list WHERE upstream_id = ?1";
static const char sql_remove_marks[] = "DELETE FROM upstream_mark WHERE upstream_id = ?1";
static const char sql_remove_pins[] = "DELETE FROM tool_pin WHERE upstream_id = ?1";
static const char sql_remove[] = "DELETE FROM upstream WHERE id = ?1";

/* What was learnt by speaking with it. Marks stay in an update: they only ever grow, for those that compare. */
static const char *const learnt[] = {sql_forget_era, sql_forget_sessions, sql_forget_lists};
static const char *const owned[] = {sql_remove_marks, sql_remove_pins};

static enum status
run_each(struct db *db, const char *const *statements, size_t count, const char *id)
{
	enum status status = STATUS_OK;

	for (size_t i = 0; i < count && status == STATUS_OK; i++) {
		struct query *q = query(db, statements[i]);

		query_bind_text(q, 1, id);
		status = query_run(q, NULL);
	}
	return status;
}

static enum status
forget(struct db *db, const char *id)
{
	return run_each(db, learnt, sizeof(learnt) / sizeof(learnt[0]), id);
}

/* Nothing is sealed where the upstream brings no settings. */
static enum status
seal_settings(const struct secret_key *seal, const struct upstream *upstream, struct buf *out)
{
	struct buf plain;
	enum status status;

	if (upstream->settings == NULL)
		return STATUS_OK;
	buf_init(&plain, UPSTREAM_SETTINGS_MAX);
	json_write(upstream->settings, &plain);
	status = buf_status(&plain);
	if (status == STATUS_OK)
		status = secret_seal(
		    seal, UPSTREAM_SEAL_PURPOSE, upstream->id, buf_str(&plain), plain.len, out);
	if (plain.data != NULL)
		secret_wipe(plain.data, plain.len);
	buf_free(&plain);
	return status;
}

/* The place behind the last one of the key. */
static enum status
find_place(struct db *db, struct upstream *upstream)
{
	struct query *q = query(db, sql_places);
	enum status status = STATUS_FAILED;

	query_bind_text(q, 1, upstream->key_id);
	if (query_step(q) == QUERY_ROW) {
		status = query_integer(q, 0) < UPSTREAMS_PER_KEY_MAX ? STATUS_OK : STATUS_TOO_LARGE;
		upstream->position = query_integer(q, 1) + 1;
	}
	query_end(q);
	return status;
}

static enum status
insert(struct db *db, const struct upstream *upstream, const char *sealed)
{
	struct query *q = query(db, sql_add);
	int64_t added = 0;
	enum status status;

	query_bind_text(q, 1, upstream->id);
	query_bind_text(q, 2, upstream->key_id);
	query_bind_text(q, 3, upstream->name);
	query_bind_text(q, 4, upstream_kind_name(upstream->kind));
	query_bind_text(q, 5, upstream->target);
	query_bind_text(q, 6, sealed);
	query_bind_integer(q, 7, upstream->position);
	query_bind_integer(q, 8, upstream->required);
	query_bind_integer(q, 9, upstream->prefix);
	query_bind_text(q, 10, pinning_name(upstream->pinning));
	query_bind_integer(q, 11, upstream->timeout_ms);
	query_bind_integer(q, 12, upstream->created_ms);
	query_bind_integer(q, 13, upstream->changed_ms);
	status = query_run(q, &added);
	if (status != STATUS_OK)
		return status;
	return added == 1 ? generation_bump(db) : STATUS_EXISTS;
}

/* Sealed text is a third longer than what it holds. */
static void
sealed_init(struct buf *sealed)
{
	buf_init(sealed, 2 * UPSTREAM_SETTINGS_MAX);
}

enum status
upstreams_add(
    struct db *db, const struct secret_key *seal, struct upstream *upstream, int64_t now_ms)
{
	struct buf sealed;
	enum status status;

	memcpy(upstream->id, ID_PREFIX, sizeof(ID_PREFIX));
	secret_random_text(upstream->id + sizeof(ID_PREFIX) - 1, ID_RANDOM);
	upstream->created_ms = upstream->changed_ms = now_ms;
	sealed_init(&sealed);
	status = find_place(db, upstream);
	if (status == STATUS_OK)
		status = seal_settings(seal, upstream, &sealed);
	if (status == STATUS_OK)
		status = insert(db, upstream, buf_str(&sealed));
	buf_free(&sealed);
	return status;
}

static enum status
update(struct db *db, struct upstream *upstream, const char *sealed, int64_t now_ms)
{
	struct query *q = query(db, sql_update);
	enum status status = STATUS_NOT_FOUND;
	enum query_step step;

	query_bind_text(q, 1, upstream->id);
	query_bind_text(q, 2, upstream_kind_name(upstream->kind));
	query_bind_text(q, 3, upstream->target);
	query_bind_text(q, 4, sealed);
	query_bind_integer(q, 5, upstream->required);
	query_bind_integer(q, 6, upstream->prefix);
	query_bind_text(q, 7, pinning_name(upstream->pinning));
	query_bind_integer(q, 8, upstream->timeout_ms);
	query_bind_integer(q, 9, now_ms);
	step = query_step(q);
	if (step == QUERY_ROW) {
		upstream->changed_ms = query_integer(q, 0);
		status = STATUS_OK;
	} else if (step == QUERY_FAILED) {
		status = STATUS_FAILED;
	}
	query_end(q);
	return status;
}

enum status
upstreams_update(
    struct db *db, const struct secret_key *seal, struct upstream *upstream, int64_t now_ms)
{
	struct buf sealed;
	enum status status;

	sealed_init(&sealed);
	status = seal_settings(seal, upstream, &sealed);
	if (status == STATUS_OK)
		status = update(
		    db, upstream, upstream->settings != NULL ? buf_str(&sealed) : NULL, now_ms);
	if (status == STATUS_OK)
		status = forget(db, upstream->id);
	if (status == STATUS_OK)
		status = generation_bump(db);
	buf_free(&sealed);
	return status;
}

enum status
upstreams_move(struct db *db, const char *id, int64_t position)
{
	struct query *q = query(db, sql_move);
	int64_t moved = 0;
	enum status status;

	query_bind_text(q, 1, id);
	query_bind_integer(q, 2, position);
	status = query_run(q, &moved);
	return status == STATUS_OK && moved > 0 ? generation_bump(db) : status;
}

enum status
upstreams_remove(struct db *db, const char *id)
{
	struct query *q;
	int64_t removed = 0;
	enum status status = forget(db, id);

	if (status == STATUS_OK)
		status = run_each(db, owned, sizeof(owned) / sizeof(owned[0]), id);
	if (status != STATUS_OK)
		return status;
	q = query(db, sql_remove);
	query_bind_text(q, 1, id);
	status = query_run(q, &removed);
	if (status != STATUS_OK)
		return status;
	return removed == 1 ? generation_bump(db) : STATUS_NOT_FOUND;
}
