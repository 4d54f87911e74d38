/* channel_write.c - channels found, added and changed, for `channel` and `apply`; see channel_commands.h. */
#include "channel_commands.h"

int
channel_find(struct db *db, const char *name, const struct secret_key *seal, struct channel *out)
{
	enum status status = channels_find(db, name, seal, out);

	if (status == STATUS_NOT_FOUND)
		return ctl_error("no channel \"%s\"; `enforgatectl channel list` shows them", name);
	if (status == STATUS_REFUSED)
		return ctl_error(
		    "the settings of channel \"%s\" do not open: they were sealed under "
		    "another key file, or altered; remove it and add it again",
		    name);
	return status == STATUS_OK ? CTL_DONE : ctl_failed("read the channel", status);
}

int
channel_seal(struct ctl *ctl, struct secret_key *seal)
{
	enum status status = channel_seal_key(&ctl->master, seal);

	return status == STATUS_OK ? CTL_DONE : ctl_failed("seal the channel's settings", status);
}

int
channel_add_in(struct ctl *ctl, struct db *db, struct channel *channel, bool dry)
{
	char what[CHANNEL_CHANGE_MAX];
	struct secret_key seal;
	enum status status;
	int code = channel_seal(ctl, &seal);

	if (code != CTL_DONE)
		return code;
	status = channels_add(db, &seal, channel);
	secret_wipe(&seal, sizeof(seal));
	if (status == STATUS_EXISTS)
		return ctl_error("there is a channel \"%s\" already; `enforgatectl channel set` "
				 "changes it",
		    channel->name);
	if (status != STATUS_OK)
		return ctl_failed("add the channel", status);
	channel_describe(channel, what);
	return dry ? CTL_DONE : ctl_record(ctl, db, "channel.add", "%s", what);
}

int
channel_update_in(struct ctl *ctl, struct db *db, const struct channel *old,
    const struct channel *channel, bool dry)
{
	char change[CHANNEL_CHANGE_MAX];
	struct secret_key seal;
	enum status status;
	int code = channel_seal(ctl, &seal);

	if (code != CTL_DONE)
		return code;
	status = channels_update(db, &seal, channel);
	secret_wipe(&seal, sizeof(seal));
	if (status != STATUS_OK)
		return ctl_failed("change the channel", status);
	channel_describe_change(old, channel, change);
	return dry ? CTL_DONE
		   : ctl_record(
			 ctl, db, "channel.set", "%s (%s)%s", channel->name, channel->id, change);
}
