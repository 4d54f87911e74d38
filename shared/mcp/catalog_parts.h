/* catalog_parts.h - what the pieces of the catalog share; nobody else includes it. */
#ifndef ENFORGATE_MCP_CATALOG_PARTS_H
#define ENFORGATE_MCP_CATALOG_PARTS_H

#include <pthread.h>
#include <stdatomic.h>

#include "mcp/catalog.h"

#define CATALOG_SLOTS_MAX 1024                 /* lists known in this process */
#define CATALOG_BUCKETS 256                    /* of the table of them */
#define CATALOG_BYTES_MAX ((size_t)32 << 20)   /* of entries in memory that nobody is using */
#define CATALOG_KEYS_MAX 256                   /* keys whose upstreams are kept in memory */
#define LIST_DEADLINE_MS 10000                 /* to give a list, once connected */
#define LIST_PAUSE_MS 1000                     /* at least, after a failure */
#define LIST_TTL_MAX_MS ((int64_t)3600 * 1000) /* whatever an upstream says */

/* One entry as clients get it. Everything is in one piece of memory, which `name` points to. */
struct entry {
	char *name; /* the upstream's own name, URI or template */
	char *text; /* JSON, for modern clients, with the name that agents see */
	size_t len;
	char *legacy; /* the same for legacy ones; may be the same text */
	size_t legacy_len;
	enum pin_state pin;
	bool headers; /* its schema has an x-mcp-header */
};

/* A list of an upstream as it is in memory: immutable, with owners. */
struct list {
	atomic_int owners;
	size_t count;
	struct entry *entries;
	size_t *by_name; /* indices in order of name */
	size_t bytes;
};
void list_release(struct list *list); /* accepts NULL */
/* NULL: it is not there. */
const struct entry *list_entry(const struct list *list, const char *name);

/* ---- catalog_render.c: from JSON to entries, and what of an upstream's list is fit to be relayed ---- */

/* Pins as they are read with a list. */
struct pin_states {
	size_t count;
	struct pin_mark {
		char *tool;
		enum pin_state state;
	} * items;
};
enum status pin_states_read(
    struct db *db, const struct upstream *upstream, struct pin_states *out) MUST_USE;
void pin_states_free(struct pin_states *states);
/* `states` NULL: not tools. Takes nothing over. */
enum status list_render(const struct upstream *upstream, enum list_kind kind, const char *json,
    size_t len, const struct pin_states *states, struct list **out) MUST_USE;
/* The member that names an entry: "name", "uri", "uriTemplate". */
const char *list_name_member(enum list_kind kind);
/* The member of a result that has the entries: "tools" ... "resourceTemplates". */
const char *list_member(enum list_kind kind);
const char *list_method(enum list_kind kind);

/* ---- catalog_fit.c ---- */
/* Why an entry cannot be relayed, or NULL: clients fail a whole list for one entry. `modern_http`: x-mcp-header counts. */
const char *list_unfit(enum list_kind kind, const struct json_object *entry, bool modern_http,
    struct problem *scratch);

/* ---- catalog_fetch.c: from the upstream into the database ---- */

/* A list that is wanted. */
struct wanted {
	const struct upstream *upstream;
	const struct catalog_view *view;
	const char *digest; /* peer_view_digest() */
	enum list_kind kind;
};
/*
 * As peer_open(), for whoever only asks what there is: nothing of that is ever parked, and so a legacy http upstream needs no host
 * process for it.
 */
enum status list_peer(struct mcp *mcp, const struct upstream *upstream,
    const struct peer_view *view, int64_t until_us, struct peer **out,
    struct problem *why) MUST_USE;
/* STATUS_FAILED with `why`. *same: it is, byte for byte, the one that was there. */
enum status list_fetch(struct mcp *mcp, const struct wanted *wanted, int64_t until_us, bool *same,
    struct problem *why) MUST_USE;

/* ---- catalog_lists.c: lists in memory ---- */

enum list_need {
	LIST_NOW,   /* as fresh as it has to be */
	LIST_KNOWN, /* fetched not too long ago, and not changed as far as is known */
	LIST_ANY    /* the one that there is */
};
/* In a read transaction: the list where the database has it. STATUS_NOT_FOUND: it has to be fetched. */
enum status list_take(struct mcp *mcp, struct db *db, const struct wanted *wanted,
    enum list_need need, struct list **out, struct list_facts *facts) MUST_USE;
/*
 * The same, and fetches it where it has to; `after_ms` not 0: also one that was fetched before that. Threads that want the same one wait for
 * the first. STATUS_FAILED with `why` where there is not even an old one.
 */
enum status list_get(struct mcp *mcp, const struct wanted *wanted, enum list_need need,
    int64_t after_ms, struct list **out, struct list_facts *facts, struct problem *why) MUST_USE;

struct slot;
struct slots {
	pthread_mutex_t mutex; /* guards all of them */
	pthread_cond_t fetched;
	struct slot *buckets[CATALOG_BUCKETS];
	size_t count;
	size_t bytes;
	int64_t uses; /* counts up; the slot used longest ago goes first */
};
void slots_free(struct slots *slots);

struct ears; /* watch_ears.h */

struct catalog {
	struct slots slots;
	pthread_mutex_t known_mutex; /* guards the next two */
	struct known *known;
	size_t nknown;
	struct secret_key cursor_key;
	pthread_mutex_t changed_mutex; /* guards the next */
	int64_t changed_us;            /* when a list changed last, of whatever upstream */
	struct ears *ears;
};
void known_free(struct catalog *catalog);

/* ---- catalog_cursor.c ---- */
struct cursor {
	size_t upstream; /* index */
	size_t entry;    /* index */
};
enum status cursor_write(const struct secret_key *key, const char *key_id, enum list_kind kind,
    const struct cursor *cursor, struct buf *out) MUST_USE;
/* STATUS_REFUSED: not one of ours. */
enum status cursor_read(const struct secret_key *key, const char *key_id, enum list_kind kind,
    const char *text, struct cursor *out) MUST_USE;

#endif
