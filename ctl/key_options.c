/* key_options.c - what the options of `key add` and `key set` mean; see key_options.h. */
#include "key_options.h"

#include "clock.h"
#include "secret_input.h"

bool
key_options_read(struct ctl *ctl, int argc, char **argv, struct key_options *o, const char **name)
{
	const struct ctl_option options[] = {{"--policy", NULL, NULL, &o->policies},
	    {"--channel", NULL, NULL, &o->channels}, {"--no-channels", &o->no_channels, NULL, NULL},
	    {"--expires", NULL, &o->expires, NULL}, {"--approval-timeout", NULL, &o->timeout, NULL},
	    {"--allowances", &o->allowances, NULL, NULL},
	    {"--no-allowances", &o->no_allowances, NULL, NULL}, {"--pin", &o->pin, NULL, NULL},
	    {"--no-pin", &o->no_pin, NULL, NULL}, {"--pin-reset", &o->pin_reset, NULL, NULL},
	    {NULL, NULL, NULL, NULL}};
	struct ctl_words operands;

	if (!ctl_args(ctl, argc, argv, options, &operands, 1, 1))
		return false;
	*name = operands.word[0];
	return true;
}

int
key_options_take(const struct key_options *options, int64_t now_ms, struct key *key)
{
	if (options->pin + options->no_pin + options->pin_reset > 1)
		return ctl_error("--pin, --no-pin and --pin-reset exclude each other");
	if (options->no_channels && options->channels.count > 0)
		return ctl_error("--channel and --no-channels exclude each other");
	if (options->allowances && options->no_allowances)
		return ctl_error("--allowances and --no-allowances exclude each other");
	if (options->expires != NULL && !ctl_expiry(options->expires, now_ms, &key->expires_ms))
		return ctl_error(
		    "--expires %s: must be like 30d, 12h, 15m or 45s, a day like 2027-01-31 "
		    "(UTC, not past), or never",
		    options->expires);
	if (options->timeout != NULL && !ctl_duration(options->timeout, KEY_TIMEOUT_LEAST_MS,
					    KEY_TIMEOUT_MOST_MS, &key->approval_timeout_ms))
		return ctl_error(
		    "--approval-timeout %s: must be from 1s to 30d, like 15m", options->timeout);
	if (options->allowances || options->no_allowances)
		key->allowances = options->allowances;
	return CTL_DONE;
}

int
key_options_read_pin(struct key_options *options)
{
	char text[SECRET_INPUT_MAX];
	enum status status;

	if (!options->pin)
		return CTL_DONE;
	if (!ctl_secret_line("PIN", true, text, sizeof(text)))
		return CTL_COULD_NOT;
	status = pin_hash(text, options->pin_hash);
	secret_wipe(text, sizeof(text));
	if (status == STATUS_INVALID)
		return ctl_error("PIN: must be %d to %d letters, digits or signs of ASCII",
		    PIN_LEN_MIN, PIN_LEN_MAX);
	return status == STATUS_OK ? CTL_DONE : ctl_failed("hash the PIN", status);
}

/* *change tells what was done, for the audit log. */
static int
give_pin(
    struct db *db, const struct key_options *options, const struct key *key, const char **change)
{
	enum status status = STATUS_OK;

	*change = options->pin ? "PIN set, " : options->no_pin ? "PIN removed, " : "";
	if (options->pin || options->no_pin)
		status =
		    pin_set(db, key->id, options->pin ? options->pin_hash : NULL, clock_wall_ms());
	if (options->pin_reset) {
		*change = "PIN unlocked, ";
		status = pin_reset(db, key->id);
	}
	if (status == STATUS_NOT_FOUND)
		return ctl_error("key \"%s\" has no PIN; --pin sets one", key->name);
	return status == STATUS_OK ? CTL_DONE : ctl_failed("set the PIN of the key", status);
}

int
key_options_give(struct ctl *ctl, struct db *db, const char *act, const struct key_options *options,
    const struct key *key)
{
	const struct ctl_words *policies = &options->policies, *channels = &options->channels;
	const char *change = "";
	int code = CTL_DONE;

	if (policies->count > 0)
		code = key_give_policies(db, key->id, policies->word, policies->count);
	if (code == CTL_DONE && (channels->count > 0 || options->no_channels))
		code = key_give_channels(db, key->id, channels->word, channels->count);
	if (code == CTL_DONE)
		code = give_pin(db, options, key, &change);
	return code == CTL_DONE ? key_record(ctl, db, act, key, change) : code;
}
