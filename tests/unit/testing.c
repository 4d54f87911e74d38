/* testing.c - directories and databases of the unit tests; see testing.h. */
#include "testing.h"

#include <sqlite3.h>

/* How long another connection may keep the database. */
#define BUSY_MS 5000

char *
test_directory(void)
{
	static char path[TEST_PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/enforgate-test-XXXXXX",
	    getenv("TEST_DIR") != NULL ? getenv("TEST_DIR") : "/tmp");
	assert_non_null(mkdtemp(path));
	return path;
}

void
test_remove(const char *directory)
{
	char command[TEST_PATH_MAX + 16];

	(void)snprintf(command, sizeof(command), "rm -rf '%s'", directory);
	assert_int_equal(system(command), 0);
}

void
test_path(char path[TEST_PATH_MAX], const char *directory, const char *name)
{
	assert_true(snprintf(path, TEST_PATH_MAX, "%s/%s", directory, name) < TEST_PATH_MAX);
}

void
test_copy(const char *from, const char *to)
{
	char command[2 * TEST_PATH_MAX + 16];

	(void)snprintf(command, sizeof(command), "cp '%s' '%s'", from, to);
	assert_int_equal(system(command), 0);
}

static sqlite3 *
opened(const char *database)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(database, &db), SQLITE_OK);
	(void)sqlite3_busy_timeout(db, BUSY_MS);
	return db;
}

void
test_sql(const char *database, const char *sql)
{
	sqlite3 *db = opened(database);
	char *message = NULL;

	if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
		fail_msg("%s: %s", sql, message);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

void
test_sql_restore(const char *database, const char *copy)
{
	sqlite3 *from = opened(copy), *to = opened(database);
	sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");

	assert_non_null(backup);
	assert_int_equal(sqlite3_backup_step(backup, -1), SQLITE_DONE);
	assert_int_equal(sqlite3_backup_finish(backup), SQLITE_OK);
	assert_int_equal(sqlite3_close(from), SQLITE_OK);
	assert_int_equal(sqlite3_close(to), SQLITE_OK);
}

void
test_sql_refused(const char *database, const char *sql)
{
	sqlite3 *db = opened(database);

	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_CONSTRAINT);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

const char *
test_sql_text(const char *database, const char *sql)
{
	static char value[TEST_VALUE_MAX];
	sqlite3 *db = opened(database);
	sqlite3_stmt *stmt = NULL;

	value[0] = '\0';
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
	if (sqlite3_step(stmt) == SQLITE_ROW && sqlite3_column_type(stmt, 0) != SQLITE_NULL)
		(void)snprintf(
		    value, sizeof(value), "%s", (const char *)sqlite3_column_text(stmt, 0));
	assert_int_equal(sqlite3_finalize(stmt), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	return value;
}

int64_t
test_sql_number(const char *database, const char *sql)
{
	return strtoll(test_sql_text(database, sql), NULL, 10);
}
