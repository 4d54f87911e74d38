/*
 * config_table.h - the table of settings; private to config.c (the reader), config_value.c (the values) and
 * config_table.c (the settings and the sample).
 */
#ifndef ENFORGATE_CONFIG_TABLE_H
#define ENFORGATE_CONFIG_TABLE_H

#include <stddef.h>

#include "config.h"

enum config_kind {
	CONFIG_PATH,
	CONFIG_LOG,
	CONFIG_URL,
	CONFIG_NUMBER,
	CONFIG_BYTES,
	CONFIG_YES_NO,
	CONFIG_PROXIES,
	CONFIG_HOSTS /* host[:port] with commas between */
};

struct config_setting {
	const char *name;
	enum config_kind kind;
	size_t offset; /* in struct config: char[], int64_t or bool by kind */
	int64_t min;
	int64_t max;
	int64_t number; /* default of numbers and of yes or no */
	const char *
	    standard; /* the same as text; of a path its name in the state directory; NULL: required */
	const char *help; /* comment lines of the sample, without '#' */
};

#define CONFIG_SETTINGS_MAX 48
extern const struct config_setting config_settings[]; /* ends with a NULL name */

const struct config_setting *config_setting_find(const char *name); /* NULL: no such setting */

/* Checks a value and stores it. `why` continues the setting's name: "must be ...". */
enum status config_setting_take(const struct config_setting *setting, struct config *config,
    const char *value, struct problem *why) MUST_USE;

/* All defaults, and the absolute path of the file. */
enum status config_start(const char *path, struct config *config, struct problem *why) MUST_USE;
/* What has its default from another setting. */
enum status config_finish(struct config *config, struct problem *why) MUST_USE;

#endif
