/* log.c - one line per event to a file, syslog or standard error; see log.h. */
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "clock.h"

#define PROGRAM_MAX 32
#define ROTATION_CHECK_US 1000000

enum target { TARGET_STDERR, TARGET_SYSLOG, TARGET_FILE };

/* The log is one of the two globals of the program; the mutex guards all of it. */
static struct {
	pthread_mutex_t mutex;
	enum target target;
	char program[PROGRAM_MAX];
	char path[PATH_MAX];
	int fd;
	int64_t checked_us; /* when the file was last compared with its path */
	int64_t second;     /* of the refusal budget */
	int lines;
	int refusals;
	int suppressed;
} state = {.mutex = PTHREAD_MUTEX_INITIALIZER, .program = "enforgate", .fd = -1};

static _Thread_local char request_id[LOG_REQUEST_MAX + 1];

static int
open_file(const char *path)
{
	return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
}

enum status
log_open(const char *program, const char *target, struct problem *why)
{
	enum status status = STATUS_OK;

	pthread_mutex_lock(&state.mutex);
	(void)snprintf(state.program, sizeof(state.program), "%s", program);
	if (strcmp(target, "stderr") == 0) {
		state.target = TARGET_STDERR;
	} else if (strcmp(target, "syslog") == 0) {
		state.target = TARGET_SYSLOG;
		openlog(state.program, LOG_PID, LOG_DAEMON);
	} else if (strlen(target) >= sizeof(state.path)) {
		problem_set(why, "log file: the path is too long");
		status = STATUS_INVALID;
	} else {
		int fd = open_file(target);

		if (fd < 0) {
			problem_set(why, "log file %s: %s", target, strerror(errno));
			status = STATUS_FAILED;
		} else {
			if (state.fd >= 0)
				close(state.fd);
			state.fd = fd;
			state.target = TARGET_FILE;
			(void)snprintf(state.path, sizeof(state.path), "%s", target);
		}
	}
	pthread_mutex_unlock(&state.mutex);
	return status;
}

void
log_close(void)
{
	pthread_mutex_lock(&state.mutex);
	if (state.fd >= 0)
		close(state.fd);
	state.fd = -1;
	state.target = TARGET_STDERR;
	pthread_mutex_unlock(&state.mutex);
}

void
log_request(const char *id)
{
	(void)snprintf(request_id, sizeof(request_id), "%s", id);
}

/* Opens the file anew where rotation has moved it away; called with the mutex held. */
static void
follow_rotation(void)
{
	struct stat at_path, ours;
	int64_t now = clock_us();
	int fd;

	if (now - state.checked_us < ROTATION_CHECK_US)
		return;
	state.checked_us = now;
	if (fstat(state.fd, &ours) == 0 && stat(state.path, &at_path) == 0 &&
	    ours.st_ino == at_path.st_ino && ours.st_dev == at_path.st_dev)
		return;
	fd = open_file(state.path);
	if (fd < 0)
		return;
	close(state.fd);
	state.fd = fd;
}

/* Writes one finished line without its newline; called with the mutex held. */
static void
put_line(int priority, const char *level, const char *message)
{
	char line[LOG_LINE_MAX];
	char time[CLOCK_TEXT_MAX];
	int len;

	if (state.target == TARGET_SYSLOG) {
		syslog(priority, "%s %s", request_id[0] != '\0' ? request_id : "-", message);
		return;
	}
	clock_text(clock_wall_ms(), time);
	len = snprintf(line, sizeof(line) - 1, "%s %s[%ld] %s %s %s", time, state.program,
	    (long)getpid(), level, request_id[0] != '\0' ? request_id : "-", message);
	if (len < 0)
		return;
	if ((size_t)len > sizeof(line) - 2)
		len = (int)sizeof(line) - 2;
	line[len++] = '\n';
	if (state.target == TARGET_FILE)
		follow_rotation();
	if (write(state.target == TARGET_FILE ? state.fd : STDERR_FILENO, line, (size_t)len) < 0)
		return; /* nowhere left to say it */
}

/* Whether this second still has room for a line; called with the mutex held. */
static bool
line_fits(bool refusal)
{
	int64_t second = clock_us() / 1000000;
	char text[64];

	if (second != state.second) {
		if (state.suppressed > 0) {
			(void)snprintf(text, sizeof(text),
			    "%d lines left out, most about refused requests", state.suppressed);
			put_line(LOG_NOTICE, "warn", text);
		}
		state.second = second;
		state.lines = state.refusals = state.suppressed = 0;
	}
	if ((refusal && state.refusals >= LOG_REFUSALS_PER_SECOND) ||
	    state.lines >= LOG_LINES_PER_SECOND) {
		state.suppressed++;
		return false;
	}
	state.refusals += refusal;
	state.lines++;
	return true;
}

static void
log_line(int priority, const char *level, bool refusal, const char *format, va_list args)
{
	char message[LOG_LINE_MAX];
	int saved = errno;

	(void)vsnprintf(message, sizeof(message), format, args);
	for (char *c = message; *c != '\0'; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
	pthread_mutex_lock(&state.mutex);
	if (line_fits(refusal))
		put_line(priority, level, message);
	pthread_mutex_unlock(&state.mutex);
	errno = saved;
}

void
log_info(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_line(LOG_INFO, "info", false, format, args);
	va_end(args);
}

void
log_warn(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_line(LOG_WARNING, "warn", false, format, args);
	va_end(args);
}

void
log_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_line(LOG_ERR, "error", false, format, args);
	va_end(args);
}

void
log_refusal(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_line(LOG_NOTICE, "refused", true, format, args);
	va_end(args);
}
