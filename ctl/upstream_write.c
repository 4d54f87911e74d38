/* upstream_write.c - upstreams found, added, changed and removed, for `upstream` and `apply`; see upstream_commands.h. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "upstream_commands.h"

#define FIRST_WARNED "0123456789-" /* RFC 3986 section 3.1: a scheme begins with a letter */

static int
derive_seal(struct ctl *ctl, struct secret_key *seal)
{
	enum status status = upstream_seal_key(&ctl->master, seal);

	return status == STATUS_OK ? CTL_DONE : ctl_failed("seal the upstream's settings", status);
}

int
upstream_find(struct db *db, const struct key *key, const char *name, const struct secret_key *seal,
    struct upstream *out)
{
	enum status status = upstreams_find(db, key->id, name, seal, out);

	if (status == STATUS_NOT_FOUND)
		return ctl_error("key \"%s\" has no upstream \"%s\"; `enforgatectl upstream list "
				 "%s` shows those it has",
		    key->name, name, key->name);
	if (status == STATUS_REFUSED)
		return ctl_error(
		    "the settings of upstream \"%s\" do not open: they were sealed under "
		    "another key file, or altered; remove it and add it again",
		    name);
	return status == STATUS_OK ? CTL_DONE : ctl_failed("read the upstream", status);
}

int
upstream_find_open(
    struct ctl *ctl, struct db *db, const struct key *key, const char *name, struct upstream *out)
{
	struct secret_key seal;
	int code = derive_seal(ctl, &seal);

	if (code == CTL_DONE)
		code = upstream_find(db, key, name, &seal, out);
	secret_wipe(&seal, sizeof(seal));
	return code;
}

int
upstream_add_in(
    struct ctl *ctl, struct db *db, const char *key_name, struct upstream *upstream, bool dry)
{
	char what[UPSTREAM_CHANGE_MAX];
	struct secret_key seal;
	enum status status;
	int code = derive_seal(ctl, &seal);

	if (code != CTL_DONE)
		return code;
	status = upstreams_add(db, &seal, upstream, clock_wall_ms());
	secret_wipe(&seal, sizeof(seal));
	if (status == STATUS_EXISTS)
		return ctl_error(
		    "key \"%s\" has an upstream \"%s\" already; `enforgatectl upstream set` "
		    "changes it",
		    key_name, upstream->name);
	if (status == STATUS_TOO_LARGE)
		return ctl_error(
		    "a key has at most %d upstreams, each with at most %zu bytes of settings",
		    UPSTREAMS_PER_KEY_MAX, UPSTREAM_SETTINGS_MAX);
	if (status != STATUS_OK)
		return ctl_failed("add the upstream", status);
	upstream_describe(upstream, key_name, what);
	return dry ? CTL_DONE : ctl_record(ctl, db, "upstream.add", "%s", what);
}

int
upstream_update_in(struct ctl *ctl, struct db *db, const char *key_name, const struct upstream *old,
    struct upstream *upstream, bool dry)
{
	char change[UPSTREAM_CHANGE_MAX];
	struct secret_key seal;
	enum status status;
	int code = derive_seal(ctl, &seal);

	if (code != CTL_DONE)
		return code;
	status = upstreams_update(db, &seal, upstream, clock_wall_ms());
	secret_wipe(&seal, sizeof(seal));
	if (status == STATUS_TOO_LARGE)
		return ctl_error(
		    "an upstream has at most %zu bytes of settings", UPSTREAM_SETTINGS_MAX);
	if (status != STATUS_OK)
		return ctl_failed("change the upstream", status);
	upstream_describe_change(old, upstream, change);
	return dry ? CTL_DONE
		   : ctl_record(ctl, db, "upstream.set", "%s of key %s (%s)%s", upstream->name,
			 key_name, upstream->id, change);
}

int
upstream_remove_in(
    struct ctl *ctl, struct db *db, const char *key_name, const struct upstream *upstream, bool dry)
{
	enum status status = upstreams_remove(db, upstream->id);

	if (status != STATUS_OK)
		return ctl_failed("remove the upstream", status);
	return dry ? CTL_DONE
		   : ctl_record(ctl, db, "upstream.rm", "%s of key %s (%s)", upstream->name,
			 key_name, upstream->id);
}

void
upstream_describe(
    const struct upstream *upstream, const char *key_name, char out[UPSTREAM_CHANGE_MAX])
{
	char timeout[32];
	bool found = false;

	ctl_duration_text(upstream->timeout_ms, timeout, sizeof(timeout));
	(void)snprintf(out, UPSTREAM_CHANGE_MAX,
	    "%s of key %s (%s): %s, %s, %s, prefix %s, pinning %s, timeout %s%s", upstream->name,
	    key_name, upstream->id, upstream_kind_name(upstream->kind), upstream->target,
	    upstream->required ? "required" : "optional", upstream->prefix ? "yes" : "no",
	    pinning_name(upstream->pinning), timeout,
	    json_bool(json_member(upstream->settings, "trust", &found)) ? ", trusted: no sandbox"
									: "");
}

/* Appends at the end, as far as there is room. */
static void add(char out[UPSTREAM_CHANGE_MAX], const char *format, ...) PRINTF_LIKE(2, 3);
static void
add(char out[UPSTREAM_CHANGE_MAX], const char *format, ...)
{
	size_t len = strlen(out);
	va_list args;

	va_start(args, format);
	(void)vsnprintf(out + len, UPSTREAM_CHANGE_MAX - len, format, args);
	va_end(args);
}

/* The names of the settings that are not the same; their values are nobody's business. */
static void
add_settings(const struct upstream *old, const struct upstream *new, char out[UPSTREAM_CHANGE_MAX])
{
	static const char *const members[] = {"url", "headers", "ca", "command", "env", "directory",
	    "read", "write", "memory_mb", "files", "user"};
	static const char *const flags[][2] = {
	    {"private", "private addresses"}, {"trust", "trust"}};
	bool found = false;

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (!json_equal(json_member(old->settings, members[i], &found),
			json_member(new->settings, members[i], &found)))
			add(out, ", %s changed", members[i]);
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		bool is = json_bool(json_member(new->settings, flags[i][0], &found));

		if (is != json_bool(json_member(old->settings, flags[i][0], &found)))
			add(out, ", %s %s", flags[i][1], is ? "yes" : "no");
	}
}

void
upstream_describe_change(
    const struct upstream *old, const struct upstream *new, char out[UPSTREAM_CHANGE_MAX])
{
	char a[32], b[32];

	out[0] = '\0';
	if (strcmp(old->target, new->target) != 0)
		add(out, ", target %.250s -> %.250s", old->target, new->target);
	if (old->required != new->required)
		add(out, ", %s", new->required ? "required" : "optional");
	if (old->prefix != new->prefix)
		add(out, ", prefix %s", new->prefix ? "yes" : "no");
	if (old->pinning != new->pinning)
		add(out, ", pinning %s -> %s", pinning_name(old->pinning),
		    pinning_name(new->pinning));
	if (old->timeout_ms != new->timeout_ms) {
		ctl_duration_text(old->timeout_ms, a, sizeof(a));
		ctl_duration_text(new->timeout_ms, b, sizeof(b));
		add(out, ", timeout %s -> %s", a, b);
	}
	add_settings(old, new, out);
}

void
upstream_warn(const struct upstream *upstream)
{
	bool found = false;

	if (strchr(FIRST_WARNED, upstream->name[0]) != NULL && upstream->prefix)
		ctl_note("the name \"%s\" does not begin with a letter: in front of the URIs of "
			 "resources it makes something that some clients take for no URI",
		    upstream->name);
	if (json_bool(json_member(upstream->settings, "trust", &found)))
		ctl_note(
		    "upstream \"%s\" runs without a sandbox, as you trust it: it can read all that "
		    "this user can, the state directory with the key file among it, and so could "
		    "approve its own calls",
		    upstream->name);
}
