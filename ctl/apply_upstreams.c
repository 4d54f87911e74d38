/* apply_upstreams.c - the upstreams of one key in a file of `enforgatectl apply`. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apply.h"
#include "upstream_options.h"

#define LIST_NAME_MAX 48
#define NUMBER_MAX 24

/* A wish as the element says it, with the texts that had to be made for it. */
struct element {
	struct upstream_wish wish;
	char ca[PATH_MAX], directory[PATH_MAX];
	char memory[NUMBER_MAX], files[NUMBER_MAX];
	struct apply_secret url;
};

/* The key whose upstreams are applied. */
struct owner {
	struct ctl *ctl;
	struct db *db;
	struct apply *apply;
	const struct key *key;
	const struct json_object *list;
	char place[LIST_NAME_MAX]; /* "keys[3].upstreams" */
};

static bool
take_choice(const struct apply_place *place, const struct json_object *object, const char *name,
    enum choice *out)
{
	bool found = false;
	const struct json_object *value = json_member(object, name, &found);

	if (found && json_type(value) != JSON_BOOL) {
		(void)apply_error(place, "member \"%s\" must be true or false", name);
		return false;
	}
	if (found)
		*out = json_bool(value) ? CHOICE_YES : CHOICE_NO;
	return true;
}

/* Absent: `out` stays NULL. "standard" takes a limit back. */
static bool
take_number(const struct apply_place *place, const struct json_object *object, const char *name,
    char text[NUMBER_MAX], const char **out)
{
	bool found = false;
	const struct json_object *value = json_member(object, name, &found);
	int64_t number = 0;

	if (!found)
		return true;
	if (value == NULL) {
		*out = "standard";
		return true;
	}
	if (!json_integer(value, &number)) {
		(void)apply_error(place, "member \"%s\" must be a whole number, or null", name);
		return false;
	}
	(void)snprintf(text, NUMBER_MAX, "%" PRId64, number);
	*out = text;
	return true;
}

/*
 * An object of texts, and the lines of a file beside it, as one array of "NAME<sign>value". Secrets have no place in a file that is kept with
 * others, or shown to others.
 */
static bool
take_pairs(const struct apply_place *place, const struct json_object *object, const char *name,
    const char *sign, struct json_object **out)
{
	char file_name[NUMBER_MAX], path[PATH_MAX], pair[UPSTREAM_TEXT_MAX];
	bool found = false, ok = true;
	const struct json_object *pairs = json_member(object, name, &found);
	struct json_walk walk = {.started = false};
	const char *file = NULL, *text;
	size_t len;

	(void)snprintf(file_name, sizeof(file_name), "%sFile", name);
	if (!apply_text(place, object, file_name, &file))
		return false;
	if (!found && file == NULL)
		return true;
	*out = json_new_array();
	if (found && json_type(pairs) != JSON_OBJECT)
		ok = apply_error(place, "member \"%s\" must be an object of texts", name) ==
		     CTL_DONE;
	while (ok && json_next_member(pairs, &walk)) {
		text = json_string(walk.value, &len);
		if (text == NULL || strlen(text) != len)
			ok = apply_error(place, "member \"%s\" must be an object of texts", name) ==
			     CTL_DONE;
		else if (upstream_looks_secret(walk.name))
			ok = apply_error(place,
				 "\"%.64s\" looks like a secret: put it into a file of its own and "
				 "name that in \"%s\"",
				 walk.name, file_name) == CTL_DONE;
		else if (snprintf(pair, sizeof(pair), "%s%s%s", walk.name, sign, text) >=
			 (int)sizeof(pair))
			ok = apply_error(place, "\"%.64s\" is longer than %d bytes", walk.name,
				 UPSTREAM_TEXT_MAX - 1) == CTL_DONE;
		else
			ok = json_append_text(*out, pair);
	}
	return ok && (file == NULL ||
			 (apply_path(place, file_name, file, path) && upstream_lines(path, *out)));
}

/* An array of texts; `paths`: seen from the directory of the file. */
static bool
take_list(const struct apply_place *place, const struct json_object *object, const char *name,
    bool paths, struct json_object **out)
{
	bool found = false, ok = true;
	const struct json_object *list = json_member(object, name, &found);
	char path[PATH_MAX];
	size_t len;

	if (!found)
		return true;
	*out = json_new_array();
	ok = json_type(list) == JSON_ARRAY;
	for (size_t i = 0; i < json_length(list) && ok; i++) {
		const char *text = json_string(json_element(list, i), &len);

		if (text == NULL || strlen(text) != len)
			ok = false;
		else if (!paths && (i > 0 || strchr(text, '/') == NULL))
			ok = json_append_text(*out, text);
		else if (apply_path(place, name, text, path))
			ok = json_append_text(*out, path);
		else
			return false;
	}
	if (!ok)
		(void)apply_error(place, "member \"%s\" must be an array of texts", name);
	return ok;
}

static bool
take_path(const struct apply_place *place, const struct json_object *object, const char *name,
    const char *none, char path[PATH_MAX], const char **out)
{
	if (!apply_text(place, object, name, out))
		return false;
	if (*out == NULL || strcmp(*out, none) == 0)
		return true;
	if (!apply_path(place, name, *out, path))
		return false;
	*out = path;
	return true;
}

static bool
take_url(const struct apply_place *place, const struct json_object *object, struct element *e)
{
	const char *url = NULL, *hidden = NULL;

	if (!apply_text(place, object, "url", &url) ||
	    !apply_secret(place, object, "urlFile", &e->url, &hidden))
		return false;
	if (url != NULL && hidden != NULL) {
		(void)apply_error(place, "one of \"url\" and \"urlFile\"");
		return false;
	}
	e->wish.url_hidden = hidden != NULL;
	e->wish.url = hidden != NULL ? hidden : url;
	return true;
}

static bool
take_element(const struct apply_place *place, const struct json_object *object, struct element *e)
{
	struct upstream_wish *w = &e->wish;

	w->whole = true;
	return take_url(place, object, e) &&
	       take_pairs(place, object, "headers", ": ", &w->headers) &&
	       take_pairs(place, object, "env", "=", &w->env) &&
	       take_list(place, object, "command", false, &w->command) &&
	       take_list(place, object, "read", true, &w->read) &&
	       take_list(place, object, "write", true, &w->write) &&
	       take_path(place, object, "ca", "system", e->ca, &w->ca) &&
	       take_path(place, object, "directory", "", e->directory, &w->directory) &&
	       take_number(place, object, "memoryMb", e->memory, &w->memory) &&
	       take_number(place, object, "files", e->files, &w->files) &&
	       apply_text(place, object, "user", &w->user) &&
	       apply_text(place, object, "pinning", &w->pinning) &&
	       apply_text(place, object, "timeout", &w->timeout) &&
	       take_choice(place, object, "required", &w->required) &&
	       take_choice(place, object, "prefix", &w->prefix) &&
	       take_choice(place, object, "allowPrivate", &w->private) &&
	       take_choice(place, object, "trust", &w->trust);
}

/* Makes a new upstream of `old` where there is none yet; *is_new tells. */
static int
find_old(const struct owner *o, const struct apply_place *place, const char *name,
    const struct upstream_wish *wish, struct upstream *old, bool *is_new)
{
	enum status status = upstreams_find(o->db, o->key->id, name, NULL, old);
	enum upstream_kind kind = wish->command != NULL ? UPSTREAM_STDIO : UPSTREAM_HTTP;
	int code;

	*is_new = status == STATUS_NOT_FOUND;
	if (wish->command != NULL && wish->url != NULL)
		return apply_error(place, "one of \"url\" and \"command\"");
	if (*is_new && wish->command == NULL && wish->url == NULL)
		return apply_error(place, "\"url\" or \"command\" is missing");
	if (*is_new) {
		upstream_new(o->key->id, name, kind, old);
		return CTL_DONE;
	}
	code = upstream_find_open(o->ctl, o->db, o->key, name, old);
	if (code == CTL_DONE && (wish->command != NULL || wish->url != NULL) && old->kind != kind)
		code = apply_error(place,
		    "\"%s\" is an upstream of kind %s; `enforgatectl upstream rm %s "
		    "%s` makes room for another",
		    name, upstream_kind_name(old->kind), o->key->name, name);
	return code;
}

static int
write_upstream(const struct owner *o, const struct upstream *old, struct upstream *new, bool is_new)
{
	char change[UPSTREAM_CHANGE_MAX];
	int code;

	if (is_new) {
		code = upstream_add_in(o->ctl, o->db, o->key->name, new, o->apply->dry);
		return code != CTL_DONE
			   ? code
			   : apply_changed(o->apply, "key \"%s\": upstream \"%s\": new, %s, %s",
				 o->key->name, new->name, upstream_kind_name(new->kind),
				 new->target);
	}
	upstream_describe_change(old, new, change);
	if (change[0] == '\0')
		return CTL_DONE;
	code = upstream_update_in(o->ctl, o->db, o->key->name, old, new, o->apply->dry);
	return code != CTL_DONE ? code
				: apply_changed(o->apply, "key \"%s\": upstream \"%s\": %s",
				      o->key->name, new->name, change + 2);
}

static int
apply_one(const struct owner *o, size_t index)
{
	static const char *const known[] = {"name", "url", "urlFile", "headers", "headersFile",
	    "allowPrivate", "ca", "command", "env", "envFile", "read", "write", "directory",
	    "memoryMb", "files", "user", "trust", "required", "prefix", "pinning", "timeout", NULL};
	const struct apply_place place = {o->apply, o->place, index};
	const struct json_object *object = json_element(o->list, index);
	struct upstream old = {.settings = NULL}, new = {.settings = NULL};
	struct problem why = {"out of memory"};
	struct element e = {.wish = {.url = NULL}};
	const char *name = NULL;
	bool is_new = false;
	int code = CTL_COULD_NOT;

	if (!apply_known(&place, object, known) ||
	    (name = apply_name_in(&place, o->list, object)) == NULL)
		return CTL_COULD_NOT;
	if (!upstream_name_valid(name))
		return apply_error(&place, "\"%.64s\" is no name for an upstream", name);
	if (take_element(&place, object, &e))
		code = find_old(o, &place, name, &e.wish, &old, &is_new);
	if (code == CTL_DONE &&
	    upstream_take(&o->ctl->config, &old, &e.wish, &new, &why) != STATUS_OK)
		code = apply_error(&place, "%s", why.text);
	if (code == CTL_DONE)
		code = write_upstream(o, &old, &new, is_new);
	upstream_free(&old);
	upstream_free(&new);
	upstream_wish_free(&e.wish);
	secret_wipe(&e, sizeof(e));
	return code;
}

/* What the key has, in order, before the unnamed ones go. */
struct present {
	struct upstream items[UPSTREAMS_PER_KEY_MAX];
	size_t count;
};

static bool
note(void *arg, const struct upstream *upstream)
{
	struct present *present = arg;

	if (present->count < UPSTREAMS_PER_KEY_MAX)
		present->items[present->count++] = *upstream;
	return true;
}

/* Where the file has it; the length of the list: nowhere. */
static size_t
index_of(const struct json_object *list, const char *name)
{
	bool found = false;
	size_t i = 0, len;

	for (; i < json_length(list); i++) {
		const char *text =
		    json_string(json_member(json_element(list, i), "name", &found), &len);

		if (text != NULL && strcmp(text, name) == 0)
			break;
	}
	return i;
}

/* The list is whole, as those of policies and channels are: what it does not name goes. And its order is that of tools. */
static int
tidy(const struct owner *o)
{
	struct present *present = calloc(1, sizeof(*present));
	size_t last = 0, at;
	bool moved = false;
	enum status status = STATUS_NO_MEMORY;
	int code = CTL_DONE;

	if (present != NULL)
		status = upstreams_each(o->db, o->key->id, NULL, note, present);
	for (size_t i = 0; status == STATUS_OK && i < present->count && code == CTL_DONE; i++) {
		const struct upstream *item = &present->items[i];

		at = index_of(o->list, item->name);
		if (at < json_length(o->list)) {
			moved = moved || at < last;
			last = at;
			status = upstreams_move(o->db, item->id, (int64_t)at + 1);
			continue;
		}
		code = upstream_remove_in(o->ctl, o->db, o->key->name, item, o->apply->dry);
		if (code == CTL_DONE)
			code = apply_changed(o->apply, "key \"%s\": upstream \"%s\": removed",
			    o->key->name, item->name);
	}
	free(present);
	if (status != STATUS_OK)
		return ctl_failed("put the upstreams in order", status);
	if (code != CTL_DONE || !moved)
		return code;
	if (!o->apply->dry)
		code = ctl_record(o->ctl, o->db, "upstream.order", "of key %s", o->key->name);
	return code == CTL_DONE
		   ? apply_changed(o->apply, "key \"%s\": upstreams in another order", o->key->name)
		   : code;
}

int
apply_upstreams(struct ctl *ctl, struct db *db, struct apply *apply,
    const struct apply_place *place, const struct json_object *element, const struct key *key)
{
	bool found = false;
	struct owner o = {.ctl = ctl, .db = db, .apply = apply, .key = key};
	int code = CTL_DONE;

	o.list = json_member(element, "upstreams", &found);
	if (!found)
		return CTL_DONE;
	if (json_type(o.list) != JSON_ARRAY || json_length(o.list) > UPSTREAMS_PER_KEY_MAX)
		return apply_error(place, "member \"upstreams\" must be an array of at most %d",
		    UPSTREAMS_PER_KEY_MAX);
	(void)snprintf(o.place, sizeof(o.place), "%s[%zu].upstreams", place->list, place->index);
	for (size_t i = 0; i < json_length(o.list) && code == CTL_DONE; i++)
		code = apply_one(&o, i);
	return code == CTL_DONE ? tidy(&o) : code;
}
