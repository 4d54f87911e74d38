/* apply_keys.c - one element of "keys" in a file of `enforgatectl apply`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apply.h"
#include "clock.h"
#include "key_commands.h"

#define CHANGE_MAX 1600 /* bytes; what is more is left out */

struct wanted {
	const char *policies[KEY_POLICIES_MAX];
	size_t npolicies;
	const char *channels[CHANNELS_OF_KEY_MAX];
	size_t nchannels;
	bool has_channels;   /* named: they replace what there was */
	const char *expires; /* NULL: left alone */
	struct key key;      /* as it shall be */
};

static int
compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names of a member in order, as key_policies_text() shows them. */
static int
read_names(const struct apply_place *place, const struct json_object *list, const char *member,
    size_t most, const char **names, size_t *count)
{
	size_t len = 0;

	if (json_type(list) != JSON_ARRAY)
		return apply_error(place, "member \"%s\" must be an array of names", member);
	if (json_length(list) > most)
		return apply_error(place, "a key has at most %zu %s", most, member);
	for (size_t i = 0; i < json_length(list); i++) {
		const char *name = json_string(json_element(list, i), &len);

		if (name == NULL || strlen(name) != len)
			return apply_error(
			    place, "member \"%s\" must be an array of names", member);
		names[(*count)++] = name;
	}
	qsort(names, *count, sizeof(names[0]), compare);
	return CTL_DONE;
}

static int
read_lists(const struct apply_place *place, const struct json_object *element, struct wanted *w)
{
	bool found = false;
	const struct json_object *policies = json_member(element, "policies", &found);
	const struct json_object *channels = json_member(element, "channels", &w->has_channels);
	int code =
	    read_names(place, policies, "policies", KEY_POLICIES_MAX, w->policies, &w->npolicies);

	if (code == CTL_DONE && w->has_channels)
		code = read_names(
		    place, channels, "channels", CHANNELS_OF_KEY_MAX, w->channels, &w->nchannels);
	(void)json_member(element, "pin", &found);
	if (code == CTL_DONE && found)
		code = apply_error(place, "\"pin\" is a secret: put it into a file of its own and "
					  "name that in \"pinFile\"");
	return code;
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

/* What belongs to a key besides its row, as it is at a moment. */
struct seen {
	struct buf policies;
	struct buf channels;
};

static int
see(struct db *db, const char *key_id, struct seen *seen)
{
	int code = key_policies_text(db, key_id, &seen->policies);

	return code == CTL_DONE ? key_channels_text(db, key_id, &seen->channels) : code;
}

static void
seen_free(struct seen *seen)
{
	buf_free(&seen->policies);
	buf_free(&seen->channels);
}

static void
describe_names(const char *what, const struct buf *old, const struct buf *new, struct buf *out)
{
	if (strcmp(buf_str(old), buf_str(new)) != 0)
		buf_printf(out, ", %s \"%.250s\" -> \"%.250s\"", what, buf_str(old), buf_str(new));
}

/* What differs, for people, ", " before each; nothing for nothing. */
static void
describe(const struct key *old, const struct key *new, const struct seen *before,
    const struct seen *after, struct buf *out)
{
	char a[CLOCK_TEXT_MAX], b[CLOCK_TEXT_MAX];

	describe_names("policies", &before->policies, &after->policies, out);
	describe_names("channels", &before->channels, &after->channels, out);
	if (old->expires_ms != new->expires_ms) {
		clock_text(old->expires_ms, a);
		clock_text(new->expires_ms, b);
		buf_printf(out, ", expires %s -> %s", old->expires_ms != 0 ? a : "never",
		    new->expires_ms != 0 ? b : "never");
	}
	if (old->approval_timeout_ms != new->approval_timeout_ms) {
		ctl_duration_text(old->approval_timeout_ms, a, sizeof(a));
		ctl_duration_text(new->approval_timeout_ms, b, sizeof(b));
		buf_printf(out, ", approval timeout %s -> %s", a, b);
	}
	if (old->allowances != new->allowances)
		buf_printf(out, ", allowances %s", new->allowances ? "yes" : "no");
}

static int
add_row(struct db *db, struct apply *apply, struct wanted *w)
{
	struct apply_key *added = &apply->keys[apply->nkeys++];
	enum status status;

	(void)snprintf(added->name, sizeof(added->name), "%s", w->key.name);
	key_make(added->text);
	status = keys_add(db, &w->key, added->text);
	return status == STATUS_OK ? CTL_DONE : ctl_failed("add the key", status);
}

/* Makes row, policies, channels and PIN be as wanted. */
static int
write_key(struct db *db, struct apply *apply, const struct apply_place *place, struct wanted *w,
    const char **pin_change)
{
	int code = CTL_DONE;
	enum status status;

	if (w->key.id[0] == '\0') {
		code = add_row(db, apply, w);
	} else {
		status = keys_update(db, &w->key);
		if (status != STATUS_OK)
			code = ctl_failed("change the key", status);
	}
	if (code == CTL_DONE)
		code = key_give_policies(db, w->key.id, w->policies, w->npolicies);
	if (code == CTL_DONE && w->has_channels)
		code = key_give_channels(db, w->key.id, w->channels, w->nchannels);
	return code == CTL_DONE ? apply_pin(db, place, &w->key, pin_change) : code;
}

/* `old` is all zero for a new key. */
static int
change_key(struct ctl *ctl, struct db *db, struct apply *apply, const struct apply_place *place,
    const struct key *old, struct wanted *w)
{
	struct seen before = {.policies = {.data = NULL}}, after = {.policies = {.data = NULL}};
	bool is_new = old->id[0] == '\0';
	const char *pin_change = "";
	struct buf change;
	int code = is_new ? CTL_DONE : see(db, old->id, &before);

	buf_init(&change, CHANGE_MAX);
	if (code == CTL_DONE)
		code = write_key(db, apply, place, w, &pin_change);
	if (code == CTL_DONE)
		code = see(db, w->key.id, &after);
	if (code != CTL_DONE)
		goto out;
	if (is_new)
		buf_printf(&change, ", new, policies: %.400s, channels: %.400s",
		    buf_str(&after.policies), buf_str(&after.channels));
	else
		describe(old, &w->key, &before, &after, &change);
	if (pin_change[0] != '\0')
		buf_printf(&change, ", %.*s", (int)strlen(pin_change) - 2, pin_change);
	if (change.len > 0 && !apply->dry)
		code = key_record(ctl, db, is_new ? "key.add" : "key.set", &w->key, pin_change);
	if (change.len > 0 && code == CTL_DONE)
		code = apply_changed(apply, "key \"%s\": %s", w->key.name, buf_str(&change) + 2);
out:
	buf_free(&change);
	seen_free(&before);
	seen_free(&after);
	return code;
}

int
apply_key(struct ctl *ctl, struct db *db, struct apply *apply, size_t index)
{
	static const char *const known[] = {"name", "policies", "channels", "expires",
	    "approvalTimeout", "allowances", "pin", "pinFile", "upstreams", NULL};
	const struct apply_place place = {apply, "keys", index};
	const struct json_object *element = apply_element(&place, known);
	struct wanted w = {
	    .key = {.approval_timeout_ms = KEY_TIMEOUT_STANDARD_MS, .allowances = true}};
	const char *name = element != NULL ? apply_name(&place, element) : NULL;
	struct key old = {.id = ""};
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
	code = read_lists(&place, element, &w);
	if (code == CTL_DONE)
		code = read_settings(&place, element, &w);
	if (code == CTL_DONE)
		code = read_expiry(&place, &w, is_new);
	if (code == CTL_DONE)
		code = change_key(ctl, db, apply, &place, &old, &w);
	return code == CTL_DONE ? apply_upstreams(ctl, db, apply, &place, element, &w.key) : code;
}
