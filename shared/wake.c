/* wake.c - the file that waiting calls look at; see wake.h. */
#include "wake.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "secret.h"

int
wake_open(const char *state_dir, struct problem *why)
{
	char path[PATH_MAX];
	int fd = -1;

	errno = ENAMETOOLONG;
	if (snprintf(path, PATH_MAX, "%s/%s", state_dir, WAKE_FILE) < PATH_MAX)
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (fd < 0)
		problem_set(why, "%s/%s: %s", state_dir, WAKE_FILE, strerror(errno));
	return fd;
}

/* A new file is empty, which reads as 0 like a failure does: the next value differs from both. */
uint64_t
wake_value(int fd)
{
	uint64_t value = 0;

	if (pread(fd, &value, sizeof(value), 0) != (ssize_t)sizeof(value))
		return 0;
	return value;
}

void
wake_all(int fd)
{
	uint64_t value;

	secret_random(&value, sizeof(value));
	if (pwrite(fd, &value, sizeof(value), 0) != (ssize_t)sizeof(value))
		log_error("%s: cannot write: %s; waiting calls find out later", WAKE_FILE,
		    strerror(errno));
}
