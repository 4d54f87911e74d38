/* apply.h - what the parts of `enforgatectl apply` share. */
#ifndef ENFORGATE_CTL_APPLY_H
#define ENFORGATE_CTL_APPLY_H

#include "args.h"
#include "keys.h"

struct apply_key {
	char name[KEY_NAME_MAX + 1];
	char text[KEY_TEXT_LEN + 1];
};

struct apply {
	const char *path; /* of the file, for errors */
	bool dry;
	const struct json_object *root;
	size_t changes;
	struct json_object *lines; /* what changed, one text each */
	struct apply_key *keys;    /* new keys; wiped and freed by apply.c */
	size_t nkeys;
};

/* "policies[3]" or "keys[3]", for errors. */
struct apply_place {
	const struct apply *apply;
	const char *list;
	size_t index;
};

/* One element of a list, in the write transaction. Prints what is wrong. */
int apply_policy(struct ctl *ctl, struct db *db, struct apply *apply, size_t index);
int apply_key(struct ctl *ctl, struct db *db, struct apply *apply, size_t index);

/* `FILE: policies[3]: ...` */
int apply_error(const struct apply_place *place, const char *format, ...) PRINTF_LIKE(2, 3);
/* A line of what changed. */
int apply_changed(struct apply *apply, const char *format, ...) PRINTF_LIKE(2, 3);

/* The element of a list, an object with no other members than `known` (NULL at its end). Prints why not. */
const struct json_object *apply_element(const struct apply_place *place, const char *const *known);
/* The text of a member; *out is NULL where there is none. Prints that it is no text. */
bool apply_text(const struct apply_place *place, const struct json_object *object, const char *name,
    const char **out);
/* The element's `name`, which no earlier element has. NULL after printing why not. */
const char *apply_name(const struct apply_place *place, const struct json_object *object);

#endif
