/* courier_parcel.c - one delivery on its way; see courier_parcel.h. */
#include "courier_parcel.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "secret.h"

#define BACKOFF_MS 5000
#define BACKOFF_MAX_MS 300000
#define ATTEMPTS_MAX 8 /* of what nobody waits for */

struct parcel *
parcel_new(const struct delivery *delivery)
{
	struct parcel *parcel = calloc(1, sizeof(*parcel));

	if (parcel == NULL)
		return NULL;
	parcel->delivery = *delivery;
	outgoing_init(&parcel->message);
	return parcel;
}

void
parcel_free(struct parcel *parcel)
{
	if (parcel == NULL)
		return;
	outgoing_free(&parcel->message);
	channel_free(&parcel->channel);
	secret_wipe(parcel->token, sizeof(parcel->token));
	free(parcel);
}

/* It has ended, as one that failed or that nobody needs. */
static enum status
end(struct parcel *parcel, enum parcel_state state, const char *why)
{
	parcel->state = state;
	problem_set(&parcel->why, "%s", why);
	return STATUS_OK;
}

static enum status
mint_token(struct parcel *parcel, struct db *db, int64_t now_ms)
{
	char hash[SECRET_DIGEST_TEXT];
	enum status status;

	approval_token_make(parcel->token);
	status = approval_token_hash(parcel->token, APPROVAL_TOKEN_LEN, hash);
	if (status != STATUS_OK)
		return status;
	return approval_token_add(db, parcel->approval.id, hash, parcel->channel.name, now_ms);
}

/* Approved in time, and its end came before the call did: that end is an event too, but nothing for people to know. */
static bool
unused(const struct parcel *parcel)
{
	return parcel->approval.state == APPROVAL_EXPIRED && parcel->approval.decided_ms != 0 &&
	       parcel->delivery.created_ms >= parcel->approval.ended_ms;
}

enum status
parcel_prepare(struct parcel *parcel, struct db *db, const struct secret_key *seal, int64_t now_ms)
{
	const struct delivery *delivery = &parcel->delivery;
	enum status status = channels_find_id(db, delivery->channel_id, seal, &parcel->channel);

	if (status == STATUS_NOT_FOUND)
		return end(parcel, PARCEL_NEEDLESS, "the channel is gone");
	if (status == STATUS_REFUSED)
		return end(parcel, PARCEL_FAILED,
		    "the settings of the channel cannot be opened with this key file; set them anew");
	if (status != STATUS_OK)
		return status;
	if (!parcel->channel.enabled)
		return end(parcel, PARCEL_NEEDLESS, "the channel is off");
	if (!event_of_approval(delivery->event))
		return STATUS_OK;
	status = approval_find(db, delivery->approval_id, &parcel->approval);
	if (status == STATUS_NOT_FOUND)
		return end(parcel, PARCEL_NEEDLESS, "the approval is gone");
	if (status != STATUS_OK)
		return status;
	if (delivery->event == EVENT_APPROVAL_RESOLVED && unused(parcel))
		return end(parcel, PARCEL_NEEDLESS, "its decision was told before");
	if (delivery->event == EVENT_APPROVAL_CREATED && parcel->channel.approver)
		status = mint_token(parcel, db, now_ms);
	return status;
}

/* The page's address, with the arguments in its fragment where this channel shows them and they fit. */
static const char *
write_links(const struct parcel *parcel, const char *base_url, struct courier_args *args,
    struct buf *link, struct buf *deny_link)
{
	buf_printf(link, "%s/v1/approve/%s?action=approve", base_url, parcel->token);
	if (parcel->channel.deny_link)
		buf_printf(deny_link, "%s/v1/approve/%s?action=deny", base_url, parcel->token);
	if (!parcel->channel.show_args)
		return "The arguments of the call are not shown on this channel.";
	switch (courier_args_add(
	    args, parcel->approval.id, notice_link_max(parcel->channel.kind), link)) {
	case ARGS_ADDED:
		return "";
	case ARGS_TOO_LONG:
		return "The arguments of the call are too long for a link; the page cannot show them.";
	case ARGS_LOST:
		break;
	}
	return "The arguments of the call are no longer known: the process that had them has ended.";
}

static struct notice
notice_of(const struct parcel *parcel)
{
	const struct delivery *delivery = &parcel->delivery;
	const struct approval *approval = &parcel->approval;
	bool alone = !event_of_approval(delivery->event);
	/* Whatever came of it since. */
	bool approved = approval->decided_ms != 0 && approval->state != APPROVAL_DENIED;

	return (struct notice){.event = delivery->event,
	    .id = delivery->id,
	    .key_name = delivery->key_name,
	    .server = alone ? delivery->server : approval->server,
	    .tool = alone ? delivery->tool : approval->tool,
	    .reason = alone ? delivery->reason : approval->reason,
	    .call_id = delivery->call_id,
	    .approval_id = delivery->approval_id,
	    .state =
		alone ? "" : approval_state_name(approved ? APPROVAL_APPROVED : approval->state),
	    .by = approval->decided_by,
	    .duration = approval->duration,
	    .time_ms = delivery->created_ms,
	    .created_ms = alone ? delivery->created_ms : approval->created_ms,
	    .expires_ms = approval->expires_ms,
	    .released_ms = approval->released_ms,
	    .args_note = ""};
}

static void
wipe(struct buf *b)
{
	if (b->data != NULL)
		secret_wipe(b->data, b->size);
	buf_free(b);
}

void
parcel_write(struct parcel *parcel, const char *base_url, struct courier_args *args,
    const struct pages *pages, int64_t now_ms)
{
	struct notice notice = notice_of(parcel);
	struct buf link, deny_link;

	buf_init(&link, NOTICE_BODY_MAX);
	buf_init(&deny_link, NOTICE_BODY_MAX);
	if (parcel->token[0] != '\0' && base_url[0] == '\0') {
		(void)end(parcel, PARCEL_FAILED, "base_url is not set: there is no link to send");
		return;
	}
	if (parcel->token[0] != '\0') {
		notice.args_note = write_links(parcel, base_url, args, &link, &deny_link);
		notice.link = buf_str(&link);
		if (parcel->channel.deny_link)
			notice.deny_link = buf_str(&deny_link);
	}
	if (buf_status(&link) != STATUS_OK || buf_status(&deny_link) != STATUS_OK)
		(void)end(parcel, PARCEL_FAILED, "out of memory");
	else if (notice_write(&notice, &parcel->channel, pages, now_ms, &parcel->message,
		     &parcel->why) != STATUS_OK)
		parcel->state = PARCEL_FAILED;
	wipe(&link);
	wipe(&deny_link);
}

static int64_t
backoff_ms(const struct parcel *parcel)
{
	int64_t wait = BACKOFF_MS;

	for (int64_t i = 1; i < parcel->delivery.attempts && wait < BACKOFF_MAX_MS; i++)
		wait *= 2;
	if (wait > BACKOFF_MAX_MS)
		wait = BACKOFF_MAX_MS;
	return wait > parcel->retry_ms ? wait : parcel->retry_ms;
}

/* Not within a character. */
static void
cut(char out[DELIVERY_ERROR_MAX + 1], const char *text)
{
	size_t len = strlen(text);

	if (len > DELIVERY_ERROR_MAX)
		for (len = DELIVERY_ERROR_MAX; len > 0 && (text[len] & 0xc0) == 0x80; len--)
			continue;
	memcpy(out, text, len);
	out[len] = '\0';
}

/* What it is about, in the log. The name of a tool is somebody else's text. */
static const char *
subject(const struct delivery *delivery)
{
	if (delivery->approval_id[0] != '\0')
		return delivery->approval_id;
	return delivery->call_id[0] != '\0' ? delivery->call_id : delivery->server;
}

enum status
parcel_note(const struct parcel *parcel, struct db *db, const struct lease *lease, int64_t now_ms)
{
	const struct delivery *delivery = &parcel->delivery;
	bool last = delivery->event != EVENT_APPROVAL_CREATED && delivery->attempts >= ATTEMPTS_MAX;
	char error[DELIVERY_ERROR_MAX + 1];

	cut(error, parcel->why.text);
	switch (parcel->state) {
	case PARCEL_SENT:
		return outbox_sent(db, delivery->id, lease, now_ms);
	case PARCEL_NEEDLESS:
		return outbox_end(db, delivery->id, lease, "dropped", now_ms, error);
	case PARCEL_FAILED:
		log_warn("%s of %s to channel %s%s: %s", event_name(delivery->event),
		    subject(delivery), parcel->channel.name, last ? " is given up" : "", error);
		if (last)
			return outbox_end(db, delivery->id, lease, "failed", now_ms, error);
		return outbox_again(db, delivery->id, lease, now_ms + backoff_ms(parcel), error);
	case PARCEL_CLAIMED:
	case PARCEL_UNDER_WAY:
		break;
	}
	/* Broken off: at once, by whoever comes next. */
	return outbox_again(db, delivery->id, lease, now_ms, delivery->error);
}

/* In one write: lines of several processes do not mix. */
enum status
parcel_append(const char *state_dir, const struct outgoing *message, struct problem *why)
{
	char path[PATH_MAX];
	ssize_t written = -1;
	int fd = -1;

	errno = ENAMETOOLONG;
	if (snprintf(path, sizeof(path), "%s/" COURIER_CONSOLE, state_dir) < PATH_MAX)
		fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd >= 0) {
		written = write(fd, buf_str(&message->body), message->body.len);
		if (written >= 0)
			errno = ENOSPC; /* of a write that is cut */
		(void)close(fd);
	}
	if (fd < 0 || written != (ssize_t)message->body.len) {
		problem_set(why, COURIER_CONSOLE ": %s", strerror(errno));
		return STATUS_FAILED;
	}
	return STATUS_OK;
}
