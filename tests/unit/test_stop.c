/* test_stop.c - the kill switch in the database and as files of the state directory. */
#include "store_place.h"

#include <fcntl.h>
#include <sys/stat.h>

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
	    STORE_TEST(dangling_link_of_that_name_stops),
	    STORE_TEST(state_directory_that_is_gone_stops_everything),
	};

	return cmocka_run_group_tests_name("stop", tests, NULL, NULL);
}
