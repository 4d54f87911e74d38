/* json_aid.h - trees from texts that are JSON. */
#ifndef TEST_JSON_AID_H
#define TEST_JSON_AID_H

#include "testing.h"

#include "json.h"

/* Wider than those of a request, but for the nesting. */
extern const struct json_limits aid_json_limits;

/* Read without complaint; json_free() it. */
struct json_object *aid_json(const char *text);

#endif
