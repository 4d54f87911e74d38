/* courier_sample.c - one message to a channel, to see whether it arrives; see courier.h. */
#include <string.h>

#include "clock.h"
#include "courier.h"
#include "courier_parcel.h"
#include "sender.h"

#define ID_RANDOM 20 /* characters: 119 bits */

static enum status
send_and_wait(const struct channel *channel, const struct outgoing *message, struct problem *why)
{
	struct sender *sender = NULL;
	struct sender_end ended;
	enum status status = sender_open(&sender, why);

	if (status == STATUS_OK)
		status = sender_start(sender, channel, message, SENDER_WHOLE_MS, true, NULL, why);
	if (status == STATUS_OK) {
		while (!sender_next(sender, &ended))
			sender_wait(sender, -1, SENDER_WHOLE_MS);
		*why = ended.why;
		status = ended.sent ? STATUS_OK : STATUS_FAILED;
	}
	sender_close(sender);
	return status;
}

enum status
courier_sample(const struct config *config, const struct channel *channel, struct problem *why)
{
	char id[DELIVERY_ID_MAX + 1] = "dlv_";
	/* Nothing is asked, so there is no link. */
	const struct notice notice = {.id = id,
	    .key_name = "",
	    .server = "",
	    .tool = "",
	    .reason = "",
	    .call_id = "",
	    .approval_id = "",
	    .state = "",
	    .by = "",
	    .duration = "",
	    .time_ms = clock_wall_ms(),
	    .args_note = ""};
	struct outgoing message;
	struct pages *pages = NULL;
	enum status status = STATUS_OK;

	secret_random_text(id + strlen(id), ID_RANDOM);
	outgoing_init(&message);
	if (channel->kind == CHANNEL_EMAIL)
		status = pages_open(config->templates_dir, &pages, why);
	if (status == STATUS_OK)
		status = notice_write(&notice, channel, pages, clock_wall_ms(), &message, why);
	if (status == STATUS_OK)
		status = channel->kind == CHANNEL_CONSOLE
			     ? parcel_append(config->state_dir, &message, why)
			     : send_and_wait(channel, &message, why);
	pages_close(pages);
	outgoing_free(&message);
	return status;
}
