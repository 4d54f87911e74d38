/* peers_kept.c - era and sessions of upstreams in the database; see peers_kept.h. */
#include "mcp/peers_kept.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "json.h"
#include "log.h"
#include "mcp/peers_facts.h"
#include "mcp/wire.h"

#define SEAL_PURPOSE "upstream session"
#define SEALED_MAX ((size_t)8 << 10)
#define ROW_ID_MAX 256
#define FACTS_NESTING 64
#define FACTS_MEMBERS 20000

static const char sql_era[] =
    "SELECT facts, found_ms, era FROM upstream_era WHERE upstream_id = ?1 AND found_ms >= ?2";
static const char sql_session[] =
    "SELECT facts, created_ms, session FROM upstream_session "
    "WHERE upstream_id = ?1 AND created_ms >= ?2 AND owner = ?3 AND view = ?4";
static const char sql_write_era[] =
    "INSERT INTO upstream_era (upstream_id, era, facts, found_ms) VALUES (?1, ?2, ?3, ?4) "
    "ON CONFLICT (upstream_id) DO UPDATE SET era = excluded.era, facts = excluded.facts, "
    "found_ms = excluded.found_ms";
static const char sql_write_session[] =
    "INSERT INTO upstream_session (upstream_id, owner, view, session, facts, created_ms) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (upstream_id, owner, view) DO UPDATE SET "
    "session = excluded.session, facts = excluded.facts, created_ms = excluded.created_ms";
static const char sql_drop_era[] =
    "DELETE FROM upstream_era WHERE upstream_id = ?1 AND found_ms = ?2";
static const char sql_drop_session[] =
    "DELETE FROM upstream_session WHERE upstream_id = ?1 AND created_ms = ?2 AND owner = ?3 "
    "AND view = ?4";

void
kept_free(struct kept *kept)
{
	json_free(kept->facts);
	if (kept->session != NULL)
		secret_wipe(kept->session, strlen(kept->session));
	free(kept->session);
	*kept = (struct kept){.found = false};
}

/* A sealed session belongs to its row. */
static void
row_id(const struct peer *peer, struct buf *out)
{
	buf_init(out, ROW_ID_MAX);
	buf_printf(out, "%s %s %s", peer->upstream.id, peer->owner, peer->view);
}

static enum status
unseal(const struct secret_key *seal, const struct peer *peer, const char *sealed, char **out)
{
	struct buf id, plain;
	enum status status;

	*out = NULL;
	if (sealed[0] == '\0')
		return STATUS_OK;
	row_id(peer, &id);
	buf_init(&plain, WIRE_SESSION_MAX);
	status = buf_status(&id);
	if (status == STATUS_OK)
		status = secret_unseal(seal, SEAL_PURPOSE, buf_str(&id), sealed, &plain);
	if (status == STATUS_OK && (*out = strdup(buf_str(&plain))) == NULL)
		status = STATUS_NO_MEMORY;
	if (plain.data != NULL)
		secret_wipe(plain.data, plain.len);
	buf_free(&plain);
	buf_free(&id);
	return status;
}

static enum status
seal_session(const struct secret_key *seal, const struct peer *peer, struct buf *out)
{
	struct buf id;
	enum status status;

	buf_init(out, SEALED_MAX);
	if (peer->session == NULL)
		return STATUS_OK;
	row_id(peer, &id);
	status = buf_status(&id);
	if (status == STATUS_OK)
		status = secret_seal(
		    seal, SEAL_PURPOSE, buf_str(&id), peer->session, strlen(peer->session), out);
	buf_free(&id);
	return status;
}

static enum status
read_facts(struct query *q, struct kept *out)
{
	const struct json_limits limits = {
	    .bytes = PEER_FACTS_MAX, .nesting = FACTS_NESTING, .members = FACTS_MEMBERS};

	out->stamp_ms = query_integer(q, 1);
	return json_parse(query_text(q, 0), query_length(q, 0), &limits, &out->facts, NULL);
}

enum status
kept_era(struct db *db, const struct peer *peer, struct kept *out)
{
	struct query *q = query(db, sql_era);
	enum query_step step;

	*out = (struct kept){.found = false};
	query_bind_text(q, 1, peer->upstream.id);
	query_bind_integer(q, 2, peer->upstream.changed_ms);
	step = query_step(q);
	if (step == QUERY_ROW && query_types(q, "tit") && read_facts(q, out) == STATUS_OK) {
		out->found = true;
		out->era = strcmp(query_text(q, 2), "modern") == 0 ? ERA_MODERN : ERA_LEGACY;
	}
	query_end(q);
	return step == QUERY_FAILED ? STATUS_FAILED : STATUS_OK;
}

enum status
kept_session(
    struct db *db, const struct secret_key *seal, const struct peer *peer, struct kept *out)
{
	struct query *q = query(db, sql_session);
	enum query_step step;

	*out = (struct kept){.era = ERA_LEGACY};
	query_bind_text(q, 1, peer->upstream.id);
	query_bind_integer(q, 2, peer->upstream.changed_ms);
	query_bind_text(q, 3, peer->owner);
	query_bind_text(q, 4, peer->view);
	step = query_step(q);
	out->found = step == QUERY_ROW && query_types(q, "tit") &&
		     read_facts(q, out) == STATUS_OK &&
		     unseal(seal, peer, query_text(q, 2), &out->session) == STATUS_OK;
	query_end(q);
	return step == QUERY_FAILED ? STATUS_FAILED : STATUS_OK;
}

/* Runs one bound statement in a transaction of its own. */
static enum status
run_alone(struct mcp *mcp, struct db *db, struct query *q)
{
	enum status status = query_run(q, NULL);

	if (status == STATUS_OK)
		return store_commit(mcp->store, db);
	store_rollback(mcp->store, db);
	return status;
}

static int64_t
written(const struct peer *peer, enum status status, int64_t stamp_ms)
{
	if (status == STATUS_OK)
		return stamp_ms;
	log_warn("what was found out about upstream \"%s\" is not kept: %s", peer->upstream.name,
	    status_name(status));
	return 0;
}

int64_t
kept_write_era(struct mcp *mcp, const struct peer *peer)
{
	int64_t stamp_ms = clock_wall_ms();
	struct buf facts;
	struct db *db;
	struct query *q;
	enum status status = facts_write(peer, &facts);

	if (status == STATUS_OK)
		status = store_write(mcp->store, &db);
	if (status == STATUS_OK) {
		q = query(db, sql_write_era);
		query_bind_text(q, 1, peer->upstream.id);
		query_bind_text(q, 2, peer->era == ERA_MODERN ? "modern" : "legacy");
		query_bind_text(q, 3, buf_str(&facts));
		query_bind_integer(q, 4, stamp_ms);
		status = run_alone(mcp, db, q);
	}
	buf_free(&facts);
	return written(peer, status, stamp_ms);
}

int64_t
kept_write_session(struct mcp *mcp, const struct peer *peer)
{
	int64_t stamp_ms = clock_wall_ms();
	struct buf facts, session;
	struct db *db;
	struct query *q;
	enum status status = facts_write(peer, &facts);

	buf_init(&session, SEALED_MAX);
	if (status == STATUS_OK)
		status = seal_session(&mcp->seal, peer, &session);
	if (status == STATUS_OK)
		status = store_write(mcp->store, &db);
	if (status == STATUS_OK) {
		q = query(db, sql_write_session);
		query_bind_text(q, 1, peer->upstream.id);
		query_bind_text(q, 2, peer->owner);
		query_bind_text(q, 3, peer->view);
		query_bind_text(q, 4, buf_str(&session));
		query_bind_text(q, 5, buf_str(&facts));
		query_bind_integer(q, 6, stamp_ms);
		status = run_alone(mcp, db, q);
	}
	buf_free(&session);
	buf_free(&facts);
	return written(peer, status, stamp_ms);
}

static void
drop(struct mcp *mcp, const char *sql, const struct peer *peer, int64_t stamp_ms, bool session)
{
	struct db *db;
	struct query *q;
	enum status status;

	if (mcp->store == NULL || stamp_ms == 0)
		return;
	status = store_write(mcp->store, &db);
	if (status == STATUS_OK) {
		q = query(db, sql);
		query_bind_text(q, 1, peer->upstream.id);
		query_bind_integer(q, 2, stamp_ms);
		if (session) {
			query_bind_text(q, 3, peer->owner);
			query_bind_text(q, 4, peer->view);
		}
		status = run_alone(mcp, db, q);
	}
	if (status != STATUS_OK)
		log_warn("what does not hold any more about upstream \"%s\" is still kept: %s",
		    peer->upstream.name, status_name(status));
}

void
kept_drop_era(struct mcp *mcp, const struct peer *peer, int64_t stamp_ms)
{
	drop(mcp, sql_drop_era, peer, stamp_ms, false);
}

void
kept_drop_session(struct mcp *mcp, const struct peer *peer, int64_t stamp_ms)
{
	drop(mcp, sql_drop_session, peer, stamp_ms, true);
}
