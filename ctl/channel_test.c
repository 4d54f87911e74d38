/* channel_test.c - enforgatectl channel test: a sample, sent now and once. */
#include <string.h>

#include "channel_commands.h"
#include "courier.h"

struct trying {
	const char *name;
	struct channel channel; /* open */
};

static int
look(struct ctl *ctl, struct db *db, void *arg)
{
	struct trying *trying = arg;
	struct secret_key seal;
	int code = channel_seal(ctl, &seal);

	if (code == CTL_DONE)
		code = channel_find(db, trying->name, &seal, &trying->channel);
	secret_wipe(&seal, sizeof(seal));
	return code;
}

static int
print_json(const struct channel *channel, bool sent, const char *why)
{
	struct json_object *root = json_new_object();
	bool ok = json_set_text(root, "name", channel->name);

	ok = json_set_bool(root, "sent", sent) && ok;
	ok = json_set_text(root, "error", sent ? NULL : why) && ok;
	return ctl_print_json(root, ok);
}

static int
send_sample(struct ctl *ctl, const struct channel *channel)
{
	struct problem why = {""};
	enum status status = courier_sample(&ctl->config, channel, &why);
	bool sent = status == STATUS_OK;
	int code = CTL_DONE;

	if (why.text[0] == '\0')
		problem_set(&why, "%s", status_name(status));
	if (ctl->json)
		code = print_json(channel, sent, why.text);
	else if (sent)
		ctl_note("a sample was sent to %s (%s)%s", channel->target,
		    channel_kind_name(channel->kind),
		    channel->enabled ? ""
				     : "; the channel is disabled, so calls are not told there");
	else
		(void)ctl_error(
		    "channel \"%s\": the sample was not taken: %s", channel->name, why.text);
	return code == CTL_DONE && !sent ? CTL_NO : code;
}

int
ctl_channel_test(struct ctl *ctl, int argc, char **argv)
{
	struct trying trying = {.name = NULL};
	struct ctl_words operands;
	int code;

	if (!ctl_args(ctl, argc, argv, NULL, &operands, 1, 1) || ctl_open(ctl) != STATUS_OK)
		return CTL_COULD_NOT;
	trying.name = operands.word[0];
	code = ctl_look(ctl, look, &trying);
	if (code == CTL_DONE)
		code = send_sample(ctl, &trying.channel);
	channel_free(&trying.channel);
	ctl_close(ctl);
	return code;
}
