/* thread.h - threads of a responder: detached, with a stack that is no larger than it has to be. */
#ifndef ENFORGATE_THREAD_H
#define ENFORGATE_THREAD_H

#include <stdbool.h>

/* False: it cannot be started now (logged). */
bool thread_start(void *(*work)(void *arg), void *arg);

#endif
