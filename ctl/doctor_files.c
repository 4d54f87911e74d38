/* doctor_files.c - owner and mode of the state directory and what lies in it; see doctor.h. */
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "courier.h"
#include "doctor.h"
#include "limit.h"
#include "pin.h"
#include "stop.h"
#include "wake.h"

struct looking {
	struct doctor *d;
	bool open; /* others can get at what is in the directory */
	size_t files;
};

static bool
begins(const char *name, const char *with)
{
	return strncmp(name, with, strlen(with)) == 0;
}

static bool
ends(const char *name, const char *with)
{
	size_t len = strlen(name), end = strlen(with);

	return len >= end && strcmp(name + len - end, with) == 0;
}

/* The ones that hold secrets, or that tell the responders what to do. */
static bool
is_ours(const char *name)
{
	return begins(name, STORE_FILE) || begins(name, SECRET_KEY_FILE) || ends(name, ".key") ||
	       begins(name, AUDIT_ANCHOR_FILE) || strcmp(name, STORE_LOCK) == 0 ||
	       strcmp(name, LIMIT_FILE) == 0 || strcmp(name, PROBE_LOCK) == 0 ||
	       strcmp(name, PIN_LOCK) == 0 || strcmp(name, WAKE_FILE) == 0 ||
	       strcmp(name, COURIER_CONSOLE) == 0 || strcmp(name, STOP_FILE) == 0 ||
	       begins(name, STOP_FILE ".");
}

static void
look_at_file(struct looking *l, const char *dir, const char *name)
{
	struct doctor *d = l->d;
	char path[2 * PATH_MAX];
	struct stat st;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (lstat(path, &st) != 0 || S_ISDIR(st.st_mode) || S_ISSOCK(st.st_mode))
		return;
	l->files++;
	if (is_ours(name) && S_ISLNK(st.st_mode)) {
		doctor_fault_file(d, "file-link", path, "%s is a symbolic link", path);
		return;
	}
	if (is_ours(name) && st.st_uid != geteuid())
		doctor_fault_file(d, "file-owner", path, "%s belongs to user number %u, not to %u",
		    path, st.st_uid, geteuid());
	if (is_ours(name) && (st.st_mode & 077) != 0)
		doctor_fault_file(
		    d, "file-mode", path, "%s has mode %04o", path, (unsigned)st.st_mode & 07777);
	if (ends(name, ".log") && l->open && (st.st_mode & 04) != 0)
		doctor_fault_file(
		    d, "log-mode", path, "%s has mode %04o", path, (unsigned)st.st_mode & 07777);
}

/* Who may write the configuration decides where the state directory is. */
static void
look_at_conf(struct looking *l)
{
	const char *path = l->d->ctl->config.path;
	struct stat st;

	if (stat(path, &st) != 0)
		return;
	l->files++;
	if (st.st_uid != geteuid() && st.st_uid != 0)
		doctor_fault_file(l->d, "file-owner", path,
		    "%s belongs to user number %u, not to %u or root", path, st.st_uid, geteuid());
	if ((st.st_mode & 022) != 0)
		doctor_fault_file(l->d, "conf-mode", path, "%s has mode %04o", path,
		    (unsigned)st.st_mode & 07777);
}

/* The responders do not start without it. Its mode counts here where it is not in the state directory. */
static void
look_at_log(struct looking *l)
{
	const struct config *config = &l->d->ctl->config;
	size_t len = strlen(config->state_dir);
	bool inside = strncmp(config->log, config->state_dir, len) == 0 && config->log[len] == '/';
	struct stat st;

	if (config->log[0] != '/' || stat(config->log, &st) != 0)
		return;
	if (!inside)
		l->files++;
	if (!inside && (st.st_mode & 04) != 0)
		doctor_fault_file(l->d, "log-mode", config->log, "%s has mode %04o", config->log,
		    (unsigned)st.st_mode & 07777);
	if (st.st_uid != geteuid())
		doctor_fault_file(l->d, "file-owner", config->log,
		    "%s belongs to user number %u, not to %u", config->log, st.st_uid, geteuid());
}

void
doctor_files(struct doctor *d)
{
	const char *state = d->ctl->config.state_dir;
	struct looking l = {.d = d};
	struct dirent *entry;
	struct stat st;
	size_t before = d->count;
	DIR *dir;

	if (stat(state, &st) != 0 || (dir = opendir(state)) == NULL) {
		doctor_fault(d, "state-unreadable", "%s: %s", state, strerror(errno));
		return;
	}
	l.open = (st.st_mode & 011) != 0;
	if ((st.st_mode & 077) != 0)
		doctor_fault(
		    d, "state-mode", "%s has mode %04o", state, (unsigned)st.st_mode & 07777);
	if (st.st_uid != geteuid())
		doctor_fault(d, "state-owner", "%s belongs to user number %u, and this is %u",
		    state, st.st_uid, geteuid());
	while ((entry = readdir(dir)) != NULL)
		look_at_file(&l, state, entry->d_name);
	(void)closedir(dir);
	look_at_conf(&l);
	look_at_log(&l);
	if (d->count == before)
		doctor_fine(d, "files",
		    "owner and mode of the state directory, the configuration and %zu files",
		    l.files);
}
