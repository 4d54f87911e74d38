/* channel_settings.c - from what somebody wants of a channel to its settings; see channel_commands.h. */
#include "channel_commands.h"

#include <stdio.h>
#include <string.h>

#define TELEGRAM_API "https://api.telegram.org"

#define OF(kind) (1U << CHANNEL_##kind)
#define OF_WEB (OF(SLACK) | OF(TEAMS) | OF(TELEGRAM) | OF(WEBHOOK))

static const struct {
	const char *name;   /* of the option, and of the member in a file of apply */
	const char *member; /* of the settings (channels.h) */
	unsigned kinds;
	bool required;
	bool (*check)(const struct channel_check *check, const char *text, char *out);
} texts[TEXTS] = {
    [TEXT_SMTP] = {"smtp", "url", OF(EMAIL), true, channel_check_smtp},
    [TEXT_USER] = {"user", "user", OF(EMAIL), false, channel_check_text},
    [TEXT_PASSWORD] = {"password", "password", OF(EMAIL), false, channel_check_text},
    [TEXT_FROM] = {"from", "from", OF(EMAIL), true, channel_check_address},
    [TEXT_TO] = {"to", "to", OF(EMAIL), true, channel_check_addresses},
    [TEXT_URL] = {"url", "url", OF(SLACK) | OF(TEAMS) | OF(WEBHOOK), true, channel_check_url},
    [TEXT_TOKEN] = {"token", "token", OF(TELEGRAM), true, channel_check_token},
    [TEXT_CHAT] = {"chat", "chat", OF(TELEGRAM), true, channel_check_chat},
    [TEXT_API] = {"api", "url", OF(TELEGRAM), true, channel_check_url},
    [TEXT_SECRET] = {"secret", "secret", OF(WEBHOOK), true, channel_check_secret},
    [TEXT_CA] = {"ca", "ca", OF(EMAIL) | OF_WEB, false, channel_check_ca},
};

const char *
channel_setting(const struct channel *channel, const char *name)
{
	bool found;
	size_t len;
	const char *text = json_string(json_member(channel->settings, name, &found), &len);

	return text != NULL ? text : "";
}

bool
channel_flag(const struct channel *channel, const char *name)
{
	bool found;

	return json_bool(json_member(channel->settings, name, &found));
}

void
channel_new(const char *name, enum channel_kind kind, struct channel *out)
{
	*out = (struct channel){
	    .kind = kind, .enabled = true, .approver = kind != CHANNEL_WEBHOOK, .show_args = true};
	(void)snprintf(out->name, sizeof(out->name), "%s", name);
}

bool
channel_needs_secret(const struct channel *channel, const struct channel_wish *wish)
{
	return channel->kind == CHANNEL_WEBHOOK && wish->text[TEXT_SECRET] == NULL &&
	       channel_setting(channel, "secret")[0] == '\0';
}

/* What is given where it has no place is an error, not ignored: it might be thought to protect. */
static bool
belongs(const struct channel *channel, const struct channel_wish *wish, struct problem *why)
{
	const char *stray = NULL;
	unsigned kind = 1U << channel->kind;

	for (size_t i = 0; i < TEXTS; i++)
		if (wish->text[i] != NULL && (texts[i].kinds & kind) == 0)
			stray = texts[i].name;
	if (wish->plain != CHOICE_NONE && kind != OF(EMAIL))
		stray = "plain";
	if (wish->no_login && kind != OF(EMAIL))
		stray = "no-login";
	if (wish->private != CHOICE_NONE && (kind & OF_WEB) == 0)
		stray = "allow-private";
	if (stray != NULL)
		problem_set(why, "%s: a channel of kind %s has none", stray,
		    channel_kind_name(channel->kind));
	return stray == NULL;
}

/* The text that a setting shall have; NULL for none. */
static const char *
wanted_text(const struct channel *old, const struct channel_wish *wish, enum channel_text i)
{
	const char *text = wish->text[i];
	bool login = i == TEXT_USER || i == TEXT_PASSWORD;

	if (i == TEXT_CA && text != NULL && strcmp(text, "system") == 0)
		return NULL;
	if (text == NULL && !(login && wish->no_login))
		text = channel_setting(old, texts[i].member);
	if (i == TEXT_API && (text == NULL || text[0] == '\0'))
		text = TELEGRAM_API;
	return text != NULL && text[0] != '\0' ? text : NULL;
}

static enum status
take_texts(const struct channel *old, const struct channel_wish *wish, struct channel *out,
    struct problem *why)
{
	struct problem wrong = {""};
	const struct channel_check check = {.private = channel_flag(out, "private"),
	    .plain = channel_flag(out, "plain"),
	    .why = &wrong};
	char spelt[CHANNEL_TEXT_MAX];
	const char *text;
	bool ok = true;

	for (unsigned i = 0; i < TEXTS && ok; i++) {
		if ((texts[i].kinds & 1U << out->kind) == 0)
			continue;
		text = wanted_text(old, wish, (enum channel_text)i);
		if (text == NULL && texts[i].required) {
			problem_set(why, "%s: it is missing", texts[i].name);
			return STATUS_INVALID;
		}
		if (text == NULL)
			continue;
		if (!texts[i].check(&check, text, spelt)) {
			problem_set(why, "%s: %.400s", texts[i].name, wrong.text);
			secret_wipe(spelt, sizeof(spelt));
			return STATUS_INVALID;
		}
		ok = json_set_text(out->settings, texts[i].member, spelt);
	}
	secret_wipe(spelt, sizeof(spelt));
	return ok ? STATUS_OK : STATUS_NO_MEMORY;
}

/* A password without a user, or the other way round, is a mistake that the mail server would tell only later. */
static bool
login_is_whole(const struct channel *channel, struct problem *why)
{
	bool user = channel_setting(channel, "user")[0] != '\0';
	bool password = channel_setting(channel, "password")[0] != '\0';

	if (user == password)
		return true;
	problem_set(why, "user and password belong together: %s is missing",
	    user ? "the password" : "the user");
	return false;
}

/* What may be shown: who is told, without what lets others write there. */
static void
make_target(const struct channel *old, const struct channel_wish *wish, struct channel *out)
{
	const char *url = channel_setting(out, "url");
	size_t size = sizeof(out->target);

	switch (out->kind) {
	case CHANNEL_EMAIL:
		if (snprintf(out->target, size, "%s", channel_setting(out, "to")) >= (int)size)
			memcpy(out->target + size - 4, "...", 4);
		break;
	case CHANNEL_TELEGRAM:
		(void)snprintf(out->target, size, "chat %s", channel_setting(out, "chat"));
		break;
	case CHANNEL_WEBHOOK:
		if (wish->text[TEXT_URL] == NULL)
			(void)snprintf(out->target, size, "%s", old->target);
		else if (wish->url_hidden)
			channel_url_origin(url, out->target, size);
		else
			(void)snprintf(out->target, size, "%.*s", (int)strcspn(url, "?"), url);
		break;
	case CHANNEL_SLACK:
	case CHANNEL_TEAMS:
		channel_url_origin(url, out->target, size);
		break;
	case CHANNEL_CONSOLE:
	case CHANNEL_KINDS:
		(void)snprintf(out->target, size, "console.log");
		break;
	}
}

/* An approver without requests for approval would be none. */
static bool
take_events(const struct channel_wish *wish, struct channel *out, struct problem *why)
{
	if (wish->events != NULL && !events_read(wish->events, &out->events)) {
		problem_set(why,
		    "events: must be a list of call.blocked, approval.created, "
		    "approval.resolved and upstream.tool_changed, with commas between");
		return false;
	}
	if (wish->events == NULL && out->events == 0)
		out->events =
		    out->approver ? EVENT_APPROVAL_CREATED | EVENT_TOOL_CHANGED : EVENTS_ALL;
	if (out->approver)
		out->events |= EVENT_APPROVAL_CREATED;
	if (out->events == 0)
		problem_set(why, "events: at least one; `enforgatectl channel disable` silences a "
				 "channel");
	return out->events != 0;
}

static enum status
take_flags(const struct channel *old, const struct channel_wish *wish, struct channel *out)
{
	bool ok = true;

	if (ctl_chosen(wish->plain, channel_flag(old, "plain")))
		ok = json_set_bool(out->settings, "plain", true);
	if (ctl_chosen(wish->private, channel_flag(old, "private")))
		ok = json_set_bool(out->settings, "private", true) && ok;
	out->approver = ctl_chosen(wish->approver, old->approver);
	out->show_args = ctl_chosen(wish->show_args, old->show_args);
	out->deny_link = ctl_chosen(wish->deny_link, old->deny_link);
	out->enabled = ctl_chosen(wish->enabled, old->enabled);
	return ok ? STATUS_OK : STATUS_NO_MEMORY;
}

enum status
channel_take(const struct channel *old, const struct channel_wish *wish, struct channel *out,
    struct problem *why)
{
	enum status status = STATUS_INVALID;

	*out = *old;
	out->settings = json_new_object();
	if (out->settings == NULL)
		return STATUS_NO_MEMORY;
	if (belongs(out, wish, why))
		status = take_flags(old, wish, out);
	if (status == STATUS_OK)
		status = take_texts(old, wish, out, why);
	if (status == STATUS_OK && !(login_is_whole(out, why) && take_events(wish, out, why)))
		status = STATUS_INVALID;
	if (status == STATUS_OK)
		make_target(old, wish, out);
	else
		channel_free(out);
	return status;
}
