/* channel_options.c - what the options of `channel add` and `channel set` mean; see channel_options.h. */
#include "channel_options.h"

#include <stdio.h>
#include <string.h>

static bool
take_file(const char *what, const char *path, char *out, const char **text)
{
	if (path == NULL)
		return true;
	*text = out;
	return ctl_secret_file(what, path, out, SECRET_INPUT_MAX);
}

bool
channel_options_take(struct channel_options *o)
{
	struct channel_wish *w = &o->wish;

	if (!ctl_choose(o->plain, o->tls, "--plain and --tls", &w->plain) ||
	    !ctl_choose(
		o->private, o->no_private, "--allow-private and --no-allow-private", &w->private) ||
	    !ctl_choose(o->approver, o->monitor, "--approver and --monitor", &w->approver) ||
	    !ctl_choose(
		o->arguments, o->no_arguments, "--arguments and --no-arguments", &w->show_args) ||
	    !ctl_choose(
		o->deny_link, o->no_deny_link, "--deny-link and --no-deny-link", &w->deny_link))
		return false;
	w->url_hidden = o->url_file != NULL;
	if ((w->text[TEXT_URL] != NULL && w->url_hidden) ||
	    (o->new_secret && o->secret_file != NULL) ||
	    (w->no_login && (w->text[TEXT_USER] != NULL || o->password_file != NULL))) {
		(void)ctl_error(
		    "one of each: --url and --url-file, --secret-file and --new-secret, "
		    "--no-login and --user with --password-file");
		return false;
	}
	return take_file("url", o->url_file, o->url, &w->text[TEXT_URL]) &&
	       take_file("token", o->token_file, o->token, &w->text[TEXT_TOKEN]) &&
	       take_file("password", o->password_file, o->password, &w->text[TEXT_PASSWORD]) &&
	       take_file("secret", o->secret_file, o->secret, &w->text[TEXT_SECRET]);
}

bool
channel_options_read(struct ctl *ctl, int argc, char **argv, struct channel_options *o,
    const char **name, const char **kind)
{
	const char **text = o->wish.text;
	const struct ctl_option options[] = {{"--smtp", NULL, &text[TEXT_SMTP], NULL},
	    {"--user", NULL, &text[TEXT_USER], NULL}, {"--from", NULL, &text[TEXT_FROM], NULL},
	    {"--to", NULL, &text[TEXT_TO], NULL}, {"--url", NULL, &text[TEXT_URL], NULL},
	    {"--chat", NULL, &text[TEXT_CHAT], NULL}, {"--api", NULL, &text[TEXT_API], NULL},
	    {"--ca", NULL, &text[TEXT_CA], NULL}, {"--events", NULL, &o->wish.events, NULL},
	    {"--password-file", NULL, &o->password_file, NULL},
	    {"--url-file", NULL, &o->url_file, NULL}, {"--token-file", NULL, &o->token_file, NULL},
	    {"--secret-file", NULL, &o->secret_file, NULL},
	    {"--new-secret", &o->new_secret, NULL, NULL},
	    {"--no-login", &o->wish.no_login, NULL, NULL}, {"--plain", &o->plain, NULL, NULL},
	    {"--tls", &o->tls, NULL, NULL}, {"--allow-private", &o->private, NULL, NULL},
	    {"--no-allow-private", &o->no_private, NULL, NULL},
	    {"--approver", &o->approver, NULL, NULL}, {"--monitor", &o->monitor, NULL, NULL},
	    {"--arguments", &o->arguments, NULL, NULL},
	    {"--no-arguments", &o->no_arguments, NULL, NULL},
	    {"--deny-link", &o->deny_link, NULL, NULL},
	    {"--no-deny-link", &o->no_deny_link, NULL, NULL}, {NULL, NULL, NULL, NULL}};
	struct ctl_words operands;
	size_t count = kind != NULL ? 2 : 1;

	if (!ctl_args(ctl, argc, argv, options, &operands, count, count))
		return false;
	*name = operands.word[0];
	if (kind != NULL)
		*kind = operands.word[1];
	return true;
}

/* The url of a chat's webhook is all that it takes to write there, or to read what is written. */
static bool
url_may_be_seen(const struct channel *channel, const struct channel_wish *wish)
{
	if (wish->text[TEXT_URL] == NULL || wish->url_hidden || channel->kind == CHANNEL_WEBHOOK)
		return true;
	(void)ctl_error(
	    "--url: the url is a secret, and others see the command line; put it into a "
	    "file for --url-file, or give it on standard input with --url-file -");
	return false;
}

int
channel_options_apply(struct channel_options *o, const struct channel *old, struct channel *out)
{
	struct problem why = {"out of memory"};

	if (!url_may_be_seen(old, &o->wish))
		return CTL_COULD_NOT;
	if (o->new_secret || channel_needs_secret(old, &o->wish)) {
		memcpy(o->secret, CHANNEL_SECRET_PREFIX, sizeof(CHANNEL_SECRET_PREFIX) - 1);
		secret_random_text(
		    o->secret + sizeof(CHANNEL_SECRET_PREFIX) - 1, CHANNEL_SECRET_RANDOM);
		o->wish.text[TEXT_SECRET] = o->secret;
		o->secret_made = true;
	}
	if (channel_take(old, &o->wish, out, &why) != STATUS_OK)
		return ctl_error("channel \"%s\": %s", old->name, why.text);
	return CTL_DONE;
}
