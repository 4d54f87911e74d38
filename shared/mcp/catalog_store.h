/*
 * catalog_store.h - lists of upstreams as the database keeps them: the owner of the tables upstream_list and upstream_mark.
 *
 * A mark counts what may have changed in the lists of one kind of an upstream, whatever the view; it moves in the transaction of the change.
 */
#ifndef ENFORGATE_MCP_CATALOG_STORE_H
#define ENFORGATE_MCP_CATALOG_STORE_H

#include "mcp/upstreams.h"

enum list_kind { LIST_TOOLS, LIST_PROMPTS, LIST_RESOURCES, LIST_TEMPLATES };
#define LIST_KINDS 4
#define LIST_TEXT_MAX ((size_t)16 << 20) /* bytes of the entries of one list */

/* Which list: of an upstream, for clients with certain capabilities (peer_view_digest). Texts are borrowed. */
struct list_id {
	const char *upstream_id;
	const char *view;
	enum list_kind kind;
};

/* What is known of it. */
struct list_facts {
	int64_t ttl_ms; /* as the upstream gave it; -1: it gave none */
	int64_t fetched_ms;
	int64_t fresh_ms; /* until then it need not be fetched again; 0: it changed */
	int64_t mark;
};

const char *list_kind_name(enum list_kind kind); /* "tools" ... */

/* STATUS_NOT_FOUND: it was never fetched. `entries` NULL: the facts alone, else the JSON array is appended to it. */
enum status list_find(struct db *db, const struct list_id *id, struct list_facts *facts,
    struct buf *entries) MUST_USE;
/* In a write transaction; facts->mark is not looked at. STATUS_NOT_FOUND: the upstream is gone. */
enum status list_keep(struct db *db, const struct list_id *id, const struct list_facts *facts,
    const char *entries, size_t len) MUST_USE;
/* They have to be fetched again, in every view. In a write transaction, as the next. */
enum status list_forget(struct db *db, const char *upstream_id, enum list_kind kind) MUST_USE;
enum status list_mark_move(struct db *db, const char *upstream_id, enum list_kind kind) MUST_USE;
enum status list_mark_of(
    struct db *db, const char *upstream_id, enum list_kind kind, int64_t *out) MUST_USE;
/* The sum of the marks of a key's upstreams. */
enum status list_mark_sum(
    struct db *db, const char *key_id, enum list_kind kind, int64_t *out) MUST_USE;

#endif
