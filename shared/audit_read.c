/* audit_read.c - entries in slices, and the filtered walk over them; see audit_read.h. */
#include "audit_read.h"

#include <stdlib.h>
#include <string.h>

/* The order of struct audit_field and of exports. */
#define COLUMNS                                                                                    \
	"seq, time_ms, kind, key_name, surface, server, tool, args_digest, decision, policy_id, "  \
	"policy_name, policy_version, rule, reason, latency_us, approval_id, call_id, chain, "     \
	"chain_seq, mac "
#define COLUMN_TYPES "iitttttttttiititttit"

/* A slice ends early once it holds so many bytes; a row has at most 16 MiB (the store's limit). */
#define SLICE_BYTES ((size_t)1 << 20)
#define SLICE_CAP ((size_t)64 << 20)

static const char forward_sql[] =
    "SELECT " COLUMNS "FROM audit WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?";
static const char back_sql[] =
    "SELECT " COLUMNS "FROM audit WHERE seq > ? AND seq <= ? ORDER BY seq DESC LIMIT ?";
static const char last_sql[] = "SELECT MAX(seq) FROM audit";
static const char first_sql[] = "SELECT MIN(seq) FROM audit";
static const char covered_sql[] = "SELECT MAX(upto_seq) FROM audit_checkpoint";

#define FIELD(name, type, member)                                                                  \
	{                                                                                          \
		name, type, offsetof(struct audit_entry, member)                                   \
	}
const struct audit_field audit_fields[AUDIT_FIELDS] = {
    FIELD("seq", 'i', seq),
    FIELD("time", 'i', time_ms),
    FIELD("kind", 't', kind),
    FIELD("key", 't', key_name),
    FIELD("surface", 't', surface),
    FIELD("server", 't', server),
    FIELD("tool", 't', tool),
    FIELD("argsDigest", 't', args_digest),
    FIELD("decision", 't', decision),
    FIELD("policyId", 't', policy_id),
    FIELD("policyName", 't', policy_name),
    FIELD("policyVersion", 'i', policy_version),
    FIELD("rule", 'i', rule),
    FIELD("reason", 't', reason),
    FIELD("latencyUs", 'i', latency_us),
    FIELD("approvalId", 't', approval_id),
    FIELD("toolCallId", 't', call_id),
    FIELD("chain", 't', chain),
    FIELD("chainSeq", 'i', chain_seq),
    FIELD("mac", 't', mac),
};

int64_t *
audit_field_integer(struct audit_entry *entry, int field)
{
	return (int64_t *)(void *)((char *)entry + audit_fields[field].offset);
}

const char **
audit_field_text(struct audit_entry *entry, int field)
{
	return (const char **)(void *)((char *)entry + audit_fields[field].offset);
}

void
audit_slice_init(struct audit_slice *slice)
{
	slice->count = 0;
	buf_init(&slice->text, SLICE_CAP);
}

void
audit_slice_free(struct audit_slice *slice)
{
	buf_free(&slice->text);
	slice->count = 0;
}

/* Copies a row. The buffer may still move, so only places are noted until the slice is full. */
static void
copy_row(struct audit_slice *slice, struct query *q, size_t places[AUDIT_FIELDS])
{
	struct audit_entry *entry = &slice->entries[slice->count];

	slice->damaged[slice->count] = !query_types(q, COLUMN_TYPES);
	for (int i = 0; i < AUDIT_FIELDS; i++) {
		if (audit_fields[i].type == 'i') {
			*audit_field_integer(entry, i) = query_integer(q, i);
			continue;
		}
		places[i] = slice->text.len;
		buf_text(&slice->text, query_text(q, i));
		buf_char(&slice->text, '\0');
	}
	slice->count++;
}

static void
point_into_text(struct audit_slice *slice, size_t places[][AUDIT_FIELDS])
{
	for (int row = 0; row < slice->count; row++)
		for (int i = 0; i < AUDIT_FIELDS; i++)
			if (audit_fields[i].type == 't')
				*audit_field_text(&slice->entries[row], i) =
				    slice->text.data + places[row][i];
}

static enum status
read_slice(struct audit_slice *slice, struct db *db, const char *sql, int64_t after, int64_t upto)
{
	size_t places[AUDIT_SLICE_ROWS][AUDIT_FIELDS] = {{0}};
	struct query *q = query(db, sql);
	enum query_step step = QUERY_ROW;
	enum status status;

	slice->count = 0;
	buf_reset(&slice->text);
	query_bind_integer(q, 1, after);
	query_bind_integer(q, 2, upto);
	query_bind_integer(q, 3, AUDIT_SLICE_ROWS);
	while (slice->count < AUDIT_SLICE_ROWS && slice->text.len < SLICE_BYTES &&
	       (step = query_step(q)) == QUERY_ROW)
		copy_row(slice, q, places[slice->count]);
	query_end(q);
	status = buf_status(&slice->text);
	if (step == QUERY_FAILED)
		status = STATUS_FAILED;
	if (status != STATUS_OK)
		slice->count = 0;
	point_into_text(slice, places);
	return status;
}

enum status
audit_slice_read(struct audit_slice *slice, struct db *db, int64_t after, int64_t upto)
{
	return read_slice(slice, db, forward_sql, after, upto);
}

enum status
audit_slice_fetch(struct audit_slice *slice, struct store *store, int64_t after, int64_t upto)
{
	struct db *db;
	enum status status = store_read(store, &db);

	if (status != STATUS_OK)
		return status;
	status = audit_slice_read(slice, db, after, upto);
	store_read_end(store, db);
	return status;
}

static enum status
read_number(struct db *db, const char *sql, int64_t *out)
{
	struct query *q = query(db, sql);
	enum status status = STATUS_FAILED;

	*out = 0;
	if (query_step(q) == QUERY_ROW) {
		*out = query_integer(q, 0);
		status = STATUS_OK;
	}
	query_end(q);
	return status;
}

enum status
audit_last_seq(struct db *db, int64_t *out)
{
	return read_number(db, last_sql, out);
}

enum status
audit_first_seq(struct db *db, int64_t *out)
{
	return read_number(db, first_sql, out);
}

enum status
audit_covered_seq(struct db *db, int64_t *out)
{
	return read_number(db, covered_sql, out);
}

static bool
same(const char *wanted, const char *text)
{
	return wanted == NULL || strcmp(wanted, text) == 0;
}

bool
audit_filter_matches(const struct audit_filter *filter, const struct audit_entry *entry)
{
	return same(filter->key_name, entry->key_name) && same(filter->decision, entry->decision) &&
	       same(filter->tool, entry->tool) && entry->seq > filter->after_seq &&
	       (filter->since_ms == 0 || entry->time_ms >= filter->since_ms) &&
	       (filter->until_ms == 0 || entry->time_ms <= filter->until_ms);
}

static enum status
read_in_transaction(
    struct store *store, struct audit_slice *slice, bool back, int64_t after, int64_t upto)
{
	struct db *db;
	int64_t covered;
	enum status status = store_read(store, &db);

	if (status != STATUS_OK)
		return status;
	status = audit_covered_seq(db, &covered);
	if (status == STATUS_OK && after < covered)
		after = covered;
	if (status == STATUS_OK)
		status = read_slice(slice, db, back ? back_sql : forward_sql, after, upto);
	store_read_end(store, db);
	return status;
}

/* Goes back from `upto` as far as anything asked for may be; *start is the entry before that. */
static enum status
look_back(struct store *store, const struct audit_filter *filter, struct audit_slice *slice,
    int64_t upto, int64_t *start)
{
	int64_t found = 0, older = 0;
	enum status status;

	*start = filter->after_seq;
	for (int64_t at = upto;;) {
		status = read_in_transaction(store, slice, true, filter->after_seq, at);
		if (status != STATUS_OK || slice->count == 0)
			return status;
		for (int i = 0; i < slice->count; i++) {
			const struct audit_entry *entry = &slice->entries[i];

			older = entry->time_ms < filter->since_ms ? older + 1 : 0;
			if (audit_filter_matches(filter, entry))
				found++;
			if (older < AUDIT_OLDER_RUN &&
			    (filter->limit == 0 || found < filter->limit))
				continue;
			*start = entry->seq - 1;
			return STATUS_OK;
		}
		at = slice->entries[slice->count - 1].seq - 1;
	}
}

static enum status
visit_slice(const struct audit_slice *slice, const struct audit_filter *filter, audit_visit visit,
    void *context)
{
	enum status status = STATUS_OK;

	for (int i = 0; i < slice->count && status == STATUS_OK; i++)
		if (audit_filter_matches(filter, &slice->entries[i]))
			status = visit(context, &slice->entries[i]);
	return status;
}

static enum status
read_end(struct store *store, int64_t *end)
{
	struct db *db;
	enum status status = store_read(store, &db);

	if (status != STATUS_OK)
		return status;
	status = audit_last_seq(db, end);
	store_read_end(store, db);
	return status;
}

enum status
audit_walk(struct store *store, const struct audit_filter *filter, audit_visit visit, void *context,
    int64_t *last)
{
	struct audit_slice *slice = malloc(sizeof(*slice));
	int64_t end = 0, at = filter->after_seq;
	enum status status;

	if (slice == NULL)
		return STATUS_NO_MEMORY;
	audit_slice_init(slice);
	status = read_end(store, &end);
	if (status == STATUS_OK && (filter->limit > 0 || filter->since_ms > 0))
		status = look_back(store, filter, slice, end, &at);
	while (status == STATUS_OK) {
		status = read_in_transaction(store, slice, false, at, end);
		if (status != STATUS_OK || slice->count == 0)
			break;
		status = visit_slice(slice, filter, visit, context);
		at = slice->entries[slice->count - 1].seq;
	}
	if (last != NULL)
		*last = end > filter->after_seq ? end : filter->after_seq;
	audit_slice_free(slice);
	free(slice);
	return status;
}
