/*
 * apply.c - enforgatectl apply: policies, channels, keys and their upstreams from one file, all in one transaction.
 *
 * A dry run does the same and rolls back, so what it shows is what would happen. Nothing is removed that the file
 * does not name: leaving a key out of it neither revokes nor changes it.
 */
#include "apply.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define APPLY_FILE_MAX ((size_t)16 << 20)
#define LINE_MAX_BYTES 1024

int
apply_error(const struct apply_place *place, const char *format, ...)
{
	char what[PROBLEM_MAX * 2];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	return ctl_error("%s: %s[%zu]: %s", place->apply->path, place->list, place->index, what);
}

int
apply_changed(struct apply *apply, const char *format, ...)
{
	char line[LINE_MAX_BYTES];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	apply->changes++;
	return json_append_text(apply->lines, line) ? CTL_DONE
						    : ctl_failed("apply", STATUS_NO_MEMORY);
}

static bool
is_one_of(const char *name, const char *const *known)
{
	while (*known != NULL && strcmp(name, *known) != 0)
		known++;
	return *known != NULL;
}

bool
apply_known(
    const struct apply_place *place, const struct json_object *object, const char *const *known)
{
	struct json_walk walk = {.started = false};

	if (json_type(object) != JSON_OBJECT) {
		(void)apply_error(place, "must be an object");
		return false;
	}
	while (json_next_member(object, &walk))
		if (!is_one_of(walk.name, known)) {
			(void)apply_error(place, "unknown member \"%.64s\"", walk.name);
			return false;
		}
	return true;
}

const struct json_object *
apply_element(const struct apply_place *place, const char *const *known)
{
	bool found = false;
	struct json_object *list = json_member(place->apply->root, place->list, &found);
	struct json_object *element = json_element(list, place->index);

	return apply_known(place, element, known) ? element : NULL;
}

bool
apply_text(const struct apply_place *place, const struct json_object *object, const char *name,
    const char **out)
{
	bool found = false;
	const struct json_object *member = json_member(object, name, &found);
	size_t len = 0;

	*out = found ? json_string(member, &len) : NULL;
	if (!found || (*out != NULL && strlen(*out) == len))
		return true;
	(void)apply_error(place, "member \"%s\" must be a text", name);
	return false;
}

const char *
apply_name(const struct apply_place *place, const struct json_object *object)
{
	bool found = false;

	return apply_name_in(place, json_member(place->apply->root, place->list, &found), object);
}

const char *
apply_name_in(const struct apply_place *place, const struct json_object *list,
    const struct json_object *object)
{
	bool found = false;
	const char *name = NULL, *other;
	size_t len = 0;

	if (!apply_text(place, object, "name", &name))
		return NULL;
	if (name == NULL) {
		(void)apply_error(place, "member \"name\" is missing");
		return NULL;
	}
	for (size_t i = 0; i < place->index; i++) {
		other = json_string(json_member(json_element(list, i), "name", &found), &len);
		if (other != NULL && strcmp(other, name) == 0) {
			(void)apply_error(
			    place, "\"%s\" stands in %s[%zu] already", name, place->list, i);
			return NULL;
		}
	}
	return name;
}

bool
apply_path(
    const struct apply_place *place, const char *member, const char *file, char out[PATH_MAX])
{
	const char *from = place->apply->path;
	const char *slash = strrchr(from, '/');
	int len;

	if (strcmp(file, "-") == 0) {
		(void)apply_error(place, "\"%s\" must name a file", member);
		return false;
	}
	len = snprintf(out, PATH_MAX, "%.*s%s",
	    slash != NULL && file[0] != '/' ? (int)(slash + 1 - from) : 0, from, file);
	if (len < PATH_MAX)
		return true;
	(void)apply_error(place, "\"%s\": the path is too long", member);
	return false;
}

bool
apply_secret(const struct apply_place *place, const struct json_object *object, const char *member,
    struct apply_secret *secret, const char **out)
{
	const char *file = NULL;
	char path[PATH_MAX];

	if (!apply_text(place, object, member, &file))
		return false;
	if (file == NULL)
		return true;
	*out = secret->text;
	return apply_path(place, member, file, path) &&
	       ctl_secret_file(path, path, secret->text, sizeof(secret->text));
}

/* The outermost object: lists and nothing else. */
static int
check_root(const struct apply *apply)
{
	static const char *const known[] = {"policies", "channels", "keys", NULL};
	struct json_walk walk = {.started = false};

	if (json_type(apply->root) != JSON_OBJECT)
		return ctl_error(
		    "%s: must be an object with \"policies\", \"channels\" and \"keys\"",
		    apply->path);
	while (json_next_member(apply->root, &walk)) {
		if (!is_one_of(walk.name, known))
			return ctl_error("%s: unknown member \"%.64s\"", apply->path, walk.name);
		if (json_type(walk.value) != JSON_ARRAY)
			return ctl_error("%s: \"%s\" must be an array", apply->path, walk.name);
	}
	return CTL_DONE;
}

static size_t
count(const struct apply *apply, const char *list)
{
	bool found = false;

	return json_length(json_member(apply->root, list, &found));
}

/* A dry run and a run without changes are rolled back, which CTL_NO asks for. */
static int
change(struct ctl *ctl, struct db *db, void *arg)
{
	struct apply *apply = arg;
	int code = CTL_DONE;

	for (size_t i = 0; i < count(apply, "policies") && code == CTL_DONE; i++)
		code = apply_policy(ctl, db, apply, i);
	for (size_t i = 0; i < count(apply, "channels") && code == CTL_DONE; i++)
		code = apply_channel(ctl, db, apply, i);
	for (size_t i = 0; i < count(apply, "keys") && code == CTL_DONE; i++)
		code = apply_key(ctl, db, apply, i);
	if (code == CTL_DONE && (apply->dry || apply->changes == 0))
		code = CTL_NO;
	return code;
}

static int
print_people(const struct apply *apply)
{
	FILE *out = apply->dry ? stdout : stderr;
	size_t len;

	for (size_t i = 0; i < json_length(apply->lines); i++)
		fprintf(out, "%s\n", json_string(json_element(apply->lines, i), &len));
	if (apply->changes == 0)
		fprintf(out, "nothing to change\n");
	for (size_t i = 0; i < apply->nkeys && !apply->dry; i++)
		printf("%s %s\n", apply->keys[i].name, apply->keys[i].text);
	return ctl_output();
}

static int
print_json(const struct apply *apply)
{
	struct json_object *root = json_new_object();
	struct json_object *keys = json_new_array();
	bool ok = json_set_bool(root, "changed", apply->changes > 0);

	ok = json_set(root, "changes", json_share(apply->lines)) && ok;
	for (size_t i = 0; i < apply->nkeys && !apply->dry; i++) {
		struct json_object *key = json_new_object();

		ok = json_set_text(key, "name", apply->keys[i].name) && ok;
		ok = json_set_text(key, "key", apply->keys[i].text) && ok;
		ok = key != NULL && json_append(keys, key) && ok;
	}
	ok = keys != NULL && json_set(root, "keys", keys) && ok;
	return ctl_print_json(root, ok);
}

static int
apply_file(struct ctl *ctl, struct apply *apply)
{
	int code;

	if (ctl_open(ctl) != STATUS_OK)
		return CTL_COULD_NOT;
	code = apply_read_pins(ctl, apply);
	if (code == CTL_DONE)
		code = ctl_change(ctl, change, apply);
	ctl_close(ctl);
	if (code == CTL_COULD_NOT) {
		ctl_note("nothing was changed");
		return code;
	}
	code = ctl->json ? print_json(apply) : print_people(apply);
	if (code != CTL_DONE && apply->nkeys > 0 && !apply->dry)
		ctl_note(
		    "new keys could not be printed and are not kept: `enforgatectl key rotate` makes others");
	if (code == CTL_DONE && apply->dry && apply->changes > 0)
		code = CTL_NO;
	return code;
}

static int
run_apply(struct ctl *ctl, int argc, char **argv)
{
	const struct json_limits limits = {
	    .bytes = APPLY_FILE_MAX, .nesting = 64, .members = 4000000, .unique = true};
	struct apply apply = {.changes = 0};
	const struct ctl_option options[] = {
	    {"--dry-run", &apply.dry, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	struct ctl_words operands;
	struct json_object *root = NULL;
	struct problem why = {""};
	char *text = NULL;
	size_t len = 0;
	enum status status;
	int code = CTL_COULD_NOT;

	if (!ctl_args(ctl, argc, argv, options, &operands, 1, 1))
		return CTL_COULD_NOT;
	apply.path = operands.word[0];
	if (ctl_read_file(apply.path, APPLY_FILE_MAX, &text, &len) != STATUS_OK)
		return CTL_COULD_NOT;
	status = json_parse(text, len, &limits, &root, &why);
	free(text);
	if (status != STATUS_OK)
		return ctl_error(
		    "%s: %s", apply.path, why.text[0] != '\0' ? why.text : status_name(status));
	apply.root = root;
	apply.lines = json_new_array();
	apply.keys = calloc(count(&apply, "keys") + 1, sizeof(*apply.keys));
	if (apply.lines == NULL || apply.keys == NULL)
		(void)ctl_failed("apply", STATUS_NO_MEMORY);
	else if (check_root(&apply) == CTL_DONE)
		code = apply_file(ctl, &apply);
	if (apply.keys != NULL)
		secret_wipe(apply.keys, apply.nkeys * sizeof(*apply.keys));
	free(apply.keys);
	apply_free_pins(&apply);
	json_free(apply.lines);
	json_free(root);
	return code;
}

const struct ctl_command ctl_apply_commands[] = {
    {"apply", NULL, "apply FILE [--dry-run]",
	"Makes policies, channels and keys with their upstreams be as the file says, all or nothing, and prints\n"
	"new keys as NAME KEY on standard output. What the file does not name stays as it is. --dry-run only shows the difference:\n"
	"exit code 0 where there is none, 1 where something would change.",
	run_apply},
    {NULL, NULL, NULL, NULL, NULL}};
