/*
 * args.h - the words behind a command: options in any order among operands, times and durations.
 *
 * `--name value` and `--name=value` are the same; "--" ends the options. An option that is not a list may be
 * given once.
 */
#ifndef ENFORGATE_CTL_ARGS_H
#define ENFORGATE_CTL_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctl.h"

#define CTL_WORDS_MAX 64

struct ctl_words {
	const char *word[CTL_WORDS_MAX];
	size_t count;
};

/* One of the three places is set; values are borrowed from argv. */
struct ctl_option {
	const char *name; /* "--expires"; NULL ends the array */
	bool *flag;
	const char **value;
	struct ctl_words *list;
};

/* False after printing what is wrong and the usage. `options` may be NULL. */
bool ctl_args(const struct ctl *ctl, int argc, char **argv, const struct ctl_option *options,
    struct ctl_words *operands, size_t min, size_t max);

/* What somebody wants of a setting that is yes or no. */
enum choice { CHOICE_NONE, CHOICE_YES, CHOICE_NO };
/* Of two options that exclude each other, for which `names` is "--a and --b". False after printing that both were given. */
bool ctl_choose(bool yes, bool no, const char *names, enum choice *out);
/* What it comes to where it was `otherwise`. */
bool ctl_chosen(enum choice choice, bool otherwise);

/* "30d", "12h", "15m", "45s": milliseconds from `least_ms` to `most_ms`. False: not one. */
bool ctl_duration(const char *text, int64_t least_ms, int64_t most_ms, int64_t *ms);
/* A duration as ctl_duration() reads it, in the largest unit that is exact. */
void ctl_duration_text(int64_t ms, char *out, size_t size);
/* A day "2027-01-31" (its first moment) or a moment "2027-01-31T12:00:00Z", both UTC. False: not one. */
bool ctl_moment(const char *text, int64_t *wall_ms);
/* When something ends: a duration from now, a moment after now, or "never", which is 0. False: none of them. */
bool ctl_expiry(const char *text, int64_t now_ms, int64_t *ms);
/* An integer with sign; nothing around it. */
bool ctl_integer(const char *text, int64_t *value);

#endif
