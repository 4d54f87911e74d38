/* key.c - enforgatectl key: add, set, revoke, rotate. What shows keys is in key_show.c. */
#include "key_commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "policies.h"

/* The options of add and set. A NULL value or a false flag was not given. */
struct key_options {
	struct ctl_words policies;
	const char *expires;
	const char *timeout;
	bool allowances;
	bool no_allowances;
	bool pin;
	struct ctl_words channels;
};

struct key_work {
	struct key_options options;
	struct key key;
	const char *name;
	char text[KEY_TEXT_LEN + 1];
};

int
key_find(struct db *db, const char *name, struct key *key)
{
	enum status status = keys_find_name(db, name, key);

	if (status == STATUS_NOT_FOUND)
		return ctl_error("no key \"%s\"; `enforgatectl key list` shows them", name);
	return status == STATUS_OK ? CTL_DONE : ctl_failed("read the key", status);
}

int
key_give_policies(struct db *db, const char *key_id, const char *const *names, size_t count)
{
	char ids[KEY_POLICIES_MAX][POLICY_ID_MAX + 1];
	const char *pointers[KEY_POLICIES_MAX];
	struct policy_row row;
	enum status status;

	if (count > KEY_POLICIES_MAX)
		return ctl_error("a key has at most %d policies", KEY_POLICIES_MAX);
	for (size_t i = 0; i < count; i++) {
		status = policies_find(db, names[i], 0, &row);
		if (status == STATUS_NOT_FOUND)
			return ctl_error(
			    "no policy \"%s\"; `enforgatectl policy put %s FILE` makes one",
			    names[i], names[i]);
		if (status != STATUS_OK)
			return ctl_failed("read the policy", status);
		policy_row_free(&row);
		memcpy(ids[i], row.id, sizeof(ids[i]));
		pointers[i] = ids[i];
		for (size_t j = 0; j < i; j++)
			if (strcmp(ids[j], ids[i]) == 0)
				return ctl_error("policy \"%s\" is named twice", names[i]);
	}
	status = keys_set_policies(db, key_id, pointers, count);
	return status == STATUS_OK ? CTL_DONE : ctl_failed("set the policies of the key", status);
}

/* Takes the options into the key; prints what is wrong with them. */
static int
take_options(const struct key_options *options, int64_t now_ms, struct key *key)
{
	if (options->pin)
		return ctl_error(
		    "--pin is not available yet: approvals are not part of this version");
	if (options->channels.count > 0)
		return ctl_error(
		    "--channel is not available yet: notifications are not part of this version");
	if (options->allowances && options->no_allowances)
		return ctl_error("--allowances and --no-allowances exclude each other");
	if (options->expires != NULL && !ctl_expiry(options->expires, now_ms, &key->expires_ms))
		return ctl_error(
		    "--expires %s: must be like 30d, 12h, 15m or 45s, a day like 2027-01-31 "
		    "(UTC, not past), or never",
		    options->expires);
	if (options->timeout != NULL && !ctl_duration(options->timeout, KEY_TIMEOUT_LEAST_MS,
					    KEY_TIMEOUT_MOST_MS, &key->approval_timeout_ms))
		return ctl_error(
		    "--approval-timeout %s: must be from 1s to 30d, like 15m", options->timeout);
	if (options->allowances || options->no_allowances)
		key->allowances = options->allowances;
	return CTL_DONE;
}

static bool
read_options(struct ctl *ctl, int argc, char **argv, struct key_work *work)
{
	struct key_options *o = &work->options;
	const struct ctl_option options[] = {{"--policy", NULL, NULL, &o->policies},
	    {"--expires", NULL, &o->expires, NULL}, {"--approval-timeout", NULL, &o->timeout, NULL},
	    {"--allowances", &o->allowances, NULL, NULL},
	    {"--no-allowances", &o->no_allowances, NULL, NULL}, {"--pin", &o->pin, NULL, NULL},
	    {"--channel", NULL, NULL, &o->channels}, {NULL, NULL, NULL, NULL}};
	struct ctl_words operands;

	if (!ctl_args(ctl, argc, argv, options, &operands, 1, 1))
		return false;
	work->name = operands.word[0];
	return true;
}

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

int
key_record(struct ctl *ctl, struct db *db, const char *act, const struct key *key)
{
	char expires[CLOCK_TEXT_MAX] = "never";
	char timeout[32];
	struct buf policies;
	int code;

	if (key->expires_ms != 0)
		clock_text(key->expires_ms, expires);
	ctl_duration_text(key->approval_timeout_ms, timeout, sizeof(timeout));
	code = key_policies_text(db, key->id, &policies);
	if (code == CTL_DONE)
		code = ctl_record(ctl, db, act,
		    "%s (%s): expires %s, approval timeout %s, allowances %s, policies: %s",
		    key->name, key->id, expires, timeout, key->allowances ? "yes" : "no",
		    buf_str(&policies));
	buf_free(&policies);
	return code;
}

static int
change_add(struct ctl *ctl, struct db *db, void *arg)
{
	struct key_work *work = arg;
	struct key taken;
	enum status status = keys_add(db, &work->key, work->text);
	int code;

	if (status == STATUS_EXISTS && keys_find_name(db, work->name, &taken) == STATUS_OK)
		return ctl_error(
		    taken.revoked_ms != 0
			? "there was a key \"%s\", now revoked; names are not used twice, as the audit log names keys"
			: "there is a key \"%s\" already; `enforgatectl key rotate` gives it a new text",
		    work->name);
	if (status != STATUS_OK)
		return ctl_failed("add the key", status);
	code = key_give_policies(
	    db, work->key.id, work->options.policies.word, work->options.policies.count);
	return code == CTL_DONE ? key_record(ctl, db, "key.add", &work->key) : code;
}

static int
key_add(struct ctl *ctl, int argc, char **argv)
{
	struct key_work work = {
	    .key = {.approval_timeout_ms = KEY_TIMEOUT_STANDARD_MS, .allowances = true}};
	int64_t now_ms = clock_wall_ms();
	int code;

	if (!read_options(ctl, argc, argv, &work) ||
	    take_options(&work.options, now_ms, &work.key) != CTL_DONE)
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
	code = ctl_change(ctl, change_add, &work);
	if (code == CTL_DONE) {
		ctl_note("key \"%s\" added; it is shown this once:", work.name);
		code = print_key(ctl, work.name, work.text);
		if (work.options.policies.count == 0)
			ctl_note(
			    "it has no policy yet, so every call is denied; `enforgatectl key set %s "
			    "--policy NAME` gives it one",
			    work.name);
	}
	secret_wipe(work.text, sizeof(work.text));
	ctl_close(ctl);
	return code;
}

static int
change_set(struct ctl *ctl, struct db *db, void *arg)
{
	struct key_work *work = arg;
	const struct ctl_words *policies = &work->options.policies;
	enum status status;
	int code = key_find(db, work->name, &work->key);

	if (code == CTL_DONE && work->key.revoked_ms != 0)
		return ctl_error("key \"%s\" is revoked for good", work->name);
	if (code == CTL_DONE)
		code = take_options(&work->options, clock_wall_ms(), &work->key);
	if (code != CTL_DONE)
		return code;
	status = keys_update(db, &work->key);
	if (status != STATUS_OK)
		return ctl_failed("change the key", status);
	if (policies->count > 0)
		code = key_give_policies(db, work->key.id, policies->word, policies->count);
	return code == CTL_DONE ? key_record(ctl, db, "key.set", &work->key) : code;
}

static int
key_set(struct ctl *ctl, int argc, char **argv)
{
	struct key_work work = {.name = NULL};
	const struct key_options *o = &work.options;
	int code;

	if (!read_options(ctl, argc, argv, &work))
		return CTL_COULD_NOT;
	if (argc <= 2 && o->policies.count == 0)
		return ctl_error("nothing to set\nusage: enforgatectl %s", ctl->command->usage);
	if (ctl_open(ctl) != STATUS_OK)
		return CTL_COULD_NOT;
	code = ctl_change(ctl, change_set, &work);
	if (code == CTL_DONE)
		ctl_note("key \"%s\" changed; in force with the next call", work.name);
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
		code = take_options(&work->options, now_ms, &work->key);
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
	return key_record(ctl, db, "key.rotate", &work->key);
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
	"key add NAME [--policy P]... [--expires 30d] [--approval-timeout 15m] [--no-allowances]",
	"Makes a key and prints it, alone, on standard output. Only its digest is kept: it is never shown "
	"again.",
	key_add},
    {"key", "list", "key list", "Shows all keys.", ctl_key_list},
    {"key", "show", "key show NAME", "Shows one key.", ctl_key_show},
    {"key", "set",
	"key set NAME [--policy P]... [--expires 30d|never] [--approval-timeout 15m]\n"
	"          [--allowances | --no-allowances]",
	"Changes what is named and nothing else. --policy replaces all policies of the key.",
	key_set},
    {"key", "revoke", "key revoke NAME", "Refuses the key for good, from its next call on.",
	key_revoke},
    {"key", "rotate", "key rotate NAME [--expires 30d]",
	"Prints a new text for the key; the old one is refused from now on.", key_rotate},
    {NULL, NULL, NULL, NULL, NULL}};
