/* json_aid.h - trees from texts that are JSON. */
#ifndef TEST_JSON_AID_H
#define TEST_JSON_AID_H

#include "testing.h"

#include "json.h"

/* Wider than those of a request, but for the nesting. */
extern const struct json_limits aid_json_limits;

/* Read without complaint; json_free() it. */
struct json_object *aid_json(const char *text);
/* The tree is this text, as json_write() has it; `what` names the case. */
void aid_json_is(const struct json_object *root, const char *expected, const char *what);
/* The same, and frees the tree. */
void aid_json_was(struct json_object *root, const char *expected, const char *what);

#endif
