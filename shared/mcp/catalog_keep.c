/* catalog_keep.c - a list that was fetched, into the database, with the pins of its tools in the same step; see catalog_fetch.h. */
#include "mcp/catalog_fetch.h"

#include <string.h>

#include "clock.h"
#include "wake.h"

static void
set_facts(const struct fetch *f, struct list_facts *facts)
{
	int64_t life = f->announced ? LIST_FRESH_MS : LIST_STALE_MS;

	if (f->ttl_ms >= 0)
		life = f->ttl_ms;
	facts->ttl_ms = f->ttl_ms;
	facts->fetched_ms = clock_wall_ms();
	facts->fresh_ms = facts->fetched_ms + life;
}

/* Looks at the pins of a list of tools. */
static enum status
pin(struct fetch *f, struct db *db, bool *told)
{
	const struct pins_look look = {.audit = f->mcp->audit,
	    .upstream = f->wanted->upstream,
	    .key_name = f->wanted->view->caller->key.name,
	    .lease = f->mcp->courier != NULL ? courier_lease(f->mcp->courier) : NULL,
	    .now_ms = clock_wall_ms()};
	bool differ;
	enum status status = pins_differ(db, look.upstream, f->entries, &differ);

	if (status == STATUS_OK && differ)
		status = pins_update(db, &look, f->entries, told);
	return status;
}

/* What the transaction did. */
struct kept {
	bool same;
	bool moved; /* others have to look at it */
	bool told;
};

/* In a write transaction. */
static enum status
keep(struct fetch *f, struct db *db, const struct buf *text, int64_t mark, struct kept *kept)
{
	const struct wanted *w = f->wanted;
	const struct list_id id = {w->upstream->id, w->digest, w->kind};
	struct list_facts facts, before = {.fresh_ms = 0};
	int64_t mark_now = 0;
	enum status status;
	struct buf old;

	buf_init(&old, LIST_TEXT_MAX);
	status = list_find(db, &id, &before, &old);
	kept->same = status == STATUS_OK && old.len == text->len &&
		     memcmp(old.data, text->data, text->len) == 0;
	/* What was announced need not be said again. */
	kept->moved = status == STATUS_OK && !kept->same && before.fresh_ms != 0;
	buf_free(&old);
	if (status == STATUS_OK || status == STATUS_NOT_FOUND)
		status = list_mark_of(db, w->upstream->id, w->kind, &mark_now);
	set_facts(f, &facts);
	if (mark_now != mark)
		facts.fresh_ms = 0;
	if (status == STATUS_OK)
		status = list_keep(db, &id, &facts, buf_str(text), text->len);
	if (status == STATUS_OK && kept->moved)
		status = list_mark_move(db, w->upstream->id, w->kind);
	if (status == STATUS_OK && w->kind == LIST_TOOLS)
		status = pin(f, db, &kept->told);
	return status;
}

enum status
fetch_keep(struct fetch *f, int64_t mark, bool *same)
{
	struct kept kept = {.same = false};
	struct db *db;
	struct buf text;
	enum status status;

	buf_init(&text, LIST_TEXT_MAX);
	json_write(f->entries, &text);
	status = buf_status(&text);
	if (status == STATUS_OK)
		status = store_write(f->mcp->store, &db);
	if (status == STATUS_OK) {
		status = keep(f, db, &text, mark, &kept);
		if (status == STATUS_OK)
			status = store_commit(f->mcp->store, db);
		else
			store_rollback(f->mcp->store, db);
	}
	buf_free(&text);
	*same = kept.same;
	if (status == STATUS_OK && (kept.moved || kept.told))
		wake_all(f->mcp->wake_fd);
	if (status == STATUS_OK && kept.told && f->mcp->courier != NULL)
		courier_look(f->mcp->courier);
	if (status != STATUS_OK)
		problem_set(f->why, "the %s of upstream \"%s\" cannot be kept: %s",
		    list_kind_name(f->wanted->kind), f->wanted->upstream->name,
		    status_name(status));
	return status;
}

enum status
fetch_mark(struct fetch *f, int64_t *mark)
{
	struct db *db;
	enum status status = store_read(f->mcp->store, &db);

	if (status != STATUS_OK)
		return status;
	status = list_mark_of(db, f->wanted->upstream->id, f->wanted->kind, mark);
	store_read_end(f->mcp->store, db);
	return status;
}
