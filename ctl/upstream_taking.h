/* upstream_taking.h - private to upstream_settings.c (all upstreams, and those of kind http) and upstream_settings_stdio.c. */
#ifndef ENFORGATE_CTL_UPSTREAM_TAKING_H
#define ENFORGATE_CTL_UPSTREAM_TAKING_H

#include "upstream_commands.h"

/* What the taking of one wish shares. */
struct taking {
	const struct config *config;
	const struct upstream *old;
	const struct upstream_wish *wish;
	struct upstream *out;
	struct problem *why;
	struct problem wrong; /* with one setting */
};

/* Says what is wrong with a setting, which t->wrong tells; STATUS_INVALID. */
enum status taking_invalid(struct taking *t, const char *setting);
/* STATUS_OK where a tree could be built, else STATUS_NO_MEMORY. */
enum status taking_memory(bool ok) MUST_USE;
/* A setting as it was; NULL where there was none. */
struct json_object *taking_old(const struct taking *t, const char *name);
/* Keeps it as it was. */
enum status taking_keep(struct taking *t, const char *name) MUST_USE;
const char *taking_text(const struct json_object *array, size_t index);
/* Whether an array of texts has one that sets the same as `text`, by what stands in front of `sign`. */
bool taking_names(const struct json_object *array, const char *text, char sign);

enum status upstream_take_stdio(struct taking *t) MUST_USE;

#endif
