/* together.h - several slow things at the same time: one thread each, bounded, and all of them waited for. */
#ifndef ENFORGATE_TOGETHER_H
#define ENFORGATE_TOGETHER_H

#include <stddef.h>

#define TOGETHER_MAX 16 /* threads of one run; more items are done by whichever is free */

/* Calls work(arg, 0) .. work(arg, count - 1), and returns when all have returned. Where no thread can be started this one does it all. */
void together(size_t count, void (*work)(void *arg, size_t index), void *arg);

#endif
