/*
 * utf8.h - well-formed UTF-8 (RFC 3629, Unicode table 3-7).
 */
#ifndef ENFORGATE_UTF8_H
#define ENFORGATE_UTF8_H

#include <stddef.h>

/*
 * Bytes (1 to 4) of the character at the start of `text`, of which `left` bytes (at least one) may
 * be read; 0 where none is well-formed: overlong, a surrogate, beyond U+10FFFF, stray or cut off.
 */
size_t utf8_length(const void *text, size_t left);

#endif
