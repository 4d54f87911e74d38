/* sessions_row.h - private to sessions.c (sessions as clients use them) and sessions_end.c (what belongs to them, and their end). */
#ifndef ENFORGATE_MCP_SESSIONS_ROW_H
#define ENFORGATE_MCP_SESSIONS_ROW_H

#include "mcp/sessions.h"

#define SESSION_COLUMNS "id, key_id, version, client, log_level, created_ms, used_ms"

/* Ends all of a key that were not used since. */
enum status sessions_end_idle(struct db *db, const char *key_id, int64_t since_ms) MUST_USE;

#endif
