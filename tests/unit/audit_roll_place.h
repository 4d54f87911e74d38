/* audit_roll_place.h - rolling in a place of the audit log (audit_place.h): in whole, and ended at any step. */
#ifndef TEST_AUDIT_ROLL_PLACE_H
#define TEST_AUDIT_ROLL_PLACE_H

#include "audit_place.h"

#include "audit_roll.h"

#define DAY_MS ((int64_t)86400000)

enum status place_roll(struct place *p, int64_t days, int64_t bytes,
    struct audit_roll_result *result, struct problem *why);
/* `old` entries of ten days ago, then `young` ones. */
void place_fill_old_and_young(struct place *p, int old, int young);
/* The log verifies, a roll takes `first` to `upto`, and the log verifies. */
void place_assert_rolls(
    struct place *p, int64_t days, int64_t first, int64_t upto, struct audit_roll_result *result);
void place_assert_export_clean(struct place *p, const char *path);

struct kill_point {
	enum audit_roll_step step;
	int times; /* at the so-many-th time */
	int64_t entries_left;
	int64_t checkpoints;
};

/* A child opens the log itself, rolls what is older than 5 days, and is gone at the step. */
void place_roll_and_die(struct place *p, struct kill_point at);

#endif
