/*
 * generation.h - the count of changes to keys, policies and the kill switch.
 *
 * Responders keep keys and compiled policies in memory, stamped with the generation they were read under. A
 * verdict is recorded in a write transaction that reads the generation again: where it has moved, nothing is
 * recorded and the call is judged anew. So no verdict is ever given under a policy or key that was no longer in
 * force when it was recorded.
 */
#ifndef ENFORGATE_GENERATION_H
#define ENFORGATE_GENERATION_H

#include <stdint.h>

#include "store.h"

enum status generation_read(struct db *db, int64_t *out) MUST_USE;
/* In the write transaction of every change. */
enum status generation_bump(struct db *db) MUST_USE;

#endif
