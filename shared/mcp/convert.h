/*
 * convert.h - results on their way between the eras (facts 5, 10 and the table of codes in 2). Pure.
 */
#ifndef ENFORGATE_MCP_CONVERT_H
#define ENFORGATE_MCP_CONVERT_H

#include "mcp/era.h"

/* What of a client's capabilities a gateway can bridge: sampling, elicitation, roots with their members; a new tree. */
struct json_object *convert_capabilities(const struct json_object *capabilities);

/*
 * A result of an upstream of era `from` for a client of era `to`, changed in place (only its own members: what is inside may be shared): resultType, ttlMs, cacheScope and
 * _meta serverInfo come or go; for legacy clients a structuredContent that is no object becomes a text block where there is none, and an
 * outputSchema that is none of objects goes. `ttl_ms` below 0 keeps what the upstream gave, else 0. Unknown members stay as
 * they are. False: out of memory.
 */
bool convert_result(
    struct json_object *result, const char *method, enum era from, enum era to, int64_t ttl_ms);
/* One definition of a tool for a client of that era, in place (outputSchema). */
bool convert_tool(struct json_object *tool, enum era to);
/*
 * The code and HTTP status of an upstream's error for a client of that era, in place: resource not found has one in each; what the
 * upstream says about headers and versions is between it and us, so the client gets an internal error.
 */
void convert_fault(struct rpc_fault *fault, enum era to);

/* {"content":[{"type":"text","text":...}],"isError":true} and what the era wants; NULL: out of memory. */
struct json_object *convert_refusal(enum era era, const char *text);

/* Adds what every modern result carries: resultType, and _meta serverInfo (the gateway's). */
bool convert_modern(struct json_object *result, const char *result_type);
/* {"name":"enforgate","title":...,"version":...}; a new tree. */
struct json_object *convert_server_info(void);

/* The capability that a request of an upstream needs of the client: "sampling", "elicitation", "roots"; NULL: an unknown method. */
const char *convert_needed_capability(const char *method);
/* Whether a client with these capabilities may be sent that request (elicitation `{}` means forms only; url needs elicitation.url). */
bool convert_may_ask(
    const struct json_object *capabilities, const char *method, const struct json_object *params);

#endif
