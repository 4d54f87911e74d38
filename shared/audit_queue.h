/*
 * audit_queue.h - who commits: entries that wait to be appended, and the leader among their threads.
 *
 * A thread that appends puts itself into the queue. If nobody leads, it leads: it takes the lock of writers,
 * then everything that has queued by then, and commits that. Before it wakes the others it hands the lead to the first who has
 * queued meanwhile, so that the disk is not idle while replies are written.
 *
 * Under load a leader gathers: it waits a moment for more entries, because a commit costs as much for ten as for one. How
 * long is learnt: a wait that brought entries makes the next one longer, one that brought none makes it
 * shorter down to nothing, so that a single client never waits.
 */
#ifndef ENFORGATE_AUDIT_QUEUE_H
#define ENFORGATE_AUDIT_QUEUE_H

#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdint.h>

#include "audit.h"

#define AUDIT_GATHER_MAX_US 500 /* longest wait for more entries */
#define AUDIT_GATHER_MAX 32     /* entries that are enough for one commit */

enum audit_waiter_state { WAITER_QUEUED, WAITER_TAKEN, WAITER_LEADS, WAITER_DONE };

/* One append in progress; lives on the stack of its thread. */
struct audit_waiter {
	struct audit_entry *entry;
	int64_t generation;
	int64_t since_us;   /* clock_us() when it queued */
	enum status status; /* set by whoever writes the batch */
	/* Private to audit_queue.c. */
	enum audit_waiter_state
	    state; /* guarded by the mutex; its own thread may read it once woken */
	sem_t wake;
	struct audit_waiter *next;
};

struct audit_queue {
	pthread_mutex_t mutex; /* guards all below */
	struct audit_waiter *first, *last;
	int length;
	bool leading;
	bool gathering; /* the leader sleeps on `enough` */
	int wanted;     /* the length that ends its sleep */
	sem_t enough;
	int gather_us;   /* used by the leader only */
	int previous;    /* entries of the last batch; likewise */
	int since_probe; /* batches since a wait was last tried; likewise */
	int64_t deadline_ms;
	/* Takes the lock, then the queue (audit_queue_take), and sets the status of each that it took. Returns them. */
	struct audit_waiter *(*write)(void *arg, struct audit_queue *queue);
	void *arg;
};

enum status audit_queue_init(struct audit_queue *queue, int64_t deadline_ms,
    struct audit_waiter *(*write)(void *arg, struct audit_queue *queue), void *arg) MUST_USE;
void audit_queue_free(struct audit_queue *queue);

/* Waits until the entry is decided. STATUS_BUSY when no leader had taken it by the deadline. */
enum status audit_queue_append(
    struct audit_queue *queue, struct audit_entry *entry, int64_t generation) MUST_USE;

/* Everything that has queued, linked by `next`. For `write` only. */
struct audit_waiter *audit_queue_take(struct audit_queue *queue);

#endif
