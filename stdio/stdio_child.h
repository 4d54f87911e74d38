/*
 * stdio_child.h - the program of an upstream: started, spoken to, ended with everything that it started.
 *
 * Between host and program stands the keeper, a process of its own that does nothing but that: it adopts whatever the program leaves
 * behind, and when the program ends, or the host does in whatever way, it ends all of them: SIGTERM, a second later SIGKILL. Should
 * the keeper itself be killed, the program is killed by the kernel and the host does the rest.
 */
#ifndef ENFORGATE_STDIO_CHILD_H
#define ENFORGATE_STDIO_CHILD_H

#include <limits.h>
#include <sys/types.h>

#include "config.h"
#include "json.h"
#include "mcp/json_lines.h"
#include "status.h"

#define CHILD_GRACE_MS 1000 /* to go by itself at the end of its input, and again after SIGTERM */
#define CHILD_MEMORY_MB 2048
#define CHILD_FILES 1024

/* What is to be started. All borrowed. */
struct child_plan {
	const struct config *config;
	const struct json_object *settings; /* of the upstream (upstreams.h) */
	const char *program; /* one of ours, trusted; NULL: the command of the settings */
	size_t line_most;
};

struct child {
	pid_t keeper; /* 0: there is none */
	int to_fd, from_fd, err_fd;
	int life_fd;   /* its end is the keeper's order to end all */
	int status_fd; /* what the keeper has to say of the end */
	struct json_lines lines;
	char directory[PATH_MAX]; /* its own; removed by the keeper */
};

void child_init(struct child *child); /* nothing is open */
enum status child_start(
    struct child *child, const struct child_plan *plan, struct problem *why) MUST_USE;
/* The end of its input; it has CHILD_GRACE_MS. */
void child_hang_up(struct child *child);
/* What became of it, "exited with code 1", once it has ended; waits for that a little. */
void child_epitaph(struct child *child, char *out, size_t size);
/* Ends it and everything of it, and waits for that. */
void child_end(struct child *child);

/* stdio_keep.c: the life of the keeper; `run` becomes the program. */
struct keep {
	int life_fd, status_fd;
	const char *directory;
	int (*run)(void *arg, int status_fd, pid_t keeper);
	void *arg;
};
void keep(const struct keep *keep) __attribute__((noreturn));
/* A signal for all that descend from this process, which has to be their subreaper; waits a while until nothing is left of them. */
void keep_end_descendants(int signal_number);
void keep_remove_directory(const char *path); /* "": nothing */
/* Closes every descriptor but these, which are sorted upwards. */
void keep_close_but(const int *fds, size_t count);

/*
 * stdio_sandbox.c: gives up, in the process that becomes the program, all that sandbox.h says it has not. STATUS_FAILED with `why`: it must
 * not be run.
 */
enum status sandbox_enter(const struct config *config, const struct json_object *settings,
    const char *own_directory, struct problem *why) MUST_USE;
/* stdio_calls.c: no socket of a path from here on: not of the gateway, nor of what runs programs for this user. */
void calls_restrict(void);

#endif
