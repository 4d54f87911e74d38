/* policy.c - enforgatectl policy: put, enable, disable, rm. What only reads is in policy_show.c and policy_try.c. */
#include "policy_commands.h"

#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "clock.h"
#include "keys.h"

static int
change_put(struct ctl *ctl, struct db *db, void *arg)
{
	return policy_put_in(ctl, db, arg);
}

static int
put_file(struct ctl *ctl, struct policy_put *put)
{
	char *text = NULL;
	int code;

	if (ctl_read_file(put->origin, POLICY_TEXT_MAX, &text, &put->len) != STATUS_OK)
		return CTL_COULD_NOT;
	put->text = text;
	if (strcmp(put->origin, "-") == 0)
		put->origin = "standard input";
	/* The document is kept as a text that ends at its first NUL. */
	if (strlen(text) != put->len)
		code = ctl_error("%s: holds a NUL byte at %zu", put->origin, strlen(text));
	else
		code = ctl_change(ctl, change_put, put);
	free(text);
	if (code != CTL_DONE)
		return code;
	if (ctl->json) {
		struct json_object *root = json_new_object();

		return ctl_print_json(root, json_set_text(root, "name", put->name) &&
						json_set_bool(root, "changed", put->changed) &&
						json_set_text(root, "change", put->change));
	}
	printf("policy \"%s\": %s\n", put->name, put->change);
	return ctl_output();
}

static int
policy_put(struct ctl *ctl, int argc, char **argv)
{
	struct policy_put put = {.name = NULL};
	const char *priority = NULL, *decision = NULL;
	const struct ctl_option options[] = {{"--priority", NULL, &priority, NULL},
	    {"--default", NULL, &decision, NULL}, {NULL, NULL, NULL, NULL}};
	struct ctl_words operands;
	int code;

	if (!ctl_args(ctl, argc, argv, options, &operands, 2, 2))
		return CTL_COULD_NOT;
	put.name = operands.word[0];
	put.origin = operands.word[1];
	put.has_priority = priority != NULL;
	if (put.has_priority && !ctl_integer(priority, &put.priority))
		return ctl_error("--priority %s: must be a whole number", priority);
	put.has_default = decision != NULL;
	put.default_decision = decision != NULL ? decision_read(decision) : DECISION_NONE;
	if (put.has_default && put.default_decision == DECISION_NONE)
		return ctl_error("--default %s: must be allow, deny or require_approval", decision);
	if (ctl_open(ctl) != STATUS_OK)
		return CTL_COULD_NOT;
	code = put_file(ctl, &put);
	ctl_close(ctl);
	return code;
}

struct switching {
	const char *name;
	bool enabled;
	bool changed;
};

static int
change_enable(struct ctl *ctl, struct db *db, void *arg)
{
	struct switching *s = arg;

	return policy_enable_in(ctl, db, s->name, s->enabled, false, &s->changed);
}

static int
enable_or_disable(struct ctl *ctl, int argc, char **argv, bool enabled)
{
	struct switching s = {.enabled = enabled};
	struct ctl_words operands;
	int code;

	if (!ctl_args(ctl, argc, argv, NULL, &operands, 1, 1) || ctl_open(ctl) != STATUS_OK)
		return CTL_COULD_NOT;
	s.name = operands.word[0];
	code = ctl_change(ctl, change_enable, &s);
	if (code == CTL_DONE)
		ctl_note("policy \"%s\" %s %s", s.name, s.changed ? "is now" : "was already",
		    enabled ? "enabled" : "disabled");
	ctl_close(ctl);
	return code;
}

static int
policy_enable(struct ctl *ctl, int argc, char **argv)
{
	return enable_or_disable(ctl, argc, argv, true);
}

static int
policy_disable(struct ctl *ctl, int argc, char **argv)
{
	return enable_or_disable(ctl, argc, argv, false);
}

/* Says which keys lose the policy. */
static bool
note_key(void *arg, const char *name)
{
	ctl_note("key \"%s\" is no longer judged by policy \"%s\"", name, (const char *)arg);
	return true;
}

static int
change_rm(struct ctl *ctl, struct db *db, void *arg)
{
	struct policy_row row;
	enum status status;
	int code = policy_find(db, arg, 0, &row);

	if (code != CTL_DONE)
		return code;
	policy_row_free(&row);
	status = keys_each_of_policy(db, row.id, note_key, arg);
	if (status == STATUS_OK)
		status = policies_remove(db, arg, clock_wall_ms());
	if (status != STATUS_OK)
		return ctl_failed("remove the policy", status);
	return ctl_record(
	    ctl, db, "policy.rm", "%s, version %lld", row.name, (long long)row.version);
}

static int
policy_rm(struct ctl *ctl, int argc, char **argv)
{
	struct ctl_words operands;
	char name[POLICY_NAME_MAX + 2];
	int code;

	if (!ctl_args(ctl, argc, argv, NULL, &operands, 1, 1) || ctl_open(ctl) != STATUS_OK)
		return CTL_COULD_NOT;
	(void)snprintf(name, sizeof(name), "%s", operands.word[0]);
	code = ctl_change(ctl, change_rm, name);
	if (code == CTL_DONE)
		ctl_note("policy \"%s\" removed; its versions stay for the audit log", name);
	ctl_close(ctl);
	return code;
}

const struct ctl_command ctl_policy_commands[] = {
    {"policy", "put", "policy put NAME FILE [--priority N] [--default allow|deny|require_approval]",
	"Makes the policy, or its next version, from a file (- is standard input). The options override\n"
	"the document. A document that says the same as the version in force makes no new one.",
	policy_put},
    {"policy", "list", "policy list", "Shows all policies.", ctl_policy_list},
    {"policy", "show", "policy show NAME [--version N]",
	"Prints the document on standard output, what belongs to it on standard error.",
	ctl_policy_show},
    {"policy", "history", "policy history NAME", "Shows all versions, newest first.",
	ctl_policy_history},
    {"policy", "enable", "policy enable NAME", "Lets the policy judge calls again.", policy_enable},
    {"policy", "disable", "policy disable NAME", "Skips the policy for every key.", policy_disable},
    {"policy", "rm", "policy rm NAME",
	"Takes the policy from all keys and from the list; its versions stay for the audit log.",
	policy_rm},
    {"policy", "lint", "policy lint FILE",
	"Names errors in a policy, and rules that can never match. Exit code 1 where it found something.",
	ctl_policy_lint},
    {"policy", "test", "policy test FILE",
	"Runs the cases of a file (enforgate-policy(5)). Exit code 1 where one failed.",
	ctl_policy_test},
    {"policy", "explain", "policy explain KEYNAME SERVER TOOL [ARGS-JSON]",
	"Judges a call without making or recording it, and says which rule matched and why the earlier\n"
	"ones did not.",
	ctl_policy_explain},
    {NULL, NULL, NULL, NULL, NULL}};
