/* upstream_options.h - the options of `upstream add` and `upstream set`. */
#ifndef ENFORGATE_CTL_UPSTREAM_OPTIONS_H
#define ENFORGATE_CTL_UPSTREAM_OPTIONS_H

#include "secret_input.h"
#include "upstream_commands.h"

/* With what they name; upstream_options_free() behind the command. */
struct upstream_options {
	struct upstream_wish wish;
	const char *key_name;
	const char *name;
	struct ctl_words headers, header_files, drop_headers, env, env_files, drop_env, read, write;
	const char *url_file;
	bool optional, required, prefix, no_prefix, private, no_private, trust, no_trust;
	bool no_read, no_write;
	bool nothing; /* no option and no command was given */
	char url[SECRET_INPUT_MAX];
};

/* Options, operands and, behind "--", the command; reads the files that they name. Prints what is wrong. */
bool upstream_options_read(struct ctl *ctl, int argc, char **argv, struct upstream_options *o);
void upstream_options_free(struct upstream_options *o);

/* Lines "Name: value" or "NAME=value" of a file, without empty ones and those that begin with '#', at the end of an array. */
bool upstream_lines(const char *path, struct json_object *array);

#endif
