/* key_options.h - the options of `key add` and `key set`. */
#ifndef ENFORGATE_CTL_KEY_OPTIONS_H
#define ENFORGATE_CTL_KEY_OPTIONS_H

#include "key_commands.h"
#include "pin.h"

/* A NULL value or a false flag was not given. */
struct key_options {
	struct ctl_words policies;
	struct ctl_words channels;
	bool no_channels;
	const char *expires;
	const char *timeout;
	bool allowances;
	bool no_allowances;
	bool pin;
	bool no_pin;
	bool pin_reset;
	char pin_hash[PIN_HASH_MAX];
};

bool key_options_read(
    struct ctl *ctl, int argc, char **argv, struct key_options *options, const char **name);
/* Takes what belongs to the key's own row into it; prints what is wrong with any of them. */
int key_options_take(const struct key_options *options, int64_t now_ms, struct key *key);
/* Reads and hashes the PIN where one was asked for: slow, so outside of a transaction. Prints why not. */
int key_options_read_pin(struct key_options *options);
/* Gives a key its policies, channels and PIN, as far as they were named, and records all of it as `act`. Prints what is wrong. */
int key_options_give(struct ctl *ctl, struct db *db, const char *act,
    const struct key_options *options, const struct key *key);

#endif
