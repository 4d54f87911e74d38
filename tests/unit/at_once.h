/* at_once.h - threads that begin at the same moment. */
#ifndef TEST_AT_ONCE_H
#define TEST_AT_ONCE_H

#include "testing.h"

#define AT_ONCE_MAX 32

/* Runs `run` on each of `count` items of `size` bytes, each in a thread of its own, and waits for all of them. */
void at_once(void (*run)(void *item), void *items, size_t size, int count);

#endif
