/* policies.c - policies and their versions in the database; see policies.h. */
#include "policies.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "generation.h"
#include "secret.h"

#define ID_RANDOM 20 /* characters: 119 bits */

#define ROW_COLUMNS                                                                                \
	"p.id, p.name, p.enabled, v.version, v.priority, COALESCE(v.default_decision, ''), "       \
	"v.created_ms, v.document"
#define IN_FORCE "policy p JOIN policy_version v ON v.policy_id = p.id AND v.version = p.version"

static const char sql_find[] =
    "SELECT " ROW_COLUMNS " FROM " IN_FORCE " WHERE p.name = ?1 AND p.removed_ms IS NULL";
static const char sql_find_version[] =
    "SELECT " ROW_COLUMNS " FROM policy p JOIN policy_version v ON v.policy_id = p.id "
    "WHERE p.name = ?1 AND v.version = ?2";
static const char sql_each[] =
    "SELECT " ROW_COLUMNS " FROM " IN_FORCE " WHERE p.removed_ms IS NULL ORDER BY p.name";
static const char sql_history[] =
    "SELECT " ROW_COLUMNS " FROM policy p JOIN policy_version v ON v.policy_id = p.id "
    "WHERE p.name = ?1 ORDER BY v.version DESC";
static const char sql_of_key[] =
    "SELECT " ROW_COLUMNS " FROM key_policy kp JOIN policy p ON p.id = kp.policy_id "
    "JOIN policy_version v ON v.policy_id = p.id AND v.version = p.version "
    "WHERE kp.key_id = ?1 AND p.enabled = 1 AND p.removed_ms IS NULL "
    "ORDER BY v.priority DESC, p.name";
/* A removed policy comes back enabled; a disabled one stays as it is. */
static const char sql_put[] =
    "INSERT INTO policy (id, name, enabled, version, removed_ms) VALUES (?1, ?2, 1, 1, NULL) "
    "ON CONFLICT (name) DO UPDATE SET version = policy.version + 1, removed_ms = NULL, "
    "enabled = CASE WHEN policy.removed_ms IS NULL THEN policy.enabled ELSE 1 END "
    "RETURNING id, version, enabled";
static const char sql_put_version[] =
    "INSERT INTO policy_version (policy_id, version, priority, default_decision, document, "
    "created_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
static const char sql_enable[] =
    "UPDATE policy SET enabled = ?2 WHERE name = ?1 AND removed_ms IS NULL";
static const char sql_unused[] =
    "DELETE FROM key_policy WHERE policy_id IN (SELECT id FROM policy WHERE name = ?1)";
static const char sql_remove[] =
    "UPDATE policy SET removed_ms = ?2 WHERE name = ?1 AND removed_ms IS NULL";

/* The document is borrowed from the statement. */
static void
read_row(struct query *q, struct policy_row *out)
{
	*out = (struct policy_row){.enabled = query_integer(q, 2) != 0,
	    .version = query_integer(q, 3),
	    .priority = query_integer(q, 4),
	    .default_decision = decision_read(query_text(q, 5)),
	    .created_ms = query_integer(q, 6)};
	(void)snprintf(out->id, sizeof(out->id), "%s", query_text(q, 0));
	(void)snprintf(out->name, sizeof(out->name), "%s", query_text(q, 1));
	out->document = query_text(q, 7);
}

enum status
policies_find(struct db *db, const char *name, int64_t version, struct policy_row *row)
{
	struct query *q = query(db, version == 0 ? sql_find : sql_find_version);
	enum status status = STATUS_NOT_FOUND;
	enum query_step step;

	query_bind_text(q, 1, name);
	if (version != 0)
		query_bind_integer(q, 2, version);
	step = query_step(q);
	if (step == QUERY_FAILED)
		status = STATUS_FAILED;
	if (step == QUERY_ROW) {
		read_row(q, row);
		row->document = strdup(row->document);
		status = row->document != NULL ? STATUS_OK : STATUS_NO_MEMORY;
	}
	query_end(q);
	return status;
}

void
policy_row_free(struct policy_row *row)
{
	/* The member is const as rows given to `each` borrow it. */
	free((void *)(uintptr_t)row->document);
	row->document = NULL;
}

/* Steps through a bound statement of rows and ends it. */
static enum status
each_row(struct query *q, bool (*each)(void *arg, const struct policy_row *row), void *arg)
{
	enum query_step step;
	struct policy_row row;

	while ((step = query_step(q)) == QUERY_ROW) {
		read_row(q, &row);
		if (!each(arg, &row))
			break;
	}
	query_end(q);
	return step == QUERY_FAILED ? STATUS_FAILED : STATUS_OK;
}

enum status
policies_each(struct db *db, bool (*each)(void *arg, const struct policy_row *row), void *arg)
{
	return each_row(query(db, sql_each), each, arg);
}

enum status
policies_history(struct db *db, const char *name,
    bool (*each)(void *arg, const struct policy_row *row), void *arg)
{
	struct query *q = query(db, sql_history);

	query_bind_text(q, 1, name);
	return each_row(q, each, arg);
}

enum status
policies_of_key(struct db *db, const char *key_id,
    bool (*each)(void *arg, const struct policy_row *row), void *arg)
{
	struct query *q = query(db, sql_of_key);

	query_bind_text(q, 1, key_id);
	return each_row(q, each, arg);
}

/* Makes the policy or counts it up; sets id, version and enabled of the row. */
static enum status
put_name(struct db *db, struct policy_row *row)
{
	char id[POLICY_ID_MAX + 1] = "pol_";
	enum status status = STATUS_FAILED;
	struct query *q;

	secret_random_text(id + 4, ID_RANDOM);
	q = query(db, sql_put);
	query_bind_text(q, 1, id);
	query_bind_text(q, 2, row->name);
	if (query_step(q) == QUERY_ROW) {
		(void)snprintf(row->id, sizeof(row->id), "%s", query_text(q, 0));
		row->version = query_integer(q, 1);
		row->enabled = query_integer(q, 2) != 0;
		status = STATUS_OK;
	}
	query_end(q);
	return status;
}

enum status
policies_put(struct db *db, struct policy_row *row)
{
	enum status status = put_name(db, row);
	struct query *q;

	if (status != STATUS_OK)
		return status;
	row->created_ms = clock_wall_ms();
	q = query(db, sql_put_version);
	query_bind_text(q, 1, row->id);
	query_bind_integer(q, 2, row->version);
	query_bind_integer(q, 3, row->priority);
	if (row->default_decision == DECISION_NONE)
		query_bind_null(q, 4);
	else
		query_bind_text(q, 4, decision_name(row->default_decision));
	query_bind_text(q, 5, row->document);
	query_bind_integer(q, 6, row->created_ms);
	status = query_run(q, NULL);
	return status == STATUS_OK ? generation_bump(db) : status;
}

static enum status
change_one(struct db *db, struct query *q)
{
	int64_t changed = 0;
	enum status status = query_run(q, &changed);

	if (status != STATUS_OK)
		return status;
	return changed == 1 ? generation_bump(db) : STATUS_NOT_FOUND;
}

enum status
policies_enable(struct db *db, const char *name, bool enabled)
{
	struct query *q = query(db, sql_enable);

	query_bind_text(q, 1, name);
	query_bind_integer(q, 2, enabled);
	return change_one(db, q);
}

enum status
policies_remove(struct db *db, const char *name, int64_t now_ms)
{
	struct query *q = query(db, sql_unused);
	enum status status;

	query_bind_text(q, 1, name);
	status = query_run(q, NULL);
	if (status != STATUS_OK)
		return status;
	q = query(db, sql_remove);
	query_bind_text(q, 1, name);
	query_bind_integer(q, 2, now_ms);
	return change_one(db, q);
}
