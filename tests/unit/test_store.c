/* test_store.c - opening, refusing, migrating and locking the database. */
#include "testing.h"

#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "clock.h"
#include "store.h"

static char *dir;

static int
setup(void **state)
{
	(void)state;
	dir = test_directory();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	test_remove(dir);
	return 0;
}

static char *
in_dir(const char *name)
{
	static char path[TEST_PATH_MAX + 64];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static enum status
open_with(const struct migration *migrations, bool create, int64_t deadline_ms,
    struct store **store, struct problem *why)
{
	struct store_options options = {.state_dir = dir,
	    .deadline_ms = deadline_ms,
	    .create = create,
	    .migrations = migrations};

	return store_open(&options, store, why);
}

static void
raw(const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(in_dir(STORE_FILE), &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void
assert_refused(const char *part)
{
	struct store *store;
	struct problem why = {""};

	assert_status(open_with(NULL, false, 500, &store, &why), STATUS_REFUSED);
	assert_non_null(strstr(why.text, part));
	assert_null(store);
}

static void
make_database(void)
{
	struct store *store;
	struct problem why = {""};

	assert_status(open_with(NULL, true, 500, &store, &why), STATUS_OK);
	store_close(store);
}

static void
missing_database_is_not_created_by_opening(void **state)
{
	struct store *store;
	struct problem why = {""};

	(void)state;
	assert_status(open_with(NULL, false, 500, &store, &why), STATUS_NOT_FOUND);
	assert_non_null(strstr(why.text, "enforgatectl init"));
	assert_int_not_equal(access(in_dir(STORE_FILE), F_OK), 0);
}

static void
new_database_is_private_and_durable(void **state)
{
	struct stat st;
	sqlite3 *db;
	sqlite3_stmt *stmt;

	(void)state;
	make_database();
	assert_int_equal(stat(in_dir(STORE_FILE), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(sqlite3_open(in_dir(STORE_FILE), &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA journal_mode", -1, &stmt, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	assert_string_equal((const char *)sqlite3_column_text(stmt, 0), "wal");
	sqlite3_finalize(stmt);
	sqlite3_close(db);
}

static void
text_file_is_refused(void **state)
{
	int fd = open(in_dir(STORE_FILE), O_WRONLY | O_CREAT, 0600);
	static const char text[] =
	    "this is a text file that somebody put here, long enough to be looked at "
	    "as the header of a database, which it is not";

	(void)state;
	assert_int_equal(write(fd, text, sizeof(text)), sizeof(text));
	close(fd);
	assert_refused("not a database");
}

static void
database_of_another_program_is_refused(void **state)
{
	(void)state;
	raw("CREATE TABLE t (a); PRAGMA application_id = 77");
	assert_refused("another program");
}

static void
empty_file_is_refused(void **state)
{
	(void)state;
	close(open(in_dir(STORE_FILE), O_WRONLY | O_CREAT, 0600));
	assert_refused("empty");
}

static void
newer_database_is_refused(void **state)
{
	(void)state;
	make_database();
	raw("PRAGMA user_version = 9999");
	assert_refused("newer version");
}

static void
damaged_database_is_refused(void **state)
{
	char zeros[4096];
	int fd;

	(void)state;
	make_database();
	memset(zeros, 0x5a, sizeof(zeros));
	fd = open(in_dir(STORE_FILE), O_WRONLY);
	assert_int_equal(
	    pwrite(fd, zeros, 3956, 140), 3956); /* the schema's page, after the header */
	close(fd);
	assert_refused("damaged");
}

static void
read_only_database_is_refused(void **state)
{
	(void)state;
	make_database();
	if (geteuid() == 0) { /* root may write anything: become somebody who may not */
		pid_t child = fork();
		int result;

		if (child == 0) {
			struct store *store;
			struct problem why = {""};
			enum status status;

			if (chmod(dir, 0755) != 0 || chmod(in_dir(STORE_FILE), 0444) != 0 ||
			    chmod(in_dir(STORE_LOCK), 0666) != 0 || setuid(65534) != 0)
				_exit(9);
			status = open_with(NULL, false, 500, &store, &why);
			_exit(status == STATUS_REFUSED &&
				      strstr(why.text, "cannot be written") != NULL
				  ? 0
				  : 1);
		}
		assert_int_equal(waitpid(child, &result, 0), child);
		assert_int_equal(result, 0);
		return;
	}
	assert_int_equal(chmod(in_dir(STORE_FILE), 0400), 0);
	assert_refused("cannot be written");
}

static const struct migration two_versions[] = {
    {1, "001_a", "CREATE TABLE a (x TEXT NOT NULL); INSERT INTO a VALUES ('kept');"},
    {2, "002_b", "CREATE TABLE b (x TEXT NOT NULL);"},
    {2, "002_b.sqlite",
	"CREATE TRIGGER t BEFORE DELETE ON b BEGIN SELECT RAISE(ABORT, 'no'); END;"},
    {0, NULL, NULL},
};
static const struct migration one_version[] = {
    {1, "001_a", "CREATE TABLE a (x TEXT NOT NULL); INSERT INTO a VALUES ('kept');"},
    {0, NULL, NULL},
};
static const struct migration broken_second[] = {
    {1, "001_a", "CREATE TABLE a (x TEXT NOT NULL);"},
    {2, "002_b", "CREATE TABLE b (x TEXT NOT NULL); CREATE TABLE b (y TEXT);"},
    {0, NULL, NULL},
};
static const char select_a[] = "SELECT x FROM a";

static void
upgrade_keeps_data_and_a_copy(void **state)
{
	struct store *store;
	struct problem why = {""};
	struct db *db;
	struct query *q;

	(void)state;
	assert_status(open_with(one_version, true, 500, &store, &why), STATUS_OK);
	assert_int_equal(store_version(store), 1);
	store_close(store);
	assert_status(open_with(two_versions, false, 500, &store, &why), STATUS_OK);
	assert_int_equal(store_version(store), 2);
	assert_status(store_read(store, &db), STATUS_OK);
	q = query(db, select_a);
	assert_int_equal(query_step(q), QUERY_ROW);
	assert_string_equal(query_text(q, 0), "kept");
	query_end(q);
	store_read_end(store, db);
	store_close(store);
	assert_int_equal(access(in_dir("enforgate.db.before-2"), F_OK), 0);
}

static void
failed_migration_changes_nothing(void **state)
{
	struct store *store;
	struct problem why = {""};

	(void)state;
	assert_status(open_with(one_version, true, 500, &store, &why), STATUS_OK);
	store_close(store);
	assert_status(open_with(broken_second, false, 500, &store, &why), STATUS_FAILED);
	assert_non_null(strstr(why.text, "migration 2"));
	assert_status(open_with(two_versions, false, 500, &store, &why), STATUS_OK);
	store_close(store);
}

static void *
migrate_too(void *arg)
{
	struct store *store;
	struct problem why = {""};

	(void)arg;
	if (open_with(two_versions, false, 3000, &store, &why) != STATUS_OK)
		return (void *)1;
	store_close(store);
	return NULL;
}

static void
simultaneous_upgrades_migrate_once(void **state)
{
	struct store *store;
	struct problem why = {""};
	pthread_t threads[4];
	void *failed;

	(void)state;
	assert_status(open_with(one_version, true, 500, &store, &why), STATUS_OK);
	store_close(store);
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, migrate_too, NULL), 0);
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], &failed);
		assert_null(failed);
	}
}

static void
assert_busy_within(struct store *store, int64_t at_least_ms, int64_t at_most_ms)
{
	struct db *db;
	int64_t before = clock_us();
	int64_t took;

	assert_status(store_write(store, &db), STATUS_BUSY);
	took = (clock_us() - before) / 1000;
	assert_in_range(took, at_least_ms, at_most_ms);
}

static void
lock_held_elsewhere_is_busy_at_the_deadline(void **state)
{
	struct store *store;
	struct problem why = {""};
	int fd;

	(void)state;
	assert_status(open_with(NULL, true, 200, &store, &why), STATUS_OK);
	fd = open(in_dir(STORE_LOCK), O_RDWR);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_busy_within(store, 190, 2000);
	close(fd);
	store_close(store);
}

static void
database_locked_by_a_stranger_is_busy_at_the_deadline(void **state)
{
	struct store *store;
	struct problem why = {""};
	struct db *db;
	sqlite3 *other;

	(void)state;
	assert_status(open_with(NULL, true, 200, &store, &why), STATUS_OK);
	assert_int_equal(sqlite3_open(in_dir(STORE_FILE), &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	assert_busy_within(store, 150, 2000);
	assert_int_equal(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(other);
	assert_status(store_write(store, &db), STATUS_OK);
	store_rollback(store, db);
	store_close(store);
}

static const char insert_generation[] = "INSERT INTO generation (id, value) VALUES (?, ?)";
static const char delete_audit[] = "DELETE FROM audit_head";
static const char insert_head[] =
    "INSERT INTO audit_head (chain, seq, mac, time_ms) VALUES ('x', 1, 'y', 1)";

static void
constraints_are_told_apart(void **state)
{
	struct store *store;
	struct problem why = {""};
	struct db *db;
	struct query *q;

	(void)state;
	assert_status(open_with(NULL, true, 200, &store, &why), STATUS_OK);
	assert_status(store_write(store, &db), STATUS_OK);
	q = query(db, insert_generation);
	query_bind_integer(q, 1, 1);
	query_bind_integer(q, 2, 5);
	assert_status(query_run(q, NULL), STATUS_EXISTS);
	q = query(db, insert_generation);
	query_bind_integer(q, 1, 2);
	query_bind_integer(q, 2, 5);
	assert_status(query_run(q, NULL), STATUS_REFUSED);
	assert_status(query_run(query(db, insert_head), NULL), STATUS_OK);
	assert_status(query_run(query(db, delete_audit), NULL), STATUS_REFUSED);
	assert_true(store_writing(db));
	assert_status(store_commit(store, db), STATUS_OK);
	store_close(store);
}

static void
backup_is_whole_private_and_never_replaces(void **state)
{
	struct store *store;
	struct problem why = {""};
	struct stat st;
	char path[TEST_PATH_MAX + 64];

	(void)state;
	assert_status(open_with(NULL, true, 200, &store, &why), STATUS_OK);
	(void)snprintf(path, sizeof(path), "%s", in_dir("copy.db"));
	assert_status(store_backup(store, path, &why), STATUS_OK);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_status(store_backup(store, path, &why), STATUS_EXISTS);
	assert_status(store_check(store, &why), STATUS_OK);
	store_close(store);
	assert_int_equal(rename(path, in_dir(STORE_FILE)), 0);
	assert_int_equal(unlink(in_dir(STORE_FILE "-wal")) == 0 || errno == ENOENT, 1);
	assert_status(open_with(NULL, false, 200, &store, &why), STATUS_OK);
	store_close(store);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	    T(missing_database_is_not_created_by_opening),
	    T(new_database_is_private_and_durable),
	    T(text_file_is_refused),
	    T(database_of_another_program_is_refused),
	    T(empty_file_is_refused),
	    T(newer_database_is_refused),
	    T(damaged_database_is_refused),
	    T(read_only_database_is_refused),
	    T(upgrade_keeps_data_and_a_copy),
	    T(failed_migration_changes_nothing),
	    T(simultaneous_upgrades_migrate_once),
	    T(lock_held_elsewhere_is_busy_at_the_deadline),
	    T(database_locked_by_a_stranger_is_busy_at_the_deadline),
	    T(constraints_are_told_apart),
	    T(backup_is_whole_private_and_never_replaces),
	};

	return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
