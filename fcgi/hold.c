/* hold.c - requests that wait for a person's decision; see hold.h. */
#include "hold.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "serve.h"
#include "thread.h"
#include "wake.h"

#define US_PER_MS 1000

/* One that waits. */
struct hold {
	struct exchange *exchange;
	bool (*sign)(struct exchange *exchange);
	size_t bytes;
	int64_t until_us; /* the end of its wait */
	int64_t piece_us; /* when the next sign of life is due */
	enum gate_wait found;
	bool gone; /* its connection has ended, or it was cancelled */
	struct hold *next;
};

struct holds {
	struct service *service;
	int wake_fd;
	pthread_mutex_t mutex; /* guards what follows, but what only the thread uses */
	pthread_cond_t changed;
	struct hold *coming; /* not yet taken over by the thread */
	int64_t count;
	size_t bytes;
	bool running; /* the thread is */
	bool ending;
	/* Of the thread. */
	struct hold *first;
	struct pollfd *polled;
	size_t npolled;
	uint64_t wake;
	int64_t looked_us;
};

enum status
holds_open(struct service *service, struct holds **out, struct problem *why)
{
	struct holds *holds = calloc(1, sizeof(*holds));

	*out = NULL;
	if (holds == NULL)
		return STATUS_NO_MEMORY;
	holds->service = service;
	holds->wake_fd = service->wake;
	if (pthread_mutex_init(&holds->mutex, NULL) != 0 ||
	    pthread_cond_init(&holds->changed, NULL) != 0) {
		problem_set(why, "cannot make a lock");
		free(holds);
		return STATUS_FAILED;
	}
	*out = holds;
	return STATUS_OK;
}

/* Over: its answer goes out, or the line is walked once more. */
static void
finish(struct holds *holds, struct hold *hold)
{
	struct exchange *exchange = hold->exchange;
	/* A decision is not spent for a client that is known to be gone: it waits for the next one. */
	const bool release = hold->found == GATE_DECIDED && !hold->gone;

	pthread_mutex_lock(&holds->mutex);
	holds->count--;
	holds->bytes -= hold->bytes;
	pthread_cond_broadcast(&holds->changed);
	pthread_mutex_unlock(&holds->mutex);
	log_request(exchange->request.id);
	if (hold->gone)
		log_info("the client left while its call waited for a decision");
	free(hold);
	if (release)
		gate_release(&exchange->attempt);
	else
		gate_give_up(&exchange->attempt);
	log_request("");
}

/* Asks the database about those that wait; a failure leaves them waiting. */
static void
look(struct holds *holds)
{
	struct store *store = holds->service->store;
	struct db *db;

	holds->looked_us = clock_us();
	if (store_read(store, &db) != STATUS_OK)
		return;
	for (struct hold *h = holds->first; h != NULL; h = h->next)
		h->found = gate_look(db, &h->exchange->attempt, clock_wall_ms());
	store_read_end(store, db);
}

static void
send_pieces(struct holds *holds, int64_t now_us)
{
	for (struct hold *h = holds->first; h != NULL; h = h->next) {
		if (h->gone || now_us < h->piece_us)
			continue;
		h->piece_us = now_us + (int64_t)HOLD_PIECE_MS * US_PER_MS;
		h->gone = !h->sign(h->exchange);
	}
}

/* Waits a tick, and sees whose connection has ended meanwhile. */
static void
watch(struct holds *holds)
{
	size_t n = 0, needed = 0;
	struct pollfd *polled;

	for (struct hold *h = holds->first; h != NULL; h = h->next)
		needed++;
	if (needed > holds->npolled) {
		polled = realloc(holds->polled, needed * sizeof(*polled));
		if (polled != NULL) {
			holds->polled = polled;
			holds->npolled = needed;
		}
	}
	for (struct hold *h = holds->first; h != NULL && n < holds->npolled; h = h->next)
		holds->polled[n++] =
		    (struct pollfd){.fd = exchange_fd(h->exchange), .events = POLLRDHUP};
	if (poll(holds->polled, (nfds_t)n, HOLD_TICK_MS) <= 0)
		return;
	n = 0;
	for (struct hold *h = holds->first; h != NULL && n < holds->npolled; h = h->next)
		if (holds->polled[n++].revents != 0)
			h->gone = true;
}

/* Takes out of the list whatever has ended, and ends it. */
static void
finish_ended(struct holds *holds, int64_t now_us, bool all)
{
	struct hold **at = &holds->first, *ended = NULL, *hold;

	while ((hold = *at) != NULL) {
		hold->gone = hold->gone || atomic_load(&hold->exchange->cancelled);
		if (hold->found == GATE_WAITING && !hold->gone && now_us < hold->until_us && !all) {
			at = &hold->next;
			continue;
		}
		*at = hold->next;
		hold->next = ended;
		ended = hold;
	}
	if (ended == NULL)
		return;
	while ((hold = ended) != NULL) {
		ended = hold->next;
		finish(holds, hold);
	}
	audit_work(holds->service->audit);
}

/* What has come since goes into the list; without any the thread rests. False: the process is ending and nothing is left. */
static bool
take_coming(struct holds *holds, bool *fresh, bool *ending)
{
	struct hold *hold;

	pthread_mutex_lock(&holds->mutex);
	while (holds->coming == NULL && holds->first == NULL && !holds->ending)
		pthread_cond_wait(&holds->changed, &holds->mutex);
	*fresh = holds->coming != NULL;
	while ((hold = holds->coming) != NULL) {
		holds->coming = hold->next;
		hold->next = holds->first;
		holds->first = hold;
	}
	*ending = holds->ending;
	pthread_mutex_unlock(&holds->mutex);
	return holds->first != NULL || !*ending;
}

static void *
work(void *arg)
{
	struct holds *holds = arg;
	bool fresh, ending;
	uint64_t wake;

	while (take_coming(holds, &fresh, &ending)) {
		wake = wake_value(holds->wake_fd);
		/* A decision may have come between the commit of a question and its hold. */
		if (fresh || wake != holds->wake ||
		    clock_us() - holds->looked_us > (int64_t)HOLD_SLOW_MS * US_PER_MS)
			look(holds);
		holds->wake = wake;
		send_pieces(holds, clock_us());
		finish_ended(holds, clock_us(), ending);
		if (holds->first != NULL)
			watch(holds);
	}
	pthread_mutex_lock(&holds->mutex);
	holds->running = false;
	pthread_cond_broadcast(&holds->changed);
	pthread_mutex_unlock(&holds->mutex);
	return NULL;
}

/* Whether there is room for one more; with the mutex held. */
static bool
admit(struct holds *holds, size_t bytes)
{
	if (holds->ending || holds->count >= holds->service->config.held_max ||
	    holds->bytes + bytes > HOLD_BYTES_MAX)
		return false;
	if (!holds->running)
		holds->running = thread_start(work, holds);
	return holds->running;
}

bool
holds_add(struct holds *holds, struct exchange *exchange, bool (*sign)(struct exchange *exchange))
{
	struct hold *hold = calloc(1, sizeof(*hold));
	const int64_t now_us = clock_us();
	bool admitted;

	if (hold == NULL)
		return false;
	*hold = (struct hold){.exchange = exchange,
	    .sign = sign,
	    .bytes = exchange->request.body.size,
	    .until_us = now_us + exchange->wait_s * 1000 * US_PER_MS,
	    .found = GATE_WAITING};
	pthread_mutex_lock(&holds->mutex);
	admitted = admit(holds, hold->bytes);
	if (admitted) {
		holds->count++;
		holds->bytes += hold->bytes;
	}
	pthread_mutex_unlock(&holds->mutex);
	if (!admitted) {
		log_refusal(
		    "a call that waits for a decision is answered at once: held_max wait already");
		free(hold);
		return false;
	}
	exchange_park(exchange);
	pthread_mutex_lock(&holds->mutex);
	hold->next = holds->coming;
	holds->coming = hold;
	pthread_cond_broadcast(&holds->changed);
	pthread_mutex_unlock(&holds->mutex);
	return true;
}

void
holds_end(struct holds *holds)
{
	if (holds == NULL)
		return;
	pthread_mutex_lock(&holds->mutex);
	holds->ending = true;
	pthread_cond_broadcast(&holds->changed);
	pthread_mutex_unlock(&holds->mutex);
}
