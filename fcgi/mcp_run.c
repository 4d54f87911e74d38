/* mcp_run.c - threads that carry calls; see mcp_run.h. */
#include "mcp_run.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "log.h"
#include "thread.h"

#define IDLE_S 10

/* A key with calls under way. */
struct busy {
	char key_id[KEY_ID_MAX + 1];
	int64_t count;
	struct busy *next;
};

struct runs {
	const struct config *config;
	atomic_llong here;     /* serving threads that carry calls */
	pthread_mutex_t mutex; /* guards what follows */
	pthread_cond_t changed;
	struct busy *busy;
	struct run *first, **last;
	int64_t queued;
	int64_t threads;
	int64_t idle; /* of them */
};

enum status
runs_open(const struct config *config, struct runs **out, struct problem *why)
{
	struct runs *runs = calloc(1, sizeof(*runs));

	*out = NULL;
	if (runs == NULL)
		return STATUS_NO_MEMORY;
	runs->config = config;
	runs->last = &runs->first;
	if (pthread_mutex_init(&runs->mutex, NULL) != 0 ||
	    pthread_cond_init(&runs->changed, NULL) != 0) {
		problem_set(why, "cannot make a lock");
		free(runs);
		return STATUS_FAILED;
	}
	*out = runs;
	return STATUS_OK;
}

bool
runs_begin_here(struct runs *runs)
{
	if (atomic_fetch_add(&runs->here, 1) < runs->config->threads / 2)
		return true;
	runs_end_here(runs);
	return false;
}

void
runs_end_here(struct runs *runs)
{
	atomic_fetch_sub(&runs->here, 1);
}

/* With the mutex held, as the next. */
static struct busy **
find(struct runs *runs, const char *key_id)
{
	struct busy **at = &runs->busy;

	while (*at != NULL && strcmp((*at)->key_id, key_id) != 0)
		at = &(*at)->next;
	return at;
}

static void
take(struct runs *runs, struct run *run)
{
	struct busy **at = find(runs, run->key_id);

	run->placed = false;
	if (*at == NULL) {
		*at = calloc(1, sizeof(**at));
		if (*at == NULL)
			return;
		memcpy((*at)->key_id, run->key_id, sizeof(run->key_id));
	}
	if ((*at)->count >= runs->config->calls_per_key)
		return;
	(*at)->count++;
	run->placed = true;
}

void
runs_take(struct runs *runs, struct run *run)
{
	pthread_mutex_lock(&runs->mutex);
	take(runs, run);
	pthread_mutex_unlock(&runs->mutex);
}

void
runs_give(struct runs *runs, struct run *run)
{
	struct busy **at, *busy;

	if (!run->placed)
		return;
	pthread_mutex_lock(&runs->mutex);
	at = find(runs, run->key_id);
	busy = *at;
	if (busy != NULL && --busy->count == 0) {
		*at = busy->next;
		free(busy);
	}
	if (runs->first != NULL)
		pthread_cond_signal(&runs->changed);
	pthread_mutex_unlock(&runs->mutex);
	run->placed = false;
}

/* The first that can go on; with the mutex held. */
static struct run *
next(struct runs *runs)
{
	struct run **at = &runs->first, *run;

	for (; (run = *at) != NULL; at = &run->next) {
		take(runs, run);
		if (!run->placed && run->waits)
			continue;
		*at = run->next;
		if (runs->last == &run->next)
			runs->last = at;
		runs->queued--;
		return run;
	}
	return NULL;
}

/* Waits for something to do. False: nothing came for long. */
static bool
rest(struct runs *runs)
{
	struct timespec until;
	int error;

	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += IDLE_S;
	runs->idle++;
	error = pthread_cond_timedwait(&runs->changed, &runs->mutex, &until);
	runs->idle--;
	return error != ETIMEDOUT || runs->first != NULL;
}

static void *
work(void *arg)
{
	struct runs *runs = arg;
	struct run *run;

	pthread_mutex_lock(&runs->mutex);
	do {
		while ((run = next(runs)) != NULL) {
			pthread_mutex_unlock(&runs->mutex);
			run->work(run);
			pthread_mutex_lock(&runs->mutex);
		}
	} while (rest(runs));
	runs->threads--;
	pthread_mutex_unlock(&runs->mutex);
	return NULL;
}

void
runs_later(struct runs *runs, struct run *run)
{
	bool start, nobody;

	pthread_mutex_lock(&runs->mutex);
	run->next = NULL;
	*runs->last = run;
	runs->last = &run->next;
	runs->queued++;
	start = runs->queued > runs->idle && runs->threads < runs->config->threads;
	if (start)
		runs->threads++;
	else
		pthread_cond_signal(&runs->changed);
	pthread_mutex_unlock(&runs->mutex);
	if (!start || thread_start(work, runs))
		return;
	pthread_mutex_lock(&runs->mutex);
	nobody = --runs->threads == 0;
	pthread_mutex_unlock(&runs->mutex);
	if (nobody)
		log_error("no thread can be started: calls wait until one can");
}
