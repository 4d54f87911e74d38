/* audit_roll_choose.h - up to which entry the log is to be removed; see audit_roll.h for what the limits mean. */
#ifndef ENFORGATE_AUDIT_ROLL_CHOOSE_H
#define ENFORGATE_AUDIT_ROLL_CHOOSE_H

#include "audit_read.h"
#include "audit_roll.h"

/* For a log from behind `start` to `last`. *upto is at most `start` where everything stays. `slice` is scratch. */
enum status audit_roll_choose(struct store *store, const struct audit_roll_options *options,
    struct audit_slice *slice, int64_t start, int64_t last, int64_t *upto) MUST_USE;

#endif
