/* pins_update.c - pinning what is new, marking what changed, and saying so; see pins.h. */
#include <stdio.h>
#include <string.h>

#include "log.h"
#include "mcp/catalog_store.h"
#include "mcp/pins_row.h"
#include "plain.h"

#define ACT_CHANGED "upstream.tool_changed"
#define TOOL_SHOWN_MAX 64 /* characters */
#define WORDS_MAX 512

static const char sql_count[] = "SELECT COUNT(*) FROM tool_pin WHERE upstream_id = ?1";
static const char sql_add[] =
    "INSERT INTO tool_pin (upstream_id, tool, digest, pinned_ms, seen_digest, changed_ms, "
    "definition, seen) VALUES (?1, ?2, ?3, ?4, '', NULL, ?5, '')";
static const char sql_mark[] = "UPDATE tool_pin SET seen_digest = ?3, seen = ?4, changed_ms = ?5 "
			       "WHERE upstream_id = ?1 AND tool = ?2";
static const char sql_unmark[] =
    "UPDATE tool_pin SET seen_digest = '', seen = '', changed_ms = NULL "
    "WHERE upstream_id = ?1 AND tool = ?2";

/* One look at a list. */
struct update {
	struct db *db;
	const struct pins_look *look;
	int64_t room; /* pins that may still be added */
	int64_t over; /* tools for which there was none */
	int64_t said; /* changes that were audited one by one */
	int64_t more; /* those that were not */
	bool moved;   /* what is listed is another set now */
	bool told;
};

static enum status
count_room(struct update *u)
{
	struct query *q = query(u->db, sql_count);
	enum status status = STATUS_FAILED;

	query_bind_text(q, 1, u->look->upstream->id);
	if (query_step(q) == QUERY_ROW) {
		u->room = PINS_MAX - query_integer(q, 0);
		status = STATUS_OK;
	}
	query_end(q);
	return status;
}

static enum status
record(struct update *u, const char *words)
{
	struct audit_entry entry = {.chain = AUDIT_INSTALLATION,
	    .kind = "admin",
	    .surface = "mcp",
	    .key_name = u->look->key_name,
	    .server = u->look->upstream->name,
	    .tool = ACT_CHANGED,
	    .reason = words,
	    .rule = -1};

	log_warn(
	    "key \"%s\", upstream \"%s\": %s", u->look->key_name, u->look->upstream->name, words);
	return audit_append_in(u->look->audit, u->db, &entry);
}

static enum status
say_back(struct update *u, const char *tool)
{
	char words[WORDS_MAX];

	(void)snprintf(words, sizeof(words),
	    "the definition of the tool \"%s\" is again as it was pinned", tool);
	return record(u, words);
}

static enum status
say_changed(struct update *u, const char *name, const char *tool)
{
	const bool quarantined = u->look->upstream->pinning == PINNING_QUARANTINE;
	char words[WORDS_MAX];
	enum status status;

	(void)snprintf(words, sizeof(words),
	    "the definition of the tool \"%s\" is not the one that was pinned: %s", tool,
	    quarantined ? "it is neither listed nor callable until \"enforgatectl upstream repin\" "
			  "accepts it"
			: "it stays in use, as the upstream's pinning is \"warn\"");
	status = record(u, words);
	if (status == STATUS_OK)
		status = outbox_add_tool_changed(u->db, u->look->upstream->key_id,
		    u->look->upstream->name, name, words, u->look->lease, u->look->now_ms);
	u->told = true;
	return status;
}

/* A change of one tool, if it is among the first: an upstream that alters all it has must not flood the log. */
static enum status
say(struct update *u, const struct pin_found *found)
{
	char tool[PLAIN_SIZE(TOOL_SHOWN_MAX)];

	u->moved = true;
	if (u->said >= PINS_TOLD_MAX) {
		u->more++;
		return STATUS_OK;
	}
	u->said++;
	plain_copy(tool, sizeof(tool), found->tool, TOOL_SHOWN_MAX);
	return found->what == PIN_BACK ? say_back(u, tool) : say_changed(u, found->tool, tool);
}

static enum status
add(struct update *u, const struct pin_found *found, const struct buf *definition)
{
	struct query *q;

	if (u->room <= 0) {
		u->over++;
		return STATUS_OK;
	}
	u->room--;
	q = query(u->db, sql_add);
	query_bind_text(q, 1, u->look->upstream->id);
	query_bind_text(q, 2, found->tool);
	query_bind_text(q, 3, found->digest);
	query_bind_integer(q, 4, u->look->now_ms);
	query_bind_bytes(q, 5, definition->data, definition->len);
	return query_run(q, NULL);
}

static enum status
mark(struct update *u, const struct pin_found *found, const struct buf *definition)
{
	struct query *q = query(u->db, sql_mark);

	query_bind_text(q, 1, u->look->upstream->id);
	query_bind_text(q, 2, found->tool);
	query_bind_text(q, 3, found->digest);
	query_bind_bytes(q, 4, definition->data, definition->len);
	query_bind_integer(q, 5, u->look->now_ms);
	return query_run(q, NULL);
}

static enum status
unmark(struct update *u, const struct pin_found *found)
{
	struct query *q = query(u->db, sql_unmark);

	query_bind_text(q, 1, u->look->upstream->id);
	query_bind_text(q, 2, found->tool);
	return query_run(q, NULL);
}

static enum status
act(struct update *u, const struct pin_found *found, const struct buf *definition)
{
	enum status status = STATUS_OK;

	switch (found->what) {
	case PIN_SAME:
	case PIN_KNOWN:
		return STATUS_OK;
	case PIN_NEW:
		return add(u, found, definition);
	case PIN_DIFFERS:
	case PIN_AGAIN:
		status = mark(u, found, definition);
		break;
	case PIN_BACK:
		status = unmark(u, found);
		break;
	}
	return status == STATUS_OK ? say(u, found) : status;
}

/* What was not said one by one. */
static enum status
say_rest(struct update *u)
{
	char words[WORDS_MAX];

	if (u->over > 0)
		log_warn(
		    "key \"%s\", upstream \"%s\": %lld tools are not pinned and so not used, as "
		    "%d are already",
		    u->look->key_name, u->look->upstream->name, (long long)u->over, PINS_MAX);
	if (u->more == 0)
		return STATUS_OK;
	(void)snprintf(words, sizeof(words), "the definitions of %lld more tools changed as well",
	    (long long)u->more);
	return record(u, words);
}

enum status
pins_update(
    struct db *db, const struct pins_look *look, const struct json_object *tools, bool *told)
{
	struct update u = {.db = db, .look = look};
	const char *upstream_id = look->upstream->id;
	enum status status = STATUS_OK;
	struct pin_found found;
	struct buf definition;

	*told = false;
	if (look->upstream->pinning == PINNING_OFF)
		return STATUS_OK;
	buf_init(&definition, PIN_DEFINITION_MAX);
	status = count_room(&u);
	for (size_t i = 0; i < json_length(tools) && status == STATUS_OK; i++) {
		status = pin_look(db, upstream_id, json_element(tools, i), &definition, &found);
		if (status == STATUS_OK)
			status = act(&u, &found, &definition);
		else if (status == STATUS_TOO_LARGE)
			status = STATUS_OK; /* it cannot be pinned, and so it is not used */
	}
	if (status == STATUS_OK)
		status = say_rest(&u);
	if (status == STATUS_OK && u.moved)
		status = list_mark_move(db, upstream_id, LIST_TOOLS);
	*told = status == STATUS_OK && u.told;
	buf_free(&definition);
	return status;
}
