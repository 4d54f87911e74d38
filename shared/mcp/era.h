/*
 * era.h - which era a message belongs to, and whether its envelope is right (facts 1 and 2, rows 10 to 14 and 16 to 20).
 *
 * "Modern" is revision 2026-07-28: stateless, everything in each request. "Legacy" are 2025-11-25, 2025-06-18 and
 * 2025-03-26: initialize and a session. The body decides, not the headers. Pure.
 */
#ifndef ENFORGATE_MCP_ERA_H
#define ENFORGATE_MCP_ERA_H

#include "mcp/rpc.h"

#define MCP_VERSION_MODERN "2026-07-28"
#define MCP_VERSION_LEGACY "2025-11-25" /* our newest legacy one */
#define MCP_VERSION_FIRST "2025-03-26"  /* assumed where nothing is said; the one with batches */
#define MCP_VERSION_MAX 16
#define MCP_META "io.modelcontextprotocol/" /* what the members of _meta begin with */
#define MCP_TASKS "io.modelcontextprotocol/tasks"

enum era { ERA_LEGACY, ERA_MODERN };

/* Values of request headers; NULL: not sent. White space around them is not part of them. */
struct mcp_headers {
	const char *protocol_version; /* MCP-Protocol-Version */
	const char *method;           /* Mcp-Method */
	const char *name;             /* Mcp-Name */
	const char *session;          /* Mcp-Session-Id */
};

/* What every request says about itself. Borrowed from the message and the headers. */
struct envelope {
	enum era era;
	const char *version; /* modern: of _meta; legacy: of the header, or NULL */
	struct json_object *
	    capabilities; /* modern: of the client, an object; legacy: NULL, the session has them */
	struct json_object *client_info;     /* modern; NULL: not given */
	const char *log_level;               /* modern; NULL: none, so no log message may be sent */
	struct json_object *progress_token;  /* both; NULL: none */
	const char *request_state;           /* modern; NULL: none */
	struct json_object *input_responses; /* modern; an object, or NULL: none */
};

/* True: a request that opens a legacy session. */
bool era_is_initialize(const struct rpc_message *message, const struct envelope *envelope);

/*
 * Reads the envelope of any message. STATUS_INVALID with `fault`: HTTP status, code and data as facts 2 has them, in that order. A
 * modern notification is no fault (202, dropped); a modern response is (400, -32600). `headers` NULL: it came by a pipe, which has none.
 * Left to the caller are rows 15 (param_header.h), 17 but for tasks/..., 19, and the legacy part of 16.
 */
enum status era_read(const struct rpc_message *message, const struct mcp_headers *headers,
    struct envelope *out, struct rpc_fault *fault) MUST_USE;

bool era_serves_legacy(const char *version);
/* All versions served, the newest first, as server/discover and -32022 list them; a new array. NULL: out of memory. */
struct json_object *era_versions(void);
/* The answer to the version that an initialize asks for: the same where it is served, else MCP_VERSION_LEGACY. */
const char *era_negotiate(const char *wanted);

/* Whether a method is served to clients of an era at all (row 16 for modern; legacy: HTTP 200 and -32601). */
bool era_serves_method(enum era era, const char *method);
/* The member of params that Mcp-Name repeats: "name", "uri", "taskId"; NULL: none for this method. */
const char *era_name_member(const char *method);
/* One of the eight levels of logging. */
bool era_is_log_level(const char *level);
/* Row 17: `required` as in {"sampling":{}}, taken over. */
enum status era_capability_missing(struct rpc_fault *fault, struct json_object *required);
/* Whether these capabilities declare an extension, MCP_TASKS for one. */
bool era_has_extension(const struct json_object *capabilities, const char *extension);

/*
 * Header values of Mcp-Name and Mcp-Param-*: plain, or =?base64?...?= (2026-07-28 Streamable HTTP, Value Encoding). Decoding:
 * STATUS_INVALID for bad Base64 or UTF-8. Encoding: plain where that is allowed.
 */
enum status mcp_header_decode(const char *value, struct buf *out) MUST_USE;
void mcp_header_encode(const char *text, size_t len, struct buf *out);

#endif
