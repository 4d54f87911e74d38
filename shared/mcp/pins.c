/* pins.c - the definitions of tools as they were when first seen: looking, and accepting; see pins.h. */
#include "mcp/pins.h"

#include <stdio.h>
#include <string.h>

#include "mcp/catalog_store.h"
#include "mcp/pins_row.h"

static const char sql_find[] = "SELECT digest, seen_digest, changed_ms FROM tool_pin "
			       "WHERE upstream_id = ?1 AND tool = ?2";
static const char sql_each[] =
    "SELECT p.tool, p.digest, p.pinned_ms, COALESCE(p.changed_ms, 0), u.pinning, p.definition, "
    "p.seen FROM tool_pin p JOIN upstream u ON u.id = p.upstream_id "
    "WHERE p.upstream_id = ?1 ORDER BY p.tool";
static const char sql_each_state[] =
    "SELECT p.tool, p.digest, p.pinned_ms, COALESCE(p.changed_ms, 0), u.pinning "
    "FROM tool_pin p JOIN upstream u ON u.id = p.upstream_id "
    "WHERE p.upstream_id = ?1 ORDER BY p.tool";
static const char sql_accept[] =
    "UPDATE tool_pin SET digest = seen_digest, definition = seen, pinned_ms = ?2, "
    "seen_digest = '', seen = '', changed_ms = NULL "
    "WHERE upstream_id = ?1 AND changed_ms IS NOT NULL";
static const char sql_accept_one[] =
    "UPDATE tool_pin SET digest = seen_digest, definition = seen, pinned_ms = ?2, "
    "seen_digest = '', seen = '', changed_ms = NULL "
    "WHERE upstream_id = ?1 AND changed_ms IS NOT NULL AND tool = ?3";

enum status
pin_definition(const struct json_object *tool, struct buf *out)
{
	static const char *const members[] = {
	    "name", "title", "description", "inputSchema", "outputSchema", "annotations"};
	struct json_object *definition = json_new_object();
	bool good = definition != NULL;
	const size_t before = out->len;
	struct buf text;

	buf_init(&text, PIN_DEFINITION_MAX);
	for (size_t i = 0; good && i < sizeof(members) / sizeof(members[0]); i++) {
		bool found;
		struct json_object *value = json_member(tool, members[i], &found);

		if (found)
			good = json_set(definition, members[i], json_share(value));
	}
	if (good) {
		json_write_canonical(definition, &text);
		buf_add(out, text.data, text.len);
	}
	json_free(definition);
	if (good && buf_status(&text) != STATUS_OK) {
		enum status status = buf_status(&text);

		buf_free(&text);
		return status;
	}
	buf_free(&text);
	if (!good || out->len == before)
		return STATUS_NO_MEMORY;
	return buf_status(out);
}

enum status
pin_look(struct db *db, const char *upstream_id, const struct json_object *tool,
    struct buf *definition, struct pin_found *out)
{
	unsigned char bytes[SECRET_BYTES];
	struct query *q;
	enum status status;
	enum query_step step;
	bool marked, named;
	size_t len;

	out->tool = json_string(json_member(tool, "name", &named), &len);
	if (out->tool == NULL)
		return STATUS_INVALID;
	buf_reset(definition);
	status = pin_definition(tool, definition);
	if (status == STATUS_OK)
		status = secret_sha256(definition->data, definition->len, bytes);
	if (status != STATUS_OK)
		return status;
	secret_hex(bytes, sizeof(bytes), out->digest);
	q = query(db, sql_find);
	query_bind_text(q, 1, upstream_id);
	query_bind_text(q, 2, out->tool);
	step = query_step(q);
	marked = step == QUERY_ROW && !query_null(q, 2);
	if (step != QUERY_ROW)
		out->what = PIN_NEW;
	else if (strcmp(query_text(q, 0), out->digest) == 0)
		out->what = marked ? PIN_BACK : PIN_SAME;
	else if (marked && strcmp(query_text(q, 1), out->digest) == 0)
		out->what = PIN_KNOWN;
	else
		out->what = marked ? PIN_AGAIN : PIN_DIFFERS;
	query_end(q);
	return step == QUERY_FAILED ? STATUS_FAILED : STATUS_OK;
}

enum status
pins_differ(
    struct db *db, const struct upstream *upstream, const struct json_object *tools, bool *out)
{
	enum status status = STATUS_OK;
	struct pin_found found;
	struct buf definition;

	*out = false;
	if (upstream->pinning == PINNING_OFF)
		return STATUS_OK;
	buf_init(&definition, PIN_DEFINITION_MAX);
	for (size_t i = 0; i < json_length(tools) && status == STATUS_OK && !*out; i++) {
		status = pin_look(db, upstream->id, json_element(tools, i), &definition, &found);
		if (status == STATUS_OK)
			*out = found.what != PIN_SAME && found.what != PIN_KNOWN;
		else if (status == STATUS_TOO_LARGE)
			status = STATUS_OK; /* it cannot be pinned at all */
	}
	buf_free(&definition);
	return status;
}

static enum pin_state
state_of(const char *pinning, bool changed)
{
	enum pinning how;

	/* What cannot be read is treated as the strictest. */
	if (!pinning_read(pinning, &how))
		how = PINNING_QUARANTINE;
	if (how == PINNING_OFF)
		return PIN_FREE;
	if (!changed)
		return PIN_KEPT;
	return how == PINNING_WARN ? PIN_CHANGED : PIN_QUARANTINED;
}

static enum status
each(struct db *db, const char *upstream_id, bool definitions,
    bool (*tell)(void *arg, const struct pin *pin), void *arg)
{
	struct query *q = query(db, definitions ? sql_each : sql_each_state);
	enum query_step step;
	struct pin pin;

	query_bind_text(q, 1, upstream_id);
	while ((step = query_step(q)) == QUERY_ROW) {
		pin = (struct pin){.pinned_ms = query_integer(q, 2),
		    .changed_ms = query_integer(q, 3),
		    .definition = definitions ? query_text(q, 5) : "",
		    .seen = definitions ? query_text(q, 6) : ""};
		(void)snprintf(pin.tool, sizeof(pin.tool), "%s", query_text(q, 0));
		(void)snprintf(pin.digest, sizeof(pin.digest), "%s", query_text(q, 1));
		pin.state = state_of(query_text(q, 4), pin.changed_ms != 0);
		if (!tell(arg, &pin)) {
			step = QUERY_DONE;
			break;
		}
	}
	query_end(q);
	return step == QUERY_DONE ? STATUS_OK : STATUS_FAILED;
}

enum status
pins_each(struct db *db, const char *upstream_id, bool (*tell)(void *arg, const struct pin *pin),
    void *arg)
{
	return each(db, upstream_id, true, tell, arg);
}

enum status
pins_each_state(struct db *db, const char *upstream_id,
    bool (*tell)(void *arg, const struct pin *pin), void *arg)
{
	return each(db, upstream_id, false, tell, arg);
}

enum status
pins_accept(
    struct db *db, const char *upstream_id, const char *tool, int64_t now_ms, int64_t *count)
{
	struct query *q = query(db, tool != NULL ? sql_accept_one : sql_accept);
	enum status status;

	*count = 0;
	query_bind_text(q, 1, upstream_id);
	query_bind_integer(q, 2, now_ms);
	if (tool != NULL)
		query_bind_text(q, 3, tool);
	status = query_run(q, count);
	if (status == STATUS_OK && *count > 0)
		status = list_mark_move(db, upstream_id, LIST_TOOLS);
	return status;
}
