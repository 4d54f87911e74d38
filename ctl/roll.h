/* roll.h - what `audit roll` and `sweep` share. */
#ifndef ENFORGATE_CTL_ROLL_H
#define ENFORGATE_CTL_ROLL_H

#include "audit_roll.h"
#include "ctl.h"

/* Rolls by the limits in `options`, with its progress on a terminal. Prints why not. */
int roll_run(struct ctl *ctl, struct audit_roll_options *options, struct audit_roll_result *result);
/* The result in words on standard output, or as members of an object (false: no memory). */
void roll_print(const struct audit_roll_result *result);
bool roll_json(const struct audit_roll_result *result, struct json_object *object);

#endif
