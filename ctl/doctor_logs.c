/*
 * doctor_logs.c - whether links stand in the web server's logs: looks there for the one that doctor asked for; see doctor.h.
 *
 * Logs are where hosts mostly have them, as far as this user can read them. The token that is looked for is of no approval.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "doctor.h"

#define TAIL_MAX ((size_t)256 << 10) /* bytes of each log */
#define FILES_MAX 256
#define FRESH_S 60
#define BUFFERED_S 5 /* lighttpd keeps lines for up to four seconds */

struct look {
	const char *token;
	char *tail; /* TAIL_MAX */
	int files;
	bool asked; /* a log has the request, without the token */
	char found[PATH_MAX];
};

/* The end of an open log. */
static void
read_tail(struct look *l, int fd, off_t size, const char *dir, const char *name)
{
	off_t from = size > (off_t)TAIL_MAX ? size - (off_t)TAIL_MAX : 0;
	ssize_t len = pread(fd, l->tail, TAIL_MAX, from);

	if (len <= 0)
		return;
	if (memmem(l->tail, (size_t)len, l->token, strlen(l->token)) != NULL)
		(void)snprintf(l->found, sizeof(l->found), "%.2000s/%.255s", dir, name);
	else if (memmem(l->tail, (size_t)len, APPROVE_ROUTE, strlen(APPROVE_ROUTE)) != NULL)
		l->asked = true;
}

static void
look_into(struct look *l, const char *dir)
{
	DIR *list = opendir(dir);
	struct dirent *entry;

	while (list != NULL && l->files < FILES_MAX && l->found[0] == '\0' &&
	       (entry = readdir(list)) != NULL) {
		int fd = openat(
		    dirfd(list), entry->d_name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
		struct stat st;

		l->files++;
		if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
		    st.st_mtime >= time(NULL) - FRESH_S)
			read_tail(l, fd, st.st_size, dir, entry->d_name);
		if (fd >= 0)
			close(fd);
	}
	if (list != NULL)
		closedir(list);
}

static void
look_everywhere(struct look *l, const struct doctor *d)
{
	static const char *const system_dirs[] = {
	    "/var/log/lighttpd", "/var/log/apache2", "/var/log/httpd", "/var/log/nginx"};
	static const char *const home_dirs[] = {"logs", "access-logs", "log"};
	const struct passwd *user = getpwuid(geteuid());
	char dir[PATH_MAX];

	l->files = 0;
	l->asked = false;
	look_into(l, d->ctl->config.state_dir);
	for (size_t i = 0; i < sizeof(system_dirs) / sizeof(system_dirs[0]); i++)
		look_into(l, system_dirs[i]);
	for (size_t i = 0; user != NULL && i < sizeof(home_dirs) / sizeof(home_dirs[0]); i++) {
		(void)snprintf(dir, sizeof(dir), "%.4000s/%s", user->pw_dir, home_dirs[i]);
		look_into(l, dir);
	}
}

void
doctor_logs(struct doctor *d)
{
	struct look l = {.token = d->token, .tail = malloc(TAIL_MAX)};
	char log[PATH_MAX + 16];

	if (d->token[0] == '\0' || l.tail == NULL) {
		free(l.tail);
		return;
	}
	doctor_progress("looking for a link in logs");
	(void)snprintf(log, sizeof(log), "%s/access.log", d->ctl->config.state_dir);
	for (int i = 0; i <= BUFFERED_S; i++) {
		look_everywhere(&l, d);
		if (l.asked || l.found[0] != '\0' || d->host != HOST_LIGHTTPD ||
		    access(log, F_OK) != 0)
			break;
		(void)sleep(1);
	}
	if (l.found[0] != '\0')
		doctor_fault_file(d, "links-in-log", l.found,
		    "%s has the token of a link that doctor followed", l.found);
	else if (d->host == HOST_HTACCESS)
		doctor_fault(d, "links-in-log",
		    "the access log is the host's, which as a rule has whole paths in it");
	else if (l.asked)
		doctor_fine(d, "links-not-in-log", "the log that has the request has no token");
	free(l.tail);
}
