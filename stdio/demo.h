/*
 * demo.h - enforgate-demo, a small MCP server over standard input and output to try a gateway out with.
 *
 *   demo.c        messages in and out, both eras of the protocol
 *   demo_tools.c  a few harmless tools; demo_texts.c: a resource and a prompt
 */
#ifndef ENFORGATE_STDIO_DEMO_H
#define ENFORGATE_STDIO_DEMO_H

#include "json.h"
#include "mcp/rpc.h"

/* Each gives a new result, or NULL with `fault`, or NULL alone where memory runs out. `params` may be NULL. */
struct json_object *demo_list_tools(void);
struct json_object *demo_call_tool(struct json_object *params, struct rpc_fault *fault);
struct json_object *demo_list_resources(void);
struct json_object *demo_read_resource(struct json_object *params, struct rpc_fault *fault);
struct json_object *demo_list_prompts(void);
struct json_object *demo_get_prompt(struct json_object *params, struct rpc_fault *fault);

/* Parses a text of ours; NULL: out of memory. */
struct json_object *demo_parse(const char *text);
/* {"type":"text","text":...} */
struct json_object *demo_text(const char *text);

#endif
