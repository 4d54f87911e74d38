/*
 * audit_queue.h - who commits: appends that are under way, and the one thread that writes them.
 *
 * A thread that has an entry to append puts it into the queue and goes on; it is not woken for the result. The leader, one of
 * these threads, takes the lock of writers, then everything that has queued by then, commits it in one transaction and
 * calls `done` of each. It leads no more by then, so that another thread commits the next batch meanwhile.
 *
 * So a commit costs as much for thirty entries as for one, and no thread sleeps and wakes for each: waking cost more than the
 * entry itself (measured: two context switches of about 10 us each). A leader that waited for more entries to come gained
 * nothing beyond that.
 */
#ifndef ENFORGATE_AUDIT_QUEUE_H
#define ENFORGATE_AUDIT_QUEUE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "audit.h"

struct audit_queue {
	pthread_mutex_t mutex; /* guards the three below */
	struct audit_append *first, *last;
	bool leading;
	/* Takes the lock, then the queue (audit_queue_take), and sets the status of each that it took. Returns them. */
	struct audit_append *(*write)(void *arg, struct audit_queue *queue);
	void *arg;
};

enum status audit_queue_init(struct audit_queue *queue,
    struct audit_append *(*write)(void *arg, struct audit_queue *queue), void *arg) MUST_USE;
void audit_queue_free(struct audit_queue *queue);

/* Never waits. */
void audit_queue_add(struct audit_queue *queue, struct audit_append *append);

/* Leads as long as something is queued and nobody else leads. */
void audit_queue_work(struct audit_queue *queue);

/* Ends what has queued for longer than this, as behind a disk that hangs, with STATUS_BUSY: nothing was tried. */
void audit_queue_expire(struct audit_queue *queue, int64_t deadline_ms);

/* Everything that has queued, linked by `next`. For `write` only. */
struct audit_append *audit_queue_take(struct audit_queue *queue);

#endif
