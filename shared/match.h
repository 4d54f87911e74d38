/*
 * match.h - globs and regular expressions: yes, no, cannot tell.
 *
 * match.c is the only file that knows PCRE2.
 */
#ifndef ENFORGATE_MATCH_H
#define ENFORGATE_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "status.h"

enum match { MATCH_NO = 0, MATCH_YES, MATCH_CANNOT_TELL };

/* '*' any run of bytes, '?' one character (UTF-8), everything else itself; case counts. Linear time
 * per '*' (the last star alone is retried), so a hostile pattern costs at most pattern x text. */
bool match_glob(const char *pattern, const char *text);

struct regex;

#define REGEX_PATTERN_MAX 4096                /* bytes */
#define REGEX_TEXT_MAX ((size_t)1 << 20)      /* bytes; a longer text cannot be searched */
#define REGEX_LOOKBEHIND_MAX 255              /* characters */
#define REGEX_COMPILED_MAX ((size_t)64 << 10) /* bytes of compiled form: nested counts multiply */

/*
 * Steps of one search, about 1.5 ns each: a search that uses them up takes about 15 ms. A step is a
 * character passed (one more for each character beyond ASCII that the pattern names) or an eighth of a
 * pattern item tried, so the count is the same on every machine.
 */
#define REGEX_STEPS UINT64_C(10000000)

/*
 * Compiles a pattern: the syntax of PCRE2 with the meaning of ECMAScript where the two differ ('$' is
 * the very end, not before a last newline; \uXXXX; [] matches nothing; \d \w \s are ASCII). `flags`:
 * any of i m s u, each once; NULL is none. STATUS_INVALID: `why` names the fault and the offset.
 * A compiled regex is immutable and may be used by several threads.
 */
enum status regex_compile(const char *pattern, size_t len, const char *flags, struct regex **out,
    struct problem *why) MUST_USE;
void regex_free(struct regex *regex); /* accepts NULL */
bool regex_flags_valid(const char *flags);
/* Bytes of memory that it takes, compiled to machine code. */
size_t regex_size(const struct regex *regex);

/*
 * Searches anywhere in the text, which is UTF-8. MATCH_CANNOT_TELL where the limits on steps, depth
 * or memory end the search first, or the text is too long or not UTF-8: the cost is bounded whatever
 * the pattern and the text. `steps`: what may be spent, of which the search takes off what it used, so
 * that several searches share one budget (0 left: cannot tell); NULL is REGEX_STEPS for this one.
 */
enum match regex_search(const struct regex *regex, const char *text, size_t len, uint64_t *steps);

#endif
