/* apply.h - what the parts of `enforgatectl apply` share. */
#ifndef ENFORGATE_CTL_APPLY_H
#define ENFORGATE_CTL_APPLY_H

#include <limits.h>

#include "args.h"
#include "keys.h"
#include "pin.h"
#include "secret_input.h"

struct apply_key {
	char name[KEY_NAME_MAX + 1];
	char text[KEY_TEXT_LEN + 1];
};

/* The PIN that an element of "keys" names, compared and hashed before the transaction, as that takes long. */
struct apply_pin {
	size_t index;              /* of the element */
	bool wanted;               /* false: there shall be none */
	bool same;                 /* it is the one that the key had */
	char before[PIN_HASH_MAX]; /* what the key had then; "" for none */
	char hash[PIN_HASH_MAX];   /* unless it is the same */
};

struct apply {
	const char *path; /* of the file, for errors */
	bool dry;
	const struct json_object *root;
	size_t changes;
	struct json_object *lines; /* what changed, one text each */
	struct apply_key *keys;    /* new keys; wiped and freed by apply.c */
	size_t nkeys;
	struct apply_pin *pins; /* owned */
	size_t npins;
};

/* "policies[3]", "channels[3]", "keys[3]" or "keys[3].upstreams[3]", for errors. */
struct apply_place {
	const struct apply *apply;
	const char *list;
	size_t index;
};

/* One element of a list, in the write transaction. Prints what is wrong. */
int apply_policy(struct ctl *ctl, struct db *db, struct apply *apply, size_t index);
int apply_channel(struct ctl *ctl, struct db *db, struct apply *apply, size_t index);
int apply_key(struct ctl *ctl, struct db *db, struct apply *apply, size_t index);
/* The member "upstreams" of an element of keys, where it has one. */
int apply_upstreams(struct ctl *ctl, struct db *db, struct apply *apply,
    const struct apply_place *place, const struct json_object *element, const struct key *key);
/* Before the transaction: makes apply->pins. */
int apply_read_pins(struct ctl *ctl, struct apply *apply);
void apply_free_pins(struct apply *apply);
/* In it: *change is "" or like "PIN set, ". */
int apply_pin(
    struct db *db, const struct apply_place *place, const struct key *key, const char **change);

/* `FILE: policies[3]: ...` */
int apply_error(const struct apply_place *place, const char *format, ...) PRINTF_LIKE(2, 3);
/* A line of what changed. */
int apply_changed(struct apply *apply, const char *format, ...) PRINTF_LIKE(2, 3);

/* The element of a list, an object with no other members than `known` (NULL at its end). Prints why not. */
const struct json_object *apply_element(const struct apply_place *place, const char *const *known);
/* Whether an object is one, with no other members than these. Prints why not. */
bool apply_known(
    const struct apply_place *place, const struct json_object *object, const char *const *known);
/* The text of a member; *out is NULL where there is none. Prints that it is no text. */
bool apply_text(const struct apply_place *place, const struct json_object *object, const char *name,
    const char **out);
/* The element's `name`, which no earlier element has. NULL after printing why not. */
const char *apply_name(const struct apply_place *place, const struct json_object *object);

/* The same within a list that is not at the root. */
const char *apply_name_in(const struct apply_place *place, const struct json_object *list,
    const struct json_object *object);

/* A path that a member names, seen from the directory of the file; not standard input. Prints why not. */
bool apply_path(
    const struct apply_place *place, const char *member, const char *file, char out[PATH_MAX]);
/* The secret in the file that a member names; *out is left alone where there is no such member. Wipe it after use. */
struct apply_secret {
	char text[SECRET_INPUT_MAX];
};
bool apply_secret(const struct apply_place *place, const struct json_object *object,
    const char *member, struct apply_secret *secret, const char **out);

#endif
