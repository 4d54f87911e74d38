/*
 * audit.c - appending to the audit log: one transaction for all who have queued, and the anchor; see audit.h.
 *
 * No head is kept across a release of the lock of writers: other processes append too.
 */
#include "audit_anchor.h"
#include "audit_batch.h"
#include "audit_queue.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
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
#include "stop.h"

#define RECHECK_AFTER_US                                                                           \
	5000                 /* a wait of an entry after which the kill switch is looked at again */
#define ANCHOR_LOCK_TRIES 20 /* at orderly end, 10 ms apart */

struct audit {
	struct store *store;
	struct audit_keys keys;
	char state_dir[PATH_MAX];
	int state_dir_fd;
	struct audit_queue queue;
	pthread_mutex_t tracking; /* guards the next */
	struct audit_track track;
	atomic_bool appended;       /* since the last anchor */
	atomic_bool anchor_refused; /* and said so */
};

/*
 * Whether an entry may no longer be recorded as it was decided: the generation has moved, or it has waited for the lock and the
 * kill switch came meanwhile as a file, which moves no generation.
 */
static bool
is_stale(const struct audit *audit, const struct audit_append *w, int64_t generation)
{
	if (w->generation == 0)
		return false;
	if (w->generation != generation)
		return true;
	return clock_us() - w->since_us > RECHECK_AFTER_US &&
	       strcmp(w->entry.decision, "deny") != 0 &&
	       stop_file_present(audit->state_dir_fd, w->entry.key_name);
}

static void
committed(struct audit *audit, const struct audit_batch *batch)
{
	pthread_mutex_lock(&audit->tracking);
	audit_track_commit(&audit->track, &batch->before, &batch->all);
	pthread_mutex_unlock(&audit->tracking);
	atomic_store(&audit->appended, true);
}

/* An entry with what belongs to it. */
static enum status
append_one(struct audit_batch *batch, struct audit_append *append)
{
	enum status status = STATUS_OK;

	if (append->within != NULL) {
		status = store_savepoint(batch->db);
		if (status == STATUS_OK)
			status = append->within(append, batch->db);
		if (status == STATUS_OK)
			status = store_savepoint_release(batch->db);
		else if (store_savepoint_undo(batch->db) != STATUS_OK)
			status = STATUS_FAILED;
	}
	if (status != STATUS_OK)
		return status == STATUS_STALE ? STATUS_STALE : STATUS_FAILED;
	status = audit_batch_append(batch, &append->entry);
	/* What belongs to an entry must not stay without it. */
	if (status != STATUS_OK && append->within != NULL)
		batch->broken = true;
	return status;
}

/* Writes and commits a batch, and leaves its result with each append. */
static void
write_batch(struct audit *audit, struct db *db, struct audit_append *taken)
{
	struct audit_batch batch;
	int64_t generation = 0;
	enum status status = audit_batch_begin(&batch, &audit->keys, db);

	if (status == STATUS_OK)
		status = generation_read(db, &generation);
	for (struct audit_append *w = taken; w != NULL && status == STATUS_OK; w = w->next) {
		if (is_stale(audit, w, generation))
			w->status = STATUS_STALE;
		else
			w->status = append_one(&batch, w);
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
		committed(audit, &batch);
	for (struct audit_append *w = taken; w != NULL; w = w->next)
		if (status != STATUS_OK && w->status != STATUS_STALE)
			w->status = STATUS_FAILED;
}

/* For the queue: the lock first, so that whoever comes while it is waited for is taken too. */
static struct audit_append *
write_queued(void *arg, struct audit_queue *queue)
{
	struct audit *audit = arg;
	struct db *db = NULL;
	enum status status = store_write(audit->store, &db);
	struct audit_append *taken = audit_queue_take(queue);

	if (status == STATUS_OK)
		write_batch(audit, db, taken);
	else
		for (struct audit_append *w = taken; w != NULL; w = w->next)
			w->status = status;
	return taken;
}

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
	status = pthread_mutex_init(&audit->tracking, NULL) == 0
		     ? audit_keys_derive(master, &audit->keys)
		     : STATUS_FAILED;
	audit->state_dir_fd = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (audit->state_dir_fd < 0 ||
	    snprintf(audit->state_dir, PATH_MAX, "%s", state_dir) >= PATH_MAX ||
	    audit_queue_init(&audit->queue, write_queued, audit) != STATUS_OK)
		status = STATUS_FAILED;
	if (status != STATUS_OK) {
		if (audit->state_dir_fd >= 0)
			close(audit->state_dir_fd);
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

void
audit_submit(struct audit *audit, struct audit_append *append)
{
	audit_queue_add(&audit->queue, append);
}

void
audit_work(struct audit *audit)
{
	audit_queue_work(&audit->queue);
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
	/* The transaction is the caller's: whether it is committed, and where it leads, is for the next walk to find. */
	pthread_mutex_lock(&audit->tracking);
	audit->track = (struct audit_track){.any = false};
	pthread_mutex_unlock(&audit->tracking);
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
	struct audit_track track;
	struct problem why;
	enum status status;

	/* Commits of the meantime count from this head on; it is the anchor unless the move fails. */
	pthread_mutex_lock(&audit->tracking);
	track = audit->track;
	audit->track.anchor = track.head;
	audit->track.unbroken = track.any;
	pthread_mutex_unlock(&audit->tracking);
	status = audit_anchor_advance(audit->store, &audit->keys, audit->state_dir, &track, &why);
	if (status != STATUS_OK) {
		pthread_mutex_lock(&audit->tracking);
		audit->track.unbroken = false;
		pthread_mutex_unlock(&audit->tracking);
	}
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
audit_expire(struct audit *audit)
{
	audit_queue_expire(&audit->queue, store_deadline_ms(audit->store));
}

void
audit_end(struct audit *audit)
{
	const struct timespec pause = {0, 10000000L};

	for (int i = 0; i < ANCHOR_LOCK_TRIES && atomic_load(&audit->appended); i++)
		if (!anchor_once(audit))
			(void)nanosleep(&pause, NULL);
}

void
audit_close(struct audit *audit)
{
	if (audit == NULL)
		return;
	audit_end(audit);
	audit_queue_free(&audit->queue);
	(void)pthread_mutex_destroy(&audit->tracking);
	close(audit->state_dir_fd);
	secret_wipe(&audit->keys, sizeof(audit->keys));
	free(audit);
}
