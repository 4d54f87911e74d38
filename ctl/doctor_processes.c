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

static bool
same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* What a process has open of the installation: who has its lock file is of it, and should have the database that is there. */
static enum holds
holds(const char *pid, const struct stat *database, const struct stat *lock)
{
	char path[PROC_PATH_MAX + 32];
	struct stat st;
	struct dirent *entry;
	bool has_database = false, has_lock = false;
	DIR *dir;

	(void)snprintf(path, sizeof(path), "/proc/%.20s/fd", pid);
	dir = opendir(path);
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		(void)snprintf(path, sizeof(path), "/proc/%.20s/fd/%.20s", pid, entry->d_name);
		if (stat(path, &st) != 0)
			continue;
		has_database = has_database || same(&st, database);
		has_lock = has_lock || same(&st, lock);
	}
	if (dir != NULL)
		(void)closedir(dir);
	if (has_database)
		return HOLDS_DATABASE;
	return has_lock ? HOLDS_ANOTHER : HOLDS_NOTHING;
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

struct place {
	struct stat database, lock;
	char path[PATH_MAX]; /* of the database */
};

static void
look_at_process(struct doctor *d, const char *pid, const struct place *place, size_t *count)
{
	char program[PATH_MAX];
	bool replaced = false;
	enum holds what;

	if (!is_responder(pid, program, &replaced))
		return;
	what = holds(pid, &place->database, &place->lock);
	if (what == HOLDS_NOTHING)
		return;
	(*count)++;
	if (what == HOLDS_ANOTHER)
		doctor_fault(d, "database-replaced",
		    "process %s writes to a file that is no longer %s", pid, place->path);
	if (replaced)
		doctor_fault_file(d, "program-replaced", program,
		    "process %s runs a program %s that was replaced or removed", pid, program);
}

void
doctor_processes(struct doctor *d)
{
	const char *state = d->ctl->config.state_dir;
	struct place place;
	char lock[PATH_MAX];
	struct dirent *entry;
	size_t before = d->count, count = 0;
	DIR *dir;

	(void)snprintf(place.path, sizeof(place.path), "%.4000s/%s", state, STORE_FILE);
	(void)snprintf(lock, sizeof(lock), "%.4000s/%s", state, STORE_LOCK);
	if (stat(place.path, &place.database) != 0 || stat(lock, &place.lock) != 0)
		return;
	dir = opendir("/proc");
	while (dir != NULL && (entry = readdir(dir)) != NULL)
		if (isdigit((unsigned char)entry->d_name[0]))
			look_at_process(d, entry->d_name, &place, &count);
	if (dir != NULL)
		(void)closedir(dir);
	if (d->count == before && count > 0)
		doctor_fine(d, "processes", "responders that have the database open: %zu", count);
}
