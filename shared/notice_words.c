/* notice_words.c - what a message says, in plain text; see notice_words.h. */
#include "notice_words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define MINUTE_MS ((int64_t)60 * 1000)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)
#define CLOCK_LEN 9             /* 14:32 UTC */
#define CTL_NAME "enforgatectl" /* who decided, where it was no link */

void
words_moment(char *out, size_t size, int64_t moment_ms)
{
	static const char *const months[] = {"January", "February", "March", "April", "May", "June",
	    "July", "August", "September", "October", "November", "December"};
	time_t seconds = (time_t)(moment_ms / 1000);
	struct tm tm = {0};

	(void)gmtime_r(&seconds, &tm);
	(void)snprintf(out, size, "%02d:%02d UTC on %d %s %d", tm.tm_hour, tm.tm_min, tm.tm_mday,
	    months[tm.tm_mon], tm.tm_year + 1900);
}

/* The same without the date where it is that of `now_ms`: the length of "14:32 UTC". */
static void
brief_moment(char *out, size_t size, int64_t moment_ms, int64_t now_ms)
{
	words_moment(out, size, moment_ms);
	if (moment_ms / DAY_MS == now_ms / DAY_MS && size > CLOCK_LEN)
		out[CLOCK_LEN] = '\0';
}

void
words_span(char *out, size_t size, int64_t span_ms)
{
	int64_t unit = span_ms < 2 * HOUR_MS ? MINUTE_MS : span_ms < 2 * DAY_MS ? HOUR_MS : DAY_MS;
	const char *name = unit == MINUTE_MS ? "minute" : unit == HOUR_MS ? "hour" : "day";
	int64_t count = (span_ms + unit / 2) / unit;

	if (count < 1)
		(void)snprintf(out, size, "less than a minute");
	else
		(void)snprintf(out, size, "%" PRId64 " %s%s", count, name, count == 1 ? "" : "s");
}

/* "once", "1h", "8h", "24h" as people say it. */
static const char *
say_duration(const char *duration)
{
	if (strcmp(duration, "1h") == 0)
		return "calls of this tool for 1 hour";
	if (strcmp(duration, "8h") == 0)
		return "calls of this tool for 8 hours";
	if (strcmp(duration, "24h") == 0)
		return "calls of this tool for 24 hours";
	return "this one call";
}

static void
add_piece(struct words *out, const char *text, bool name)
{
	size_t count = 0, used = strlen(out->sentence);

	while (out->pieces[count].text != NULL)
		count++;
	out->pieces[count] = (struct piece){.text = text, .name = name};
	(void)snprintf(out->sentence + used, sizeof(out->sentence) - used, "%s", text);
}

static void
say(struct words *out, const char *before, const char *name, const char *behind)
{
	add_piece(out, before, false);
	add_piece(out, name, true);
	if (behind[0] != '\0')
		add_piece(out, behind, false);
}

static void
say_created(const struct notice *notice, int64_t now_ms, const char *brief, struct words *out)
{
	char moment[WORDS_PHRASE_SIZE / 2];

	out->title = "Approval needed";
	out->why = "Why a person is needed";
	(void)snprintf(out->subject, sizeof(out->subject), "%s: agent \"%s\" wants %s", out->title,
	    out->key, brief);
	say(out, "Agent \"", out->key, "\" wants ");
	add_piece(out, out->called, true);
	add_piece(out, ".", false);
	words_span(out->left, sizeof(out->left), notice->expires_ms - now_ms);
	brief_moment(out->until, sizeof(out->until), notice->expires_ms, now_ms);
	if (notice->released_ms > 0) {
		brief_moment(moment, sizeof(moment), notice->released_ms, now_ms);
		(void)snprintf(out->again, sizeof(out->again),
		    "The same call was let through before (%s); approved, it runs once more.",
		    moment);
	}
}

static void
say_decision(const struct notice *notice, bool approved, struct words *out)
{
	if (strcmp(out->by, CTL_NAME) == 0)
		(void)snprintf(out->who, sizeof(out->who), "with %s", out->by);
	else if (out->by[0] != '\0')
		(void)snprintf(out->who, sizeof(out->who), "by the link sent to %s", out->by);
	add_piece(out, approved ? "approved" : "denied", false);
	if (out->by[0] != '\0')
		say(out, strcmp(out->by, CTL_NAME) == 0 ? " with " : " by the link sent to ",
		    out->by, "");
	if (approved) {
		out->duration = say_duration(notice->duration);
		add_piece(out, ": ", false);
		add_piece(out, out->duration, false);
	}
	add_piece(out, ".", false);
}

static void
say_resolved(const struct notice *notice, const char *brief, struct words *out)
{
	bool approved = strcmp(notice->state, "approved") == 0;
	bool expired = strcmp(notice->state, "expired") == 0;

	out->title = approved ? "Approved" : expired ? "Expired" : "Denied";
	out->why = "Why a person was needed";
	(void)snprintf(out->subject, sizeof(out->subject), "%s: %s of agent \"%s\"", out->title,
	    brief, out->key);
	if (expired)
		add_piece(out, "Nobody decided in time, so it is refused: ", false);
	add_piece(out, out->called, true);
	say(out, " of agent \"", out->key, expired ? "\"." : "\" was ");
	if (!expired)
		say_decision(notice, approved, out);
}

static void
say_blocked(const char *brief, struct words *out)
{
	out->title = "Call blocked";
	out->why = "Why";
	(void)snprintf(out->subject, sizeof(out->subject), "%s: agent \"%s\" wanted %s", out->title,
	    out->key, brief);
	say(out, "Agent \"", out->key, "\" wanted ");
	add_piece(out, out->called, true);
	add_piece(out, " and was refused.", false);
}

static void
say_changed(const char *brief, struct words *out)
{
	out->title = "Tool changed";
	out->why = "What changed";
	(void)snprintf(out->subject, sizeof(out->subject),
	    "%s: %s, of the upstreams of agent \"%s\"", out->title, brief, out->key);
	say(out, "The definition of ", out->called, " is not what it was when it was first seen");
	say(out, ", at an upstream of agent \"", out->key, "\".");
}

static void
say_sample(const struct channel *channel, struct words *out)
{
	out->title = "Test message";
	plain_copy(out->key, sizeof(out->key), channel->name, CHANNEL_NAME_MAX);
	(void)snprintf(
	    out->subject, sizeof(out->subject), "Test message of channel \"%s\"", out->key);
	say(out, "Channel \"", out->key,
	    "\" works: messages of Enforgate arrive here. Nothing has to be done.");
}

/* Only an approver channel, and only a message that asks for a decision, has links. */
static enum status
take_links(const struct notice *notice, const struct channel *channel, struct words *out,
    struct problem *why)
{
	size_t most = notice_link_max(channel->kind);

	if (!channel->approver || (notice->event != EVENT_APPROVAL_CREATED && notice->event != 0))
		return STATUS_OK;
	out->link = notice->link;
	out->deny_link = notice->link != NULL ? notice->deny_link : NULL;
	if ((out->link != NULL && strlen(out->link) > most) ||
	    (out->deny_link != NULL && strlen(out->deny_link) > most)) {
		problem_set(why,
		    "the link is longer than the %zu bytes that a channel of kind %s takes", most,
		    channel_kind_name(channel->kind));
		return STATUS_TOO_LARGE;
	}
	if (out->link != NULL && notice->event == EVENT_APPROVAL_CREATED)
		plain_copy(out->note, sizeof(out->note), notice->args_note, WORDS_NOTE_MAX);
	return STATUS_OK;
}

enum status
notice_words(const struct notice *notice, const struct channel *channel, int64_t now_ms,
    struct words *out, struct problem *why)
{
	char brief[WORDS_SUBJECT_SIZE / 2], server[WORDS_SHORT * 4 + 1], tool[WORDS_SHORT * 4 + 1];

	*out = (struct words){.event = "sample", .title = "", .why = "", .duration = ""};
	if (notice->event == 0) {
		say_sample(channel, out);
		return take_links(notice, channel, out, why);
	}
	out->event = event_name(notice->event);
	plain_copy(out->key, sizeof(out->key), notice->key_name, KEY_NAME_MAX);
	plain_copy(out->server, sizeof(out->server), notice->server, CALL_NAME_MAX);
	plain_copy(out->tool, sizeof(out->tool), notice->tool, CALL_NAME_MAX);
	plain_copy(out->reason, sizeof(out->reason), notice->reason, VERDICT_REASON_MAX);
	plain_copy(out->by, sizeof(out->by), notice->by, APPROVAL_BY_MAX);
	plain_copy(server, sizeof(server), notice->server, WORDS_SHORT);
	plain_copy(tool, sizeof(tool), notice->tool, WORDS_SHORT);
	(void)snprintf(brief, sizeof(brief), "%s/%s", server, tool);
	(void)snprintf(out->called, sizeof(out->called), "%s/%s", out->server, out->tool);
	if (notice->approval_id[0] != '\0')
		(void)snprintf(out->id, sizeof(out->id), "Approval %s", notice->approval_id);
	if (notice->event == EVENT_APPROVAL_CREATED)
		say_created(notice, now_ms, brief, out);
	else if (notice->event == EVENT_APPROVAL_RESOLVED)
		say_resolved(notice, brief, out);
	else if (notice->event == EVENT_TOOL_CHANGED)
		say_changed(brief, out);
	else
		say_blocked(brief, out);
	return take_links(notice, channel, out, why);
}
