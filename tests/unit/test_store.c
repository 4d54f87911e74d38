/* test_store.c - opening, refusing and locking the database. */
#include "store_place.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "clock.h"

static void
assert_refused(struct store_place *p, const char *part)
{
	struct problem why = {""};

	assert_status(store_place_reopen(p, NULL, false, 500, &why), STATUS_REFUSED);
	assert_non_null(strstr(why.text, part));
	assert_null(p->store);
}

static void
make_database(struct store_place *p)
{
	struct problem why = {""};

	assert_status(store_place_reopen(p, NULL, true, 500, &why), STATUS_OK);
	store_place_close(p);
}

static void
missing_database_is_not_created_by_opening(void **state)
{
	struct store_place *p = *state;
	struct problem why = {""};

	assert_status(store_place_reopen(p, NULL, false, 500, &why), STATUS_NOT_FOUND);
	assert_non_null(strstr(why.text, "enforgatectl init"));
	assert_int_not_equal(access(p->database, F_OK), 0);
}

static void
new_database_is_private_and_durable(void **state)
{
	struct store_place *p = *state;
	struct stat st;

	make_database(p);
	assert_int_equal(stat(p->database, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_string_equal(test_sql_text(p->database, "PRAGMA journal_mode"), "wal");
}

static void
text_file_is_refused(void **state)
{
	struct store_place *p = *state;
	int fd = open(p->database, O_WRONLY | O_CREAT, 0600);
	static const char text[] =
	    "this is a text file that somebody put here, long enough to be looked at "
	    "as the header of a database, which it is not";

	assert_int_equal(write(fd, text, sizeof(text)), sizeof(text));
	close(fd);
	assert_refused(p, "not a database");
}

static void
database_of_another_program_is_refused(void **state)
{
	struct store_place *p = *state;

	test_sql(p->database, "CREATE TABLE t (a); PRAGMA application_id = 77");
	assert_refused(p, "another program");
}

static void
empty_file_is_refused(void **state)
{
	struct store_place *p = *state;

	close(open(p->database, O_WRONLY | O_CREAT, 0600));
	assert_refused(p, "empty");
}

static void
newer_database_is_refused(void **state)
{
	struct store_place *p = *state;

	make_database(p);
	test_sql(p->database, "PRAGMA user_version = 9999");
	assert_refused(p, "newer version");
}

static void
damaged_database_is_refused(void **state)
{
	struct store_place *p = *state;
	char zeros[4096];
	int fd;

	make_database(p);
	memset(zeros, 0x5a, sizeof(zeros));
	fd = open(p->database, O_WRONLY);
	assert_int_equal(
	    pwrite(fd, zeros, 3956, 140), 3956); /* the schema's page, after the header */
	close(fd);
	assert_refused(p, "damaged");
}

static void
read_only_database_is_refused(void **state)
{
	struct store_place *p = *state;

	make_database(p);
	if (geteuid() == 0) { /* root may write anything: become somebody who may not */
		pid_t child = fork();
		int result;

		if (child == 0) {
			struct problem why = {""};
			enum status status;

			if (chmod(p->dir, 0755) != 0 || chmod(p->database, 0444) != 0 ||
			    chmod(store_place_path(p, STORE_LOCK), 0666) != 0 || setuid(65534) != 0)
				_exit(9);
			status = store_place_reopen(p, NULL, false, 500, &why);
			_exit(status == STATUS_REFUSED &&
				      strstr(why.text, "cannot be written") != NULL
				  ? 0
				  : 1);
		}
		assert_int_equal(waitpid(child, &result, 0), child);
		assert_int_equal(result, 0);
		return;
	}
	assert_int_equal(chmod(p->database, 0400), 0);
	assert_refused(p, "cannot be written");
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
	struct store_place *p = *state;
	struct problem why = {""};
	int fd;

	assert_status(store_place_reopen(p, NULL, true, 200, &why), STATUS_OK);
	fd = open(store_place_path(p, STORE_LOCK), O_RDWR);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_busy_within(p->store, 190, 2000);
	close(fd);
}

static void
database_locked_by_a_stranger_is_busy_at_the_deadline(void **state)
{
	struct store_place *p = *state;
	struct problem why = {""};
	struct db *db;
	sqlite3 *other;

	assert_status(store_place_reopen(p, NULL, true, 200, &why), STATUS_OK);
	assert_int_equal(sqlite3_open(p->database, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	assert_busy_within(p->store, 150, 2000);
	assert_int_equal(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(other);
	assert_status(store_write(p->store, &db), STATUS_OK);
	store_rollback(p->store, db);
}

static const char insert_generation[] = "INSERT INTO generation (id, value) VALUES (?, ?)";
static const char delete_audit[] = "DELETE FROM audit_head";
static const char insert_head[] =
    "INSERT INTO audit_head (chain, seq, mac, time_ms) VALUES ('x', 1, 'y', 1)";

static void
constraints_are_told_apart(void **state)
{
	struct store_place *p = *state;
	struct problem why = {""};
	struct db *db;
	struct query *q;

	assert_status(store_place_reopen(p, NULL, true, 200, &why), STATUS_OK);
	assert_status(store_write(p->store, &db), STATUS_OK);
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
	assert_status(store_commit(p->store, db), STATUS_OK);
}

static void
backup_is_whole_private_and_never_replaces(void **state)
{
	struct store_place *p = *state;
	struct problem why = {""};
	struct stat st;
	char path[TEST_PATH_MAX];

	assert_status(store_place_reopen(p, NULL, true, 200, &why), STATUS_OK);
	test_path(path, p->dir, "copy.db");
	assert_status(store_backup(p->store, path, &why), STATUS_OK);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_status(store_backup(p->store, path, &why), STATUS_EXISTS);
	assert_status(store_check(p->store, &why), STATUS_OK);
	store_place_close(p);
	assert_int_equal(rename(path, p->database), 0);
	assert_int_equal(unlink(store_place_path(p, STORE_FILE "-wal")) == 0 || errno == ENOENT, 1);
	assert_status(store_place_reopen(p, NULL, false, 200, &why), STATUS_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    EMPTY_STORE_TEST(missing_database_is_not_created_by_opening),
	    EMPTY_STORE_TEST(new_database_is_private_and_durable),
	    EMPTY_STORE_TEST(text_file_is_refused),
	    EMPTY_STORE_TEST(database_of_another_program_is_refused),
	    EMPTY_STORE_TEST(empty_file_is_refused),
	    EMPTY_STORE_TEST(newer_database_is_refused),
	    EMPTY_STORE_TEST(damaged_database_is_refused),
	    EMPTY_STORE_TEST(read_only_database_is_refused),
	    EMPTY_STORE_TEST(lock_held_elsewhere_is_busy_at_the_deadline),
	    EMPTY_STORE_TEST(database_locked_by_a_stranger_is_busy_at_the_deadline),
	    EMPTY_STORE_TEST(constraints_are_told_apart),
	    EMPTY_STORE_TEST(backup_is_whole_private_and_never_replaces),
	};

	return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
