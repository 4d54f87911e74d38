/* test_stop.c - the kill switch in the database and as files of the state directory. */
#include "store_place.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "clock.h"
#include "stop.h"

static bool
row_stops(struct db *db, const char *id)
{
	bool stopped = false;

	assert_status(stop_row_present(db, id, &stopped), STATUS_OK);
	return stopped;
}

static void
stop_row_of_a_key_stops_that_key(void **state)
{
	struct store_place *p = *state;
	struct db *db = store_place_write(p->store);
	int64_t before = store_place_generation(db);

	assert_false(row_stops(db, "a"));
	assert_status(stop_set(db, "a", 1), STATUS_OK);
	assert_true(store_place_generation(db) > before);
	assert_true(row_stops(db, "a"));
	assert_false(row_stops(db, "b"));
	assert_false(row_stops(db, NULL));
	assert_status(stop_set(db, NULL, 1), STATUS_OK);
	assert_true(row_stops(db, "b"));
	assert_true(row_stops(db, NULL));
	assert_status(stop_lift(db, "a"), STATUS_OK);
	assert_true(row_stops(db, "a"));
	before = store_place_generation(db);
	assert_status(stop_lift(db, NULL), STATUS_OK);
	assert_false(row_stops(db, "a"));
	assert_true(store_place_generation(db) > before);
	store_rollback(p->store, db);
}

static void
stopping_twice_changes_nothing(void **state)
{
	struct store_place *p = *state;
	struct db *db = store_place_write(p->store);
	int64_t before;

	assert_status(stop_set(db, NULL, 1), STATUS_OK);
	before = store_place_generation(db);
	assert_status(stop_set(db, NULL, 2), STATUS_OK);
	assert_int_equal(store_place_generation(db), before);
	assert_status(stop_lift(db, "a"), STATUS_OK);
	assert_int_equal(store_place_generation(db), before);
	store_rollback(p->store, db);
}

static void
touch(struct store_place *p, const char *name)
{
	char path[TEST_PATH_MAX];
	int fd;

	test_path(path, p->dir, name);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	assert_true(fd >= 0);
	close(fd);
}

static void
stop_file_stops_all_or_one(void **state)
{
	struct store_place *p = *state;
	int fd = open(p->dir, O_RDONLY | O_DIRECTORY);

	assert_false(stop_file_present(fd, "a"));
	assert_false(stop_file_present(fd, NULL));
	touch(p, "stop.a");
	assert_true(stop_file_present(fd, "a"));
	assert_false(stop_file_present(fd, "b"));
	assert_false(stop_file_present(fd, "A"));
	assert_false(stop_file_present(fd, NULL));
	touch(p, "stop");
	assert_true(stop_file_present(fd, "b"));
	assert_true(stop_file_present(fd, NULL));
	close(fd);
}

/* Until what is known of the directory counts as settled; nobody can set its time of change. */
static void
settle(void)
{
	const struct timespec pause = {3, 100000000L};

	(void)nanosleep(&pause, NULL);
}

static void
put_back_mtime(int fd, const struct stat *before)
{
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, before->st_mtim};

	assert_int_equal(futimens(fd, times), 0);
}

static void
stop_file_is_seen_at_once_where_there_was_none_for_long(void **state)
{
	struct store_place *p = *state;
	struct stop_files files = {.state_dir_fd = open(p->dir, O_RDONLY | O_DIRECTORY)};
	struct stat before;

	settle();
	assert_false(stop_files_present(&files, "a"));
	assert_false(stop_files_present(&files, "a"));
	assert_int_equal(fstat(files.state_dir_fd, &before), 0);
	touch(p, "stop.a");
	assert_true(stop_files_present(&files, "a"));
	assert_false(stop_files_present(&files, "b"));
	/* As programs do that copy a directory with its times. */
	put_back_mtime(files.state_dir_fd, &before);
	assert_true(stop_files_present(&files, "a"));
	settle();
	assert_true(stop_files_present(&files, "a"));
	assert_false(stop_files_present(&files, "b"));
	assert_true(stop_files_present(&files, "a"));
	assert_int_equal(unlinkat(files.state_dir_fd, "stop.a", 0), 0);
	assert_false(stop_files_present(&files, "a"));
	close(files.state_dir_fd);
}

static void
nothing_is_concluded_from_a_change_that_is_young(void **state)
{
	struct store_place *p = *state;
	struct stop_files files = {.state_dir_fd = open(p->dir, O_RDONLY | O_DIRECTORY)};

	touch(p, "other");
	assert_false(stop_files_present(&files, "a"));
	assert_int_equal(atomic_load(&files.none_ns), 0);
	touch(p, "stop");
	assert_true(stop_files_present(&files, "a"));
	close(files.state_dir_fd);
}

static void
dangling_link_of_that_name_stops(void **state)
{
	struct store_place *p = *state;
	char path[TEST_PATH_MAX];
	int fd = open(p->dir, O_RDONLY | O_DIRECTORY);

	test_path(path, p->dir, "stop");
	assert_int_equal(symlink("/nonexistent", path), 0);
	assert_true(stop_file_present(fd, "a"));
	close(fd);
}

static void
state_directory_that_is_gone_stops_everything(void **state)
{
	struct store_place *p = *state;
	char path[TEST_PATH_MAX];
	int fd;

	test_path(path, p->dir, "sub");
	assert_int_equal(mkdir(path, 0700), 0);
	fd = open(path, O_RDONLY | O_DIRECTORY);
	assert_false(stop_file_present(fd, "a"));
	assert_int_equal(rmdir(path), 0);
	assert_true(stop_file_present(fd, "a"));
	close(fd);
	assert_true(stop_file_present(-1, "a"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    STORE_TEST(stop_row_of_a_key_stops_that_key),
	    STORE_TEST(stopping_twice_changes_nothing),
	    STORE_TEST(stop_file_stops_all_or_one),
	    STORE_TEST(stop_file_is_seen_at_once_where_there_was_none_for_long),
	    STORE_TEST(nothing_is_concluded_from_a_change_that_is_young),
	    STORE_TEST(dangling_link_of_that_name_stops),
	    STORE_TEST(state_directory_that_is_gone_stops_everything),
	};

	return cmocka_run_group_tests_name("stop", tests, NULL, NULL);
}
