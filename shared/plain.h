/*
 * plain.h - texts of others as people may be shown them: nothing in them hides, turns or ends the text around them.
 *
 * Names come from agents and upstreams and may hold any UTF-8 but control characters. A right-to-left override makes
 * "gnp.exe" of "exe.png", a zero-width space makes two names look like one. Such characters become U+FFFD, so that
 * a person sees that there is something.
 */
#ifndef ENFORGATE_PLAIN_H
#define ENFORGATE_PLAIN_H

#include <stddef.h>

#include "buf.h"

/* Bytes that a text of `len` bytes takes at most: U+FFFD has three. */
#define PLAIN_SIZE(len) (3 * (size_t)(len) + 4)

/*
 * Appends `text` with every character replaced that is not well-formed or is utf8_unseen(). After `most` characters
 * it is cut and ends with an ellipsis, which counts.
 */
void plain_add(struct buf *out, const char *text, size_t most);

/* The same into an array, NUL-terminated; cut as well where `size` bytes do not hold it, between characters. */
void plain_copy(char *out, size_t size, const char *text, size_t most);

#endif
