/* apply_channels.c - one element of "channels" in a file of `enforgatectl apply`. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "apply.h"
#include "channel_commands.h"

#define LIST_TEXT_MAX ((size_t)CHANNEL_TEXT_MAX)

/* A wish as the element says it, with the texts that had to be made for it. */
struct element {
	struct channel_wish wish;
	const char *kind;
	struct buf to, events;
	char ca[PATH_MAX];
	struct apply_secret password, url, token, secret;
};

/* Secrets have no place in a file that is kept with others, or shown to others. */
static bool
is_bare_secret(const struct apply_place *place, const struct json_object *object, const char *kind)
{
	static const char *const bare[] = {"password", "token", "secret"};
	bool found = false, url = strcmp(kind, "slack") == 0 || strcmp(kind, "teams") == 0;
	const char *name = NULL;

	for (size_t i = 0; i < sizeof(bare) / sizeof(bare[0]) && !found; i++) {
		name = bare[i];
		(void)json_member(object, name, &found);
	}
	if (!found && url) {
		name = "url";
		(void)json_member(object, name, &found);
	}
	if (found)
		(void)apply_error(place,
		    "\"%s\" is a secret: put it into a file of its own and name that in \"%sFile\"",
		    name, name);
	return found;
}

/* An array of texts as one text with commas between, which no name of these has. */
static bool
take_list(const struct apply_place *place, const struct json_object *object, const char *name,
    struct buf *out, const char **text)
{
	bool found = false;
	const struct json_object *list = json_member(object, name, &found);
	size_t len = 0;

	buf_init(out, LIST_TEXT_MAX);
	if (!found)
		return true;
	for (size_t i = 0; i < json_length(list); i++) {
		const char *one = json_string(json_element(list, i), &len);

		if (one == NULL || strlen(one) != len || strchr(one, ',') != NULL)
			found = false;
		else
			buf_printf(out, "%s%s", i > 0 ? "," : "", one);
	}
	if (json_type(list) == JSON_ARRAY && found && buf_status(out) == STATUS_OK) {
		*text = buf_str(out);
		return true;
	}
	(void)apply_error(place, "member \"%s\" must be an array of texts", name);
	return false;
}

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

static bool
take_choices(
    const struct apply_place *place, const struct json_object *object, struct channel_wish *wish)
{
	return take_choice(place, object, "plain", &wish->plain) &&
	       take_choice(place, object, "allowPrivate", &wish->private) &&
	       take_choice(place, object, "approver", &wish->approver) &&
	       take_choice(place, object, "arguments", &wish->show_args) &&
	       take_choice(place, object, "denyLink", &wish->deny_link) &&
	       take_choice(place, object, "enabled", &wish->enabled);
}

static bool
take_texts(const struct apply_place *place, const struct json_object *object, struct element *e)
{
	static const struct {
		const char *name;
		enum channel_text text;
	} members[] = {{"smtp", TEXT_SMTP}, {"user", TEXT_USER}, {"from", TEXT_FROM},
	    {"url", TEXT_URL}, {"chat", TEXT_CHAT}, {"api", TEXT_API}, {"ca", TEXT_CA}};
	const char **ca = &e->wish.text[TEXT_CA];

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (!apply_text(place, object, members[i].name, &e->wish.text[members[i].text]))
			return false;
	if (*ca != NULL && strcmp(*ca, "system") != 0) {
		if (!apply_path(place, "ca", *ca, e->ca))
			return false;
		*ca = e->ca;
	}
	return take_list(place, object, "to", &e->to, &e->wish.text[TEXT_TO]) &&
	       take_list(place, object, "events", &e->events, &e->wish.events);
}

static bool
take_secrets(const struct apply_place *place, const struct json_object *object, struct element *e)
{
	const char **text = e->wish.text;
	const char *url = text[TEXT_URL];

	if (!apply_secret(place, object, "passwordFile", &e->password, &text[TEXT_PASSWORD]) ||
	    !apply_secret(place, object, "tokenFile", &e->token, &text[TEXT_TOKEN]) ||
	    !apply_secret(place, object, "secretFile", &e->secret, &text[TEXT_SECRET]) ||
	    !apply_secret(place, object, "urlFile", &e->url, &text[TEXT_URL]))
		return false;
	e->wish.url_hidden = text[TEXT_URL] != url;
	if (!e->wish.url_hidden || url == NULL)
		return true;
	(void)apply_error(place, "one of \"url\" and \"urlFile\"");
	return false;
}

/* Makes a new channel of `old` where there is none yet; *is_new tells. */
static int
find_old(struct ctl *ctl, struct db *db, const struct apply_place *place, const char *name,
    const char *kind, struct channel *old, bool *is_new)
{
	enum channel_kind wanted = CHANNEL_KINDS;
	struct secret_key seal;
	enum status status;
	int code;

	if (kind != NULL && !channel_kind_read(kind, &wanted))
		return apply_error(place,
		    "\"%.64s\" is no kind of channel; there are email, slack, "
		    "teams, telegram, webhook and console",
		    kind);
	status = channels_find(db, name, NULL, old);
	*is_new = status == STATUS_NOT_FOUND;
	if (*is_new && kind == NULL)
		return apply_error(place, "member \"kind\" is missing");
	if (*is_new) {
		channel_new(name, wanted, old);
		return CTL_DONE;
	}
	code = channel_seal(ctl, &seal);
	if (code == CTL_DONE)
		code = channel_find(db, name, &seal, old);
	secret_wipe(&seal, sizeof(seal));
	if (code == CTL_DONE && kind != NULL && old->kind != wanted)
		code = apply_error(place,
		    "\"%s\" is a channel of kind %s; `enforgatectl channel rm "
		    "%s` makes room for another",
		    name, channel_kind_name(old->kind), name);
	return code;
}

static int
write_channel(struct ctl *ctl, struct db *db, struct apply *apply, const struct channel *old,
    struct channel *new, bool is_new)
{
	char change[CHANNEL_CHANGE_MAX];
	int code;

	if (is_new) {
		code = channel_add_in(ctl, db, new, apply->dry);
		return code != CTL_DONE ? code
					: apply_changed(apply, "channel \"%s\": new, %s to %s",
					      new->name, channel_kind_name(new->kind), new->target);
	}
	channel_describe_change(old, new, change);
	if (change[0] == '\0')
		return CTL_DONE;
	code = channel_update_in(ctl, db, old, new, apply->dry);
	return code != CTL_DONE ? code
				: apply_changed(apply, "channel \"%s\": %s", new->name, change + 2);
}

static int
take_element(struct ctl *ctl, struct db *db, struct apply *apply, const struct apply_place *place,
    const struct json_object *object, struct element *e)
{
	struct channel old = {.settings = NULL}, new = {.settings = NULL};
	const char *name = apply_name(place, object);
	struct problem why = {"out of memory"};
	bool is_new = false;
	int code;

	if (name == NULL || !apply_text(place, object, "kind", &e->kind))
		return CTL_COULD_NOT;
	if (!key_name_valid(name))
		return apply_error(place, "\"%.64s\" is no name for a channel", name);
	code = find_old(ctl, db, place, name, e->kind, &old, &is_new);
	if (code == CTL_DONE &&
	    (is_bare_secret(place, object, channel_kind_name(old.kind)) ||
		!take_texts(place, object, e) || !take_secrets(place, object, e) ||
		!take_choices(place, object, &e->wish)))
		code = CTL_COULD_NOT;
	if (code == CTL_DONE && channel_needs_secret(&old, &e->wish))
		code = apply_error(place,
		    "member \"secretFile\" is missing: a file with what messages "
		    "are signed with");
	if (code == CTL_DONE && channel_take(&old, &e->wish, &new, &why) != STATUS_OK)
		code = apply_error(place, "%s", why.text);
	if (code == CTL_DONE)
		code = write_channel(ctl, db, apply, &old, &new, is_new);
	channel_free(&old);
	channel_free(&new);
	return code;
}

int
apply_channel(struct ctl *ctl, struct db *db, struct apply *apply, size_t index)
{
	static const char *const known[] = {"name", "kind", "enabled", "approver", "events",
	    "arguments", "denyLink", "allowPrivate", "ca", "smtp", "user", "password",
	    "passwordFile", "from", "to", "plain", "url", "urlFile", "token", "tokenFile", "chat",
	    "api", "secret", "secretFile", NULL};
	const struct apply_place place = {apply, "channels", index};
	const struct json_object *object = apply_element(&place, known);
	struct element e = {.kind = NULL};
	int code = CTL_COULD_NOT;

	if (object != NULL)
		code = take_element(ctl, db, apply, &place, object, &e);
	buf_free(&e.to);
	buf_free(&e.events);
	secret_wipe(&e, sizeof(e));
	return code;
}
