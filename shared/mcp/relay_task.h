/*
 * relay_task.h - ids of tasks (the extension io.modelcontextprotocol/tasks) as clients know them: UPSTREAM__MARK-ID.
 *
 * A handle is a name, not a capability (facts 16), and what an upstream gives out may be guessed. So the mark is a MAC over the key of the
 * agent, the upstream and its own id: an id opens nothing with another key, and none can be made up.
 */
#ifndef ENFORGATE_MCP_RELAY_TASK_H
#define ENFORGATE_MCP_RELAY_TASK_H

#include "mcp/mcp.h"
#include "mcp/names.h"

#define TASK_ID_MAX 1024 /* bytes of an upstream's own */
#define TASK_MARK_LEN 32 /* hex digits: 128 bits */

/* Appends the id for the client. STATUS_TOO_LARGE: the upstream's is too long. */
enum status relay_task_join(const struct mcp *mcp, const char *key_id, const char *upstream_name,
    const char *id, struct buf *out) MUST_USE;
/* The upstream's name, and its own id within `text`. STATUS_NOT_FOUND: it was not made for this key. */
enum status relay_task_split(const struct mcp *mcp, const char *key_id, const char *text,
    char upstream_name[UPSTREAM_NAME_MAX + 1], const char **id) MUST_USE;

#endif
