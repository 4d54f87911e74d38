/*
 * utf8.h - well-formed UTF-8 (RFC 3629, Unicode table 3-7).
 */
#ifndef ENFORGATE_UTF8_H
#define ENFORGATE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Bytes (1 to 4) of the character at the start of `text`, of which `left` bytes (at least one) may
 * be read; 0 where none is well-formed: overlong, a surrogate, beyond U+10FFFF, stray or cut off.
 */
size_t utf8_length(const void *text, size_t left);

/* The character that these `len` well-formed bytes are. */
uint32_t utf8_code(const void *text, size_t len);

/*
 * Whether a character shows nothing by itself or changes how its neighbours are seen, so that a text with it looks like another
 * one: general category Cc, Cf, Zl or Zp, Default_Ignorable_Code_Point, blanks that are letters or signs, and what is no character
 * at all. Tabs and line ends count too.
 */
bool utf8_unseen(uint32_t code);

#endif
