/* channel.c - enforgatectl channel: add, set, enable, disable, rm. */
#include "channel_options.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"

#define KEYS_TEXT_MAX 2000 /* bytes of names of keys */

struct channel_work {
	struct channel_options options;
	const char *name;
	struct channel channel; /* as it is in the end; its settings are freed with the work */
	struct buf keys;        /* that used a channel which is removed */
	bool enable;
	bool changed;
};

/* The one moment at which the secret of a webhook is seen. */
static int
print_secret(struct ctl *ctl, const struct channel_work *work)
{
	const char *secret = work->options.secret;
	struct json_object *root;
	int code;

	if (!work->options.secret_made)
		return CTL_DONE;
	ctl_note("messages are signed with this secret, which is shown this once:");
	if (ctl->json) {
		root = json_new_object();
		code = ctl_print_json(root, json_set_text(root, "name", work->name) &&
						json_set_text(root, "secret", secret));
	} else {
		printf("%s\n", secret);
		code = ctl_output();
	}
	if (code != CTL_DONE)
		ctl_note(
		    "it could not be printed: `enforgatectl channel set %s --new-secret` makes "
		    "another",
		    work->name);
	return code;
}

/* What somebody who adds an approver has to know. */
static void
warn(const struct ctl *ctl, const struct channel *channel)
{
	if (!channel->approver)
		return;
	ctl_note(
	    "its messages carry links that approve calls: no agent may be able to read what is "
	    "sent there. Where one might, let approvers enter a PIN: `enforgatectl key set KEY "
	    "--pin`");
	if (channel->kind == CHANNEL_CONSOLE)
		ctl_note(
		    "links stand in %s/console.log, for development only", ctl->config.state_dir);
	else if (channel->show_args)
		ctl_note("the links carry the calls' arguments; --no-arguments leaves them out");
}

static void
work_free(struct channel_work *work)
{
	channel_free(&work->channel);
	buf_free(&work->keys);
	secret_wipe(work, sizeof(*work));
}

static int
change_add(struct ctl *ctl, struct db *db, void *arg)
{
	struct channel_work *work = arg;

	return channel_add_in(ctl, db, &work->channel, false);
}

static int
channel_add(struct ctl *ctl, int argc, char **argv)
{
	struct channel_work work = {.name = NULL};
	struct channel new;
	enum channel_kind kind;
	const char *kind_text = "";
	int code = CTL_COULD_NOT;

	buf_init(&work.keys, KEYS_TEXT_MAX);
	if (!channel_options_read(ctl, argc, argv, &work.options, &work.name, &kind_text))
		return CTL_COULD_NOT;
	if (!key_name_valid(work.name))
		return ctl_error(
		    "\"%s\" is no name for a channel: 1 to %d of A-Z a-z 0-9 . _ -, the "
		    "first one no . or -",
		    work.name, CHANNEL_NAME_MAX);
	if (!channel_kind_read(kind_text, &kind))
		return ctl_error(
		    "\"%s\" is no kind of channel; there are email, slack, teams, telegram, "
		    "webhook and console",
		    kind_text);
	channel_new(work.name, kind, &new);
	if (channel_options_take(&work.options) &&
	    channel_options_apply(&work.options, &new, &work.channel) == CTL_DONE &&
	    ctl_open(ctl) == STATUS_OK) {
		code = ctl_change(ctl, change_add, &work);
		if (code == CTL_DONE) {
			ctl_note("channel \"%s\" added; `enforgatectl channel test %s` tries it, "
				 "`enforgatectl key set KEY --channel %s` lets a key use it",
			    work.name, work.name, work.name);
			warn(ctl, &work.channel);
			code = print_secret(ctl, &work);
		}
		ctl_close(ctl);
	}
	work_free(&work);
	return code;
}

static int
change_set(struct ctl *ctl, struct db *db, void *arg)
{
	char change[CHANNEL_CHANGE_MAX];
	struct channel_work *work = arg;
	struct channel old = {.settings = NULL};
	struct secret_key seal;
	int code = channel_seal(ctl, &seal);

	if (code == CTL_DONE)
		code = channel_find(db, work->name, &seal, &old);
	secret_wipe(&seal, sizeof(seal));
	if (code == CTL_DONE)
		code = channel_options_apply(&work->options, &old, &work->channel);
	if (code == CTL_DONE) {
		channel_describe_change(&old, &work->channel, change);
		work->changed = change[0] != '\0';
	}
	if (work->changed)
		code = channel_update_in(ctl, db, &old, &work->channel, false);
	channel_free(&old);
	return code;
}

static int
channel_set(struct ctl *ctl, int argc, char **argv)
{
	struct channel_work work = {.name = NULL};
	int code = CTL_COULD_NOT;

	buf_init(&work.keys, KEYS_TEXT_MAX);
	if (!channel_options_read(ctl, argc, argv, &work.options, &work.name, NULL))
		return CTL_COULD_NOT;
	if (argc <= 2)
		return ctl_error("nothing to set\nusage: enforgatectl %s", ctl->command->usage);
	if (channel_options_take(&work.options) && ctl_open(ctl) == STATUS_OK) {
		code = ctl_change(ctl, change_set, &work);
		if (code == CTL_DONE && work.changed) {
			ctl_note(
			    "channel \"%s\" changed; in force with the next message", work.name);
			if (work.options.wish.approver == CHOICE_YES)
				warn(ctl, &work.channel);
			code = print_secret(ctl, &work);
		} else if (code == CTL_DONE) {
			ctl_note("channel \"%s\" is like that already", work.name);
		}
		ctl_close(ctl);
	}
	work_free(&work);
	return code;
}

static int
change_enable(struct ctl *ctl, struct db *db, void *arg)
{
	struct channel_work *work = arg;
	struct channel *channel = &work->channel;
	enum status status;
	int code = channel_find(db, work->name, NULL, channel);

	if (code != CTL_DONE || channel->enabled == work->enable)
		return code;
	work->changed = true;
	channel->enabled = work->enable;
	status = channels_update(db, NULL, channel);
	if (status != STATUS_OK)
		return ctl_failed("change the channel", status);
	return ctl_record(ctl, db, work->enable ? "channel.enable" : "channel.disable", "%s (%s)",
	    channel->name, channel->id);
}

static int
switch_channel(struct ctl *ctl, int argc, char **argv, bool enable)
{
	struct channel_work work = {.enable = enable};
	struct ctl_words operands;
	int code;

	if (!ctl_args(ctl, argc, argv, NULL, &operands, 1, 1) || ctl_open(ctl) != STATUS_OK)
		return CTL_COULD_NOT;
	work.name = operands.word[0];
	code = ctl_change(ctl, change_enable, &work);
	if (code == CTL_DONE)
		ctl_note("channel \"%s\" %s%s", work.name, work.changed ? "" : "is already ",
		    enable ? "enabled" : "disabled");
	ctl_close(ctl);
	return code;
}

static int
channel_enable(struct ctl *ctl, int argc, char **argv)
{
	return switch_channel(ctl, argc, argv, true);
}

static int
channel_disable(struct ctl *ctl, int argc, char **argv)
{
	return switch_channel(ctl, argc, argv, false);
}

static bool
add_name(void *arg, const char *name)
{
	struct buf *out = arg;

	buf_printf(out, "%s%s", out->len > 0 ? ", " : "", name);
	return buf_status(out) == STATUS_OK;
}

static int
change_remove(struct ctl *ctl, struct db *db, void *arg)
{
	struct channel_work *work = arg;
	struct channel *channel = &work->channel;
	enum status status;
	int code = channel_find(db, work->name, NULL, channel);

	if (code != CTL_DONE)
		return code;
	status = channels_each_key(db, channel->id, add_name, &work->keys);
	if (status == STATUS_OK)
		status = channels_remove(db, channel->id, clock_wall_ms());
	if (status != STATUS_OK)
		return ctl_failed("remove the channel", status);
	return ctl_record(ctl, db, "channel.rm", "%s (%s), used by: %s", channel->name, channel->id,
	    work->keys.len > 0 ? buf_str(&work->keys) : "no key");
}

static int
channel_rm(struct ctl *ctl, int argc, char **argv)
{
	struct channel_work work = {.name = NULL};
	struct ctl_words operands;
	int code;

	if (!ctl_args(ctl, argc, argv, NULL, &operands, 1, 1) || ctl_open(ctl) != STATUS_OK)
		return CTL_COULD_NOT;
	work.name = operands.word[0];
	buf_init(&work.keys, KEYS_TEXT_MAX);
	code = ctl_change(ctl, change_remove, &work);
	if (code == CTL_DONE && work.keys.len > 0)
		ctl_note("channel \"%s\" removed; these keys used it: %s", work.name,
		    buf_str(&work.keys));
	else if (code == CTL_DONE)
		ctl_note("channel \"%s\" removed", work.name);
	buf_free(&work.keys);
	ctl_close(ctl);
	return code;
}

#define SETTINGS                                                                                    \
	"          email: --smtp URL --from A --to A[,B] [--user U --password-file F|-] [--plain] " \
	"[--ca F]\n"                                                                                \
	"          slack, teams: --url-file F|-\n"                                                  \
	"          telegram: --token-file F|- --chat ID [--api URL]\n"                              \
	"          webhook: --url URL | --url-file F|- [--secret-file F|-]\n"                       \
	"          all: [--approver | --monitor] [--events LIST] [--no-arguments] [--deny-link]\n"  \
	"          all but email and console: [--allow-private] [--ca F]"

const struct ctl_command ctl_channel_commands[] = {
    {"channel", "add",
	"channel add NAME email|slack|teams|telegram|webhook|console [settings]\n" SETTINGS,
	"Makes a channel. Secrets come from files or standard input (-), are kept sealed and never shown.\n"
	"A webhook without --secret-file gets a secret, which is printed this once. Webhooks are monitors,\n"
	"which get no links; all others are approvers, unless said otherwise.",
	channel_add},
    {"channel", "list", "channel list", "Shows all channels.", ctl_channel_list},
    {"channel", "show", "channel show NAME", "Shows one channel, without its secrets.",
	ctl_channel_show},
    {"channel", "set",
	"channel set NAME [settings as for add]\n"
	"          and [--tls] [--no-login] [--new-secret] [--ca system] [--arguments] [--no-deny-link]\n"
	"          [--no-allow-private]",
	"Changes what is named and nothing else.", channel_set},
    {"channel", "enable", "channel enable NAME", "Sends messages there again.", channel_enable},
    {"channel", "disable", "channel disable NAME", "Sends no messages there; keys keep it.",
	channel_disable},
    {"channel", "test", "channel test NAME",
	"Sends a sample and says what happened; exit code 1 where it was not taken.",
	ctl_channel_test},
    {"channel", "rm", "channel rm NAME",
	"Removes a channel, from all keys too, and says from which.", channel_rm},
    {NULL, NULL, NULL, NULL, NULL}};
