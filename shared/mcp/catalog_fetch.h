/* catalog_fetch.h - what asking for a list (catalog_fetch.c) and keeping it (catalog_keep.c) share. */
#ifndef ENFORGATE_MCP_CATALOG_FETCH_H
#define ENFORGATE_MCP_CATALOG_FETCH_H

#include "mcp/catalog_parts.h"

/* One list under way. */
struct fetch {
	struct mcp *mcp;
	const struct wanted *wanted;
	int64_t until_us;
	struct problem *why;
	struct peer *peer;
	struct json_object *entries; /* an array: what is fit to be relayed */
	struct json_object *seen;    /* an object whose members are their names */
	int64_t ttl_ms;              /* -1: none was given */
	bool announced;              /* the upstream says when it changes */
	size_t unfit;
	size_t long_names;
};

/* How often the list has changed as far as is known; before the upstream is asked. */
enum status fetch_mark(struct fetch *f, int64_t *mark) MUST_USE;
/*
 * Writes what was fetched and looks at the pins. Where the mark has moved since `mark`, it may be from before the change, and is kept as one
 * that changed. *same: it is, byte for byte, what was there.
 */
enum status fetch_keep(struct fetch *f, int64_t mark, bool *same) MUST_USE;

#endif
