/*
 * stdio.c - enforgate-stdio, the host process of one upstream; see stdio_host.h.
 *
 * Started by responders only (shared/mcp/host_start.c): enforgate-stdio CONFIGURATION UPSTREAM-ID OWNER CAPABILITIES, with the lock of
 * the host as descriptor 3, and 4 to say "ready" or what went wrong. No argument is a secret: they can be seen by everybody.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "mcp/host_parts.h"
#include "stdio_host.h"

#define LOCK_FD 3
#define READY_FD 4
#define TICK_MS 250
#define FAREWELL_MS 500 /* for responders to take what they are told at the end */
#define LINES_AT_ONCE 64

enum { SLOT_LISTENER, SLOT_SIGNAL, SLOT_FROM, SLOT_TO, SLOT_ERR, SLOT_GUESTS };

enum status
host_tell_child(struct host *host, const struct json_object *message)
{
	enum status status;

	if (host->child.to_fd < 0)
		return STATUS_FAILED;
	status = json_lines_put(&host->child.lines, message);
	/* A child that is gone is noticed where it is read from. */
	if (status == STATUS_OK)
		(void)!json_lines_flush(&host->child.lines);
	return status;
}

/* The bridge is told where it leads to; a program of the administrator's gets nothing but what it was configured with. */
static enum status
tell_bridge(struct host *host)
{
	struct json_object *settings = json_new_object();
	enum status status = STATUS_NO_MEMORY;

	if (settings != NULL &&
	    json_set(settings, "settings", json_share(host->upstream.settings)) &&
	    json_set_text(settings, "upstream", host->upstream.name) &&
	    json_set_text(settings, "id", host->upstream.id) &&
	    json_set_integer(settings, "timeoutMs", host->upstream.timeout_ms) &&
	    json_set_integer(settings, "answerMax", host->config.upstream_answer_max))
		status = host_tell_child(host, settings);
	json_free(settings);
	return status;
}

static enum status
start_child(struct host *host, struct problem *why)
{
	char bridge[PATH_MAX];
	const bool is_http = host->upstream.kind == UPSTREAM_HTTP;
	const struct child_plan plan = {.config = &host->config,
	    .settings = host->upstream.settings,
	    .program = is_http ? bridge : NULL,
	    .line_most = host_line_most(&host->config)};
	enum status status = STATUS_OK;

	if (is_http)
		status = host_program(&host->config, HOST_BRIDGE, bridge, why);
	if (status == STATUS_OK)
		status = child_start(&host->child, &plan, why);
	if (status == STATUS_OK && is_http)
		status = tell_bridge(host);
	if (status == STATUS_OK)
		probe_start(host);
	return status;
}

/* It says nothing any more. One that ended on the very first message gets another one. */
static void
child_ended(struct host *host)
{
	char epitaph[PROBLEM_MAX / 2];
	struct problem why = {""};
	bool again;

	while (host->child.err_fd >= 0 &&
	       poll(&(struct pollfd){.fd = host->child.err_fd, .events = POLLIN}, 1, 0) > 0)
		noise_read(host);
	child_epitaph(&host->child, epitaph, sizeof(epitaph));
	again = host->phase == PHASE_PROBING && !host->probe_died && host->probe_id != 0 &&
		host->initialize_id == 0;
	if (!again) {
		host_end(host, "its program %s%s", epitaph,
		    host->phase == PHASE_PROBING ? " before it said what it is" : "");
		return;
	}
	log_info("upstream %s: its program %s when asked for its version; started once more",
	    host->upstream.name, epitaph);
	child_end(&host->child);
	host->probe_died = true;
	if (start_child(host, &why) != STATUS_OK)
		host_end(host, "%s", why.text);
}

static void
read_child(struct host *host)
{
	const enum status status = json_lines_read(&host->child.lines);
	const char *line;
	size_t len;

	while (host->phase != PHASE_ENDING &&
	       (line = json_lines_next(&host->child.lines, &len)) != NULL)
		route_line(host, line, len);
	if (status == STATUS_TOO_LARGE)
		host_end(
		    host, "it said more in one message than %zu bytes", host->child.lines.most);
	else if (status != STATUS_OK)
		child_ended(host);
}

static void
read_signals(struct host *host)
{
	struct signalfd_siginfo info;

	while (read(host->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		if (info.ssi_signo != SIGCHLD)
			host_end(host, "its host was ended by a signal");
}

/* What is waited for. NULL: out of memory. */
static struct pollfd *
fill(struct host *host, struct pollfd **polled, size_t *size)
{
	const size_t needed = SLOT_GUESTS + host->nguests;
	const struct child *child = &host->child;
	struct pollfd *p = *polled;
	size_t n = SLOT_GUESTS;

	if (p == NULL || needed > *size) {
		p = realloc(*polled, (needed + 16) * sizeof(*p));
		if (p == NULL)
			return NULL;
		*polled = p;
		*size = needed + 16;
	}
	p[SLOT_LISTENER] = (struct pollfd){
	    .fd = host->nguests < GUESTS_MAX ? host->listener : -1, .events = POLLIN};
	p[SLOT_SIGNAL] = (struct pollfd){.fd = host->signal_fd, .events = POLLIN};
	p[SLOT_FROM] = (struct pollfd){.fd = child->from_fd, .events = POLLIN};
	p[SLOT_TO] = (struct pollfd){
	    .fd = json_lines_waiting(&child->lines) > 0 ? child->to_fd : -1, .events = POLLOUT};
	p[SLOT_ERR] = (struct pollfd){.fd = child->err_fd, .events = POLLIN};
	for (struct guest *guest = host->guests; guest != NULL; guest = guest->next)
		p[n++] = (struct pollfd){.fd = guest->proof.fd,
		    .events =
			(short)(POLLIN | (json_lines_waiting(&guest->lines) > 0 ? POLLOUT : 0))};
	return p;
}

static void
serve(struct host *host, const struct pollfd *p)
{
	struct guest *guest = host->guests, *next;
	size_t n = SLOT_GUESTS;

	/* Guests first: those that come are put in front of the list that was polled. */
	for (; guest != NULL; guest = next) {
		next = guest->next;
		guest_serve(host, guest, p[n++].revents);
	}
	if (p[SLOT_SIGNAL].revents != 0)
		read_signals(host);
	if (p[SLOT_ERR].revents != 0 && p[SLOT_ERR].fd == host->child.err_fd)
		noise_read(host);
	if (p[SLOT_TO].revents != 0 && p[SLOT_TO].fd == host->child.to_fd)
		(void)!json_lines_flush(&host->child.lines);
	if (p[SLOT_FROM].revents != 0 && p[SLOT_FROM].fd == host->child.from_fd)
		read_child(host);
	if (p[SLOT_LISTENER].revents != 0)
		guests_accept(host);
}

/* To whoever started this: "ready" once it is, or a sentence. */
static void
report(struct host *host, const char *text)
{
	if (host->reported)
		return;
	host->reported = true;
	(void)!write(READY_FD, text, strlen(text));
	(void)close(READY_FD);
}

static void
loop(struct host *host)
{
	struct pollfd *polled = NULL, *p;
	size_t size = 0;
	int64_t now_us;

	while (host->phase != PHASE_ENDING) {
		p = fill(host, &polled, &size);
		if (p == NULL) {
			host_end(host, "its host is out of memory");
			break;
		}
		if (poll(p, SLOT_GUESTS + host->nguests, TICK_MS) < 0 && errno != EINTR) {
			host_end(host, "its host cannot wait: %s", strerror(errno));
			break;
		}
		serve(host, p);
		now_us = clock_us();
		probe_tick(host, now_us);
		errands_tidy(host, now_us);
		questions_tidy(host, now_us);
		guests_tidy(host);
		if (host->phase != PHASE_ENDING)
			host_look(host);
		if (host->phase == PHASE_SERVING)
			report(host, "ready");
	}
	free(polled);
}

/* Those who wait are told; then everything of the child ends. */
static void
end(struct host *host)
{
	const int64_t until_us = clock_us() + (int64_t)FAREWELL_MS * 1000;
	const struct timespec pause = {0, 5000000};
	bool waiting = true;

	log_info("upstream %s: its host ends: %s", host->upstream.name, host->ending);
	report(host, host->ending);
	(void)unlink(host->socket);
	(void)close(host->listener);
	errands_lost(host, host->ending);
	for (struct guest *guest = host->guests; guest != NULL; guest = guest->next) {
		if (guest->state == GUEST_GREETED && !guest->hello)
			guest_say(
			    guest, "failed", json_new_text(host->ending, strlen(host->ending)));
		else if (guest->state == GUEST_LISTENING)
			guest_say_lost(guest, host->ending, true);
		guest_leave(guest);
	}
	child_hang_up(&host->child);
	while (waiting && clock_us() < until_us) {
		guests_tidy(host);
		waiting = host->guests != NULL;
		for (struct guest *guest = host->guests; guest != NULL; guest = guest->next)
			if (json_lines_flush(&guest->lines) != STATUS_OK)
				guest->gone = true;
		if (waiting)
			(void)nanosleep(&pause, NULL);
	}
	for (struct guest *guest = host->guests; guest != NULL; guest = guest->next)
		guest->gone = true;
	guests_tidy(host);
	child_end(&host->child);
	(void)unlink(host->lock);
}

/* Leaves the process that the responder waits for; nothing of the responder's is kept open. */
static bool
detach(struct host *host)
{
	sigset_t signals;
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	pid_t pid = fork();

	if (pid != 0)
		_exit(pid > 0 ? EXIT_SUCCESS : EXIT_FAILURE);
	keep_close_but((const int[]){LOCK_FD, READY_FD}, 2);
	(void)fcntl(LOCK_FD, F_SETFD, FD_CLOEXEC);
	(void)fcntl(READY_FD, F_SETFD, FD_CLOEXEC);
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
	(void)sigaction(SIGPIPE, &ignore, NULL);
	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGTERM);
	(void)sigaddset(&signals, SIGINT);
	(void)sigaddset(&signals, SIGHUP);
	(void)sigaddset(&signals, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &signals, NULL) != 0)
		return false;
	host->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	return host->signal_fd >= 0;
}

int
main(int argc, char *argv[])
{
	struct host *host = calloc(1, sizeof(*host));
	struct problem why = {""};
	int code = EXIT_SUCCESS;

	if (argc != 5 || fcntl(LOCK_FD, F_GETFD) < 0 || fcntl(READY_FD, F_GETFD) < 0) {
		(void)fprintf(stderr,
		    "enforgate-stdio is started by the gateway when a stdio upstream is "
		    "needed, not by hand\n");
		free(host);
		return EXIT_FAILURE;
	}
	if (host == NULL || !detach(host)) {
		free(host);
		return EXIT_FAILURE;
	}
	child_init(&host->child);
	if (host_open(host, argv, &why) != STATUS_OK) {
		report(host, why.text);
		code = EXIT_FAILURE;
		goto out;
	}
#if !defined(__SANITIZE_ADDRESS__)
	/* Its memory is nobody else's of the same user; the leak checker needs a look at it. */
	(void)prctl(PR_SET_DUMPABLE, 0);
#endif
	host->start_until_us = clock_us() + (int64_t)HOST_START_MS * 1000;
	(void)!chdir("/");
	log_info("upstream %s: its host starts", host->upstream.name);
	if (start_child(host, &why) != STATUS_OK)
		host_end(host, "%s", why.text);
	loop(host);
	end(host);
out:
	host_close(host);
	free(host);
	return code;
}
