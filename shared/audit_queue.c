/* audit_queue.c - the queue of the group commit and its leader; see audit_queue.h. */
#include "audit_queue.h"

#include "clock.h"

enum status
audit_queue_init(struct audit_queue *queue,
    struct audit_append *(*write)(void *arg, struct audit_queue *queue), void *arg)
{
	*queue = (struct audit_queue){.write = write, .arg = arg};
	return pthread_mutex_init(&queue->mutex, NULL) == 0 ? STATUS_OK : STATUS_FAILED;
}

void
audit_queue_free(struct audit_queue *queue)
{
	(void)pthread_mutex_destroy(&queue->mutex);
}

void
audit_queue_add(struct audit_queue *queue, struct audit_append *append)
{
	append->next = NULL;
	append->since_us = clock_us();
	append->status = STATUS_FAILED;
	pthread_mutex_lock(&queue->mutex);
	if (queue->last != NULL)
		queue->last->next = append;
	else
		queue->first = append;
	queue->last = append;
	pthread_mutex_unlock(&queue->mutex);
}

struct audit_append *
audit_queue_take(struct audit_queue *queue)
{
	struct audit_append *taken;

	pthread_mutex_lock(&queue->mutex);
	taken = queue->first;
	queue->first = queue->last = NULL;
	pthread_mutex_unlock(&queue->mutex);
	return taken;
}

/* The memory of an append that is done may be gone, so what comes next is read before. */
static void
finish(struct audit_append *appends)
{
	struct audit_append *next;

	for (struct audit_append *a = appends; a != NULL; a = next) {
		next = a->next;
		a->done(a);
	}
}

void
audit_queue_work(struct audit_queue *queue)
{
	struct audit_append *written;

	pthread_mutex_lock(&queue->mutex);
	while (!queue->leading && queue->first != NULL) {
		queue->leading = true;
		pthread_mutex_unlock(&queue->mutex);
		written = queue->write(queue->arg, queue);
		pthread_mutex_lock(&queue->mutex);
		queue->leading = false;
		pthread_mutex_unlock(&queue->mutex);
		finish(written);
		pthread_mutex_lock(&queue->mutex);
	}
	pthread_mutex_unlock(&queue->mutex);
}

void
audit_queue_expire(struct audit_queue *queue, int64_t deadline_ms)
{
	struct audit_append *expired = NULL, **end = &expired;
	int64_t before = clock_us() - deadline_ms * 1000;

	pthread_mutex_lock(&queue->mutex);
	while (queue->first != NULL && queue->first->since_us < before) {
		*end = queue->first;
		(*end)->status = STATUS_BUSY;
		end = &(*end)->next;
		queue->first = *end;
	}
	*end = NULL;
	if (queue->first == NULL)
		queue->last = NULL;
	pthread_mutex_unlock(&queue->mutex);
	finish(expired);
}
