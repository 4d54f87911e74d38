/* key.c - enforgatectl key: add, set, revoke, rotate. What shows keys is in key_show.c. */
#include "key_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"

struct key_work {
	struct key_options options;
	struct key key;
	const char *name;
	char text[KEY_TEXT_LEN + 1];
};

/* The one moment at which a key is seen. */
static int
print_key(struct ctl *ctl, const char *name, const char *text)
{
	struct json_object *root;
	int code;

	if (ctl->json) {
		root = json_new_object();
		code = ctl_print_json(
		    root, json_set_text(root, "name", name) && json_set_text(root, "key", text));
	} else {
		printf("%s\n", text);
		code = ctl_output();
	}
	if (code != CTL_DONE)
		ctl_note(
		    "the key could not be printed and is not kept: `enforgatectl key rotate %s` makes "
		    "another",
		    name);
	return code;
}

static int
change_add(struct ctl *ctl, struct db *db, void *arg)
{
	struct key_work *work = arg;
	struct key taken;
	enum status status = keys_add(db, &work->key, work->text);

	if (status == STATUS_EXISTS && keys_find_name(db, work->name, &taken) == STATUS_OK)
		return ctl_error(
		    taken.revoked_ms != 0
			? "there was a key \"%s\", now revoked; names are not used twice, as the audit log names keys"
			: "there is a key \"%s\" already; `enforgatectl key rotate` gives it a new text",
		    work->name);
	if (status != STATUS_OK)
		return ctl_failed("add the key", status);
	return key_options_give(ctl, db, "key.add", &work->options, &work->key);
}

static int
key_add(struct ctl *ctl, int argc, char **argv)
{
	struct key_work work = {
	    .key = {.approval_timeout_ms = KEY_TIMEOUT_STANDARD_MS, .allowances = true}};
	int64_t now_ms = clock_wall_ms();
	int code;

	if (!key_options_read(ctl, argc, argv, &work.options, &work.name) ||
	    key_options_take(&work.options, now_ms, &work.key) != CTL_DONE)
		return CTL_COULD_NOT;
	if (!key_name_valid(work.name))
		return ctl_error(
		    "\"%s\" is no name for a key: 1 to %d of A-Z a-z 0-9 . _ -, the first one "
		    "no . or -",
		    work.name, KEY_NAME_MAX);
	if (ctl_open(ctl) != STATUS_OK)
		return CTL_COULD_NOT;
	(void)snprintf(work.key.name, sizeof(work.key.name), "%s", work.name);
	work.key.created_ms = now_ms;
	key_make(work.text);
	code = key_options_read_pin(&work.options);
	if (code == CTL_DONE)
		code = ctl_change(ctl, change_add, &work);
	if (code == CTL_DONE) {
		ctl_note("key \"%s\" added; it is shown this once:", work.name);
		code = print_key(ctl, work.name, work.text);
		if (work.options.policies.count == 0)
			ctl_note(
			    "it has no policy yet, so every call is denied; `enforgatectl key set %s "
			    "--policy NAME` gives it one",
			    work.name);
		key_warn(ctl, &work.key);
	}
	secret_wipe(&work, sizeof(work));
	ctl_close(ctl);
	return code;
}

static int
change_set(struct ctl *ctl, struct db *db, void *arg)
{
	struct key_work *work = arg;
	enum status status;
	int code = key_find(db, work->name, &work->key);

	if (code == CTL_DONE && work->key.revoked_ms != 0)
		return ctl_error("key \"%s\" is revoked for good", work->name);
	if (code == CTL_DONE)
		code = key_options_take(&work->options, clock_wall_ms(), &work->key);
	if (code != CTL_DONE)
		return code;
	status = keys_update(db, &work->key);
	if (status != STATUS_OK)
		return ctl_failed("change the key", status);
	return key_options_give(ctl, db, "key.set", &work->options, &work->key);
}

static int
key_set(struct ctl *ctl, int argc, char **argv)
{
	struct key_work work = {.name = NULL};
	int code;

	if (!key_options_read(ctl, argc, argv, &work.options, &work.name))
		return CTL_COULD_NOT;
	if (argc <= 2)
		return ctl_error("nothing to set\nusage: enforgatectl %s", ctl->command->usage);
	if (ctl_open(ctl) != STATUS_OK)
		return CTL_COULD_NOT;
	code = key_options_read_pin(&work.options);
	if (code == CTL_DONE)
		code = ctl_change(ctl, change_set, &work);
	if (code == CTL_DONE) {
		ctl_note("key \"%s\" changed; in force with the next call", work.name);
		key_warn(ctl, &work.key);
	}
	secret_wipe(&work, sizeof(work));
	ctl_close(ctl);
	return code;
}

static int
change_revoke(struct ctl *ctl, struct db *db, void *arg)
{
	struct key_work *work = arg;
	enum status status;
	int code = key_find(db, work->name, &work->key);

	if (code != CTL_DONE || work->key.revoked_ms != 0)
		return code;
	status = keys_revoke(db, work->key.id, clock_wall_ms());
	if (status != STATUS_OK)
		return ctl_failed("revoke the key", status);
	return ctl_record(ctl, db, "key.revoke", "%s (%s)", work->key.name, work->key.id);
}

static int
key_revoke(struct ctl *ctl, int argc, char **argv)
{
	struct key_work work = {.name = NULL};
	struct ctl_words operands;
	int code;

	if (!ctl_args(ctl, argc, argv, NULL, &operands, 1, 1) || ctl_open(ctl) != STATUS_OK)
		return CTL_COULD_NOT;
	work.name = operands.word[0];
	code = ctl_change(ctl, change_revoke, &work);
	if (code == CTL_DONE)
		ctl_note(work.key.revoked_ms != 0
			     ? "key \"%s\" is revoked already"
			     : "key \"%s\" revoked; it is refused from the next call on",
		    work.name);
	ctl_close(ctl);
	return code;
}

static int
change_rotate(struct ctl *ctl, struct db *db, void *arg)
{
	struct key_work *work = arg;
	int64_t now_ms = clock_wall_ms();
	enum status status;
	int code = key_find(db, work->name, &work->key);

	if (code == CTL_DONE)
		code = key_options_take(&work->options, now_ms, &work->key);
	if (code != CTL_DONE)
		return code;
	if (strcmp(key_state(&work->key, now_ms), "active") != 0)
		return ctl_error("key \"%s\" is %s%s", work->name, key_state(&work->key, now_ms),
		    work->key.revoked_ms != 0 ? " for good"
					      : "; --expires 30d makes it last longer");
	status = keys_rotate(db, work->key.id, work->text);
	if (status == STATUS_OK)
		status = keys_update(db, &work->key);
	if (status != STATUS_OK)
		return ctl_failed("rotate the key", status);
	return key_record(ctl, db, "key.rotate", &work->key, "");
}

static int
key_rotate(struct ctl *ctl, int argc, char **argv)
{
	struct key_work work = {.name = NULL};
	const struct ctl_option options[] = {
	    {"--expires", NULL, &work.options.expires, NULL}, {NULL, NULL, NULL, NULL}};
	struct ctl_words operands;
	int code;

	if (!ctl_args(ctl, argc, argv, options, &operands, 1, 1) || ctl_open(ctl) != STATUS_OK)
		return CTL_COULD_NOT;
	work.name = operands.word[0];
	key_make(work.text);
	code = ctl_change(ctl, change_rotate, &work);
	if (code == CTL_DONE) {
		ctl_note(
		    "key \"%s\" has a new text, the old one is refused from now on; it is shown this once:",
		    work.name);
		code = print_key(ctl, work.name, work.text);
	}
	secret_wipe(work.text, sizeof(work.text));
	ctl_close(ctl);
	return code;
}

const struct ctl_command ctl_key_commands[] = {
    {"key", "add",
	"key add NAME [--policy P]... [--expires 30d] [--approval-timeout 15m] [--no-allowances]\n"
	"          [--channel C]... [--pin]",
	"Makes a key and prints it, alone, on standard output. Only its digest is kept: it is never shown "
	"again.",
	key_add},
    {"key", "list", "key list", "Shows all keys.", ctl_key_list},
    {"key", "show", "key show NAME", "Shows one key.", ctl_key_show},
    {"key", "set",
	"key set NAME [--policy P]... [--expires 30d|never] [--approval-timeout 15m]\n"
	"          [--allowances | --no-allowances] [--channel C]... [--no-channels]\n"
	"          [--pin | --no-pin | --pin-reset]",
	"Changes what is named and nothing else. --policy replaces all policies of the key, --channel all\n"
	"channels. --pin asks for a PIN that approvers have to know; --pin-reset allows links again after\n"
	"too many wrong ones.",
	key_set},
    {"key", "revoke", "key revoke NAME", "Refuses the key for good, from its next call on.",
	key_revoke},
    {"key", "rotate", "key rotate NAME [--expires 30d]",
	"Prints a new text for the key; the old one is refused from now on.", key_rotate},
    {NULL, NULL, NULL, NULL, NULL}};
