/* apply_keys.c - one element of "keys" in a file of `enforgatectl apply`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apply.h"
#include "clock.h"
#include "key_commands.h"

#define CHANGE_MAX 800

struct wanted {
	const char *policies[KEY_POLICIES_MAX];
	size_t npolicies;
	const char *expires; /* NULL: left alone */
	struct key key;      /* as it shall be */
};

static int
compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names in order, as key_policies_text() shows them. */
static int
read_policies(const struct apply_place *place, const struct json_object *element, struct wanted *w)
{
	bool found = false;
	const struct json_object *list = json_member(element, "policies", &found);
	size_t len = 0;

	if (!found || json_type(list) != JSON_ARRAY)
		return apply_error(place, "member \"policies\" must be an array of names");
	if (json_length(list) > KEY_POLICIES_MAX)
		return apply_error(place, "a key has at most %d policies", KEY_POLICIES_MAX);
	for (size_t i = 0; i < json_length(list); i++) {
		const char *name = json_string(json_element(list, i), &len);

		if (name == NULL || strlen(name) != len)
			return apply_error(place, "member \"policies\" must be an array of names");
		w->policies[w->npolicies++] = name;
	}
	qsort(w->policies, w->npolicies, sizeof(w->policies[0]), compare);
	return CTL_DONE;
}

static int
read_settings(const struct apply_place *place, const struct json_object *element, struct wanted *w)
{
	bool found = false;
	const struct json_object *allowances = json_member(element, "allowances", &found);
	const char *timeout = NULL;

	if (found && json_type(allowances) != JSON_BOOL)
		return apply_error(place, "member \"allowances\" must be true or false");
	if (found)
		w->key.allowances = json_bool(allowances);
	if (!apply_text(place, element, "approvalTimeout", &timeout) ||
	    !apply_text(place, element, "expires", &w->expires))
		return CTL_COULD_NOT;
	if (timeout != NULL && !ctl_duration(timeout, KEY_TIMEOUT_LEAST_MS, KEY_TIMEOUT_MOST_MS,
				   &w->key.approval_timeout_ms))
		return apply_error(
		    place, "member \"approvalTimeout\" must be from 1s to 30d, like 15m");
	return CTL_DONE;
}

/*
 * A duration counts from the making of a key, so that applying a file again does not move the end; a moment
 * is what the end shall be.
 */
static int
read_expiry(const struct apply_place *place, struct wanted *w, bool is_new)
{
	int64_t now_ms = clock_wall_ms();
	int64_t then_ms = 0;

	if (w->expires == NULL ||
	    (!is_new && ctl_moment(w->expires, &then_ms) && then_ms == w->key.expires_ms))
		return CTL_DONE;
	if (!ctl_expiry(w->expires, now_ms, &then_ms))
		return apply_error(place,
		    "member \"expires\" must be like 30d, a day like 2027-01-31 (UTC, "
		    "not past), or never");
	if (is_new || strcmp(w->expires, "never") == 0 || strchr(w->expires, '-') != NULL)
		w->key.expires_ms = then_ms;
	return CTL_DONE;
}

static int
add_key(struct ctl *ctl, struct db *db, struct apply *apply, struct wanted *w, const char *policies)
{
	struct apply_key *added = &apply->keys[apply->nkeys++];
	enum status status;
	int code;

	(void)snprintf(added->name, sizeof(added->name), "%s", w->key.name);
	key_make(added->text);
	status = keys_add(db, &w->key, added->text);
	if (status != STATUS_OK)
		return ctl_failed("add the key", status);
	code = key_give_policies(db, w->key.id, w->policies, w->npolicies);
	if (code == CTL_DONE && !apply->dry)
		code = key_record(ctl, db, "key.add", &w->key, "");
	if (code == CTL_DONE)
		code = apply_changed(
		    apply, "key \"%s\": new, policies: %.600s", w->key.name, policies);
	return code;
}

/* What differs, for people; "" for nothing. */
static void
describe(const struct key *old, const struct key *new, const char *old_policies,
    const char *new_policies, char out[CHANGE_MAX])
{
	char a[CLOCK_TEXT_MAX], b[CLOCK_TEXT_MAX];
	char *at = out, *end = out + CHANGE_MAX;

	out[0] = '\0';
	if (strcmp(old_policies, new_policies) != 0)
		at += snprintf(at, (size_t)(end - at), ", policies \"%.250s\" -> \"%.250s\"",
		    old_policies, new_policies);
	if (old->expires_ms != new->expires_ms) {
		clock_text(old->expires_ms, a);
		clock_text(new->expires_ms, b);
		at += snprintf(at, (size_t)(end - at), ", expires %s -> %s",
		    old->expires_ms != 0 ? a : "never", new->expires_ms != 0 ? b : "never");
	}
	if (old->approval_timeout_ms != new->approval_timeout_ms) {
		ctl_duration_text(old->approval_timeout_ms, a, sizeof(a));
		ctl_duration_text(new->approval_timeout_ms, b, sizeof(b));
		at += snprintf(at, (size_t)(end - at), ", approval timeout %s -> %s", a, b);
	}
	if (old->allowances != new->allowances)
		(void)snprintf(
		    at, (size_t)(end - at), ", allowances %s", new->allowances ? "yes" : "no");
}

static int
change_key(struct ctl *ctl, struct db *db, struct apply *apply, const struct key *old,
    struct wanted *w, const char *policies)
{
	char change[CHANGE_MAX];
	struct buf old_policies;
	enum status status;
	int code = key_policies_text(db, old->id, &old_policies);

	if (code == CTL_DONE)
		describe(old, &w->key, buf_str(&old_policies), policies, change);
	buf_free(&old_policies);
	if (code != CTL_DONE || change[0] == '\0')
		return code;
	status = keys_update(db, &w->key);
	if (status != STATUS_OK)
		return ctl_failed("change the key", status);
	code = key_give_policies(db, old->id, w->policies, w->npolicies);
	if (code == CTL_DONE && !apply->dry)
		code = key_record(ctl, db, "key.set", &w->key, "");
	return code == CTL_DONE ? apply_changed(apply, "key \"%s\": %s", old->name, change + 2)
				: code;
}

int
apply_key(struct ctl *ctl, struct db *db, struct apply *apply, size_t index)
{
	static const char *const known[] = {
	    "name", "policies", "expires", "approvalTimeout", "allowances", NULL};
	const struct apply_place place = {apply, "keys", index};
	const struct json_object *element = apply_element(&place, known);
	struct wanted w = {
	    .key = {.approval_timeout_ms = KEY_TIMEOUT_STANDARD_MS, .allowances = true}};
	const char *name = element != NULL ? apply_name(&place, element) : NULL;
	struct key old;
	struct buf policies;
	enum status status;
	bool is_new;
	int code;

	if (name == NULL)
		return CTL_COULD_NOT;
	if (!key_name_valid(name))
		return apply_error(&place, "\"%.64s\" is no name for a key", name);
	status = keys_find_name(db, name, &old);
	is_new = status == STATUS_NOT_FOUND;
	if (status != STATUS_OK && !is_new)
		return ctl_failed("read the key", status);
	if (!is_new && old.revoked_ms != 0)
		return apply_error(
		    &place, "key \"%s\" is revoked for good; choose another name", name);
	if (!is_new)
		w.key = old;
	(void)snprintf(w.key.name, sizeof(w.key.name), "%s", name);
	code = read_policies(&place, element, &w);
	if (code == CTL_DONE)
		code = read_settings(&place, element, &w);
	if (code == CTL_DONE)
		code = read_expiry(&place, &w, is_new);
	if (code != CTL_DONE)
		return code;
	buf_init(&policies, (size_t)KEY_POLICIES_MAX * 80);
	for (size_t i = 0; i < w.npolicies; i++)
		buf_printf(&policies, "%s%s", i > 0 ? ", " : "", w.policies[i]);
	if (buf_status(&policies) != STATUS_OK)
		code = apply_error(&place, "the names of the policies are too long");
	else if (is_new)
		code = add_key(ctl, db, apply, &w, buf_str(&policies));
	else
		code = change_key(ctl, db, apply, &old, &w, buf_str(&policies));
	buf_free(&policies);
	return code;
}
