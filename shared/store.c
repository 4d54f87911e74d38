/*
 * store.c - transactions and connections of the SQLite store; see store.h.
 *
 * Two connections do for a whole process most of the time: one writes, and readers are few because keys and policies
 * are kept in memory. SQLite runs without its own mutexes: a connection is lent to one thread at a time.
 */
#include "store_sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"

static enum status
store_init(struct store *store, const struct store_options *options, struct problem *why)
{
	pthread_condattr_t attr;
	char lock[PATH_MAX];

	store->lock_fd = -1;
	store->deadline_ms = options->deadline_ms;
	store->rollback_journal = options->rollback_journal;
	store->as_it_is = options->as_it_is;
	store->migrations = options->migrations != NULL ? options->migrations : store_migrations;
	if (pthread_mutex_init(&store->writer_mutex, NULL) != 0 ||
	    pthread_mutex_init(&store->readers_mutex, NULL) != 0 ||
	    pthread_condattr_init(&attr) != 0 ||
	    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) != 0 ||
	    pthread_cond_init(&store->reader_free, &attr) != 0)
		return STATUS_FAILED;
	if ((size_t)snprintf(store->state_dir, PATH_MAX, "%s", options->state_dir) >= PATH_MAX ||
	    (size_t)snprintf(store->path, PATH_MAX, "%s/%s", options->state_dir, STORE_FILE) >=
		PATH_MAX ||
	    (size_t)snprintf(lock, PATH_MAX, "%s/%s", options->state_dir, STORE_LOCK) >= PATH_MAX) {
		problem_set(why, "state directory: the path is too long");
		return STATUS_INVALID;
	}
	store->lock_fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (store->lock_fd < 0) {
		problem_set(why, "%s: %s", lock, strerror(errno));
		return errno == ENOENT ? STATUS_NOT_FOUND : STATUS_FAILED;
	}
	return STATUS_OK;
}

/*
 * A file moved over ours leaves us with one that nobody sees any more: verdicts would be recorded in it, and what an
 * administrator changes would not be read.
 */
static enum status
same_file(const struct store *store)
{
	struct stat st;

	if (stat(store->path, &st) == 0 && st.st_dev == store->device && st.st_ino == store->inode)
		return STATUS_OK;
	log_error(
	    "database: %s was moved or replaced while in use; restart the responders", store->path);
	return STATUS_FAILED;
}

static enum status
remember_file(struct store *store, struct problem *why)
{
	struct stat st;

	if (stat(store->path, &st) != 0) {
		problem_set(why, "%s: %s", store->path, strerror(errno));
		return STATUS_FAILED;
	}
	store->device = st.st_dev;
	store->inode = st.st_ino;
	return STATUS_OK;
}

enum status
store_open(const struct store_options *options, struct store **out, struct problem *why)
{
	struct store *store = calloc(1, sizeof(*store));
	enum status status;

	*out = NULL;
	if (store == NULL)
		return STATUS_NO_MEMORY;
	/* Refused once it is in use, which is fine: the first store of a process has set it. */
	(void)sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	status = store_init(store, options, why);
	if (status == STATUS_OK)
		status = store_connect(store, &store->writer, options->create, why);
	if (status == STATUS_OK)
		status = remember_file(store, why);
	if (status == STATUS_OK)
		status = store_migrate(store, store->migrations, options->create, why);
	if (status != STATUS_OK) {
		store_close(store);
		return status;
	}
	*out = store;
	return STATUS_OK;
}

void
store_close(struct store *store)
{
	if (store == NULL)
		return;
	for (int i = 0; i < STORE_READERS_MAX; i++)
		store_disconnect(&store->readers[i]);
	store_disconnect(&store->writer);
	if (store->lock_fd >= 0)
		close(store->lock_fd);
	pthread_mutex_destroy(&store->writer_mutex);
	pthread_mutex_destroy(&store->readers_mutex);
	pthread_cond_destroy(&store->reader_free);
	free(store);
}

int
store_version(const struct store *store)
{
	return store->version;
}

int64_t
store_deadline_ms(const struct store *store)
{
	return store->deadline_ms;
}

bool
store_writing(const struct db *db)
{
	return sqlite3_get_autocommit(db->handle) == 0;
}

enum status
store_savepoint(struct db *db)
{
	return query_run(query(db, "SAVEPOINT part"), NULL);
}

enum status
store_savepoint_release(struct db *db)
{
	return query_run(query(db, "RELEASE SAVEPOINT part"), NULL);
}

enum status
store_savepoint_undo(struct db *db)
{
	enum status status = query_run(query(db, "ROLLBACK TO SAVEPOINT part"), NULL);

	return status == STATUS_OK ? store_savepoint_release(db) : status;
}

static struct timespec
time_after(clockid_t id, int64_t ms)
{
	struct timespec at;

	(void)clock_gettime(id, &at);
	at.tv_sec += (time_t)(ms / 1000);
	at.tv_nsec += (long)(ms % 1000) * 1000000L;
	if (at.tv_nsec >= 1000000000L) {
		at.tv_sec++;
		at.tv_nsec -= 1000000000L;
	}
	return at;
}

/* Prepared like every other statement: parsing BEGIN and COMMIT anew costs more than an entry's insert. */
static const char begin_sql[] = "BEGIN";
static const char begin_write_sql[] = "BEGIN IMMEDIATE";
static const char commit_sql[] = "COMMIT";
static const char rollback_sql[] = "ROLLBACK";

static int
run(struct db *db, const char *sql)
{
	struct query *q = query(db, sql);
	int result = q != NULL ? sqlite3_step(q->stmt) : SQLITE_ERROR;

	query_end(q);
	return result;
}

/* A connected reader that nobody uses, else one that is not connected yet; NULL when all are lent. */
static struct db *
free_reader(struct store *store)
{
	struct db *unconnected = NULL;

	for (int i = 0; i < STORE_READERS_MAX; i++) {
		struct db *db = &store->readers[i];

		if (db->busy)
			continue;
		if (db->handle != NULL)
			return db;
		if (unconnected == NULL)
			unconnected = db;
	}
	return unconnected;
}

static struct db *
borrow_reader(struct store *store)
{
	struct timespec until = time_after(CLOCK_MONOTONIC, store->deadline_ms);
	struct db *db;

	pthread_mutex_lock(&store->readers_mutex);
	while ((db = free_reader(store)) == NULL)
		if (pthread_cond_timedwait(&store->reader_free, &store->readers_mutex, &until) != 0)
			break;
	if (db != NULL)
		db->busy = true;
	pthread_mutex_unlock(&store->readers_mutex);
	return db;
}

static void
return_reader(struct store *store, struct db *db)
{
	pthread_mutex_lock(&store->readers_mutex);
	db->busy = false;
	pthread_cond_signal(&store->reader_free);
	pthread_mutex_unlock(&store->readers_mutex);
}

enum status
store_read(struct store *store, struct db **out)
{
	struct db *db = borrow_reader(store);
	struct problem why = {""};
	enum status status = STATUS_OK;

	*out = NULL;
	if (db == NULL)
		return STATUS_BUSY;
	status = same_file(store);
	if (status == STATUS_OK && db->handle == NULL)
		status = store_connect(store, db, false, &why);
	if (why.text[0] != '\0')
		log_error("database: %s", why.text);
	if (status == STATUS_OK)
		status = store_status(db, run(db, begin_sql), "begin to read");
	if (status != STATUS_OK) {
		return_reader(store, db);
		return status;
	}
	*out = db;
	return STATUS_OK;
}

void
store_read_end(struct store *store, struct db *db)
{
	if (sqlite3_get_autocommit(db->handle) == 0)
		(void)store_status(db, run(db, commit_sql), "end reading");
	return_reader(store, db);
}

/* In real time, because thread sanitizers do not know the lock on another clock. */
static bool
lock_writer(struct store *store)
{
	struct timespec until = time_after(CLOCK_REALTIME, store->deadline_ms);

	return pthread_mutex_timedlock(&store->writer_mutex, &until) == 0;
}

enum status
store_write(struct store *store, struct db **out)
{
	int64_t deadline_us = clock_us() + store->deadline_ms * 1000;
	struct db *db = &store->writer;
	enum status status;
	int64_t left_ms;

	*out = NULL;
	if (!lock_writer(store))
		return STATUS_BUSY;
	status = store_lock_file(store->lock_fd, deadline_us);
	if (status == STATUS_OK && same_file(store) != STATUS_OK) {
		store_unlock_file(store->lock_fd);
		status = STATUS_FAILED;
	}
	if (status == STATUS_OK) {
		/* Only programs that do not queue, such as a database shell, make this wait. */
		left_ms = (deadline_us - clock_us()) / 1000;
		(void)sqlite3_busy_timeout(db->handle, left_ms > 1 ? (int)left_ms : 1);
		status = store_status(db, run(db, begin_write_sql), "begin to write");
		if (status != STATUS_OK)
			store_unlock_file(store->lock_fd);
	}
	if (status != STATUS_OK) {
		pthread_mutex_unlock(&store->writer_mutex);
		return status;
	}
	*out = db;
	return STATUS_OK;
}

static void
end_write(struct store *store)
{
	store_unlock_file(store->lock_fd);
	pthread_mutex_unlock(&store->writer_mutex);
}

enum status
store_commit(struct store *store, struct db *db)
{
	enum status status = store_status(db, run(db, commit_sql), "commit");

	if (status != STATUS_OK) {
		if (sqlite3_get_autocommit(db->handle) == 0)
			(void)run(db, rollback_sql);
		/* An append was tried: whatever stopped it, it is a failure and no longer "busy". */
		status = STATUS_FAILED;
	}
	end_write(store);
	return status;
}

void
store_rollback(struct store *store, struct db *db)
{
	if (sqlite3_get_autocommit(db->handle) == 0)
		(void)store_status(db, run(db, rollback_sql), "roll back");
	end_write(store);
}
