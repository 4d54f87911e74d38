/*
 * load_run.c - the connections of the load client and the loop that drives them; see load.h.
 *
 * Per request: one send, one recv, and a share of one epoll_wait. A connection is registered for
 * reading once; writing is waited for only while it connects or its socket buffer is full.
 * SPDX-License-Identifier: MIT
 */
#include "load.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "response.h"

#define BUFFER_FIRST ((size_t)8 << 10) /* bytes; holds every ordinary response */
#define EVENTS_MAX 256
#define TICK_MS 10                    /* how often phases and lost connections are looked at */
#define DRAIN_NS UINT64_C(3000000000) /* for the answers outstanding at the end */

enum state { DOWN, CONNECTING, BUSY, IDLE };

struct connection {
	int fd;
	enum state state;
	bool waits_to_write;
	size_t sent; /* bytes of the request */
	uint64_t begun_ns;
	char *bytes; /* owned; the response so far */
	size_t have;
	size_t size;
};

struct run {
	const struct load_options *options;
	struct load_counts *counts;
	struct connection *connections;
	FILE *log;
	int epoll;
	uint64_t count_from; /* ns; only answers in this span are counted */
	uint64_t count_to;
	bool draining;
};

static volatile sig_atomic_t stop_asked;

void
load_stop(void)
{
	stop_asked = 1;
}

static uint64_t
now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * UINT64_C(1000000000) + (uint64_t)t.tv_nsec;
}

static void
set_down(struct connection *c)
{
	if (c->fd >= 0)
		(void)close(c->fd);
	c->fd = -1;
	c->state = DOWN;
	c->waits_to_write = false;
}

static void
wait_for(struct run *run, struct connection *c, int operation, bool write)
{
	struct epoll_event event = {.data.ptr = c, .events = EPOLLIN};

	if (write)
		event.events |= EPOLLOUT;
	c->waits_to_write = write;
	if (epoll_ctl(run->epoll, operation, c->fd, &event) != 0)
		set_down(c);
}

static void
lose(struct connection *c, uint64_t *counter)
{
	(*counter)++;
	set_down(c);
}

/* Sends what is left of the request. */
static void
send_rest(struct run *run, struct connection *c)
{
	const struct load_options *o = run->options;
	ssize_t n;

	while (c->sent < o->request_len) {
		n = send(c->fd, o->request + c->sent, o->request_len - c->sent, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			if (!c->waits_to_write)
				wait_for(run, c, EPOLL_CTL_MOD, true);
			return;
		}
		if (n < 0) {
			lose(c, &run->counts->lost);
			return;
		}
		c->sent += (size_t)n;
	}
	if (c->waits_to_write)
		wait_for(run, c, EPOLL_CTL_MOD, false);
}

static void
begin_request(struct run *run, struct connection *c, uint64_t now)
{
	if (run->draining) {
		c->state = IDLE;
		return;
	}
	c->state = BUSY;
	c->sent = 0;
	c->have = 0;
	c->begun_ns = now;
	send_rest(run, c);
}

static void
begin_connection(struct run *run, struct connection *c)
{
	const struct sockaddr *address = (const struct sockaddr *)&run->options->address;
	int on = 1;

	c->fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd < 0 || setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0) {
		lose(c, &run->counts->connect_failed);
		return;
	}
	if (connect(c->fd, address, run->options->address_len) != 0 && errno != EINPROGRESS) {
		lose(c, &run->counts->connect_failed);
		return;
	}
	c->state = CONNECTING;
	wait_for(run, c, EPOLL_CTL_ADD, true);
}

static void
end_connecting(struct run *run, struct connection *c)
{
	int error = 0;
	socklen_t len = sizeof(error);

	if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0 || error != 0) {
		lose(c, &run->counts->connect_failed);
		return;
	}
	wait_for(run, c, EPOLL_CTL_MOD, false);
	if (c->state == CONNECTING)
		begin_request(run, c, now_ns());
}

/* One line per answer, so line ends inside it become spaces. */
static void
write_log(FILE *log, struct response *r)
{
	while (r->body_len > 0 && r->body[r->body_len - 1] == '\n')
		r->body_len--;
	for (size_t i = 0; i < r->body_len; i++)
		(void)putc_unlocked(r->body[i] == '\n' ? ' ' : r->body[i], log);
	(void)putc_unlocked('\n', log);
}

static void
end_request(struct run *run, struct connection *c, struct response *r)
{
	struct load_counts *counts = run->counts;
	uint64_t now = now_ns();

	counts->all++;
	if (now >= run->count_from && now < run->count_to) {
		counts->status[r->status]++;
		histogram_add(&counts->micros, (now - c->begun_ns) / 1000);
	}
	if (run->log != NULL && r->status == 200)
		write_log(run->log, r);
	if (r->close)
		set_down(c);
	else
		begin_request(run, c, now);
}

static bool
make_room(struct connection *c)
{
	size_t size = c->size > 0 ? c->size * 2 : BUFFER_FIRST;
	char *bytes;

	if (c->have + 1 < c->size)
		return true;
	if (size > LOAD_RESPONSE_MAX)
		return false;
	bytes = realloc(c->bytes, size);
	if (bytes == NULL)
		return false;
	c->bytes = bytes;
	c->size = size;
	return true;
}

static void
receive(struct run *run, struct connection *c)
{
	struct response response;
	ssize_t n;

	if (!make_room(c)) {
		lose(c, &run->counts->broken);
		return;
	}
	n = recv(c->fd, c->bytes + c->have, c->size - c->have - 1, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		if (c->state == IDLE)
			set_down(c);
		else
			lose(c, &run->counts->lost);
		return;
	}
	c->have += (size_t)n;
	c->bytes[c->have] = '\0';
	switch (response_parse(c->bytes, c->have, &response)) {
	case RESPONSE_PARTIAL:
		return;
	case RESPONSE_COMPLETE:
		if (response.len == c->have && c->state == BUSY) {
			end_request(run, c, &response);
			return;
		}
		break;
	case RESPONSE_BROKEN:
		break;
	}
	lose(c, &run->counts->broken);
}

static void
handle(struct run *run, const struct epoll_event *event)
{
	struct connection *c = event->data.ptr;

	if (c->state == CONNECTING) {
		end_connecting(run, c);
		return;
	}
	if ((event->events & EPOLLOUT) != 0 && c->state == BUSY)
		send_rest(run, c);
	if ((event->events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0 && c->state != DOWN)
		receive(run, c);
}

/* Makes lost connections again; true while a request is outstanding. */
static bool
tend(struct run *run)
{
	bool busy = false;

	for (long i = 0; i < run->options->connections; i++) {
		struct connection *c = &run->connections[i];

		if (c->state == DOWN && !run->draining)
			begin_connection(run, c);
		busy = busy || c->state == BUSY;
	}
	return busy;
}

static void
loop(struct run *run)
{
	struct epoll_event events[EVENTS_MAX];
	uint64_t next_tick = 0;
	uint64_t now;
	bool busy = true;
	int n;

	while (busy || !run->draining) {
		n = epoll_wait(run->epoll, events, EVENTS_MAX, TICK_MS);
		for (int i = 0; i < n; i++)
			handle(run, &events[i]);
		now = now_ns();
		if (now < next_tick)
			continue;
		next_tick = now + TICK_MS * UINT64_C(1000000);
		if (!run->draining && (now >= run->count_to || stop_asked)) {
			run->draining = true;
			run->count_to = now < run->count_to ? now : run->count_to;
		}
		if (run->draining && now >= run->count_to + DRAIN_NS)
			break;
		busy = tend(run);
	}
}

static void
close_all(struct run *run)
{
	for (long i = 0; i < run->options->connections; i++) {
		if (run->connections[i].state == BUSY)
			run->counts->unfinished++;
		set_down(&run->connections[i]);
		free(run->connections[i].bytes);
	}
	free(run->connections);
	(void)close(run->epoll);
}

bool
load_run(const struct load_options *options, FILE *log, struct load_counts *counts)
{
	struct run run = {.options = options, .counts = counts, .log = log};
	struct rusage usage;

	run.epoll = epoll_create1(EPOLL_CLOEXEC);
	run.connections = calloc((size_t)options->connections, sizeof(*run.connections));
	if (run.epoll < 0 || run.connections == NULL) {
		(void)fprintf(stderr, "load: %s\n", strerror(errno));
		free(run.connections);
		return false;
	}
	for (long i = 0; i < options->connections; i++)
		run.connections[i].fd = -1;
	run.count_from = now_ns() + (uint64_t)(options->warmup * 1e9);
	run.count_to = run.count_from + (uint64_t)(options->seconds * 1e9);
	(void)tend(&run);
	loop(&run);
	close_all(&run);
	counts->seconds =
	    run.count_to > run.count_from ? (double)(run.count_to - run.count_from) / 1e9 : 0.001;
	(void)getrusage(RUSAGE_SELF, &usage);
	counts->cpu_seconds = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
			      (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
	return true;
}
