/*
 * wake.h - telling waiting calls, in every process, that something was decided.
 *
 * The file `wake` in the state directory holds eight random bytes. Whoever decides writes others there after the commit;
 * whoever waits compares. It says only "look again": what is true is in the database, and waiters look there now and then
 * in any case.
 */
#ifndef ENFORGATE_WAKE_H
#define ENFORGATE_WAKE_H

#include <stdint.h>

#include "status.h"

#define WAKE_FILE "wake" /* in the state directory */

/* A descriptor of the file, made where there is none; -1 with `why`. */
int wake_open(const char *state_dir, struct problem *why) MUST_USE;
/* The present value. */
uint64_t wake_value(int fd);
/* Another value. A failure is logged: waiters then find out by their slow look. */
void wake_all(int fd);

#endif
