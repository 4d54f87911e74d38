/* audit_queue.c - leader and followers of the group commit; see audit_queue.h. */
#include "audit_queue.h"

#include <errno.h>
#include <time.h>

#include "clock.h"

#define GATHER_FIRST_US 60 /* a wait that is tried again after none was worth it */
#define GATHER_LEAST_US 30 /* below it, waiting costs more than it brings */
#define PROBE_EVERY 32     /* batches of more than one entry */

enum status
audit_queue_init(struct audit_queue *queue, int64_t deadline_ms,
    struct audit_waiter *(*write)(void *arg, struct audit_queue *queue), void *arg)
{
	*queue = (struct audit_queue){.deadline_ms = deadline_ms, .write = write, .arg = arg};
	if (pthread_mutex_init(&queue->mutex, NULL) != 0 || sem_init(&queue->enough, 0, 0) != 0)
		return STATUS_FAILED;
	return STATUS_OK;
}

void
audit_queue_free(struct audit_queue *queue)
{
	(void)sem_destroy(&queue->enough);
	(void)pthread_mutex_destroy(&queue->mutex);
}

struct audit_waiter *
audit_queue_take(struct audit_queue *queue)
{
	struct audit_waiter *taken;

	pthread_mutex_lock(&queue->mutex);
	taken = queue->first;
	queue->first = queue->last = NULL;
	queue->previous = queue->length;
	queue->length = 0;
	for (struct audit_waiter *w = taken; w != NULL; w = w->next)
		w->state = WAITER_TAKEN;
	pthread_mutex_unlock(&queue->mutex);
	return taken;
}

/*
 * Waits for a post at most so long. In real time: thread sanitizers do not know the wait on another clock. A clock that is set
 * meanwhile ends a wait early, which is "busy", or late, but a leader always comes before.
 */
static int
wait_us(sem_t *sem, int64_t us)
{
	struct timespec until;
	int64_t ns;

	(void)clock_gettime(CLOCK_REALTIME, &until);
	ns = until.tv_nsec + us % 1000000 * 1000;
	until.tv_sec += (time_t)(us / 1000000 + ns / 1000000000);
	until.tv_nsec = (long)(ns % 1000000000);
	while (sem_timedwait(sem, &until) != 0)
		if (errno != EINTR)
			return -1;
	return 0;
}

/* How long to wait for more, having learnt from the last waits; 0 is not at all. */
static int
gather_time(struct audit_queue *queue, int length)
{
	if (length < 2 && queue->previous < 2)
		return 0;
	if (queue->gather_us >= GATHER_LEAST_US)
		return queue->gather_us;
	if (++queue->since_probe < PROBE_EVERY)
		return 0;
	queue->since_probe = 0;
	return GATHER_FIRST_US;
}

static void
gather(struct audit_queue *queue)
{
	int before, after, us;

	pthread_mutex_lock(&queue->mutex);
	before = queue->length;
	us = gather_time(queue, before);
	queue->wanted = AUDIT_GATHER_MAX;
	queue->gathering = us > 0 && before < queue->wanted;
	pthread_mutex_unlock(&queue->mutex);
	if (us == 0 || before >= AUDIT_GATHER_MAX)
		return;
	(void)wait_us(&queue->enough, us);
	pthread_mutex_lock(&queue->mutex);
	after = queue->length;
	queue->gathering = false;
	while (sem_trywait(&queue->enough) == 0)
		continue;
	pthread_mutex_unlock(&queue->mutex);
	if (after - before >= 1 + before / 4)
		queue->gather_us =
		    us + us / 2 < AUDIT_GATHER_MAX_US ? us + us / 2 : AUDIT_GATHER_MAX_US;
	else
		queue->gather_us = us / 2;
}

/*
 * Ends a batch: gives the lead to the first who queued meanwhile, or gives it up, and then wakes those whose entries
 * are decided. The memory of one who is awake may be gone, so what comes next is read before.
 */
static void
finish(struct audit_queue *queue, struct audit_waiter *taken, const struct audit_waiter *self)
{
	struct audit_waiter *leader, *next;

	pthread_mutex_lock(&queue->mutex);
	leader = queue->first;
	if (leader != NULL)
		leader->state = WAITER_LEADS;
	else
		queue->leading = false;
	for (struct audit_waiter *w = taken; w != NULL; w = w->next)
		w->state = WAITER_DONE;
	pthread_mutex_unlock(&queue->mutex);
	if (leader != NULL)
		(void)sem_post(&leader->wake);
	for (struct audit_waiter *w = taken; w != NULL; w = next) {
		next = w->next;
		if (w != self)
			(void)sem_post(&w->wake);
	}
}

static void
lead(struct audit_queue *queue, const struct audit_waiter *self)
{
	gather(queue);
	finish(queue, queue->write(queue->arg, queue), self);
}

/* Leaves the queue at the deadline, unless a leader was faster. */
static bool
give_up(struct audit_queue *queue, struct audit_waiter *self)
{
	struct audit_waiter *before = NULL;
	bool queued;

	pthread_mutex_lock(&queue->mutex);
	queued = self->state == WAITER_QUEUED;
	for (struct audit_waiter *w = queue->first; queued && w != self; w = w->next)
		before = w;
	if (queued) {
		if (before != NULL)
			before->next = self->next;
		else
			queue->first = self->next;
		if (queue->last == self)
			queue->last = before;
		queue->length--;
	}
	pthread_mutex_unlock(&queue->mutex);
	return queued;
}

/*
 * Waits to be done or to lead. Whoever is taken by a leader waits as long as its commit. Only the post of the leader
 * ends the wait, never a look at the state: the leader still needs the semaphore after it has set that.
 */
static void
follow(struct audit_queue *queue, struct audit_waiter *self)
{
	if (wait_us(&self->wake, queue->deadline_ms * 1000) != 0) {
		if (give_up(queue, self)) {
			self->status = STATUS_BUSY;
			return;
		}
		while (sem_wait(&self->wake) != 0)
			continue;
	}
	if (self->state == WAITER_LEADS)
		lead(queue, self);
}

enum status
audit_queue_append(struct audit_queue *queue, struct audit_entry *entry, int64_t generation)
{
	struct audit_waiter self = {.entry = entry,
	    .generation = generation,
	    .since_us = clock_us(),
	    .status = STATUS_FAILED};
	bool leads;

	if (sem_init(&self.wake, 0, 0) != 0)
		return STATUS_FAILED;
	pthread_mutex_lock(&queue->mutex);
	if (queue->last != NULL)
		queue->last->next = &self;
	else
		queue->first = &self;
	queue->last = &self;
	if (++queue->length >= queue->wanted && queue->gathering) {
		queue->gathering = false;
		(void)sem_post(&queue->enough);
	}
	leads = !queue->leading;
	queue->leading = true;
	pthread_mutex_unlock(&queue->mutex);
	if (leads)
		lead(queue, &self);
	else
		follow(queue, &self);
	(void)sem_destroy(&self.wake);
	return self.status;
}
