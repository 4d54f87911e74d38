/*
 * names.h - the names under which agents see what upstreams offer (facts 6 and 9). Pure.
 *
 * Tools and prompts: UPSTREAM__NAME, split at the first "__", as names of upstreams cannot hold it. Resources:
 * UPSTREAM+URI, which stays an URI (RFC 3986 section 3.1) where the upstream's name begins with a letter; `upstream add` says so of
 * others. With the prefix off nothing is rewritten.
 */
#ifndef ENFORGATE_MCP_NAMES_H
#define ENFORGATE_MCP_NAMES_H

#include "json.h"
#include "status.h"

#define UPSTREAM_NAME_MAX 32
#define MCP_NAME_MAX                                                                               \
	128 /* bytes of a tool's or prompt's name as agents see it; 2026-07-28 Tools, Tool Names */
#define MCP_NAME_USUAL 64 /* vendors of models take no more: a longer one is warned about */
#define MCP_URI_MAX 2048  /* bytes */

/* 1 to UPSTREAM_NAME_MAX of [a-z0-9-]. */
bool upstream_name_valid(const char *name);

/* "fs__read_file"; `upstream` NULL: no prefix. */
void names_join(const char *upstream, const char *name, struct buf *out);
/* True: `name` begins with a prefix; the upstream's name is copied, *rest points behind it. */
bool names_split(const char *name, char upstream[UPSTREAM_NAME_MAX + 1], const char **rest);
void names_join_uri(const char *upstream, const char *uri, struct buf *out);
bool names_split_uri(const char *uri, char upstream[UPSTREAM_NAME_MAX + 1], const char **rest);

/*
 * Rewrites every URI in a result of tools/call, prompts/get, resources/read or a notification that names a resource of that
 * upstream: contents[].uri, content blocks of type resource_link and resource, messages[].content, params.uri. In place, but only the
 * result's own members: what is inside may be shared, so an rpc_copy() of a result can be rewritten. False: out of memory.
 */
bool names_prefix_uris(struct json_object *result, const char *upstream);

#endif
