/* channel_describe.c - channels in words, without their secrets; see channel_commands.h. */
#include "channel_commands.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void
events_text(const struct channel *channel, struct buf *out)
{
	buf_init(out, 128);
	events_write(channel->events, out);
}

static const char *
role(const struct channel *channel)
{
	return channel->approver ? "approver" : "monitor";
}

void
channel_describe(const struct channel *channel, char out[CHANNEL_CHANGE_MAX])
{
	struct buf events;

	events_text(channel, &events);
	(void)snprintf(out, CHANNEL_CHANGE_MAX,
	    "%s (%s): %s to %.200s, %s, events %s, arguments %s, deny link %s%s", channel->name,
	    channel->id, channel_kind_name(channel->kind), channel->target, role(channel),
	    buf_str(&events), channel->show_args ? "yes" : "no", channel->deny_link ? "yes" : "no",
	    channel->enabled ? "" : ", disabled");
	buf_free(&events);
}

/* Appends at the end, as far as there is room. */
static void add(char out[CHANNEL_CHANGE_MAX], const char *format, ...) PRINTF_LIKE(2, 3);
static void
add(char out[CHANNEL_CHANGE_MAX], const char *format, ...)
{
	size_t len = strlen(out);
	va_list args;

	va_start(args, format);
	(void)vsnprintf(out + len, CHANNEL_CHANGE_MAX - len, format, args);
	va_end(args);
}

static void
add_flag(char out[CHANNEL_CHANGE_MAX], const char *name, bool old, bool new)
{
	if (old != new)
		add(out, ", %s %s", name, new ? "yes" : "no");
}

/* The names of the settings that are not the same; their values are nobody's business. */
static void
add_settings(const struct channel *old, const struct channel *new, char out[CHANNEL_CHANGE_MAX])
{
	static const char *const members[] = {
	    "url", "user", "password", "from", "to", "token", "chat", "secret", "ca"};

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (strcmp(channel_setting(old, members[i]), channel_setting(new, members[i])) != 0)
			add(out, ", %s changed", members[i]);
	add_flag(out, "plain", channel_flag(old, "plain"), channel_flag(new, "plain"));
	add_flag(
	    out, "private addresses", channel_flag(old, "private"), channel_flag(new, "private"));
}

void
channel_describe_change(
    const struct channel *old, const struct channel *new, char out[CHANNEL_CHANGE_MAX])
{
	struct buf a, b;

	out[0] = '\0';
	events_text(old, &a);
	events_text(new, &b);
	if (strcmp(old->target, new->target) != 0)
		add(out, ", target %.200s -> %.200s", old->target, new->target);
	if (old->approver != new->approver)
		add(out, ", %s -> %s", role(old), role(new));
	if (old->events != new->events)
		add(out, ", events %s -> %s", buf_str(&a), buf_str(&b));
	add_flag(out, "arguments", old->show_args, new->show_args);
	add_flag(out, "deny link", old->deny_link, new->deny_link);
	if (old->enabled != new->enabled)
		add(out, ", %s", new->enabled ? "enabled" : "disabled");
	add_settings(old, new, out);
	buf_free(&a);
	buf_free(&b);
}
