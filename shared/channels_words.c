/* channels_words.c - names of the kinds of channels and of events; see channels.h. */
#include "channels.h"

#include <string.h>

static const char *const kinds[CHANNEL_KINDS] = {
    [CHANNEL_EMAIL] = "email",
    [CHANNEL_SLACK] = "slack",
    [CHANNEL_TEAMS] = "teams",
    [CHANNEL_TELEGRAM] = "telegram",
    [CHANNEL_WEBHOOK] = "webhook",
    [CHANNEL_CONSOLE] = "console",
};

static const struct {
	unsigned event;
	const char *name;
} events[] = {
    {EVENT_CALL_BLOCKED, "call.blocked"},
    {EVENT_APPROVAL_CREATED, "approval.created"},
    {EVENT_APPROVAL_RESOLVED, "approval.resolved"},
    {EVENT_TOOL_CHANGED, "upstream.tool_changed"},
};
#define EVENTS (sizeof(events) / sizeof(events[0]))

const char *
channel_kind_name(enum channel_kind kind)
{
	return kinds[kind];
}

bool
channel_kind_read(const char *text, enum channel_kind *out)
{
	for (unsigned i = 0; i < CHANNEL_KINDS; i++)
		if (strcmp(text, kinds[i]) == 0) {
			*out = (enum channel_kind)i;
			return true;
		}
	return false;
}

const char *
event_name(unsigned event)
{
	for (size_t i = 0; i < EVENTS; i++)
		if (events[i].event == event)
			return events[i].name;
	return "";
}

bool
event_of_approval(unsigned event)
{
	return event == EVENT_APPROVAL_CREATED || event == EVENT_APPROVAL_RESOLVED;
}

bool
events_read(const char *text, unsigned *out)
{
	*out = 0;
	while (*text != '\0') {
		size_t len = strcspn(text, ",");
		size_t i = 0;

		while (i < EVENTS &&
		       (strncmp(text, events[i].name, len) != 0 || events[i].name[len] != '\0'))
			i++;
		if (i == EVENTS || (text[len] == ',' && text[len + 1] == '\0'))
			return false;
		*out |= events[i].event;
		text += len + (text[len] == ',');
	}
	return true;
}

void
events_write(unsigned set, struct buf *out)
{
	const char *between = "";

	for (size_t i = 0; i < EVENTS; i++)
		if ((set & events[i].event) != 0) {
			buf_text(out, between);
			buf_text(out, events[i].name);
			between = ",";
		}
}
