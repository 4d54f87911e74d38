/* upstreams.c - the MCP servers behind a key, as they are looked up; see upstreams.h. */
#include "mcp/upstreams.h"

#include <stdio.h>
#include <string.h>

#include "log.h"
#include "mcp/upstreams_row.h"

#define SEAL_LABEL "enforgate upstream settings 1"
#define SETTINGS_NESTING 4
#define SETTINGS_MEMBERS 4096

#define UPSTREAM_COLUMNS                                                                           \
	"id, key_id, name, kind, target, position, required, prefix, pinning, timeout_ms, "        \
	"created_ms, changed_ms, settings"
#define COLUMN_TYPES "tttttiiitiiit"
#define SETTINGS_COLUMN 12

static const char sql_find[] =
    "SELECT " UPSTREAM_COLUMNS " FROM upstream WHERE key_id = ?1 AND name = ?2";
static const char sql_find_id[] = "SELECT " UPSTREAM_COLUMNS " FROM upstream WHERE id = ?1";
static const char sql_each[] =
    "SELECT " UPSTREAM_COLUMNS " FROM upstream ORDER BY key_id, position";
static const char sql_of_key[] =
    "SELECT " UPSTREAM_COLUMNS " FROM upstream WHERE key_id = ?1 ORDER BY position";

static const char *const kind_names[] = {"http", "stdio"};
static const char *const pinning_names[] = {"off", "warn", "quarantine"};

const char *
upstream_kind_name(enum upstream_kind kind)
{
	return kind_names[kind];
}

const char *
pinning_name(enum pinning pinning)
{
	return pinning_names[pinning];
}

bool
pinning_read(const char *text, enum pinning *out)
{
	for (unsigned i = 0; i < sizeof(pinning_names) / sizeof(pinning_names[0]); i++)
		if (strcmp(text, pinning_names[i]) == 0) {
			*out = (enum pinning)i;
			return true;
		}
	return false;
}

void
upstream_free(struct upstream *upstream)
{
	json_free(upstream->settings);
	upstream->settings = NULL;
}

enum status
upstream_seal_key(const struct secret_key *master, struct secret_key *out)
{
	return secret_derive(master, SEAL_LABEL, out);
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

static bool
take_kind(const char *text, enum upstream_kind *out)
{
	*out = strcmp(text, kind_names[UPSTREAM_STDIO]) == 0 ? UPSTREAM_STDIO : UPSTREAM_HTTP;
	return strcmp(text, kind_names[*out]) == 0;
}

/* STATUS_FAILED (logged): a later version or somebody else wrote into the table. */
static enum status
read_row(struct query *q, struct upstream *out)
{
	*out = (struct upstream){.position = query_integer(q, 5),
	    .required = query_integer(q, 6) != 0,
	    .prefix = query_integer(q, 7) != 0,
	    .timeout_ms = query_integer(q, 9),
	    .created_ms = query_integer(q, 10),
	    .changed_ms = query_integer(q, 11)};
	if (query_types(q, COLUMN_TYPES) && take(q, 0, out->id, sizeof(out->id)) &&
	    take(q, 1, out->key_id, sizeof(out->key_id)) &&
	    take(q, 2, out->name, sizeof(out->name)) && take_kind(query_text(q, 3), &out->kind) &&
	    take(q, 4, out->target, sizeof(out->target)) &&
	    pinning_read(query_text(q, 8), &out->pinning))
		return STATUS_OK;
	log_error("database: upstream %.40s is damaged", query_text(q, 0));
	return STATUS_FAILED;
}

static enum status
unseal(const char *sealed, const struct secret_key *seal, struct upstream *upstream)
{
	const struct json_limits limits = {.bytes = UPSTREAM_SETTINGS_MAX,
	    .nesting = SETTINGS_NESTING,
	    .members = SETTINGS_MEMBERS};
	struct buf plain;
	enum status status;

	buf_init(&plain, UPSTREAM_SETTINGS_MAX);
	status = secret_unseal(seal, UPSTREAM_SEAL_PURPOSE, upstream->id, sealed, &plain);
	if (status == STATUS_OK)
		status = json_parse(buf_str(&plain), plain.len, &limits, &upstream->settings, NULL);
	if (status == STATUS_OK && json_type(upstream->settings) != JSON_OBJECT)
		status = STATUS_REFUSED;
	if (plain.data != NULL)
		secret_wipe(plain.data, plain.len);
	buf_free(&plain);
	if (status == STATUS_OK)
		return STATUS_OK;
	upstream_free(upstream);
	return status == STATUS_NO_MEMORY ? status : STATUS_REFUSED;
}

/* The row at hand, with settings where there is a `seal`. */
static enum status
take_row(struct query *q, const struct secret_key *seal, struct upstream *out)
{
	enum status status = read_row(q, out);

	if (status == STATUS_OK && seal != NULL)
		status = unseal(query_text(q, SETTINGS_COLUMN), seal, out);
	return status;
}

/* Takes the one row of a bound statement, and ends it. */
static enum status
take_one(struct query *q, const struct secret_key *seal, struct upstream *out)
{
	enum query_step step = query_step(q);
	enum status status = STATUS_NOT_FOUND;

	*out = (struct upstream){.settings = NULL};
	if (step == QUERY_ROW)
		status = take_row(q, seal, out);
	else if (step == QUERY_FAILED)
		status = STATUS_FAILED;
	query_end(q);
	return status;
}

enum status
upstreams_find(struct db *db, const char *key_id, const char *name, const struct secret_key *seal,
    struct upstream *out)
{
	struct query *q = query(db, sql_find);

	query_bind_text(q, 1, key_id);
	query_bind_text(q, 2, name);
	return take_one(q, seal, out);
}

enum status
upstreams_find_id(
    struct db *db, const char *id, const struct secret_key *seal, struct upstream *out)
{
	struct query *q = query(db, sql_find_id);

	query_bind_text(q, 1, id);
	return take_one(q, seal, out);
}

enum status
upstreams_each(struct db *db, const char *key_id, const struct secret_key *seal,
    bool (*each)(void *arg, const struct upstream *upstream), void *arg)
{
	struct query *q = query(db, key_id != NULL ? sql_of_key : sql_each);
	struct upstream upstream;
	enum status status = STATUS_OK;
	enum query_step step;
	bool more = true;

	if (key_id != NULL)
		query_bind_text(q, 1, key_id);
	while (more && (step = query_step(q)) != QUERY_DONE) {
		status = step == QUERY_ROW ? take_row(q, seal, &upstream) : STATUS_FAILED;
		if (status != STATUS_OK)
			break;
		more = each(arg, &upstream);
		upstream_free(&upstream);
	}
	query_end(q);
	return status;
}
