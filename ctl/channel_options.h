/* channel_options.h - the options of `channel add` and `channel set`. */
#ifndef ENFORGATE_CTL_CHANNEL_OPTIONS_H
#define ENFORGATE_CTL_CHANNEL_OPTIONS_H

#include "channel_commands.h"
#include "secret_input.h"

/* With the secrets that they name: wiped behind the command. */
struct channel_options {
	struct channel_wish wish;
	const char *url_file, *token_file, *password_file, *secret_file;
	bool plain, tls, private, no_private, approver, monitor;
	bool arguments, no_arguments, deny_link, no_deny_link, new_secret;
	bool secret_made; /* `secret` is a new one that was made here */
	char url[SECRET_INPUT_MAX], token[SECRET_INPUT_MAX], password[SECRET_INPUT_MAX];
	char secret[SECRET_INPUT_MAX];
};

/* Options and operands; `kind` is NULL for set. */
bool channel_options_read(struct ctl *ctl, int argc, char **argv, struct channel_options *o,
    const char **name, const char **kind);
/* What they mean together; reads the secrets. Prints what is wrong, as do the others. */
bool channel_options_take(struct channel_options *o);
/* `old` (open, or new without settings) as it shall be, with a secret where one has to be made; channel_free(out). */
int channel_options_apply(
    struct channel_options *o, const struct channel *old, struct channel *out);

#endif
