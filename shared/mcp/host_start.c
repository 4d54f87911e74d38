/*
 * host_start.c - starting the host of an upstream.
 *
 * Whoever gets the host's lock starts it, and hands the lock on: it belongs to the open file, which the host inherits, so that it is
 * held from the first try to the host's end, however that comes. Nobody starts a second one meanwhile.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "mcp/host_parts.h"

/* Descriptors of the host at its start. */
#define LOCK_FD 3
#define READY_FD 4

extern char **environ;

enum status
host_program(const struct config *config, const char *name, char out[PATH_MAX], struct problem *why)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	const char *places[] = {"%s/%s", "%s/../lib/enforgate/%s"};

	self[n > 0 ? n : 0] = '\0';
	if (strrchr(self, '/') != NULL)
		*strrchr(self, '/') = '\0';
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		if (snprintf(out, PATH_MAX, places[i], self, name) < PATH_MAX &&
		    access(out, X_OK) == 0)
			return STATUS_OK;
#pragma GCC diagnostic pop
	}
	if (snprintf(out, PATH_MAX, "%s/%s", config->programs_dir, name) < PATH_MAX &&
	    access(out, X_OK) == 0)
		return STATUS_OK;
	problem_set(why,
	    "there is no program %s, neither beside %.120s nor in %.120s: install it, or set programs_dir",
	    name, self, config->programs_dir);
	return STATUS_NOT_FOUND;
}

/* The lock, or -1 with STATUS_BUSY where somebody has it. */
static int
take_lock(const char *path, enum status *status, struct problem *why)
{
	struct stat ours, there;
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	*status = STATUS_FAILED;
	if (fd < 0) {
		problem_set(why, "%s: %s", path, strerror(errno));
		return -1;
	}
	*status = STATUS_BUSY;
	/* A host that ends removes the file while it has the lock: ours may be one that is gone. */
	if (flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &ours) == 0 && stat(path, &there) == 0 &&
	    ours.st_ino == there.st_ino && ours.st_dev == there.st_dev) {
		*status = STATUS_OK;
		return fd;
	}
	(void)close(fd);
	return -1;
}

/* A copy that is above the numbers which the host wants: dup2() of a number to itself would leave it closed on exec. */
static int
above(int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, READY_FD + 1);

	(void)close(fd);
	return copy;
}

static enum status
spawn(const char *program, char *const args[], int lock_fd, int ready_fd, struct problem *why)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none, all;
	int error, pid_status;
	pid_t pid;

	if (posix_spawn_file_actions_init(&actions) != 0)
		return STATUS_NO_MEMORY;
	if (posix_spawnattr_init(&attr) != 0) {
		(void)posix_spawn_file_actions_destroy(&actions);
		return STATUS_NO_MEMORY;
	}
	(void)sigemptyset(&none);
	(void)sigfillset(&all);
	(void)posix_spawnattr_setsigmask(&attr, &none);
	(void)posix_spawnattr_setsigdefault(&attr, &all);
	(void)posix_spawnattr_setflags(
	    &attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
	error = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDWR, 0);
	error = error != 0 ? error : posix_spawn_file_actions_adddup2(&actions, 0, 1);
	error = error != 0 ? error : posix_spawn_file_actions_adddup2(&actions, 0, 2);
	error = error != 0 ? error : posix_spawn_file_actions_adddup2(&actions, lock_fd, LOCK_FD);
	error = error != 0 ? error : posix_spawn_file_actions_adddup2(&actions, ready_fd, READY_FD);
	error = error != 0 ? error : posix_spawn(&pid, program, &actions, &attr, args, environ);
	(void)posix_spawnattr_destroy(&attr);
	(void)posix_spawn_file_actions_destroy(&actions);
	if (error != 0) {
		problem_set(why, "%s: %s", program, strerror(error));
		return STATUS_FAILED;
	}
	/* It leaves a process of its own behind, and ends at once. */
	while (waitpid(pid, &pid_status, 0) < 0 && errno == EINTR)
		continue;
	return STATUS_OK;
}

/* "ready" once it can be spoken to, or a sentence why not; then the end of the pipe. */
static enum status
wait_ready(int fd, int64_t until_us, struct problem *why)
{
	struct pollfd polled = {.fd = fd, .events = POLLIN};
	char said[PROBLEM_MAX] = "";
	size_t len = 0;
	ssize_t n = 1;

	while (n > 0 && len < sizeof(said) - 1) {
		const int64_t left_us = until_us - clock_us();

		if (left_us <= 0 || poll(&polled, 1, (int)(left_us / 1000) + 1) == 0)
			return STATUS_BUSY;
		n = read(fd, said + len, sizeof(said) - 1 - len);
		if (n < 0 && errno == EINTR)
			n = 1;
		else
			len += n > 0 ? (size_t)n : 0;
	}
	said[len] = '\0';
	if (strcmp(said, "ready") == 0)
		return STATUS_OK;
	problem_set(
	    why, "%s", len > 0 ? said : "its host ended before it began; the log may say why");
	return STATUS_FAILED;
}

static enum status
run_program(struct mcp *mcp, const struct upstream *upstream, const struct peer_view *view,
    int lock_fd, int64_t until_us, struct problem *why)
{
	char program[PATH_MAX], config[PATH_MAX], id[UPSTREAM_ID_MAX + 1], owner[64];
	struct buf capabilities;
	int ready[2] = {-1, -1};
	enum status status = host_program(mcp->config, HOST_PROGRAM, program, why);
	char *args[] = {program, config, id, owner, NULL, NULL};

	(void)snprintf(config, sizeof(config), "%s", mcp->config->path);
	(void)snprintf(id, sizeof(id), "%s", upstream->id);
	(void)snprintf(owner, sizeof(owner), "%s", view->owner);
	buf_init(&capabilities, HOST_LINE_MAX);
	if (view->capabilities != NULL)
		json_write(view->capabilities, &capabilities);
	else
		buf_text(&capabilities, "{}");
	args[4] = capabilities.data;
	if (status == STATUS_OK)
		status = buf_status(&capabilities);
	if (status == STATUS_OK && pipe2(ready, O_CLOEXEC) != 0) {
		problem_set(why, "pipe: %s", strerror(errno));
		status = STATUS_FAILED;
	}
	if (status == STATUS_OK) {
		ready[1] = above(ready[1]);
		status = spawn(program, args, lock_fd, ready[1], why);
	}
	if (ready[1] >= 0)
		(void)close(ready[1]);
	if (status == STATUS_OK)
		status = wait_ready(ready[0], until_us, why);
	if (ready[0] >= 0)
		(void)close(ready[0]);
	buf_free(&capabilities);
	return status == STATUS_NOT_FOUND ? STATUS_FAILED : status;
}

enum status
host_start(struct mcp *mcp, const struct upstream *upstream, const struct peer_view *view,
    const char *name, int64_t until_us, struct problem *why)
{
	char dir[PATH_MAX], path[PATH_MAX], lock[PATH_MAX];
	enum status status = run_dir(mcp->config->state_dir, dir, why);
	int lock_fd;

	if (status == STATUS_OK && snprintf(path, sizeof(path), "%s/%s", dir, name) >= PATH_MAX)
		status = STATUS_FAILED;
	if (status == STATUS_OK)
		status = host_lock_path(path, lock);
	if (status != STATUS_OK)
		return status;
	lock_fd = take_lock(lock, &status, why);
	if (lock_fd < 0)
		return status;
	lock_fd = above(lock_fd);
	status = run_program(mcp, upstream, view, lock_fd, until_us, why);
	if (status == STATUS_FAILED)
		log_warn("upstream %s: no host: %s", upstream->name, why->text);
	(void)close(lock_fd);
	return status;
}
