/* store_sqlite.h - what the files of the SQLite store share; nobody else includes it. */
#ifndef ENFORGATE_STORE_SQLITE_H
#define ENFORGATE_STORE_SQLITE_H

#include <limits.h>
#include <pthread.h>
#include <sqlite3.h>
#include <sys/types.h>

#include "store.h"

#define STORE_READERS_MAX 4  /* connections for reading; a further reader waits for one */
#define STORE_QUERIES_MAX 64 /* prepared statements kept by one connection */
#define STORE_APPLICATION_ID 0x456e4667 /* "EnFg", in the header of our databases */

struct query {
	const char *sql; /* the constant's address is the name */
	sqlite3_stmt *stmt;
	struct db *db;
	bool active;
	bool failed; /* a binding failed: stepping fails too */
};

struct db {
	struct store *store;
	sqlite3 *handle;
	struct query queries[STORE_QUERIES_MAX];
	int nqueries;
	bool busy; /* a reader that is lent out */
};

struct store {
	char state_dir[PATH_MAX];
	char path[PATH_MAX];
	int64_t deadline_ms;
	bool rollback_journal;
	bool as_it_is; /* never migrate */
	const struct migration *migrations;
	int version;
	dev_t device; /* of the file that was opened: one put in its place is another database */
	ino_t inode;
	int lock_fd;                  /* the queue of writers between processes */
	pthread_mutex_t writer_mutex; /* the queue of writers in this process */
	struct db writer;
	pthread_mutex_t readers_mutex;
	pthread_cond_t reader_free;
	struct db readers[STORE_READERS_MAX];
};

/* Opens and hardens one connection. */
enum status store_connect(
    struct store *store, struct db *db, bool create, struct problem *why) MUST_USE;
void store_disconnect(struct db *db);

/* Whether it is our database, and brings it to the newest version; holds the lock meanwhile. */
enum status store_migrate(struct store *store, const struct migration *migrations, bool create,
    struct problem *why) MUST_USE;

/* One statement without parameters or rows. The result is SQLite's. */
int store_exec(struct db *db, const char *sql);
int64_t store_pragma(
    struct db *db, const char *sql); /* first column of the first row; -1 on failure */

/* SQLite's result as ours; failures are logged with `doing`. */
enum status store_status(struct db *db, int result, const char *doing);

/* Waits for the exclusive lock on an open file until the deadline (clock_us()). */
enum status store_lock_file(int fd, int64_t deadline_us) MUST_USE;
void store_unlock_file(int fd);

#endif
