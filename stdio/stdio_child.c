/* stdio_child.c - the program of an upstream, seen from its host; see stdio_child.h. */
#include "stdio_child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"

#define ARGS_MAX 258
#define ENVIRONMENT_MAX 256
#define QUEUE_MAX ((size_t)64 << 20)
#define DEFAULT_PATH "/usr/local/bin:/usr/bin:/bin"
#define PATH_BYTES 4096

/* What the process needs that becomes the program. */
struct start {
	const struct child_plan *plan;
	const struct child *child;
	int in_fd, out_fd, err_fd;
	char *args[ARGS_MAX];
	char *environment[ENVIRONMENT_MAX];
	char path[PATH_BYTES]; /* the value of PATH */
};

void
child_init(struct child *child)
{
	*child = (struct child){
	    .to_fd = -1, .from_fd = -1, .err_fd = -1, .life_fd = -1, .status_fd = -1};
}

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

static int64_t
number(const struct json_object *settings, const char *name, int64_t standard)
{
	bool found;
	int64_t value;

	return json_integer(json_member(settings, name, &found), &value) && value > 0 ? value
										      : standard;
}

static bool
is_trusted(const struct child_plan *plan)
{
	bool found;

	return plan->program != NULL || json_bool(json_member(plan->settings, "trust", &found));
}

/* Where it runs: as configured, else its own directory. */
static const char *
directory_of(const struct start *start)
{
	bool found;
	const char *directory = json_text(json_member(start->plan->settings, "directory", &found));

	return directory != NULL && directory[0] != '\0' ? directory : start->child->directory;
}

static bool
add_variable(struct start *start, size_t *count, const char *name, const char *value)
{
	if (*count >= ENVIRONMENT_MAX - 1 ||
	    asprintf(&start->environment[*count], "%s=%s", name, value) < 0)
		return false;
	(*count)++;
	if (strcmp(name, "PATH") == 0)
		(void)snprintf(start->path, sizeof(start->path), "%s", value);
	return true;
}

/* Nothing of ours, and what is configured. */
static bool
make_environment(struct start *start)
{
	const char *const standard[][2] = {{"PATH", DEFAULT_PATH},
	    {"HOME", start->child->directory}, {"TMPDIR", start->child->directory},
	    {"LANG", "C.UTF-8"}};
	const struct json_object *own;
	struct json_walk walk = {.entry = NULL};
	size_t count = 0;
	bool found, fits = true;

	own = json_member(start->plan->settings, "env", &found);
	for (size_t i = 0; i < sizeof(standard) / sizeof(standard[0]) && fits; i++) {
		(void)json_member(own, standard[i][0], &found);
		if (!found)
			fits = add_variable(start, &count, standard[i][0], standard[i][1]);
	}
	while (fits && json_next_member(own, &walk))
		fits = json_text(walk.value) == NULL ||
		       add_variable(start, &count, walk.name, json_text(walk.value));
	return fits;
}

static bool
make_args(struct start *start)
{
	const struct json_object *command;
	size_t count;
	bool found;

	if (start->plan->program != NULL) {
		start->args[0] = strdup(start->plan->program);
		return start->args[0] != NULL;
	}
	command = json_member(start->plan->settings, "command", &found);
	count = json_length(command);
	if (count == 0 || count >= ARGS_MAX)
		return false;
	for (size_t i = 0; i < count; i++) {
		const char *text = json_text(json_element(command, i));

		start->args[i] = text != NULL ? strdup(text) : NULL;
		if (start->args[i] == NULL)
			return false;
	}
	return true;
}

static void
start_free(struct start *start)
{
	for (size_t i = 0; i < ARGS_MAX && start->args[i] != NULL; i++)
		free(start->args[i]);
	for (size_t i = 0; i < ENVIRONMENT_MAX && start->environment[i] != NULL; i++)
		free(start->environment[i]);
}

static void
set_limit(__rlimit_resource_t resource, rlim_t most)
{
	struct rlimit limit;

	if (getrlimit(resource, &limit) != 0)
		return;
	limit.rlim_max = limit.rlim_max < most ? limit.rlim_max : most;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(resource, &limit);
}

/* One of ours needs no limit of memory, and a sanitizer in it would not start with one. */
static void
set_limits(const struct json_object *settings, bool ours)
{
	/* Not the address space: some runtimes reserve much more of it than they use. */
	if (!ours)
		set_limit(
		    RLIMIT_DATA, (rlim_t)number(settings, "memory_mb", CHILD_MEMORY_MB) << 20);
	set_limit(RLIMIT_NOFILE, (rlim_t)number(settings, "files", CHILD_FILES));
	set_limit(RLIMIT_CORE, 0);
}

/* Finds the program as a shell does, and becomes it; returns where that fails, with errno. */
static void
execute(struct start *start)
{
	char path[PATH_MAX];
	int error = ENOENT;

	if (strchr(start->args[0], '/') != NULL) {
		(void)execve(start->args[0], start->args, start->environment);
		return;
	}
	for (const char *at = start->path; *at != '\0';) {
		const int len = (int)strcspn(at, ":");

		if (snprintf(path, sizeof(path), "%.*s/%s", len, at, start->args[0]) < PATH_MAX)
			(void)execve(path, start->args, start->environment);
		if (errno != ENOENT && errno != ENOTDIR)
			error = errno;
		at += len + (at[len] == ':' ? 1 : 0);
	}
	errno = error;
}

static int
fail(int status_fd, const char *text)
{
	(void)!write(status_fd, text, strlen(text));
	return EXIT_FAILURE;
}

/* In the process that becomes the program. */
static int
run(void *arg, int status_fd, pid_t keeper)
{
	struct start *start = arg;
	struct problem why = {""}, said;
	const int wanted[] = {start->in_fd, start->out_fd, start->err_fd};
	sigset_t none;

	(void)setpgid(0, 0);
	for (int fd = 0; fd < 3; fd++)
		if (dup2(wanted[fd], fd) != fd)
			return fail(status_fd, "cannot be given its pipes");
	keep_close_but(&status_fd, 1);
	set_limits(start->plan->settings, start->plan->program != NULL);
	if (chdir(directory_of(start)) != 0) {
		problem_set(
		    &said, "cannot run in %.200s: %s", directory_of(start), strerror(errno));
		return fail(status_fd, said.text);
	}
	if (!is_trusted(start->plan) && sandbox_enter(start->plan->config, start->plan->settings,
					    start->child->directory, &why) != STATUS_OK) {
		problem_set(&said, "is not run: %s", why.text);
		return fail(status_fd, said.text);
	}
	/* Should the keeper be killed, the kernel ends the program; a change of the user would have undone this. */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != keeper)
		return EXIT_FAILURE;
	for (int signal_number = 1; signal_number < NSIG; signal_number++)
		(void)signal(signal_number, SIG_DFL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	execute(start);
	problem_set(&said, "cannot be run: %.100s: %s%s", start->args[0], strerror(errno),
	    errno == EACCES && !is_trusted(start->plan)
		? " (what is not of the system, the sandbox has to open: --read)"
		: "");
	return fail(status_fd, said.text);
}

/* Its own directory, below that of temporary files. */
static enum status
make_directory(struct child *child, const struct json_object *settings, struct problem *why)
{
	const char *above = getenv("TMPDIR"), *user;
	const struct passwd *account;
	bool found;

	if (above == NULL || above[0] != '/')
		above = "/tmp";
	if (snprintf(child->directory, PATH_MAX, "%s/enforgate-XXXXXX", above) >= PATH_MAX ||
	    mkdtemp(child->directory) == NULL) {
		problem_set(why, "cannot make a directory in %.200s: %s", above, strerror(errno));
		child->directory[0] = '\0';
		return STATUS_FAILED;
	}
	user = json_text(json_member(settings, "user", &found));
	account = user != NULL && user[0] != '\0' ? getpwnam(user) : NULL;
	if (account != NULL)
		(void)!chown(child->directory, account->pw_uid, account->pw_gid);
	return STATUS_OK;
}

static bool
make_pipes(int pipes[5][2])
{
	for (size_t i = 0; i < 5; i++)
		if (pipe2(pipes[i], O_CLOEXEC) != 0)
			return false;
	return fcntl(pipes[0][1], F_SETFL, O_NONBLOCK) == 0 &&
	       fcntl(pipes[1][0], F_SETFL, O_NONBLOCK) == 0 &&
	       fcntl(pipes[2][0], F_SETFL, O_NONBLOCK) == 0;
}

enum status
child_start(struct child *child, const struct child_plan *plan, struct problem *why)
{
	/* Its input, output and errors; the host's life; what the keeper says. */
	int pipes[5][2] = {{-1, -1}, {-1, -1}, {-1, -1}, {-1, -1}, {-1, -1}};
	struct start start = {.plan = plan, .child = child};
	enum status status = STATUS_FAILED;

	child_init(child);
	problem_set(why, "its command or its environment is too large, or memory ran out");
	if (make_directory(child, plan->settings, why) != STATUS_OK || !make_args(&start) ||
	    !make_environment(&start))
		goto out;
	if (!make_pipes(pipes)) {
		problem_set(why, "cannot make a pipe: %s", strerror(errno));
		goto out;
	}
	start.in_fd = pipes[0][0];
	start.out_fd = pipes[1][1];
	start.err_fd = pipes[2][1];
	child->keeper = fork();
	if (child->keeper < 0) {
		problem_set(why, "cannot make a process: %s", strerror(errno));
		goto out;
	}
	if (child->keeper == 0)
		keep(&(const struct keep){.life_fd = pipes[3][0],
		    .status_fd = pipes[4][1],
		    .directory = child->directory,
		    .run = run,
		    .arg = &start});
	child->to_fd = pipes[0][1];
	child->from_fd = pipes[1][0];
	child->err_fd = pipes[2][0];
	child->life_fd = pipes[3][1];
	child->status_fd = pipes[4][0];
	pipes[0][1] = pipes[1][0] = pipes[2][0] = pipes[3][1] = pipes[4][0] = -1;
	json_lines_init(&child->lines, child->from_fd, child->to_fd, plan->line_most, QUEUE_MAX);
	status = STATUS_OK;
out:
	for (size_t i = 0; i < 5; i++) {
		close_fd(&pipes[i][0]);
		close_fd(&pipes[i][1]);
	}
	start_free(&start);
	if (status != STATUS_OK) {
		child->keeper = 0;
		keep_remove_directory(child->directory);
	}
	return status;
}

void
child_hang_up(struct child *child)
{
	close_fd(&child->to_fd);
	child->lines.out_fd = -1;
}

void
child_epitaph(struct child *child, char *out, size_t size)
{
	struct pollfd polled = {.fd = child->status_fd, .events = POLLIN};
	ssize_t n = -1;

	if (child->status_fd >= 0 && poll(&polled, 1, 2 * CHILD_GRACE_MS) > 0)
		n = read(child->status_fd, out, size - 1);
	out[n > 0 ? n : 0] = '\0';
	if (n <= 0)
		(void)snprintf(out, size, "closed its output");
}

/* Waits for the keeper; false: it is still there. */
static bool
keeper_ended(const struct child *child, int64_t most_ms)
{
	const int64_t until_us = clock_us() + most_ms * 1000;
	const struct timespec pause = {0, 5000000};

	while (waitpid(child->keeper, NULL, WNOHANG) == 0) {
		if (clock_us() >= until_us)
			return false;
		(void)nanosleep(&pause, NULL);
	}
	return true;
}

void
child_end(struct child *child)
{
	if (child->keeper == 0)
		return;
	child_hang_up(child);
	if (!keeper_ended(child, CHILD_GRACE_MS)) {
		close_fd(&child->life_fd);
		/* It gives them a second, then kills for as long as there is anything to kill. */
		(void)keeper_ended(child, 15 * CHILD_GRACE_MS);
	}
	json_lines_free(&child->lines);
	close_fd(&child->from_fd);
	close_fd(&child->err_fd);
	close_fd(&child->life_fd);
	close_fd(&child->status_fd);
	/* Left to us where the keeper was killed. */
	keep_end_descendants(SIGKILL);
	keep_remove_directory(child->directory);
	child_init(child);
}
