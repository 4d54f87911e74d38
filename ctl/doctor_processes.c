/*
 * doctor_processes.c - the responders of this installation that run now: the processes that have its database open.
 *
 * A process of an older version, or with a database that was replaced, is found here even where the web server never
 * sends it a request while doctor looks.
 */
#include <ctype.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "doctor.h"

#define PROC_PATH_MAX 64
#define FCGI_END ".fcgi"
static const char deleted[] = " (deleted)";

enum holds { HOLDS_NOTHING, HOLDS_DATABASE, HOLDS_ANOTHER };

/* What a process holds of our database: the file that is there, or one that was there before. */
static enum holds
holds(const char *pid, const char *database)
{
	char path[PROC_PATH_MAX + 256], target[PATH_MAX + sizeof(deleted)];
	size_t len = strlen(database);
	struct stat ours, theirs;
	struct dirent *entry;
	enum holds found = HOLDS_NOTHING;
	DIR *dir;

	(void)snprintf(path, sizeof(path), "/proc/%.20s/fd", pid);
	dir = opendir(path);
	while (dir != NULL && found == HOLDS_NOTHING && (entry = readdir(dir)) != NULL) {
		ssize_t n;

		(void)snprintf(path, sizeof(path), "/proc/%.20s/fd/%.20s", pid, entry->d_name);
		n = readlink(path, target, sizeof(target) - 1);
		target[n > 0 ? n : 0] = '\0';
		if (strncmp(target, database, len) != 0 ||
		    (target[len] != '\0' && strcmp(target + len, deleted) != 0))
			continue;
		found = stat(path, &theirs) == 0 && stat(database, &ours) == 0 &&
				theirs.st_dev == ours.st_dev && theirs.st_ino == ours.st_ino
			    ? HOLDS_DATABASE
			    : HOLDS_ANOTHER;
	}
	if (dir != NULL)
		(void)closedir(dir);
	return found;
}

/* A responder of ours: its program, without " (deleted)", which *replaced says. */
static bool
is_responder(const char *pid, char program[PATH_MAX], bool *replaced)
{
	char path[PROC_PATH_MAX];
	size_t len, end = strlen(FCGI_END);
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%.20s/exe", pid);
	n = readlink(path, program, PATH_MAX - 1);
	program[n > 0 ? n : 0] = '\0';
	len = strlen(program);
	*replaced = len > strlen(deleted) && strcmp(program + len - strlen(deleted), deleted) == 0;
	if (*replaced)
		program[len -= strlen(deleted)] = '\0';
	return len > end && strcmp(program + len - end, FCGI_END) == 0;
}

static void
look_at_process(struct doctor *d, const char *pid, const char *database, size_t *count)
{
	char program[PATH_MAX];
	bool replaced = false;
	enum holds what;

	if (!is_responder(pid, program, &replaced))
		return;
	what = holds(pid, database);
	if (what == HOLDS_NOTHING)
		return;
	(*count)++;
	if (what == HOLDS_ANOTHER)
		doctor_fault(d, "database-replaced",
		    "process %s writes to a file that is no longer %s", pid, database);
	if (replaced)
		doctor_fault_file(d, "program-replaced", program,
		    "process %s runs a program %s that was replaced or removed", pid, program);
}

void
doctor_processes(struct doctor *d)
{
	char state[PATH_MAX], database[PATH_MAX + sizeof(STORE_FILE) + 1];
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	size_t before = d->count, count = 0;

	if (dir == NULL || realpath(d->ctl->config.state_dir, state) == NULL) {
		if (dir != NULL)
			(void)closedir(dir);
		return;
	}
	(void)snprintf(database, sizeof(database), "%s/%s", state, STORE_FILE);
	while ((entry = readdir(dir)) != NULL)
		if (isdigit((unsigned char)entry->d_name[0]))
			look_at_process(d, entry->d_name, database, &count);
	(void)closedir(dir);
	if (d->count == before && count > 0)
		doctor_fine(d, "processes", "%zu responders have the database open", count);
}
