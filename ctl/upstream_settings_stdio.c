/* upstream_settings_stdio.c - settings of an upstream that is a program; see upstream_taking.h. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "mcp/sandbox.h"
#include "upstream_taking.h"

static enum status
take_command(struct taking *t)
{
	const struct json_object *wanted = t->wish->command;
	struct json_object *command;
	char path[PATH_MAX];
	bool ok;

	if (wanted == NULL && taking_old(t, "command") != NULL)
		return taking_keep(t, "command");
	if (json_length(wanted) == 0 || json_length(wanted) > UPSTREAM_ARGS_MAX) {
		problem_set(
		    &t->wrong, "a program and at most %d words behind it", UPSTREAM_ARGS_MAX - 1);
		return taking_invalid(t, "command");
	}
	if (!upstream_check_program(taking_text(wanted, 0), path, &t->wrong))
		return taking_invalid(t, "command");
	command = json_new_array();
	ok = command != NULL && json_set(t->out->settings, "command", command) &&
	     json_append_text(command, path);
	for (size_t i = 1; i < json_length(wanted) && ok; i++) {
		if (!upstream_check_word(taking_text(wanted, i), &t->wrong))
			return taking_invalid(t, "command");
		ok = json_append(command, json_share(json_element(wanted, i)));
	}
	if (snprintf(t->out->target, sizeof(t->out->target), "%s", path) >=
	    (int)sizeof(t->out->target))
		memcpy(t->out->target + sizeof(t->out->target) - 4, "...", 4);
	return taking_memory(ok);
}

static bool
set_variable(struct json_object *env, const char *text)
{
	char name[UPSTREAM_TEXT_MAX];
	size_t len = strcspn(text, "=");

	(void)snprintf(name, sizeof(name), "%.*s", (int)len, text);
	return json_set_text(env, name, text + len + 1);
}

static enum status
take_env(struct taking *t)
{
	const struct upstream_wish *w = t->wish;
	const struct json_object *old = taking_old(t, "env");
	struct json_object *env = json_new_object();
	struct json_walk walk = {.started = false};
	bool ok = env != NULL && json_set(t->out->settings, "env", env), found = false;

	for (size_t i = 0; i < json_length(w->drop_env); i++) {
		(void)json_member(old, taking_text(w->drop_env, i), &found);
		if (!found) {
			problem_set(
			    &t->wrong, "there is no \"%.100s\"", taking_text(w->drop_env, i));
			return taking_invalid(t, "env");
		}
	}
	while (!(w->whole && w->env != NULL) && json_next_member(old, &walk) && ok)
		if (!taking_names(w->drop_env, walk.name, '='))
			ok = json_set(env, walk.name, json_share(walk.value));
	for (size_t i = 0; i < json_length(w->env) && ok; i++) {
		if (!upstream_check_env(taking_text(w->env, i), &t->wrong))
			return taking_invalid(t, "env");
		ok = set_variable(env, taking_text(w->env, i));
	}
	if (json_length(env) > UPSTREAM_ENV_MAX) {
		problem_set(&t->wrong, "at most %d", UPSTREAM_ENV_MAX);
		return taking_invalid(t, "env");
	}
	return taking_memory(ok);
}

static enum status
take_paths(struct taking *t, const char *name, const struct json_object *wanted)
{
	struct json_object *paths;
	char path[PATH_MAX];
	bool ok;

	if (wanted == NULL)
		return taking_keep(t, name);
	if (json_length(wanted) > UPSTREAM_PATHS_MAX) {
		problem_set(&t->wrong, "at most %d paths", UPSTREAM_PATHS_MAX);
		return taking_invalid(t, name);
	}
	paths = json_new_array();
	ok = paths != NULL && json_set(t->out->settings, name, paths);
	for (size_t i = 0; i < json_length(wanted) && ok; i++) {
		if (!upstream_check_path(t->config, taking_text(wanted, i), false, path, &t->wrong))
			return taking_invalid(t, name);
		ok = json_append_text(paths, path);
	}
	return taking_memory(ok);
}

static enum status
take_directory(struct taking *t)
{
	const char *wanted = t->wish->directory;
	char path[PATH_MAX] = "";

	if (wanted == NULL && taking_old(t, "directory") != NULL)
		return taking_keep(t, "directory");
	if (wanted != NULL && wanted[0] != '\0' &&
	    !upstream_check_path(t->config, wanted, true, path, &t->wrong))
		return taking_invalid(t, "directory");
	return taking_memory(json_set_text(t->out->settings, "directory", path));
}

static enum status
take_number(struct taking *t, const char *name, const char *member, const char *text, int64_t least,
    int64_t most)
{
	int64_t number = 0;

	if (text == NULL)
		return taking_keep(t, member);
	if (strcmp(text, "standard") == 0)
		return STATUS_OK;
	if (!ctl_integer(text, &number) || number < least || number > most) {
		problem_set(&t->wrong,
		    "must be a whole number from %" PRId64 " to %" PRId64 ", or \"standard\"",
		    least, most);
		return taking_invalid(t, name);
	}
	return taking_memory(json_set_integer(t->out->settings, member, number));
}

static enum status
take_trust(struct taking *t)
{
	bool trust = ctl_chosen(t->wish->trust, json_bool(taking_old(t, "trust")));
	bool found = false;

	if (trust && (json_length(json_member(t->out->settings, "read", &found)) > 0 ||
			 json_length(json_member(t->out->settings, "write", &found)) > 0)) {
		problem_set(&t->wrong, "the program has no sandbox then, into which read and write "
				       "would let it reach; leave them out");
		return taking_invalid(t, "trust");
	}
	return taking_memory(!trust || json_set_bool(t->out->settings, "trust", true));
}

static enum status
take_user(struct taking *t)
{
	const char *user = t->wish->user;

	if (user == NULL)
		return taking_keep(t, "user");
	return taking_memory(user[0] == '\0' || json_set_text(t->out->settings, "user", user));
}

/* A program that nothing keeps from the state directory could answer for people: it is not even configured. */
static enum status
check_sandbox(struct taking *t)
{
	enum status status = sandbox_settings(t->config, t->out->settings, &t->wrong);

	if (status == STATUS_OK)
		return STATUS_OK;
	if (status == STATUS_REFUSED)
		problem_set(t->why, "%.380s. With --trust (\"trust\": true) it runs all the same",
		    t->wrong.text);
	else
		problem_set(t->why, "%s", t->wrong.text);
	return STATUS_INVALID;
}

enum status
upstream_take_stdio(struct taking *t)
{
	const struct upstream_wish *w = t->wish;
	enum status status = take_command(t);

	if (status == STATUS_OK)
		status = take_env(t);
	if (status == STATUS_OK)
		status = take_paths(t, "read", w->read);
	if (status == STATUS_OK)
		status = take_paths(t, "write", w->write);
	if (status == STATUS_OK)
		status = take_directory(t);
	if (status == STATUS_OK)
		status = take_number(t, "memory", "memory_mb", w->memory, UPSTREAM_MEMORY_LEAST_MB,
		    UPSTREAM_MEMORY_MOST_MB);
	if (status == STATUS_OK)
		status = take_number(
		    t, "files", "files", w->files, UPSTREAM_FILES_LEAST, UPSTREAM_FILES_MOST);
	if (status == STATUS_OK)
		status = take_user(t);
	if (status == STATUS_OK)
		status = take_trust(t);
	return status == STATUS_OK ? check_sandbox(t) : status;
}
