/* store_connect.c - connections of the SQLite store, hardened, and the fair lock in front of writers. */
#include "store_sqlite.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"

/* A checkpoint moves this many pages of 4 KiB at most: fewer make more of them, more make longer stalls. */
#define WAL_PAGES_SQL "PRAGMA wal_autocheckpoint = 4000"
/* The last pages of the log and the heads: appending and looking up a key need no more. Negative is KiB. */
#define CACHE_KIB "-512"
#define LOCK_RETRY_MS 20 /* the timer rings again, in case it rang before the wait began */

static const struct network_fs {
	unsigned long magic;
	const char *name;
} network_fs[] = {
    {0x6969, "NFS"},
    {0x517b, "SMB"},
    {0xff534d42, "CIFS"},
    {0xfe534d42, "SMB2"},
    {0x00c36400, "Ceph"},
    {0x5346414f, "AFS"},
    {0x01021997, "9P"},
    {0x0bd00bd0, "Lustre"},
    {0x7461636f, "OCFS2"},
    {0x01161970, "GFS2"},
    {0x47504653, "GPFS"},
    {0, NULL},
};

const char *
store_network_name(const char *path)
{
	struct statfs fs;

	if (statfs(path, &fs) != 0)
		return NULL;
	for (const struct network_fs *n = network_fs; n->name != NULL; n++)
		if ((unsigned long)fs.f_type == n->magic)
			return n->name;
	return NULL;
}

/* WAL needs shared memory between all processes, which no network file system gives. */
static enum status
refuse_network(const struct store *store, struct problem *why)
{
	const char *name = store->rollback_journal ? NULL : store_network_name(store->state_dir);

	if (name == NULL)
		return STATUS_OK;
	problem_set(why,
	    "%s is on a network file system (%s), where the database is not safe: move "
	    "state_dir to a local disk, or set database_rollback_journal = yes (slower)",
	    store->state_dir, name);
	return STATUS_REFUSED;
}

int
store_exec(struct db *db, const char *sql)
{
	return sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
}

int64_t
store_pragma(struct db *db, const char *sql)
{
	sqlite3_stmt *stmt = NULL;
	int64_t value = -1;

	if (sqlite3_prepare_v2(db->handle, sql, -1, &stmt, NULL) == SQLITE_OK &&
	    sqlite3_step(stmt) == SQLITE_ROW)
		value = sqlite3_column_int64(stmt, 0);
	(void)sqlite3_finalize(stmt);
	return value;
}

/* SQLite's advice for databases that others may have touched (sqlite.org/security.html). */
static int
harden(struct db *db)
{
	static const char sql[] =
	    "PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY; "
	    "PRAGMA synchronous = FULL; PRAGMA cache_size = " CACHE_KIB "; " WAL_PAGES_SQL;
	int result = SQLITE_OK;

	(void)sqlite3_extended_result_codes(db->handle, 1);
	(void)sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	(void)sqlite3_db_config(db->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	(void)sqlite3_db_config(db->handle, SQLITE_DBCONFIG_ENABLE_FKEY, 1, NULL);
	(void)sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	(void)sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
	(void)sqlite3_limit(db->handle, SQLITE_LIMIT_LENGTH, 16 << 20);
	(void)sqlite3_limit(db->handle, SQLITE_LIMIT_SQL_LENGTH, 65536);
	(void)sqlite3_limit(db->handle, SQLITE_LIMIT_COLUMN, 64);
	(void)sqlite3_limit(db->handle, SQLITE_LIMIT_EXPR_DEPTH, 32);
	(void)sqlite3_limit(db->handle, SQLITE_LIMIT_COMPOUND_SELECT, 4);
	(void)sqlite3_limit(db->handle, SQLITE_LIMIT_ATTACHED, 1); /* VACUUM INTO needs one */
	(void)sqlite3_limit(db->handle, SQLITE_LIMIT_VARIABLE_NUMBER, 64);
	(void)sqlite3_limit(db->handle, SQLITE_LIMIT_TRIGGER_DEPTH, 4);
	(void)sqlite3_limit(db->handle, SQLITE_LIMIT_WORKER_THREADS, 0);
	result = store_exec(db, sql);
	return result;
}

/* The sentence for what SQLite says when it first looks at the file. */
static enum status
refuse_file(const struct store *store, struct db *db, int result, struct problem *why)
{
	const char *text = db->handle != NULL ? sqlite3_errmsg(db->handle) : sqlite3_errstr(result);

	switch (result & 0xff) {
	case SQLITE_NOTADB:
		problem_set(
		    why, "%s: not a database, or damaged; restore it from a backup", store->path);
		return STATUS_REFUSED;
	case SQLITE_CORRUPT:
		problem_set(why, "%s: the database is damaged (%s); restore it from a backup",
		    store->path, text);
		return STATUS_REFUSED;
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_CANTOPEN:
		problem_set(why,
		    "%s: cannot be written (%s); check owner and mode of the state directory",
		    store->path, text);
		return STATUS_REFUSED;
	case SQLITE_BUSY:
		problem_set(why, "%s: locked by another program", store->path);
		return STATUS_BUSY;
	default:
		problem_set(why, "%s: %s", store->path, text);
		return STATUS_FAILED;
	}
}

enum status
store_connect(struct store *store, struct db *db, bool create, struct problem *why)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW;
	struct stat st;
	int result;
	enum status status;

	db->store = store;
	db->nqueries = 0;
	status = refuse_network(store, why);
	if (status != STATUS_OK)
		return status;
	if (stat(store->path, &st) != 0 && errno == ENOENT && !create) {
		problem_set(why, "%s: no database here; run `enforgatectl init`", store->path);
		return STATUS_NOT_FOUND;
	}
	result = sqlite3_open_v2(
	    store->path, &db->handle, flags | (create ? SQLITE_OPEN_CREATE : 0), NULL);
	if (result == SQLITE_OK)
		(void)sqlite3_busy_timeout(db->handle, (int)store->deadline_ms);
	if (result == SQLITE_OK)
		result = harden(db);
	if (result == SQLITE_OK && sqlite3_db_readonly(db->handle, "main") == 1)
		result = SQLITE_READONLY;
	if (result ==
	    SQLITE_OK) /* the first read of the file, which finds what is not a database */
		result = store_exec(db, "SELECT count(*) FROM sqlite_schema");
	if (result != SQLITE_OK) {
		status = refuse_file(store, db, result, why);
		store_disconnect(db);
	}
	return status;
}

void
store_disconnect(struct db *db)
{
	for (int i = 0; i < db->nqueries; i++)
		(void)sqlite3_finalize(db->queries[i].stmt);
	db->nqueries = 0;
	(void)sqlite3_close(db->handle);
	db->handle = NULL;
}

static void
ring(int signal_number)
{
	(void)signal_number; /* its only work is to end the wait in flock() */
}

/* A timer that keeps interrupting this thread from the deadline on. */
static bool
alarm_start(timer_t *timer, int64_t after_us)
{
	struct sigaction action = {.sa_handler = ring};
	struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGRTMIN};
	struct itimerspec when = {.it_interval = {0, LOCK_RETRY_MS * 1000000L},
	    .it_value = {(time_t)(after_us / 1000000), (long)(after_us % 1000000) * 1000L + 1}};
	sigset_t set;

	event._sigev_un._tid = (pid_t)syscall(SYS_gettid);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGRTMIN);
	if (sigaction(SIGRTMIN, &action, NULL) != 0 ||
	    timer_create(CLOCK_MONOTONIC, &event, timer) != 0)
		return false;
	(void)pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	if (timer_settime(*timer, 0, &when, NULL) != 0) {
		(void)timer_delete(*timer);
		return false;
	}
	return true;
}

enum status
store_lock_file(int fd, int64_t deadline_us)
{
	timer_t timer;
	int result;

	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return STATUS_OK;
	if (errno != EWOULDBLOCK) {
		log_error("lock file: %s", strerror(errno));
		return STATUS_FAILED;
	}
	if (clock_us() >= deadline_us)
		return STATUS_BUSY;
	/* The wait itself is flock's, whose queue is fair; only the timer knows the deadline. */
	if (!alarm_start(&timer, deadline_us - clock_us())) {
		log_error("lock file: no timer: %s", strerror(errno));
		return STATUS_FAILED;
	}
	do
		result = flock(fd, LOCK_EX);
	while (result != 0 && errno == EINTR && clock_us() < deadline_us);
	(void)timer_delete(timer);
	return result == 0 ? STATUS_OK : STATUS_BUSY;
}

void
store_unlock_file(int fd)
{
	(void)flock(fd, LOCK_UN);
}
