/*
 * param_header.h - arguments that travel in headers too: x-mcp-header and Mcp-Param-* (facts 12). Pure.
 */
#ifndef ENFORGATE_MCP_PARAM_HEADER_H
#define ENFORGATE_MCP_PARAM_HEADER_H

#include "mcp/rpc.h"

#define PARAM_HEADER_NAME_MAX 64                 /* bytes of an x-mcp-header */
#define PARAM_HEADERS_MAX 32                     /* of one tool */
#define PARAM_HEADER_LINE_MAX ((size_t)16 << 10) /* bytes; servers refuse longer headers */

/* Whether the annotations of a schema are valid; a tool of a modern upstream whose are not is left out of lists. */
bool param_headers_valid(const struct json_object *schema, struct problem *why);

/*
 * As a server: each annotated argument against the header that the client sent. `header` gives the value of Mcp-Param-NAME, NULL
 * for none; CGI folds - and _ together. STATUS_INVALID with `fault` (400, -32020).
 */
enum status param_headers_check(const struct json_object *schema,
    const struct json_object *arguments, const char *(*header)(void *arg, const char *name),
    void *arg, struct rpc_fault *fault) MUST_USE;

/* As a client: tells each header "Mcp-Param-NAME: value" to send; stops when `each` returns false. STATUS_TOO_LARGE: an argument is. */
enum status param_headers_each(const struct json_object *schema,
    const struct json_object *arguments, bool (*each)(void *arg, const char *line),
    void *arg) MUST_USE;

#endif
