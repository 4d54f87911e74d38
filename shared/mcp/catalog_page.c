/* catalog_page.c - one list of all upstreams of a key, in pages; see catalog.h. */
#include "mcp/catalog_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "mcp/convert.h"
#include "together.h"

#define PAGE_BYTES_MAX ((size_t)4 << 20) /* of entries; one that is longer goes alone */
#define UNAVAILABLE "io.enforgate/unavailable"
#define GATE_NAME_MAX (sizeof("resource:") + MCP_URI_MAX)

/* The list of one upstream. */
struct part {
	struct wanted wanted;
	enum list_need need;
	struct list *list; /* NULL: it is not to be had */
	struct list_facts facts;
	struct problem why;
};

/* All of them. */
struct parts {
	struct mcp *mcp;
	const struct catalog_view *view;
	enum list_kind kind;
	struct upstream_set set;
	char digest[SECRET_DIGEST_TEXT];
	struct part *items;
	size_t *missing; /* indices of those to be fetched */
	size_t nmissing;
};

static void
parts_free(struct parts *parts)
{
	for (size_t i = 0; parts->items != NULL && i < parts->set.count; i++)
		list_release(parts->items[i].list);
	free(parts->items);
	free(parts->missing);
	catalog_upstreams_end(parts->mcp, &parts->set);
}

static void
fetch(void *arg, size_t index)
{
	struct parts *parts = arg;
	struct part *part = &parts->items[parts->missing[index]];

	if (list_get(parts->mcp, &part->wanted, part->need, 0, &part->list, &part->facts,
		&part->why) != STATUS_OK)
		part->list = NULL;
}

/* What the database has, in one transaction. */
static enum status
take_known(struct parts *parts, struct db *db, enum list_need need)
{
	enum status status = STATUS_OK;

	for (size_t i = 0; i < parts->set.count && status == STATUS_OK; i++) {
		struct part *part = &parts->items[i];

		part->need = need;
		part->wanted = (struct wanted){.upstream = &parts->set.items[i],
		    .view = parts->view,
		    .digest = parts->digest,
		    .kind = parts->kind};
		status = list_take(parts->mcp, db, &part->wanted, need, &part->list, &part->facts);
		if (status == STATUS_NOT_FOUND) {
			parts->missing[parts->nmissing++] = i;
			status = STATUS_OK;
		}
	}
	return status;
}

static enum status
parts_gather(struct parts *parts, enum list_need need)
{
	const struct caller *caller = parts->view->caller;
	enum status status =
	    catalog_upstreams(parts->mcp, caller->key.id, caller->generation, &parts->set);
	struct db *db;

	if (status == STATUS_OK)
		status = peer_view_digest(parts->view->peer.capabilities, parts->digest);
	if (status != STATUS_OK)
		return status;
	parts->items = calloc(parts->set.count + 1, sizeof(*parts->items));
	parts->missing = calloc(parts->set.count + 1, sizeof(*parts->missing));
	if (parts->items == NULL || parts->missing == NULL)
		return STATUS_NO_MEMORY;
	status = store_read(parts->mcp->store, &db);
	if (status != STATUS_OK)
		return status;
	status = take_known(parts, db, need);
	store_read_end(parts->mcp->store, db);
	if (status == STATUS_OK)
		together(parts->nmissing, fetch, parts);
	return status;
}

/* A required upstream that fails takes everything with it. */
static enum status
check_required(const struct parts *parts, struct rpc_fault *fault)
{
	for (size_t i = 0; i < parts->set.count; i++)
		if (parts->items[i].list == NULL && parts->set.items[i].required)
			return rpc_fault_set(
			    fault, 200, RPC_INTERNAL, "%s", parts->items[i].why.text);
	return STATUS_OK;
}

/* ---- What of it this client sees. ---- */

static bool
hidden(const struct parts *parts, const struct upstream *upstream, const char *name)
{
	char gate_name[GATE_NAME_MAX];

	switch (parts->kind) {
	case LIST_TOOLS:
		return catalog_hidden(parts->view->caller, upstream->name, name);
	case LIST_PROMPTS:
		(void)snprintf(gate_name, sizeof(gate_name), "prompt:%s", name);
		break;
	case LIST_RESOURCES:
		(void)snprintf(gate_name, sizeof(gate_name), "resource:%s", name);
		break;
	case LIST_TEMPLATES:
		/* What it expands to is judged when it is read. */
		return false;
	}
	return catalog_hidden(parts->view->caller, upstream->name, gate_name);
}

/* Without a prefix a name belongs to the first that has it, and never to one that looks like the prefix of another. */
static bool
taken(const struct parts *parts, size_t index, const char *name)
{
	const bool by_uri = parts->kind == LIST_RESOURCES || parts->kind == LIST_TEMPLATES;
	char prefix[UPSTREAM_NAME_MAX + 1];
	const char *rest;

	if (parts->set.items[index].prefix)
		return false;
	if (by_uri ? names_split_uri(name, prefix, &rest) : names_split(name, prefix, &rest))
		for (size_t i = 0; i < parts->set.count; i++)
			if (parts->set.items[i].prefix &&
			    strcmp(parts->set.items[i].name, prefix) == 0)
				return true;
	for (size_t i = 0; i < index; i++)
		if (!parts->set.items[i].prefix && parts->items[i].list != NULL &&
		    list_entry(parts->items[i].list, name) != NULL)
			return true;
	return false;
}

static bool
shown(const struct parts *parts, size_t index, const struct entry *entry)
{
	return entry->pin != PIN_QUARANTINED && !taken(parts, index, entry->name) &&
	       !hidden(parts, &parts->set.items[index], entry->name);
}

/* ---- The page. ---- */

/* Appends entries from the cursor on, which ends up behind the last. False: that was the end. */
static bool
write_entries(const struct parts *parts, struct cursor *cursor, struct buf *out)
{
	const size_t before = out->len;
	const size_t most = PAGE_BYTES_MAX < out->cap / 2 ? PAGE_BYTES_MAX : out->cap / 2;
	size_t written = 0;

	for (; cursor->upstream < parts->set.count; cursor->upstream++, cursor->entry = 0) {
		const struct list *list = parts->items[cursor->upstream].list;

		for (; list != NULL && cursor->entry < list->count; cursor->entry++) {
			const struct entry *entry = &list->entries[cursor->entry];
			const bool legacy = parts->view->era == ERA_LEGACY;
			const size_t len = legacy ? entry->legacy_len : entry->len;

			if (!shown(parts, cursor->upstream, entry))
				continue;
			if (written == LIST_PAGE || (written > 0 && out->len - before + len > most))
				return true;
			if (written++ > 0)
				buf_char(out, ',');
			buf_add(out, legacy ? entry->legacy : entry->text, len);
		}
	}
	return false;
}

/* For how long the client may keep it: as long as the shortest of them. */
static int64_t
ttl_ms(const struct parts *parts)
{
	const int64_t now_ms = clock_wall_ms();
	int64_t least = parts->set.count > 0 ? LIST_TTL_MAX_MS : 0;

	for (size_t i = 0; i < parts->set.count; i++) {
		const struct part *part = &parts->items[i];
		int64_t left = 0;

		if (part->list != NULL && part->facts.ttl_ms > 0)
			left = part->facts.fresh_ms - now_ms;
		if (left < least)
			least = left > 0 ? left : 0;
	}
	return least;
}

static bool
add_unavailable(const struct parts *parts, struct json_object *result)
{
	struct json_object *names = json_new_array(), *meta;
	bool fine = names != NULL, found;

	for (size_t i = 0; fine && i < parts->set.count; i++)
		if (parts->items[i].list == NULL)
			fine = json_append_text(names, parts->set.items[i].name);
	if (!fine || json_length(names) == 0) {
		json_free(names);
		return fine;
	}
	meta = json_member(result, "_meta", &found);
	if (!found) {
		meta = json_new_object();
		if (meta == NULL || !json_set(result, "_meta", meta)) {
			json_free(names);
			return false;
		}
	}
	return json_set(meta, UNAVAILABLE, names);
}

/* Everything but the entries. */
static enum status
write_rest(const struct parts *parts, const struct cursor *next, struct buf *out)
{
	struct json_object *result = json_new_object();
	enum status status = STATUS_OK;
	struct buf text;
	bool fine = result != NULL;

	buf_init(&text, PAGE_BYTES_MAX);
	if (next != NULL)
		status = cursor_write(&parts->mcp->catalog->cursor_key, parts->view->caller->key.id,
		    parts->kind, next, &text);
	if (fine && next != NULL)
		fine = json_set_text(result, "nextCursor", buf_str(&text));
	if (fine && parts->view->era == ERA_MODERN)
		fine = json_set_integer(result, "ttlMs", ttl_ms(parts)) &&
		       json_set_text(result, "cacheScope", "private") &&
		       convert_modern(result, "complete");
	fine = fine && add_unavailable(parts, result);
	buf_reset(&text);
	if (fine && json_length(result) > 0) {
		json_write(result, &text);
		buf_char(out, ',');
		/* Its members, without the braces. */
		buf_add(out, buf_str(&text) + 1, text.len > 2 ? text.len - 2 : 0);
	}
	if (status == STATUS_OK)
		status = fine ? buf_status(&text) : STATUS_NO_MEMORY;
	json_free(result);
	buf_free(&text);
	return status;
}

static enum status
write_page(const struct parts *parts, struct cursor *cursor, struct buf *out)
{
	bool more;
	enum status status;

	buf_printf(out, "{\"%s\":[", list_member(parts->kind));
	more = write_entries(parts, cursor, out);
	buf_char(out, ']');
	status = write_rest(parts, more ? cursor : NULL, out);
	buf_char(out, '}');
	return status == STATUS_OK ? buf_status(out) : status;
}

enum status
catalog_page_text(struct mcp *mcp, const struct catalog_view *view, enum list_kind kind,
    const char *cursor, struct buf *out, struct rpc_fault *fault)
{
	struct parts parts = {.mcp = mcp, .view = view, .kind = kind};
	struct cursor from = {0, 0};
	enum status status = STATUS_OK;

	if (cursor != NULL)
		status = cursor_read(
		    &mcp->catalog->cursor_key, view->caller->key.id, kind, cursor, &from);
	if (status == STATUS_REFUSED)
		return rpc_fault_set(fault, 200, RPC_INVALID_PARAMS, "Invalid params: cursor");
	/* The pages of one list are of one list, however short it holds. */
	if (status == STATUS_OK)
		status = parts_gather(&parts, cursor == NULL ? LIST_NOW : LIST_ANY);
	if (status == STATUS_OK)
		status = check_required(&parts, fault);
	if (status == STATUS_OK)
		status = write_page(&parts, &from, out);
	parts_free(&parts);
	return status;
}

enum status
catalog_page(struct mcp *mcp, const struct catalog_view *view, enum list_kind kind,
    const char *cursor, struct json_object **result, struct rpc_fault *fault)
{
	const struct json_limits limits = {
	    .bytes = LIST_TEXT_MAX, .nesting = JSON_NESTING_MAX, .members = LIST_TEXT_MAX};
	enum status status;
	struct buf text;

	*result = NULL;
	buf_init(&text, LIST_TEXT_MAX);
	status = catalog_page_text(mcp, view, kind, cursor, &text, fault);
	if (status == STATUS_OK)
		status = json_parse(text.data, text.len, &limits, result, NULL);
	buf_free(&text);
	/* What is wrong with our own text is no fault of the client's. */
	return status == STATUS_INVALID && fault->code == 0 ? STATUS_FAILED : status;
}
