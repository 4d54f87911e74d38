/* key_write.c - keys found and changed, for `key` and `apply`; see key_commands.h. */
#include "key_commands.h"

#include <string.h>

#include "clock.h"
#include "policies.h"

int
key_find(struct db *db, const char *name, struct key *key)
{
	enum status status = keys_find_name(db, name, key);

	if (status == STATUS_NOT_FOUND)
		return ctl_error("no key \"%s\"; `enforgatectl key list` shows them", name);
	return status == STATUS_OK ? CTL_DONE : ctl_failed("read the key", status);
}

int
key_give_policies(struct db *db, const char *key_id, const char *const *names, size_t count)
{
	char ids[KEY_POLICIES_MAX][POLICY_ID_MAX + 1];
	const char *pointers[KEY_POLICIES_MAX];
	struct policy_row row;
	enum status status;

	if (count > KEY_POLICIES_MAX)
		return ctl_error("a key has at most %d policies", KEY_POLICIES_MAX);
	for (size_t i = 0; i < count; i++) {
		status = policies_find(db, names[i], 0, &row);
		if (status == STATUS_NOT_FOUND)
			return ctl_error(
			    "no policy \"%s\"; `enforgatectl policy put %s FILE` makes one",
			    names[i], names[i]);
		if (status != STATUS_OK)
			return ctl_failed("read the policy", status);
		policy_row_free(&row);
		memcpy(ids[i], row.id, sizeof(ids[i]));
		pointers[i] = ids[i];
		for (size_t j = 0; j < i; j++)
			if (strcmp(ids[j], ids[i]) == 0)
				return ctl_error("policy \"%s\" is named twice", names[i]);
	}
	status = keys_set_policies(db, key_id, pointers, count);
	return status == STATUS_OK ? CTL_DONE : ctl_failed("set the policies of the key", status);
}

int
key_give_channels(struct db *db, const char *key_id, const char *const *names, size_t count)
{
	char ids[CHANNELS_OF_KEY_MAX][CHANNEL_ID_MAX + 1];
	const char *pointers[CHANNELS_OF_KEY_MAX];
	struct channel channel;
	enum status status;

	if (count > CHANNELS_OF_KEY_MAX)
		return ctl_error("a key has at most %d channels", CHANNELS_OF_KEY_MAX);
	for (size_t i = 0; i < count; i++) {
		status = channels_find(db, names[i], NULL, &channel);
		if (status == STATUS_NOT_FOUND)
			return ctl_error(
			    "no channel \"%s\"; `enforgatectl channel add %s KIND` makes one",
			    names[i], names[i]);
		if (status != STATUS_OK)
			return ctl_failed("read the channel", status);
		memcpy(ids[i], channel.id, sizeof(ids[i]));
		pointers[i] = ids[i];
		for (size_t j = 0; j < i; j++)
			if (strcmp(ids[j], ids[i]) == 0)
				return ctl_error("channel \"%s\" is named twice", names[i]);
	}
	status = keys_set_channels(db, key_id, pointers, count);
	return status == STATUS_OK ? CTL_DONE : ctl_failed("set the channels of the key", status);
}

int
key_record(
    struct ctl *ctl, struct db *db, const char *act, const struct key *key, const char *pin_change)
{
	char expires[CLOCK_TEXT_MAX] = "never";
	struct buf policies = {.data = NULL}, channels = {.data = NULL};
	const char *pin = "";
	char timeout[32];
	int code;

	if (key->expires_ms != 0)
		clock_text(key->expires_ms, expires);
	ctl_duration_text(key->approval_timeout_ms, timeout, sizeof(timeout));
	code = key_policies_text(db, key->id, &policies);
	if (code == CTL_DONE)
		code = key_channels_text(db, key->id, &channels);
	if (code == CTL_DONE)
		code = key_pin_text(db, key->id, &pin);
	if (code == CTL_DONE)
		code = ctl_record(ctl, db, act,
		    "%s (%s): %sexpires %s, approval timeout %s, allowances %s, PIN %s, policies: %s; "
		    "channels: %s",
		    key->name, key->id, pin_change, expires, timeout,
		    key->allowances ? "yes" : "no", pin, buf_str(&policies), buf_str(&channels));
	buf_free(&policies);
	buf_free(&channels);
	return code;
}
