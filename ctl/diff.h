/* diff.h - two texts line by line, as people read a change. */
#ifndef ENFORGATE_CTL_DIFF_H
#define ENFORGATE_CTL_DIFF_H

#include "buf.h"

#define DIFF_CONTEXT 2 /* lines that are the same, shown around each change */

/*
 * Appends the lines of both, each behind "  " (in both), "- " (only in `old`) or "+ " (only in `new`); what is the same in many lines
 * is left out, with a line "  ...". Texts end with an end of line or not.
 */
enum status diff_lines(const char *old, const char *new, struct buf *out) MUST_USE;

/*
 * A JSON document of somebody else's as lines that hide nothing: pretty, an end of line within a string also ends the line that is shown,
 * and characters that are not seen or turn the text stand as \uXXXX.
 */
enum status diff_json(const char *json, size_t len, struct buf *out) MUST_USE;

#endif
