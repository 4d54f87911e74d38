/*
 * match.h - globs and regular expressions: yes, no, cannot tell.
 *
 * match.c is the only file that knows PCRE2.
 */
#ifndef ENFORGATE_MATCH_H
#define ENFORGATE_MATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "status.h"

enum match { MATCH_NO = 0, MATCH_YES, MATCH_CANNOT_TELL };

/* '*' any run of bytes, '?' one character (UTF-8), everything else itself; case counts. Linear time
 * per '*' (the last star alone is retried), so a hostile pattern costs at most pattern x text. */
bool match_glob(const char *pattern, const char *text);

struct regex;

#define REGEX_PATTERN_MAX 4096 /* bytes */

/*
 * Compiles a pattern with ECMAScript-like meaning ('$' is the very end, not before a last newline). `flags`:
 * any of i m s u, each once; NULL is none. STATUS_INVALID: `why` names the fault and the offset.
 * A compiled regex is immutable and may be used by several threads.
 */
enum status regex_compile(const char *pattern, size_t len, const char *flags, struct regex **out,
    struct problem *why) MUST_USE;
void regex_free(struct regex *regex);

/*
 * Searches anywhere in the text. MATCH_CANNOT_TELL where the limits on steps, depth or memory end the
 * search first: its cost is bounded whatever the pattern and the text.
 */
enum match regex_search(const struct regex *regex, const char *text, size_t len);

#endif
