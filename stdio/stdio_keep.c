/* stdio_keep.c - the keeper of an upstream's program; see stdio_child.h. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "stdio_child.h"

#define PIDS_MAX 4096
#define SWEEP_MS 20   /* between kills of what is left */
#define KILL_MS 10000 /* then what is left cannot be killed */
#define STAT_MAX 512
#define FD_SLOW_MAX 65536 /* where the kernel cannot close a range */
#ifndef SYS_close_range
#define SYS_close_range 436 /* the same on every architecture */
#endif

struct tree {
	pid_t pids[PIDS_MAX];
	pid_t parents[PIDS_MAX];
	size_t count;
};

/* Process and parent of every process there is. */
static void
read_processes(struct tree *all)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	char path[64], stat[STAT_MAX], *end;
	FILE *file;
	int parent;

	all->count = 0;
	while (proc != NULL && (entry = readdir(proc)) != NULL && all->count < PIDS_MAX) {
		if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
			continue;
		(void)snprintf(path, sizeof(path), "/proc/%.20s/stat", entry->d_name);
		file = fopen(path, "re");
		if (file == NULL)
			continue;
		if (fgets(stat, sizeof(stat), file) != NULL && (end = strrchr(stat, ')')) != NULL &&
		    sscanf(end, ") %*c %d", &parent) == 1) {
			all->pids[all->count] = (pid_t)strtol(entry->d_name, NULL, 10);
			all->parents[all->count++] = parent;
		}
		(void)fclose(file);
	}
	if (proc != NULL)
		(void)closedir(proc);
}

static bool
descends(const struct tree *all, size_t at, pid_t ancestor)
{
	pid_t pid = all->parents[at];

	for (size_t hops = 0; hops < all->count && pid > 1; hops++) {
		size_t i = 0;

		if (pid == ancestor)
			return true;
		while (i < all->count && all->pids[i] != pid)
			i++;
		if (i == all->count)
			return false;
		pid = all->parents[i];
	}
	return false;
}

static void
signal_descendants(int signal_number)
{
	struct tree *all = malloc(sizeof(*all));

	if (all == NULL)
		return;
	read_processes(all);
	for (size_t i = 0; i < all->count; i++)
		if (descends(all, i, getpid()))
			(void)kill(all->pids[i], signal_number);
	free(all);
}

/* Whether any child, adopted ones too, is left; those that have ended are looked after. */
static bool
children_left(void)
{
	pid_t pid;

	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
		continue;
	return pid == 0;
}

static void
pause_ms(long ms)
{
	const struct timespec pause = {ms / 1000, ms % 1000 * 1000000L};

	(void)nanosleep(&pause, NULL);
}

void
keep_end_descendants(int signal_number)
{
	const int64_t until_us =
	    clock_us() + (signal_number == SIGKILL ? KILL_MS : CHILD_GRACE_MS) * INT64_C(1000);

	if (!children_left())
		return;
	signal_descendants(signal_number);
	while (children_left() && clock_us() < until_us) {
		pause_ms(SWEEP_MS);
		/* Whoever is about to fork does so once more at most. */
		if (signal_number == SIGKILL)
			signal_descendants(SIGKILL);
	}
}

static int
remove_one(const char *path, const struct stat *at, int kind, struct FTW *where)
{
	(void)at;
	(void)kind;
	(void)where;
	(void)remove(path);
	return 0;
}

void
keep_remove_directory(const char *path)
{
	if (path[0] == '/')
		(void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

/* From one descriptor up to, and without, another. */
static void
close_between(int from, int until)
{
	if (from >= until || syscall(SYS_close_range, (unsigned)from, (unsigned)until - 1, 0U) == 0)
		return;
	for (int fd = from; fd < until && fd < FD_SLOW_MAX; fd++)
		(void)close(fd);
}

void
keep_close_but(const int *fds, size_t count)
{
	int from = 3;

	for (size_t i = 0; i < count; i++) {
		close_between(from, fds[i]);
		from = fds[i] + 1;
	}
	close_between(from, INT_MAX);
}

/* What the operator reads of the end. */
static void
say_end(int status_fd, int status)
{
	char text[64];
	int len;

	if (WIFSIGNALED(status))
		len = snprintf(text, sizeof(text), "was ended by signal %d (%s)", WTERMSIG(status),
		    strsignal(WTERMSIG(status)));
	else
		len = snprintf(text, sizeof(text), "exited with code %d", WEXITSTATUS(status));
	if (len > 0)
		(void)!write(status_fd, text, (size_t)len);
}

/* Waits until the program has ended, or until there is no host any more. Looks after those that were adopted meanwhile. */
static void
watch(pid_t program, int signal_fd, int life_fd, int status_fd)
{
	struct pollfd polled[2] = {
	    {.fd = signal_fd, .events = POLLIN}, {.fd = life_fd, .events = POLLIN}};
	struct signalfd_siginfo info;
	int status;
	pid_t pid;

	for (;;) {
		while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
			if (pid == program) {
				say_end(status_fd, status);
				return;
			}
		}
		if (poll(polled, 2, -1) < 0)
			continue;
		if (polled[1].revents != 0)
			return;
		(void)!read(signal_fd, &info, sizeof(info));
	}
}

void
keep(const struct keep *k)
{
	const int low = k->life_fd < k->status_fd ? k->life_fd : k->status_fd;
	const int high = k->life_fd < k->status_fd ? k->status_fd : k->life_fd;
	sigset_t all, child;
	pid_t keeper = getpid(), program;
	int signal_fd;

	(void)prctl(PR_SET_NAME, "enforgate-keep");
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, NULL);
	program = fork();
	if (program == 0) {
		(void)close(k->life_fd);
		_exit(k->run(k->arg, k->status_fd, keeper));
	}
	for (int fd = 0; fd < 3; fd++)
		(void)close(fd);
	keep_close_but((const int[]){low, high}, 2);
	(void)sigemptyset(&child);
	(void)sigaddset(&child, SIGCHLD);
	signal_fd = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
	if (program > 0 && signal_fd >= 0)
		watch(program, signal_fd, k->life_fd, k->status_fd);
	keep_end_descendants(SIGTERM);
	keep_end_descendants(SIGKILL);
	keep_remove_directory(k->directory);
	_exit(EXIT_SUCCESS);
}
