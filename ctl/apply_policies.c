/* apply_policies.c - one element of "policies" in a file of `enforgatectl apply`. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apply.h"
#include "policy_commands.h"

/* The document of a policy whose rules stand in the file itself. */
static int
inline_document(
    const struct apply_place *place, const struct json_object *element, char **text, size_t *len)
{
	static const char *const members[] = {
	    "description", "priority", "defaultDecision", "rules", NULL};
	struct json_object *document = json_new_object();
	struct json_object *value;
	bool found, ok = document != NULL;
	struct buf out;

	for (size_t i = 0; members[i] != NULL && ok; i++) {
		value = json_member(element, members[i], &found);
		if (found)
			ok = json_set(document, members[i], json_share(value));
	}
	buf_init(&out, POLICY_TEXT_MAX);
	if (ok)
		json_write_pretty(document, &out);
	json_free(document);
	if (ok && buf_status(&out) == STATUS_OK) {
		*text = out.data;
		*len = out.len;
		return CTL_DONE;
	}
	if (ok && buf_status(&out) == STATUS_TOO_LARGE)
		(void)apply_error(place, "larger than %zu bytes", POLICY_TEXT_MAX);
	else
		(void)ctl_failed("apply", STATUS_NO_MEMORY);
	buf_free(&out);
	return CTL_COULD_NOT;
}

/* The document in a file of its own, named from the directory of the file that names it. */
static int
file_document(const struct apply_place *place, const char *file, char **text, size_t *len)
{
	char path[PATH_MAX];

	if (!apply_path(place, "file", file, path))
		return CTL_COULD_NOT;
	if (ctl_read_file(path, POLICY_TEXT_MAX, text, len) != STATUS_OK)
		return CTL_COULD_NOT;
	if (strlen(*text) == *len)
		return CTL_DONE;
	return apply_error(place, "%s: holds a NUL byte", path);
}

/* Priority and default of the element, which override those of a file. */
static int
read_overrides(
    const struct apply_place *place, const struct json_object *element, struct policy_put *put)
{
	struct json_object *priority = json_member(element, "priority", &put->has_priority);
	const char *decision = NULL;

	if (put->has_priority && !json_integer(priority, &put->priority))
		return apply_error(place, "member \"priority\" must be a whole number");
	if (!apply_text(place, element, "defaultDecision", &decision))
		return CTL_COULD_NOT;
	put->has_default = decision != NULL;
	put->default_decision = decision != NULL ? decision_read(decision) : DECISION_NONE;
	if (put->has_default && put->default_decision == DECISION_NONE)
		return apply_error(
		    place, "member \"defaultDecision\" must be allow, deny or require_approval");
	return CTL_DONE;
}

static int
set_enabled(struct ctl *ctl, struct db *db, struct apply *apply, const struct apply_place *place,
    const struct json_object *element, const char *name)
{
	bool found = false, changed = false;
	struct json_object *enabled = json_member(element, "enabled", &found);
	int code;

	if (!found)
		return CTL_DONE;
	if (json_type(enabled) != JSON_BOOL)
		return apply_error(place, "member \"enabled\" must be true or false");
	code = policy_enable_in(ctl, db, name, json_bool(enabled), apply->dry, &changed);
	if (code == CTL_DONE && changed)
		code = apply_changed(
		    apply, "policy \"%s\": %s", name, json_bool(enabled) ? "enabled" : "disabled");
	return code;
}

int
apply_policy(struct ctl *ctl, struct db *db, struct apply *apply, size_t index)
{
	static const char *const known[] = {
	    "name", "description", "priority", "defaultDecision", "rules", "file", "enabled", NULL};
	const struct apply_place place = {apply, "policies", index};
	const struct json_object *element = apply_element(&place, known);
	struct policy_put put = {.dry = apply->dry};
	char origin[PATH_MAX + 64];
	const char *file = NULL;
	char *text = NULL;
	bool rules = false, description = false;
	int code;

	if (element == NULL || (put.name = apply_name(&place, element)) == NULL ||
	    !apply_text(&place, element, "file", &file))
		return CTL_COULD_NOT;
	(void)json_member(element, "rules", &rules);
	if (rules == (file != NULL))
		return apply_error(&place, "one of \"rules\" and \"file\" must be there");
	(void)json_member(element, "description", &description);
	if (description && file != NULL)
		return apply_error(&place, "\"description\" belongs into %.200s", file);
	code = read_overrides(&place, element, &put);
	if (code == CTL_DONE && file != NULL)
		code = file_document(&place, file, &text, &put.len);
	else if (code == CTL_DONE)
		code = inline_document(&place, element, &text, &put.len);
	(void)snprintf(origin, sizeof(origin), "%s: policies[%zu]%s%s", apply->path, index,
	    file != NULL ? ": " : "", file != NULL ? file : "");
	put.origin = origin;
	put.text = text;
	if (code == CTL_DONE)
		code = policy_put_in(ctl, db, &put);
	if (code == CTL_DONE && put.changed)
		code = apply_changed(apply, "policy \"%s\": %s", put.name, put.change);
	if (code == CTL_DONE)
		code = set_enabled(ctl, db, apply, &place, element, put.name);
	free(text);
	return code;
}
