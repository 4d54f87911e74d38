/* serve.c - the life of a responder; see serve.h. */
#include "serve.h"

#include <errno.h>
#include <fcgiapp.h>
#include <malloc.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "listen.h"
#include "service.h"
#include "thread.h"

#define END_SETTLE_MS 30   /* for connections that have come and are not counted yet */
#define END_WAIT_MS 800    /* for requests that have begun; the whole end stays within a second */
#define END_QUIET_MS 6     /* a connection may be accepted and not counted yet */
#define ACCEPT_PAUSE_MS 50 /* after an accept that failed, as for want of descriptors */
#define OPEN_PAUSE_US 1000000 /* between tries to open what could not be opened */
#define THREADS_BEFORE_OPEN 4
#define ACCEPTING_MAX 3  /* threads that wait for a request; 3 made the fewest context switches */
#define REQUESTS_MAX 256 /* in hand at once; more wait in the listen queue */
#define ARENAS 4         /* of malloc: more keep more free memory each, fewer make threads wait */
#define KEEP_BYTES (1 << 20) /* free memory that an arena keeps */

/* One per process; it exists because a signal can end the process while threads use it. */
struct life {
	const struct door *door;
	struct service service;
	pthread_mutex_t opening; /* guards the three below */
	int64_t tried_us;
	struct problem why;
	bool announced;
	atomic_bool open;
	atomic_bool ending;
	atomic_int threads;
	atomic_int accepting; /* threads that wait for a request */
	atomic_int parked;    /* threads that wait on `unpark` */
	sem_t unpark;
	struct exchanges exchanges;
};

static void
pause_ms(long ms)
{
	const struct timespec pause = {ms / 1000, ms % 1000 * 1000000L};

	(void)nanosleep(&pause, NULL);
}

/* Opens the service by the first request at the latest; a failure is kept for a second, then tried again. */
static bool
ensure_open(struct life *life, const char *configuration)
{
	const char *path = config_find(configuration);
	int64_t now;

	if (atomic_load(&life->open))
		return true;
	pthread_mutex_lock(&life->opening);
	now = clock_us();
	if (!atomic_load(&life->open) &&
	    (life->tried_us == 0 || now - life->tried_us > OPEN_PAUSE_US)) {
		life->tried_us = now;
		life->why = (struct problem){"out of memory"};
		if (service_open(life->door, path, &life->service, &life->why) == STATUS_OK) {
			atomic_store(&life->open, true);
			log_info("ready: version %s, configuration %s", ENFORGATE_VERSION, path);
		} else {
			log_error("cannot start: %s", life->why.text);
		}
	}
	pthread_mutex_unlock(&life->opening);
	return atomic_load(&life->open);
}

static void
refuse_unready(struct life *life, struct exchange *exchange)
{
	struct problem why;

	pthread_mutex_lock(&life->opening);
	why = life->why;
	pthread_mutex_unlock(&life->opening);
	/* The web server's own error log is the one place that an operator has for sure. */
	(void)FCGX_FPrintF(exchange->request.fcgx->err, "enforgate %s: cannot start: %s\n",
	    life->door->program, why.text);
	reply_error(&exchange->reply, &exchange->request, 500, "not_ready",
	    "the gateway is not set up; its operator finds the reason in the log");
	exchange_end(exchange);
}

static bool start_thread(struct life *life);

static int
thread_limit(struct life *life)
{
	return atomic_load(&life->open) ? (int)life->service.config.threads : THREADS_BEFORE_OPEN;
}

static bool
take_parked(struct life *life)
{
	int parked = atomic_load(&life->parked);

	while (parked > 0)
		if (atomic_compare_exchange_weak(&life->parked, &parked, parked - 1))
			return true;
	return false;
}

/* Nobody accepts any more: lets another thread do so. */
static void
relieve(struct life *life)
{
	if (take_parked(life))
		(void)sem_post(&life->unpark);
	else if (atomic_load(&life->threads) < thread_limit(life))
		(void)start_thread(life);
}

/*
 * A few threads accept, others rest: the web server's requests go round among all that wait, and the fewer these are the
 * warmer. Looks again once it counts as parked: the last that accepted may just have looked for one.
 */
static void
rest(struct life *life)
{
	if (atomic_load(&life->accepting) < ACCEPTING_MAX)
		return;
	atomic_fetch_add(&life->parked, 1);
	if (atomic_load(&life->accepting) == 0 && take_parked(life))
		return;
	while (sem_wait(&life->unpark) != 0)
		continue;
}

/* Takes one request in. What has queued in the audit log is committed before anything else is waited for. */
static void
serve_one(struct life *life, struct exchange *exchange)
{
	if (ensure_open(life, exchange->request.configuration)) {
		request_see_through(&exchange->request, &life->service.proxies);
		life->door->handle(exchange);
		log_request(""); /* a batch is not of one request */
		audit_work(life->service.audit);
	} else {
		refuse_unready(life, exchange);
	}
}

static void *
work(void *arg)
{
	struct life *life = arg;
	struct exchange *exchange;
	int error;

	for (;;) {
		rest(life);
		exchange = exchange_take(&life->exchanges);
		if (exchange == NULL) {
			log_error("out of memory: no request can be accepted");
			pause_ms(ACCEPT_PAUSE_MS);
			continue;
		}
		atomic_fetch_add(&life->accepting, 1);
		while ((error = exchange_accept(exchange)) != 0) {
			if (!atomic_load(&life->ending))
				log_error("cannot accept a request: %s", strerror(error));
			pause_ms(ACCEPT_PAUSE_MS);
		}
		if (atomic_fetch_sub(&life->accepting, 1) == 1)
			relieve(life);
		if (exchange_begin(exchange))
			serve_one(life, exchange);
	}
	return NULL;
}

static bool
start_thread(struct life *life)
{
	bool started;

	atomic_fetch_add(&life->threads, 1);
	started = thread_start(work, life);
	if (!started)
		atomic_fetch_sub(&life->threads, 1);
	return started;
}

/* Waits for SIGTERM and its like; once a second it looks after the audit log, and for notifications that others left. */
static void
wait_for_end(struct life *life, const sigset_t *signals)
{
	const struct timespec second = {
	    AUDIT_ANCHOR_EVERY_MS / 1000, AUDIT_ANCHOR_EVERY_MS % 1000 * 1000000L};
	int signal_number;

	for (;;) {
		signal_number = sigtimedwait(signals, NULL, &second);
		if (signal_number == SIGTERM || signal_number == SIGINT || signal_number == SIGUSR1)
			return;
		if (!atomic_load(&life->open))
			continue;
		audit_anchor(life->service.audit);
		audit_expire(life->service.audit);
		courier_look(life->service.courier);
	}
}

/* Requests that have begun are answered; then the process goes, whatever other threads wait for. */
static void
end(struct life *life)
{
	int64_t until = clock_us() + END_WAIT_MS * 1000;
	int quiet_ms = 0;

	atomic_store(&life->ending, true);
	if (atomic_load(&life->open)) {
		(void)eventfd_write(life->service.end_fd, 1);
		holds_end(life->service.holds);
	}
	pause_ms(END_SETTLE_MS);
	listen_end(atomic_load(&life->accepting));
	while (quiet_ms < END_QUIET_MS && clock_us() < until) {
		pause_ms(2);
		quiet_ms = atomic_load(&life->exchanges.begun) == 0 ? quiet_ms + 2 : 0;
	}
	if (atomic_load(&life->open)) {
		log_info("ended with %d requests unanswered", atomic_load(&life->exchanges.begun));
		service_end(&life->service, (until - clock_us()) / 1000);
	}
	_exit(EXIT_SUCCESS);
}

/* Started by a web server as plain CGI, or by hand: say so in one line that either shows. */
static int
refuse_cgi(const struct door *door)
{
	(void)printf(
	    "Status: 500 Internal Server Error\r\nContent-Type: text/plain\r\n\r\n"
	    "%s.fcgi is a FastCGI responder: configure the web server to run it by FastCGI (see INSTALL).\n",
	    door->program);
	return EXIT_FAILURE;
}

int
serve(const struct door *door)
{
	static struct life life = {.opening = PTHREAD_MUTEX_INITIALIZER};
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	sigset_t signals;

	if (FCGX_IsCGI())
		return refuse_cgi(door);
	life.door = door;
	/* libfcgi's buffers of 8 KiB come and go with each request: nothing is given back or gathered in between. */
	(void)mallopt(M_ARENA_MAX, ARENAS);
	(void)mallopt(M_TRIM_THRESHOLD, KEEP_BYTES);
	(void)mallopt(M_MXFAST, 0); /* fast bins are gathered at each larger block that is freed */
	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGTERM);
	(void)sigaddset(&signals, SIGINT);
	(void)sigaddset(&signals, SIGUSR1);
	(void)sigaddset(&signals, SIGHUP);
	if (pthread_sigmask(SIG_BLOCK, &signals, NULL) != 0 || secret_start() != STATUS_OK ||
	    FCGX_Init() != 0 || sem_init(&life.unpark, 0, 0) != 0 ||
	    exchanges_init(&life.exchanges, &life.service, REQUESTS_MAX) != STATUS_OK) {
		log_error("%s: cannot start: %s", door->program, strerror(errno));
		return EXIT_FAILURE;
	}
	/* After FCGX_Init(), which installs handlers of its own. */
	(void)sigaction(SIGPIPE, &ignore, NULL);
	if (getenv("ENFORGATE_CONF") != NULL)
		(void)ensure_open(&life, NULL);
	if (!start_thread(&life))
		return EXIT_FAILURE;
	wait_for_end(&life, &signals);
	end(&life);
	return EXIT_SUCCESS;
}
