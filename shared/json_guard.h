/*
 * json_guard.h - what json.c checks before json-c sees a text; private to json.c.
 */
#ifndef ENFORGATE_JSON_GUARD_H
#define ENFORGATE_JSON_GUARD_H

#include "json.h"

/*
 * One pass over the text, no allocation: exactly one document of RFC 8259 within the limits, and
 * nothing in it that json-c would alter. `why` holds kinds and offsets, never a piece of the text.
 */
enum status json_guard(
    const char *text, size_t len, const struct json_limits *limits, struct problem *why) MUST_USE;

#endif
