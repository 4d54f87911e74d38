/* policy_try.c - enforgatectl policy lint, test and explain: their words; policy_files.h does the rest. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "args.h"
#include "clock.h"
#include "key_commands.h"
#include "policy_commands.h"
#include "policy_files.h"
#include "stop.h"

/* Of the arguments of `policy explain`; those of calls are bounded by the configuration. */
#define ARGS_LIMITS                                                                                \
	((struct json_limits){                                                                     \
	    .bytes = (size_t)16 << 20, .nesting = JSON_NESTING_MAX, .members = 1000000})

static int
on_file(struct ctl *ctl, int argc, char **argv,
    int (*run)(const char *path, bool json, FILE *out, FILE *err))
{
	struct ctl_words operands;
	int code, output;

	if (!ctl_args(ctl, argc, argv, NULL, &operands, 1, 1))
		return CTL_COULD_NOT;
	code = run(operands.word[0], ctl->json, stdout, stderr);
	output = ctl_output();
	return output != CTL_DONE ? output : code;
}

int
ctl_policy_lint(struct ctl *ctl, int argc, char **argv)
{
	return on_file(ctl, argc, argv, policy_lint_file);
}

int
ctl_policy_test(struct ctl *ctl, int argc, char **argv)
{
	return on_file(ctl, argc, argv, policy_test_file);
}

struct explaining {
	const char *key_name;
	struct key key;
	bool stopped;
	struct key_policies policies;
	struct call call;
};

static int
look(struct ctl *ctl, struct db *db, void *arg)
{
	struct explaining *e = arg;
	struct problem why = {""};
	enum status status;
	int code = key_find(db, e->key_name, &e->key);

	(void)ctl;
	if (code != CTL_DONE)
		return code;
	status = stop_row_present(db, e->key.id, &e->stopped);
	if (status == STATUS_OK)
		status = key_policies_read(db, e->key.id, &e->policies, &why);
	if (status == STATUS_INVALID)
		return ctl_error("%s; every call is denied", why.text);
	return status == STATUS_OK ? CTL_DONE : ctl_failed("read the policies of the key", status);
}

/* What decides before any policy is looked at. */
static void
note_state(const struct ctl *ctl, const struct explaining *e)
{
	const char *state = key_state(&e->key, clock_wall_ms());
	int fd = open(ctl->config.state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (strcmp(state, "active") != 0)
		ctl_note("key \"%s\" is %s: its calls are refused before any policy is asked",
		    e->key.name, state);
	else if (e->stopped || stop_file_present(fd, e->key.name))
		ctl_note("key \"%s\" is stopped: its calls are denied before any policy is asked",
		    e->key.name);
	if (fd >= 0)
		close(fd);
}

/* The call as words on the command line. */
static int
take_call(const struct ctl_words *words, struct call *call)
{
	const struct json_limits limits = ARGS_LIMITS;
	const char *args = words->count == 4 ? words->word[3] : "{}";
	struct problem why = {""};
	enum status status;

	if (!call_name_valid(words->word[1], strlen(words->word[1])))
		return ctl_error("\"%s\" is no name for a server", words->word[1]);
	if (!call_name_valid(words->word[2], strlen(words->word[2])))
		return ctl_error("\"%s\" is no name for a tool", words->word[2]);
	(void)snprintf(call->server, sizeof(call->server), "%s", words->word[1]);
	(void)snprintf(call->tool, sizeof(call->tool), "%s", words->word[2]);
	status = json_parse(args, strlen(args), &limits, &call->args, &why);
	if (status != STATUS_OK)
		return ctl_error(
		    "the arguments: %s", why.text[0] != '\0' ? why.text : status_name(status));
	if (json_type(call->args) != JSON_OBJECT)
		return ctl_error(
		    "the arguments must be a JSON object, like '{\"path\":\"/tmp/x\"}'");
	return CTL_DONE;
}

int
ctl_policy_explain(struct ctl *ctl, int argc, char **argv)
{
	struct explaining e = {.stopped = false};
	struct ctl_words operands;
	int code;

	if (!ctl_args(ctl, argc, argv, NULL, &operands, 3, 4))
		return CTL_COULD_NOT;
	e.key_name = operands.word[0];
	code = take_call(&operands, &e.call);
	if (code == CTL_DONE && ctl_open(ctl) == STATUS_OK) {
		code = ctl_look(ctl, look, &e);
		if (code == CTL_DONE) {
			note_state(ctl, &e);
			code = policy_explain_call(
			    e.policies.list, e.policies.count, &e.call, ctl->json, stdout);
		}
		if (code == CTL_DONE)
			code = ctl_output();
		ctl_close(ctl);
	} else {
		code = CTL_COULD_NOT;
	}
	key_policies_free(&e.policies);
	call_free(&e.call);
	return code;
}
