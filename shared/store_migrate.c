/*
 * store_migrate.c - whether a file is our database, and bringing it to the newest version.
 *
 * The version is SQLite's user_version, that it is ours the application_id. Migrations run one version at a
 * time in a transaction of their own, under the lock of writers, after a copy was kept.
 */
#include "store_sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"

#define STATEMENT_MAX 64 /* bytes of a PRAGMA with a number in it */

static int
newest(const struct migration *migrations)
{
	int version = 0;

	for (; migrations->text != NULL; migrations++)
		if (migrations->version > version)
			version = migrations->version;
	return version;
}

/* The number is our own; PRAGMA takes no parameters. */
static int
set_number(struct db *db, const char *pragma, int value)
{
	char sql[STATEMENT_MAX];

	(void)snprintf(sql, sizeof(sql), "PRAGMA %s = %d", pragma, value);
	return store_exec(db, sql);
}

static enum status
identify(struct store *store, struct problem *why, int wanted, bool create)
{
	struct db *db = &store->writer;
	int64_t id = store_pragma(db, "PRAGMA application_id");
	int64_t tables = store_pragma(db, "SELECT count(*) FROM sqlite_schema");

	store->version = (int)store_pragma(db, "PRAGMA user_version");
	if (id < 0 || tables < 0 || store->version < 0) {
		problem_set(why, "%s: cannot be read", store->path);
		return STATUS_FAILED;
	}
	if (id == 0 && tables == 0 && store->version == 0) {
		if (create)
			return STATUS_OK;
		problem_set(why, "%s: empty; remove it and run `enforgatectl init`", store->path);
		return STATUS_REFUSED;
	}
	if (id != STORE_APPLICATION_ID) {
		problem_set(
		    why, "%s: a database of another program; name another state_dir", store->path);
		return STATUS_REFUSED;
	}
	if (store->version > wanted) {
		problem_set(why,
		    "%s: written by a newer version (schema %d, this one knows %d); upgrade the programs",
		    store->path, store->version, wanted);
		return STATUS_REFUSED;
	}
	return STATUS_OK;
}

static enum status
copy_into(struct store *store, struct db *db, const char *path, struct problem *why)
{
	sqlite3_stmt *stmt = NULL;
	enum status status = STATUS_OK;
	struct stat st;
	int fd, result;

	if (lstat(path, &st) == 0) {
		problem_set(why, "%s: exists already; name another file", path);
		return STATUS_EXISTS;
	}
	/* Made by us first, so that nobody can read it while it grows. */
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		problem_set(why, "%s: %s", path, strerror(errno));
		return STATUS_FAILED;
	}
	result = sqlite3_prepare_v2(db->handle, "VACUUM INTO ?", -1, &stmt, NULL);
	if (result == SQLITE_OK)
		result = sqlite3_bind_text(stmt, 1, path, -1, SQLITE_STATIC);
	if (result == SQLITE_OK)
		result = sqlite3_step(stmt);
	if (result != SQLITE_DONE || fsync(fd) != 0) {
		problem_set(why, "copying %s to %s: %s", store->path, path,
		    result != SQLITE_DONE ? sqlite3_errmsg(db->handle) : strerror(errno));
		(void)unlink(path);
		status = STATUS_FAILED;
	}
	(void)sqlite3_finalize(stmt);
	close(fd);
	return status;
}

/* Kept once per version, so that a migration that failed and runs again does not replace it. */
static enum status
keep_copy(struct store *store, struct problem *why)
{
	char path[PATH_MAX];
	enum status status;

	if ((size_t)snprintf(path, sizeof(path), "%s.before-%d", store->path, store->version + 1) >=
	    sizeof(path)) {
		problem_set(why, "state directory: the path is too long");
		return STATUS_INVALID;
	}
	status = copy_into(store, &store->writer, path, why);
	return status == STATUS_EXISTS ? STATUS_OK : status;
}

/* All files of one version, and the version with them, in one transaction. */
static enum status
apply_version(
    struct store *store, const struct migration *migrations, int version, struct problem *why)
{
	struct db *db = &store->writer;
	const char *name = "";
	int result = store_exec(db, "BEGIN IMMEDIATE");

	for (; result == SQLITE_OK && migrations->text != NULL; migrations++)
		if (migrations->version == version) {
			name = migrations->name;
			result = store_exec(db, migrations->text);
		}
	if (result == SQLITE_OK)
		result = set_number(db, "application_id", STORE_APPLICATION_ID);
	if (result == SQLITE_OK)
		result = set_number(db, "user_version", version);
	if (result == SQLITE_OK)
		result = store_exec(db, "COMMIT");
	if (result != SQLITE_OK) {
		problem_set(why, "%s: migration %d (%s): %s", store->path, version, name,
		    sqlite3_errmsg(db->handle));
		(void)store_exec(db, "ROLLBACK");
		return STATUS_FAILED;
	}
	store->version = version;
	return STATUS_OK;
}

static enum status
bring_up(struct store *store, const struct migration *migrations, bool create, struct problem *why)
{
	int wanted = newest(migrations);
	const char *journal =
	    store->rollback_journal ? "PRAGMA journal_mode = DELETE" : "PRAGMA journal_mode = WAL";
	enum status status;

	status =
	    identify(store, why, wanted, create); /* again: another process may have migrated */
	if (status == STATUS_OK && store_exec(&store->writer, journal) != SQLITE_OK) {
		problem_set(why, "%s: %s", store->path, sqlite3_errmsg(store->writer.handle));
		status = STATUS_FAILED;
	}
	if (status == STATUS_OK && store->version > 0 && store->version < wanted)
		status = keep_copy(store, why);
	while (status == STATUS_OK && store->version < wanted) {
		status = apply_version(store, migrations, store->version + 1, why);
		if (status == STATUS_OK)
			log_info("database: now at version %d", store->version);
	}
	return status;
}

enum status
store_migrate(
    struct store *store, const struct migration *migrations, bool create, struct problem *why)
{
	enum status status;

	if (create && chmod(store->path, 0600) != 0) {
		problem_set(why, "%s: %s", store->path, strerror(errno));
		return STATUS_FAILED;
	}
	status = identify(store, why, newest(migrations), create);
	if (status != STATUS_OK)
		return status;
	if (store->as_it_is) {
		problem_set(why, "%s: of version %d, and this program writes version %d",
		    store->path, store->version, newest(migrations));
		return store->version < newest(migrations) ? STATUS_STALE : STATUS_OK;
	}
	status = store_lock_file(store->lock_fd, clock_us() + store->deadline_ms * 1000);
	if (status != STATUS_OK) {
		problem_set(why, "%s: locked by another process", store->path);
		return status;
	}
	status = bring_up(store, migrations, create, why);
	store_unlock_file(store->lock_fd);
	return status;
}

enum status
store_backup(struct store *store, const char *path, struct problem *why)
{
	struct db *db;
	enum status status = store_read(store, &db);

	if (status != STATUS_OK) {
		problem_set(why, "%s: cannot be read now", store->path);
		return status;
	}
	/* VACUUM INTO is a read transaction of its own and cannot run inside one. */
	(void)store_exec(db, "COMMIT");
	status = copy_into(store, db, path, why);
	store_read_end(store, db);
	return status;
}

enum status
store_check(struct store *store, struct problem *why)
{
	sqlite3_stmt *stmt = NULL;
	struct db *db;
	enum status status = store_read(store, &db);

	if (status != STATUS_OK) {
		problem_set(why, "%s: cannot be read now", store->path);
		return status;
	}
	if (sqlite3_prepare_v2(db->handle, "PRAGMA integrity_check(1)", -1, &stmt, NULL) !=
		SQLITE_OK ||
	    sqlite3_step(stmt) != SQLITE_ROW) {
		problem_set(why, "%s: %s", store->path, sqlite3_errmsg(db->handle));
		status = STATUS_REFUSED;
	} else if (strcmp((const char *)sqlite3_column_text(stmt, 0), "ok") != 0) {
		problem_set(why, "%s: %s", store->path, (const char *)sqlite3_column_text(stmt, 0));
		status = STATUS_REFUSED;
	}
	(void)sqlite3_finalize(stmt);
	store_read_end(store, db);
	return status;
}
