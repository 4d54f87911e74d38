/* key_commands.h - what the commands on keys share, with each other and with `apply`. */
#ifndef ENFORGATE_CTL_KEY_COMMANDS_H
#define ENFORGATE_CTL_KEY_COMMANDS_H

#include "args.h"
#include "channels.h"
#include "policy.h"

#define KEY_TIMEOUT_STANDARD_MS ((int64_t)15 * 60 * 1000)
#define KEY_TIMEOUT_LEAST_MS ((int64_t)1000)
#define KEY_TIMEOUT_MOST_MS ((int64_t)30 * 86400 * 1000)
#define KEY_POLICIES_MAX 64 /* a key with more is denied everything (caller.h) */

/* Prints that there is no such key, or that it failed. */
int key_find(struct db *db, const char *name, struct key *key);
/* Replaces the policies of a key; prints which name is unknown. */
int key_give_policies(struct db *db, const char *key_id, const char *const *names, size_t count);
/* Names of a key's policies with ", " between them; "" for none. Prints why not. */
int key_policies_text(struct db *db, const char *key_id, struct buf *out);

/* The policies of a key that are in force, in order of evaluation. */
struct key_policies {
	const struct policy *list[KEY_POLICIES_MAX];
	struct policy *owned[KEY_POLICIES_MAX];
	size_t count;
};
/* STATUS_INVALID with `why`: one cannot be read, so that every call is denied. To be freed in any case. */
enum status key_policies_read(
    struct db *db, const char *key_id, struct key_policies *out, struct problem *why) MUST_USE;
void key_policies_free(struct key_policies *policies);

/* Replaces the channels of a key; prints which name is unknown. */
int key_give_channels(struct db *db, const char *key_id, const char *const *names, size_t count);
int key_channels_text(struct db *db, const char *key_id, struct buf *out);
/* "no", "yes" or "locked". Prints why not. */
int key_pin_text(struct db *db, const char *key_id, const char **out);
/* Whether a call of the key can need a decision, by its policies in force. */
enum status key_asks(struct db *db, const char *key_id, bool *out) MUST_USE;
/*
 * Whether it can, and nobody gets a link for it: no enabled channel of the key is an approver. Such calls are decided by
 * `enforgatectl approval` only.
 */
enum status key_lacks_approver(struct db *db, const char *key_id, bool *out) MUST_USE;
/* Says so, where it is so, behind a change. */
void key_warn(struct ctl *ctl, const struct key *key);

/*
 * The audit entry of a change of a key, in its transaction: everything about it but its text. `pin_change` is "" or like
 * "PIN set, ".
 */
int key_record(
    struct ctl *ctl, struct db *db, const char *act, const struct key *key, const char *pin_change);

int ctl_key_list(struct ctl *ctl, int argc, char **argv);
int ctl_key_show(struct ctl *ctl, int argc, char **argv);

#endif
