/* when.h - moments as people and exports write them. */
#ifndef ENFORGATE_WHEN_H
#define ENFORGATE_WHEN_H

#include <stdint.h>

#include "status.h"

/*
 * An RFC 3339 date-time ("2026-11-23T19:00:00.123Z", "2026-11-23T20:00:00+01:00"; digits past milliseconds are
 * dropped) or a date alone (its midnight, UTC), as milliseconds since 1970. STATUS_INVALID: neither.
 */
enum status when_read(const char *text, int64_t *out_ms) MUST_USE;

/* The same, or an age before `now_ms`: "90s", "30m", "24h", "7d". */
enum status when_read_or_age(const char *text, int64_t now_ms, int64_t *out_ms) MUST_USE;

#define WHEN_TEXT_MAX 64 /* bytes of the texts below */

/* "14:32 UTC on 28 July 2026": for people, whatever language their computer speaks. */
void when_moment_text(int64_t wall_ms, char out[WHEN_TEXT_MAX]);
/* "less than a minute", "1 minute", "59 minutes", "1 hour", "119 minutes", "2 hours", "47 hours", "2 days": rounded down. */
void when_span_text(int64_t ms, char out[WHEN_TEXT_MAX]);

#endif
