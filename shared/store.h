/*
 * store.h - the database behind one small interface: open, migrate, statements, transactions, deadlines.
 *
 * Only store*.c know the engine (SQLite now, a PostgreSQL-protocol engine later). SQL texts are constants in the
 * module that owns the table; they keep to what both engines share.
 *
 * A store serves all threads of one process. Reading: store_read() lends a connection inside a read
 * transaction, a consistent view that is given back with store_read_end(). Writing: one writer at a time, in this
 * process by a mutex and between processes by a lock file (SQLite's own wait starves writers for seconds),
 * both waited for until a deadline.
 */
#ifndef ENFORGATE_STORE_H
#define ENFORGATE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "status.h"

struct store;
struct db;    /* one connection inside a transaction; belongs to the store */
struct query; /* one statement being bound or stepped; belongs to its connection */

/* One file of sql/, compiled into the programs; ends with a NULL text. Versions count from 1. */
struct migration {
	int version;
	const char *name;
	const char *text;
};
extern const struct migration store_migrations[];

#define STORE_FILE "enforgate.db"   /* in the state directory */
#define STORE_LOCK "enforgate.lock" /* the fair queue of writers */

struct store_options {
	const char *state_dir;
	int64_t deadline_ms;                /* longest wait for a lock */
	bool create;                        /* make a database where there is none */
	bool rollback_journal;              /* no WAL: for network file systems */
	bool as_it_is;                      /* STATUS_STALE instead of migrating */
	const struct migration *migrations; /* NULL: store_migrations */
};

/*
 * Opens and, where needed, migrates the database (under the lock, after keeping a copy beside it as
 * enforgate.db.before-N). STATUS_NOT_FOUND: none there. STATUS_REFUSED: damaged, foreign, newer,
 * read-only, or on a network file system; `why` says which and the way out. Other failures likewise.
 */
enum status store_open(
    const struct store_options *options, struct store **out, struct problem *why) MUST_USE;
void store_close(struct store *store); /* accepts NULL */
/* The name of the network file system that a path is on; NULL: it is on none that is known. */
const char *store_network_name(const char *path);

/* The schema version the database has. */
int store_version(const struct store *store);
/* Longest wait for a lock, as it was opened with. */
int64_t store_deadline_ms(const struct store *store);

/* A read transaction. STATUS_BUSY or STATUS_FAILED (logged). */
enum status store_read(struct store *store, struct db **out) MUST_USE;
void store_read_end(struct store *store, struct db *db);

/*
 * A write transaction; nobody else writes until its end. STATUS_BUSY: not obtained within
 * the store's deadline, nothing was tried. Ends with store_commit() or store_rollback().
 */
enum status store_write(struct store *store, struct db **out) MUST_USE;
enum status store_commit(struct store *store, struct db *db) MUST_USE; /* ends it also on failure */
void store_rollback(struct store *store, struct db *db);
/* False when a failed statement has ended the transaction (disk full): only rolling back is left. */
bool store_writing(const struct db *db);

/* Within a write transaction, one at a time: what follows can be undone alone. Ends with one of the other two. */
enum status store_savepoint(struct db *db) MUST_USE;
enum status store_savepoint_release(struct db *db) MUST_USE;
enum status store_savepoint_undo(struct db *db) MUST_USE;

/*
 * A statement of constant SQL, prepared once per connection and found again by its address. NULL when it cannot
 * be prepared (logged); binding to and stepping NULL is safe and fails. Indices count from 1 for parameters, from 0
 * for columns. Bound bytes must stay valid until query_end(). Texts of columns live until the next step or end.
 */
struct query *query(struct db *db, const char *sql);
void query_bind_text(struct query *q, int index, const char *text); /* NULL binds null */
void query_bind_bytes(struct query *q, int index, const char *text, size_t len);
void query_bind_integer(struct query *q, int index, int64_t value);
void query_bind_null(struct query *q, int index);

enum query_step { QUERY_ROW, QUERY_DONE, QUERY_FAILED };
enum query_step query_step(struct query *q) MUST_USE;
const char *query_text(struct query *q, int column); /* "" for null */
size_t query_length(struct query *q, int column);    /* bytes of that text */
int64_t query_integer(struct query *q, int column);
bool query_null(struct query *q, int column);
/*
 * Whether the columns of this row hold values of exactly these types, one letter a column: 'i' an integer, 't' a text
 * without NUL. SQLite keeps whatever a shell wrote, and would convert it on reading.
 */
bool query_types(struct query *q, const char *types);
void query_end(struct query *q); /* accepts NULL */
/* The first column, a text, of each row that a statement with `id` as its one parameter gives; stops early when `each` returns false. */
enum status query_each_text(struct db *db, const char *sql, const char *id,
    bool (*each)(void *arg, const char *text), void *arg) MUST_USE;

/*
 * Steps a statement that returns no rows, and ends it. STATUS_OK with *changed rows (may be NULL);
 * STATUS_EXISTS: a unique value is taken; STATUS_REFUSED: a trigger or check forbids it; STATUS_FAILED (logged).
 */
enum status query_run(struct query *q, int64_t *changed) MUST_USE;

/* A consistent copy while others go on writing; refuses to replace a file. Synced, mode 0600. */
enum status store_backup(struct store *store, const char *path, struct problem *why) MUST_USE;

/* The engine's own check of every page and index. STATUS_OK or STATUS_REFUSED with the first finding. */
enum status store_check(struct store *store, struct problem *why) MUST_USE;

/*
 * Tells about each trigger that the migrations made and that is gone or reads otherwise now: its name, and the
 * statement that makes it, on one line. Both texts live until `tell` returns.
 */
typedef void (*store_tell_trigger)(void *context, const char *name, const char *statement);
enum status store_missing_triggers(
    struct store *store, store_tell_trigger tell, void *context) MUST_USE;

#endif
