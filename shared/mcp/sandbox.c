/* sandbox.c - what a sandbox can be here, and whether an upstream's settings fit in it; see sandbox.h. */
#include "mcp/sandbox.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CREATE_RULESET_VERSION 1U /* LANDLOCK_CREATE_RULESET_VERSION */
#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444 /* the same on every architecture */
#endif

int
sandbox_landlock(void)
{
	const long version =
	    syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, CREATE_RULESET_VERSION);

	return version > 0 ? (int)version : 0;
}

bool
sandbox_possible(struct problem *why)
{
	if (sandbox_landlock() > 0 || geteuid() == 0)
		return true;
	problem_set(why,
	    "a program run here could read the state directory and answer for people: this kernel has no Landlock "
	    "(Linux 5.13 and later; `landlock` among the kernel's lsm=), and only root can run it as "
	    "another user");
	return false;
}

bool
sandbox_contains(const char *path, const char *closed)
{
	char a[PATH_MAX], b[PATH_MAX];
	size_t len;

	if (realpath(path, a) == NULL || realpath(closed, b) == NULL)
		return false;
	len = strlen(a);
	if (strcmp(a, "/") == 0)
		return true;
	return strncmp(a, b, len) == 0 && (b[len] == '\0' || b[len] == '/');
}

/* A path that is opened. */
static enum status
check_path(const struct config *config, const char *path, struct problem *why)
{
	struct stat at;

	if (path == NULL || path[0] != '/') {
		problem_set(why, "a path that the sandbox opens has to be absolute: %.200s",
		    path != NULL ? path : "(not a text)");
		return STATUS_INVALID;
	}
	if (stat(path, &at) != 0) {
		problem_set(why, "%.300s: %s", path, strerror(errno));
		return STATUS_INVALID;
	}
	if (sandbox_contains(path, config->state_dir) || sandbox_contains(path, config->path) ||
	    sandbox_contains(config->state_dir, path)) {
		problem_set(why,
		    "%.200s cannot be opened to the upstream: the state directory or the configuration is in it, or "
		    "it is in the state directory; name the directories beside it",
		    path);
		return STATUS_INVALID;
	}
	return STATUS_OK;
}

static enum status
check_paths(const struct config *config, const struct json_object *paths, struct problem *why)
{
	enum status status = STATUS_OK;

	if (json_length(paths) > SANDBOX_PATHS_MAX) {
		problem_set(why, "more than %d paths are opened", SANDBOX_PATHS_MAX);
		return STATUS_INVALID;
	}
	for (size_t i = 0; i < json_length(paths) && status == STATUS_OK; i++)
		status = check_path(config, json_text(json_element(paths, i)), why);
	return status;
}

/* Another user than the state directory's: its permissions do the rest. */
static enum status
check_user(const struct config *config, const char *name, struct problem *why)
{
	const struct passwd *user = getpwnam(name);
	struct stat at;

	if (user == NULL) {
		problem_set(why, "there is no user \"%.64s\"", name);
		return STATUS_INVALID;
	}
	if (user->pw_uid == 0 || stat(config->state_dir, &at) != 0 || at.st_uid == user->pw_uid ||
	    (at.st_mode & 077) != 0) {
		problem_set(why, "user \"%.64s\" can read the state directory", name);
		return STATUS_INVALID;
	}
	if (geteuid() != 0) {
		problem_set(why, "only root can run a program as user \"%.64s\"", name);
		return STATUS_INVALID;
	}
	return STATUS_OK;
}

enum status
sandbox_settings(
    const struct config *config, const struct json_object *settings, struct problem *why)
{
	bool found;
	const char *directory = json_text(json_member(settings, "directory", &found));
	const char *user = json_text(json_member(settings, "user", &found));
	const bool trust = json_bool(json_member(settings, "trust", &found));
	enum status status = STATUS_OK;

	if (user != NULL && user[0] != '\0')
		status = check_user(config, user, why);
	else
		user = NULL;
	if (status != STATUS_OK || trust)
		return status;
	if (sandbox_landlock() == 0 && user == NULL) {
		if (sandbox_possible(why))
			problem_set(why,
			    "a program run here could read the state directory and answer for people: this kernel has "
			    "no Landlock; name another user to run it as, or trust it");
		return STATUS_REFUSED;
	}
	status = check_paths(config, json_member(settings, "read", &found), why);
	if (status == STATUS_OK)
		status = check_paths(config, json_member(settings, "write", &found), why);
	if (status == STATUS_OK && directory != NULL && directory[0] != '\0')
		status = check_path(config, directory, why);
	return status;
}
