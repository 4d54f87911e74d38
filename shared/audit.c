/*
 * audit.c - appending to the audit log: the group commit and the anchor; see audit.h.
 *
 * A thread that appends puts itself into the queue. If nobody leads, it leads: it takes the lock of writers,
 * then everything that has queued by then, and commits that. Before it wakes the others it hands the lead to the first who has queued
 * meanwhile, so that the disk is not idle while replies are written. No head is kept across a release of the lock:
 * other processes append too.
 */
#include "audit_anchor.h"
#include "audit_batch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "generation.h"
#include "log.h"

#define ANCHOR_LOCK_TRIES 20 /* at orderly end, 10 ms apart */

enum waiter_state { WAITER_QUEUED, WAITER_TAKEN, WAITER_LEADS, WAITER_DONE };

/* One append in progress; lives on the stack of its thread. */
struct waiter {
	struct audit_entry *entry;
	int64_t generation;
	enum status status;
	enum waiter_state
	    state; /* guarded by the audit's mutex; its own thread may read it once woken */
	sem_t wake;
	struct waiter *next;
};

struct audit {
	struct store *store;
	struct audit_keys keys;
	char state_dir[PATH_MAX];
	int64_t deadline_ms;
	pthread_mutex_t mutex;
	struct waiter *first, *last; /* the queue */
	bool leading;
	atomic_bool appended; /* since the last anchor */
	atomic_bool anchor_refused; /* and said so */
};

enum status
audit_open(
    struct store *store, const struct secret_key *master, const char *state_dir, struct audit **out)
{
	struct audit *audit = calloc(1, sizeof(*audit));
	enum status status;

	*out = NULL;
	if (audit == NULL)
		return STATUS_NO_MEMORY;
	audit->store = store;
	audit->deadline_ms = store_deadline_ms(store);
	status = audit_keys_derive(master, &audit->keys);
	if (snprintf(audit->state_dir, PATH_MAX, "%s", state_dir) >= PATH_MAX ||
	    pthread_mutex_init(&audit->mutex, NULL) != 0)
		status = STATUS_FAILED;
	if (status != STATUS_OK) {
		free(audit);
		return status;
	}
	*out = audit;
	return STATUS_OK;
}

const struct audit_keys *
audit_keys_of(const struct audit *audit)
{
	return &audit->keys;
}

const char *
audit_state_dir(const struct audit *audit)
{
	return audit->state_dir;
}

struct store *
audit_store(const struct audit *audit)
{
	return audit->store;
}

/* Everything that has queued; the caller leads. */
static struct waiter *
take_queue(struct audit *audit)
{
	struct waiter *taken;

	pthread_mutex_lock(&audit->mutex);
	taken = audit->first;
	audit->first = audit->last = NULL;
	for (struct waiter *w = taken; w != NULL; w = w->next)
		w->state = WAITER_TAKEN;
	pthread_mutex_unlock(&audit->mutex);
	return taken;
}

/* Writes and commits a batch, and leaves each entry's result in its waiter. */
static void
write_batch(struct audit *audit, struct db *db, struct waiter *taken)
{
	struct audit_batch batch;
	int64_t generation = 0;
	enum status status = audit_batch_begin(&batch, &audit->keys, db);

	if (status == STATUS_OK)
		status = generation_read(db, &generation);
	for (struct waiter *w = taken; w != NULL && status == STATUS_OK; w = w->next) {
		if (w->generation != 0 && w->generation != generation)
			w->status = STATUS_STALE;
		else
			w->status = audit_batch_append(&batch, w->entry);
		/* Some failures (disk full) end the whole transaction: nothing of it holds then. */
		if (w->status == STATUS_FAILED && (batch.broken || !store_writing(db)))
			status = STATUS_FAILED;
	}
	if (status == STATUS_OK)
		status = audit_batch_write_heads(&batch);
	if (status == STATUS_OK)
		status = store_commit(audit->store, db);
	else
		store_rollback(audit->store, db);
	if (status == STATUS_OK)
		atomic_store(&audit->appended, true);
	for (struct waiter *w = taken; w != NULL; w = w->next)
		if (status != STATUS_OK && w->status != STATUS_STALE)
			w->status = STATUS_FAILED;
}

/*
 * Ends a batch: gives the lead to the first who queued meanwhile, or gives it up, and then wakes those whose entries are
 * decided. The memory of one who is awake may be gone, so what comes next is read before.
 */
static void
finish(struct audit *audit, struct waiter *taken, const struct waiter *self)
{
	struct waiter *leader, *next;

	pthread_mutex_lock(&audit->mutex);
	leader = audit->first;
	if (leader != NULL)
		leader->state = WAITER_LEADS;
	else
		audit->leading = false;
	for (struct waiter *w = taken; w != NULL; w = w->next)
		w->state = WAITER_DONE;
	pthread_mutex_unlock(&audit->mutex);
	if (leader != NULL)
		(void)sem_post(&leader->wake);
	for (struct waiter *w = taken; w != NULL; w = next) {
		next = w->next;
		if (w != self)
			(void)sem_post(&w->wake);
	}
}

static void
lead(struct audit *audit, const struct waiter *self)
{
	struct waiter *taken;
	struct db *db = NULL;
	enum status status = store_write(audit->store, &db);

	taken = take_queue(audit);
	if (status == STATUS_OK)
		write_batch(audit, db, taken);
	else
		for (struct waiter *w = taken; w != NULL; w = w->next)
			w->status = status;
	finish(audit, taken, self);
}

/* Leaves the queue at the deadline, unless a leader was faster. */
static bool
give_up(struct audit *audit, struct waiter *self)
{
	struct waiter *before = NULL;
	bool queued;

	pthread_mutex_lock(&audit->mutex);
	queued = self->state == WAITER_QUEUED;
	for (struct waiter *w = audit->first; queued && w != self; w = w->next)
		before = w;
	if (queued) {
		if (before != NULL)
			before->next = self->next;
		else
			audit->first = self->next;
		if (audit->last == self)
			audit->last = before;
	}
	pthread_mutex_unlock(&audit->mutex);
	return queued;
}

/*
 * Waits to be done or to lead. Whoever is taken by a leader waits as long as its commit. Only the post of the leader
 * ends the wait, never a look at the state: the leader still needs the semaphore after it has set that.
 */
static void
follow(struct audit *audit, struct waiter *self)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += (time_t)(audit->deadline_ms / 1000);
	until.tv_nsec += (long)(audit->deadline_ms % 1000) * 1000000L;
	if (until.tv_nsec >= 1000000000L) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000L;
	}
	while (sem_clockwait(&self->wake, CLOCK_MONOTONIC, &until) != 0) {
		if (errno == EINTR)
			continue;
		if (give_up(audit, self)) {
			self->status = STATUS_BUSY;
			return;
		}
		while (sem_wait(&self->wake) != 0)
			continue;
		break;
	}
	if (self->state == WAITER_LEADS)
		lead(audit, self);
}

enum status
audit_append(struct audit *audit, struct audit_entry *entry, int64_t generation)
{
	struct waiter self = {.entry = entry, .generation = generation, .status = STATUS_FAILED};
	bool leads;

	if (sem_init(&self.wake, 0, 0) != 0)
		return STATUS_FAILED;
	pthread_mutex_lock(&audit->mutex);
	if (audit->last != NULL)
		audit->last->next = &self;
	else
		audit->first = &self;
	audit->last = &self;
	leads = !audit->leading;
	audit->leading = true;
	pthread_mutex_unlock(&audit->mutex);
	if (leads)
		lead(audit, &self);
	else
		follow(audit, &self);
	(void)sem_destroy(&self.wake);
	return self.status;
}

enum status
audit_append_in(struct audit *audit, struct db *db, struct audit_entry *entry)
{
	struct audit_batch batch;
	enum status status = audit_batch_begin(&batch, &audit->keys, db);

	if (status == STATUS_OK)
		status = audit_batch_append(&batch, entry);
	if (status == STATUS_OK)
		status = audit_batch_write_heads(&batch);
	if (status == STATUS_OK)
		atomic_store(&audit->appended, true);
	return status;
}

enum status
audit_admin(struct audit *audit, struct db *db, const char *act, const char *what)
{
	struct audit_entry entry = {.chain = AUDIT_INSTALLATION,
	    .kind = "admin",
	    .surface = "ctl",
	    .tool = act,
	    .reason = what,
	    .rule = -1};

	return audit_append_in(audit, db, &entry);
}

/*
 * The anchor of what is committed now; one process at a time, so that it never goes back. True when there is
 * nothing more to do, also where the anchor has to stay.
 */
static bool
anchor_locked(struct audit *audit)
{
	struct problem why;
	enum status status =
	    audit_anchor_advance(audit->store, &audit->keys, audit->state_dir, &why);

	if (status == STATUS_REFUSED && !atomic_exchange(&audit->anchor_refused, true))
		log_error("audit: the anchor stays: %s; run `enforgatectl audit verify`", why.text);
	return status == STATUS_OK || status == STATUS_REFUSED;
}

static bool
anchor_once(struct audit *audit)
{
	int dir = open(audit->state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool done = false;

	if (dir < 0)
		return false;
	if (flock(dir, LOCK_EX | LOCK_NB) == 0) {
		/* Cleared first: an append during the write asks for one more anchor. */
		atomic_store(&audit->appended, false);
		done = anchor_locked(audit);
		if (!done)
			atomic_store(&audit->appended, true);
	}
	close(dir);
	return done;
}

void
audit_anchor(struct audit *audit)
{
	if (atomic_load(&audit->appended))
		(void)anchor_once(audit);
}

void
audit_close(struct audit *audit)
{
	const struct timespec pause = {0, 10000000L};

	if (audit == NULL)
		return;
	for (int i = 0; i < ANCHOR_LOCK_TRIES && atomic_load(&audit->appended); i++)
		if (!anchor_once(audit))
			(void)nanosleep(&pause, NULL);
	pthread_mutex_destroy(&audit->mutex);
	secret_wipe(&audit->keys, sizeof(audit->keys));
	free(audit);
}
