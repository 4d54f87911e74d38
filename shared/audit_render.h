/*
 * audit_render.h - one entry as text, and back.
 *
 * JSON holds every field, so that an export can be verified by itself: the members of audit_fields, texts as strings ("" for
 * none), numbers as numbers, `time` as RFC 3339 with milliseconds. `rule` is -1 where no rule decided.
 */
#ifndef ENFORGATE_AUDIT_RENDER_H
#define ENFORGATE_AUDIT_RENDER_H

#include "audit.h"
#include "buf.h"
#include "json.h"

/* Longest line that audit_parse_json() reads. */
#define AUDIT_LINE_MAX 65536

/* One line with its newline. Bytes that are not UTF-8 (never written by an append) become U+FFFD. */
void audit_render_json(const struct audit_entry *entry, struct buf *out);

/*
 * RFC 4180, lines end with CR LF. Where a text begins with = + - @, a tab or a carriage return, an
 * apostrophe goes in front: spreadsheets would run it as a formula. So CSV is for people; verify reads JSON only.
 */
void audit_render_csv_head(struct buf *out);
void audit_render_csv(const struct audit_entry *entry, struct buf *out);

/*
 * Reads one line of an export without its newline. The texts of *entry live as long as *root, which
 * the caller frees with json_free() in every case. `why` says which member is wrong.
 */
enum status audit_parse_json(const char *line, size_t len, struct audit_entry *entry,
    struct json_object **root, struct problem *why) MUST_USE;

#endif
