/*
 * catalog.h - what a key's upstreams offer: tools, prompts, resources and templates, as one list each (facts 6).
 *
 * Every upstream's list is fetched whole, kept in the database under (upstream, view) so that any process has it, and parsed once in each
 * process. It is fetched anew after its time (ttlMs of a modern upstream, LIST_FRESH_MS of a legacy one that announces changes, else
 * LIST_STALE_MS), after a list_changed, and after a change of the configuration. Definitions of tools are pinned (pins.h).
 * What an upstream cannot give now is served from the last list it gave; where there is none it is left out and named (optional), or
 * everything fails (required).
 */
#ifndef ENFORGATE_MCP_CATALOG_H
#define ENFORGATE_MCP_CATALOG_H

#include "mcp/catalog_store.h"
#include "mcp/peers.h"
#include "mcp/pins.h"

#define LIST_FRESH_MS 300000
#define LIST_STALE_MS 15000
#define LIST_ENTRIES_MAX 5000 /* of one upstream and kind */
#define LIST_PAGES_MAX 64     /* of one upstream */
#define LIST_PAGE 500         /* entries in one of our pages */

/* For whom a list is made. */
struct catalog_view {
	const struct caller *caller;
	struct peer_view peer;
	enum era era; /* of the client: definitions are made fit for it */
};

enum status catalog_open(struct mcp *mcp, struct catalog **out, struct problem *why) MUST_USE;
void catalog_close(struct catalog *catalog);

/*
 * One page: {tools: [...], nextCursor?, ttlMs, cacheScope ...} as the era wants it, as JSON text that is appended: it is put together from
 * the texts of its entries, so that a list of hundreds is neither parsed nor written anew for each client. `cursor` NULL: from the start.
 * STATUS_INVALID with `fault`: a bad cursor, a required upstream that fails.
 */
enum status catalog_page_text(struct mcp *mcp, const struct catalog_view *view, enum list_kind kind,
    const char *cursor, struct buf *out, struct rpc_fault *fault) MUST_USE;
/* The same as a tree, for tests and small lists. */
enum status catalog_page(struct mcp *mcp, const struct catalog_view *view, enum list_kind kind,
    const char *cursor, struct json_object **result, struct rpc_fault *fault) MUST_USE;

/* What a name leads to. Nodes of json-c must not have owners in two threads: what is given out is a tree of its own. */
struct route {
	struct upstream upstream;   /* without settings, all zero where not found */
	char name[MCP_URI_MAX + 1]; /* the upstream's own name or URI */
	bool listed;                /* as far as it was looked at */
	struct json_object
	    *definition;    /* owned; only of a tool whose schema has an x-mcp-header, else NULL */
	enum pin_state pin; /* of a tool */
};
void route_free(struct route *route);
/*
 * Where a name or URI as the agent says it leads. Needs no list for a prefixed name unless it has to be pinned first or its
 * headers checked. STATUS_NOT_FOUND: to no upstream of this key. STATUS_FAILED with `why`: its upstream cannot be asked.
 */
enum status catalog_route(struct mcp *mcp, const struct catalog_view *view, enum list_kind kind,
    const char *name, struct route *out, struct problem *why) MUST_USE;

/*
 * What initialize and server/discover answer with: connects to all upstreams at the same time. `capabilities` is the union of theirs as this
 * gateway bridges them; `instructions` are gathered, with the names of optional upstreams that are down. STATUS_FAILED with `why`: a required
 * one fails.
 */
struct offer {
	struct json_object *capabilities; /* owned */
	struct buf instructions;
};
void offer_free(struct offer *offer);
enum status catalog_offer(struct mcp *mcp, const struct catalog_view *view, struct offer *out,
    struct problem *why) MUST_USE;

/*
 * One list of one upstream, fetched now and kept as any other is, with the pins of its tools: each entry's own name (or URI, or template), in
 * the upstream's order. For `enforgatectl upstream test`. STATUS_FAILED with `why`.
 */
enum status catalog_look(struct mcp *mcp, const struct upstream *upstream,
    const struct catalog_view *view, enum list_kind kind,
    bool (*each)(void *arg, const char *name, enum pin_state pin), void *arg,
    struct problem *why) MUST_USE;

/* An upstream said that a list changed: forgotten here, and by the database in every process; waiters are woken. */
void catalog_changed(struct mcp *mcp, const char *upstream_id, enum list_kind kind);
/* What "notifications/tools/list_changed" and the like are about. False: another method. */
bool list_kind_changed(const char *method, enum list_kind *out);

/*
 * A number that moves whenever a list of that kind may have changed for this key, for whatever reason (upstream, configuration, policy, pin).
 * Cheap: one read of the database.
 */
enum status catalog_mark(
    struct mcp *mcp, const char *key_id, enum list_kind kind, int64_t *out) MUST_USE;

/* The same where a transaction is open already. */
enum status catalog_mark_in(
    struct db *db, const char *key_id, enum list_kind kind, int64_t *out) MUST_USE;

/* Upstreams of a key as of this generation or a later one, in order, without settings. Shared and immutable; give it back. */
struct upstream_set {
	size_t count;
	struct upstream *items;
	struct known *known; /* private to catalog_known.c */
};
enum status catalog_upstreams(
    struct mcp *mcp, const char *key_id, int64_t generation, struct upstream_set *out) MUST_USE;
void catalog_upstreams_end(struct mcp *mcp, struct upstream_set *set); /* accepts one all zero */

/* True: every policy denies it whatever the arguments, so that it is not listed (design 3.2). Pure. */
bool catalog_hidden(const struct caller *caller, const char *server, const char *tool);

#endif
