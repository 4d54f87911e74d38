/*
 * json_node.h - json-c's tree, for json.c and json_parse.c only.
 */
#ifndef ENFORGATE_JSON_NODE_H
#define ENFORGATE_JSON_NODE_H

#include "json.h"

/* json-c has types of these names, json.h has functions. */
#define json_bool jsonc_bool
#define json_type jsonc_type
#include <json-c/json_object.h>
#include <json-c/linkhash.h>
#undef json_bool
#undef json_type

/*
 * The place of the member of that name, new or emptied, its value null until lh_entry_set_val().
 * Valid until the next member is added to the object. Takes over `name`, which comes from malloc(), in
 * any case. NULL: out of memory, the object is as it was.
 */
struct lh_entry *json_slot(struct json_object *object, char *name) MUST_USE;

/* Whether the object has a member of that name. */
bool json_has(const struct json_object *object, const char *name);

#endif
