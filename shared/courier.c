/* courier.c - the thread that sends, and who starts and ends it; see courier.h. */
#include "courier.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "courier_args.h"
#include "courier_round.h"
#include "log.h"

#define STACK_BYTES ((size_t)256 << 10) /* sanitizers need more */
#define STACK_BYTES_SANITIZED ((size_t)2 << 20)

struct courier {
	struct courier_args args;
	struct lease lease;
	struct courier_round round; /* of the thread, or of who runs without one */
	int wake_fd;
	int64_t looked_us; /* by courier_look() */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool running; /* there is a thread; the next two are of it */
	bool ended;
	int64_t end_us; /* 0: go on */
};

enum status
courier_open(const struct config *config, struct store *store, const struct secret_key *master,
    struct courier **out, struct problem *why)
{
	struct courier *c = calloc(1, sizeof(*c));
	pthread_condattr_t monotonic;

	*out = NULL;
	problem_set(why, "out of memory");
	if (c == NULL)
		return STATUS_NO_MEMORY;
	c->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (c->wake_fd < 0) {
		problem_set(why, "eventfd: %s", strerror(errno));
		free(c);
		return STATUS_FAILED;
	}
	lease_make(&c->lease, config->delivery_lease_s * 1000);
	c->round = (struct courier_round){.config = config,
	    .store = store,
	    .lease = &c->lease,
	    .args = &c->args,
	    .wake_fd = c->wake_fd};
	if (channel_seal_key(master, &c->round.seal) != STATUS_OK) {
		(void)close(c->wake_fd);
		free(c);
		return STATUS_FAILED;
	}
	courier_args_init(&c->args);
	(void)pthread_mutex_init(&c->lock, NULL);
	(void)pthread_condattr_init(&monotonic);
	(void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&c->changed, &monotonic);
	(void)pthread_condattr_destroy(&monotonic);
	*out = c;
	return STATUS_OK;
}

void
courier_ends_overdue(struct courier *courier, struct audit *audit, int wake_fd)
{
	courier->round.audit = audit;
	courier->round.decided_fd = wake_fd;
}

const struct lease *
courier_lease(const struct courier *courier)
{
	return &courier->lease;
}

static void
wake(const struct courier *c)
{
	const uint64_t one = 1;

	(void)!write(c->wake_fd, &one, sizeof(one));
}

/* clock_us() at which all is to be over; 0: not yet. */
static int64_t
end_time(struct courier *c)
{
	int64_t end_us;

	(void)pthread_mutex_lock(&c->lock);
	end_us = c->end_us;
	(void)pthread_mutex_unlock(&c->lock);
	return end_us;
}

static void *
work(void *arg)
{
	struct courier *c = arg;
	int64_t end_us, now_us;

	while ((end_us = end_time(c)) == 0)
		courier_round(&c->round, true, COURIER_LOOK_MS);
	while (courier_round_busy(&c->round) && (now_us = clock_us()) < end_us)
		courier_round(&c->round, false, (end_us - now_us) / 1000 + 1);
	courier_round_end(&c->round);
	(void)pthread_mutex_lock(&c->lock);
	c->ended = true;
	(void)pthread_cond_broadcast(&c->changed);
	(void)pthread_mutex_unlock(&c->lock);
	return NULL;
}

/* With the lock. */
static bool
start_thread(struct courier *c)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	const size_t stack = STACK_BYTES_SANITIZED;
#else
	const size_t stack = STACK_BYTES;
#endif
	pthread_attr_t attr;
	pthread_t thread;
	bool started;

	if (pthread_attr_init(&attr) != 0)
		return false;
	started = pthread_attr_setstacksize(&attr, stack) == 0 &&
		  pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED) == 0 &&
		  pthread_create(&thread, &attr, work, c) == 0;
	(void)pthread_attr_destroy(&attr);
	if (!started)
		log_warn("cannot start the thread of notifications: %s", strerror(errno));
	return started;
}

void
courier_start(struct courier *courier)
{
	(void)pthread_mutex_lock(&courier->lock);
	if (!courier->running && courier->end_us == 0)
		courier->running = start_thread(courier);
	(void)pthread_mutex_unlock(&courier->lock);
	wake(courier);
}

void
courier_send(struct courier *courier, const char *approval_id, const char *canonical, size_t len)
{
	if (approval_id != NULL && canonical != NULL)
		courier_args_keep(&courier->args, approval_id, canonical, len);
	courier_start(courier);
}

static bool
is_running(struct courier *c)
{
	bool running;

	(void)pthread_mutex_lock(&c->lock);
	running = c->running;
	(void)pthread_mutex_unlock(&c->lock);
	return running;
}

void
courier_look(struct courier *courier)
{
	int64_t now_us = clock_us(), next_ms = 0;
	bool overdue = false;
	struct db *db;

	if (is_running(courier) ||
	    (courier->looked_us != 0 && now_us - courier->looked_us < COURIER_LOOK_MS * 1000))
		return;
	courier->looked_us = now_us;
	if (store_read(courier->round.store, &db) != STATUS_OK)
		return;
	if (outbox_next(db, &courier->lease, &next_ms) != STATUS_OK)
		next_ms = 0;
	courier_round_overdue(&courier->round, db, &overdue);
	store_read_end(courier->round.store, db);
	if (overdue || (next_ms != 0 && next_ms <= clock_wall_ms()))
		courier_start(courier);
}

enum status
courier_run(struct courier *courier, int64_t wait_ms,
    void (*tell)(void *arg, const struct courier_counts *counts), void *arg,
    struct courier_counts *counts)
{
	struct courier_round *round = &courier->round;
	int64_t end_us = clock_us() + wait_ms * 1000, left_ms, pause_ms = 0;
	struct courier_counts told = {0};

	for (;;) {
		courier_round(round, true, pause_ms);
		if (tell != NULL && memcmp(&told, &round->counts, sizeof(told)) != 0)
			tell(arg, &round->counts);
		told = round->counts;
		left_ms = (end_us - clock_us()) / 1000;
		pause_ms = COURIER_LOOK_MS;
		if (round->status != STATUS_OK && left_ms <= 0)
			break;
		if (courier_round_busy(round) || round->status != STATUS_OK)
			continue;
		/* After results there is a look at once: more may be due. */
		pause_ms = round->look_us != 0 && left_ms > 0 ? left_ms : 0;
		if (round->look_us != 0 && (round->next_ms == 0 || left_ms <= 0))
			break;
	}
	return courier_round_count(round, counts);
}

/* False: it is stuck, as in a name server's answer or the database's lock. */
static bool
wait_for_thread(struct courier *c, int64_t until_us)
{
	const struct timespec until = {until_us / 1000000, until_us % 1000000 * 1000};
	bool ended;

	(void)pthread_mutex_lock(&c->lock);
	while (!c->ended && pthread_cond_timedwait(&c->changed, &c->lock, &until) == 0)
		continue;
	ended = c->ended;
	(void)pthread_mutex_unlock(&c->lock);
	return ended;
}

bool
courier_end(struct courier *courier, int64_t grace_ms, int64_t most_ms)
{
	int64_t now_us = clock_us();
	bool running;

	(void)pthread_mutex_lock(&courier->lock);
	courier->end_us = now_us + grace_ms * 1000;
	running = courier->running;
	(void)pthread_mutex_unlock(&courier->lock);
	wake(courier);
	if (running)
		return wait_for_thread(courier, now_us + most_ms * 1000);
	courier_round_end(&courier->round);
	return true;
}

void
courier_close(struct courier *courier)
{
	if (courier == NULL)
		return;
	courier_args_free(&courier->args);
	secret_wipe(&courier->round.seal, sizeof(courier->round.seal));
	(void)close(courier->wake_fd);
	(void)pthread_cond_destroy(&courier->changed);
	(void)pthread_mutex_destroy(&courier->lock);
	free(courier);
}
