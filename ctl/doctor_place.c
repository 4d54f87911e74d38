/* doctor_place.c - where the state directory lies: document roots, file system, room; see doctor.h. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "doctor.h"

#define ROOM_LEAST ((uint64_t)64 << 20) /* a write-ahead log and a copy before a migration */
#define ROOM_LITTLE ((uint64_t)512 << 20)

/* Whether `name` is one of the components of a path. */
static bool
has_component(const char *path, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = strstr(path, name); at != NULL; at = strstr(at + 1, name))
		if (at > path && at[-1] == '/' && (at[len] == '/' || at[len] == '\0'))
			return true;
	return false;
}

/* The nearest directory above that looks as if a web server read it; false: none does. */
static bool
served_above(const char *path, char found[PATH_MAX])
{
	static const char *const marks[] = {
	    ".htaccess", "index.html", "index.php", "favicon.ico", "robots.txt"};
	char dir[PATH_MAX], *slash;
	struct stat st;

	(void)snprintf(dir, sizeof(dir), "%s", path);
	while (dir[0] != '\0') {
		for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
			(void)snprintf(found, PATH_MAX, "%.4000s/%s", dir, marks[i]);
			if (lstat(found, &st) == 0)
				return true;
		}
		slash = strrchr(dir, '/');
		*(slash != NULL ? slash : dir) = '\0';
	}
	return false;
}

static void
look_for_root(struct doctor *d, const char *real)
{
	static const char *const roots[] = {
	    "public_html", "htdocs", "httpdocs", "wwwroot", "webroot", "public", "html"};
	static const char *const likely[] = {"www", "web", "cgi-bin"};
	char found[PATH_MAX];

	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++)
		if (has_component(real, roots[i])) {
			doctor_fault(d, "state-docroot", "%s is below a directory called %s", real,
			    roots[i]);
			return;
		}
	if (served_above(real, found)) {
		doctor_fault(d, "state-docroot", "%s is below the place of %s", real, found);
		return;
	}
	for (size_t i = 0; i < sizeof(likely) / sizeof(likely[0]); i++)
		if (has_component(real, likely[i])) {
			doctor_fault(d, "state-near-docroot", "%s is below a directory called %s",
			    real, likely[i]);
			return;
		}
	doctor_fine(d, "place", "%s does not look like a place that is served", real);
}

static void
look_at_room(struct doctor *d, const char *state)
{
	const char *network = store_network_name(state);
	struct statvfs fs;
	uint64_t room;

	if (network != NULL && d->ctl->config.database_rollback_journal)
		doctor_fault(d, "network-file-system",
		    "%s is on %s; database_rollback_journal is on", state, network);
	if (statvfs(state, &fs) != 0)
		return;
	room = (uint64_t)fs.f_bavail * fs.f_frsize;
	if ((fs.f_flag & ST_RDONLY) != 0)
		doctor_fault(d, "file-system-readonly", "%s is mounted read-only", state);
	else if (room < ROOM_LEAST || (fs.f_files > 0 && fs.f_favail < 16))
		doctor_fault(d, "disk-full", "%s has %llu MiB and %llu files left", state,
		    (unsigned long long)(room >> 20), (unsigned long long)fs.f_favail);
	else if (room < ROOM_LITTLE)
		doctor_fault(
		    d, "disk-low", "%s has %llu MiB left", state, (unsigned long long)(room >> 20));
	else
		doctor_fine(d, "disk", "%llu MiB are free", (unsigned long long)(room >> 20));
}

/*
 * libfcgi does not tell its version to a running program. Debian's package database does; elsewhere there is nothing to go by.
 * CVE-2025-23016 is mended in 2.4.5, and in packages of 2.4.2 whose revision says so.
 */
static void
look_at_libfcgi(struct doctor *d)
{
	FILE *file = fopen("/var/lib/dpkg/status", "re");
	char line[512], version[64] = "";
	bool here = false;
	int major = 0, minor = 0, patch = 0;

	while (file != NULL && version[0] == '\0' && fgets(line, sizeof(line), file) != NULL) {
		if (strncmp(line, "Package: ", 9) == 0)
			here = strcmp(line, "Package: libfcgi0ldbl\n") == 0 ||
			       strcmp(line, "Package: libfcgi0t64\n") == 0;
		if (here && strncmp(line, "Version: ", 9) == 0) {
			(void)snprintf(version, sizeof(version), "%.*s",
			    (int)strcspn(line + 9, "\n"), line + 9);
		}
	}
	if (file != NULL)
		(void)fclose(file);
	if (version[0] == '\0')
		return;
	if (sscanf(version, "%d.%d.%d", &major, &minor, &patch) == 3 &&
	    major * 10000 + minor * 100 + patch < 20405 && strstr(version, "+deb") == NULL)
		doctor_fault(d, "libfcgi", "the package of libfcgi is of version %s", version);
	else
		doctor_fine(d, "libfcgi", "libfcgi %s, by the list of packages", version);
}

void
doctor_place(struct doctor *d)
{
	const char *state = d->ctl->config.state_dir;
	char real[PATH_MAX];

	if (realpath(state, real) == NULL)
		return;
	look_for_root(d, real);
	look_at_room(d, state);
	look_at_libfcgi(d);
}
