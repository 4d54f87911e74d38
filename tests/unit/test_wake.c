/* test_wake.c - the file by which waiting calls learn that something was decided. */
#include "testing.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "secret.h"
#include "wake.h"

struct place {
	char dir[TEST_PATH_MAX];
	char path[TEST_PATH_MAX];
};

static int
setup(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	assert_status(secret_start(), STATUS_OK);
	(void)snprintf(p->dir, sizeof(p->dir), "%s", test_directory());
	test_path(p->path, p->dir, WAKE_FILE);
	*state = p;
	return 0;
}

static int
teardown(void **state)
{
	struct place *p = *state;

	test_remove(p->dir);
	free(p);
	return 0;
}
#define WAKE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static int
opened(struct place *p)
{
	struct problem why = {""};
	int fd = wake_open(p->dir, &why);

	if (fd < 0)
		fail_msg("%s", why.text);
	return fd;
}

static void
file_is_made_for_its_owner_only_and_kept(void **state)
{
	struct place *p = *state;
	int fd = opened(p), again;
	struct stat st;
	uint64_t value;

	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_not_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
	assert_int_equal(wake_value(fd), 0);
	wake_all(fd);
	value = wake_value(fd);
	again = opened(p);
	assert_int_equal(wake_value(again), value);
	close(fd);
	close(again);
}

static void
value_stays_until_it_is_changed_and_changes_each_time(void **state)
{
	struct place *p = *state;
	int fd = opened(p), waiting = opened(p);
	uint64_t before = wake_value(waiting), after;
	struct stat st;

	for (int i = 0; i < 1000; i++) {
		assert_int_equal(wake_value(waiting), before);
		wake_all(fd);
		after = wake_value(waiting);
		assert_int_not_equal(after, before);
		before = after;
	}
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, 8);
	close(fd);
	close(waiting);
}

static void
another_process_is_seen(void **state)
{
	struct place *p = *state;
	int fd = opened(p), status = -1;
	uint64_t before;
	pid_t child;

	wake_all(fd);
	before = wake_value(fd);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		int own = wake_open(p->dir, NULL);

		wake_all(own);
		_exit(own >= 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_not_equal(wake_value(fd), before);
	close(fd);
}

static void
what_cannot_be_opened_says_why(void **state)
{
	struct place *p = *state;
	struct problem why = {""};

	assert_int_equal(symlink("elsewhere", p->path), 0);
	assert_int_equal(wake_open(p->dir, &why), -1);
	assert_non_null(strstr(why.text, p->path));
	assert_int_equal(unlink(p->path), 0);
	assert_int_equal(mkdir(p->path, 0700), 0);
	assert_int_equal(wake_open(p->dir, &why), -1);
	assert_non_null(strstr(why.text, "directory"));
	assert_int_equal(rmdir(p->path), 0);
	assert_int_equal(wake_open("/nowhere/at/all", &why), -1);
	assert_non_null(strstr(why.text, "/nowhere/at/all/wake: No such file"));
}

/* Nobody is told, which the log says; whoever waits finds out by looking now and then. */
static void
failure_is_no_end(void **state)
{
	struct place *p = *state;
	int fd = opened(p);

	wake_all(fd);
	close(fd);
	fd = open(p->path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	wake_all(fd);
	assert_int_not_equal(wake_value(fd), 0);
	close(fd);
	assert_int_equal(wake_value(-1), 0);
	wake_all(-1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    WAKE_TEST(file_is_made_for_its_owner_only_and_kept),
	    WAKE_TEST(value_stays_until_it_is_changed_and_changes_each_time),
	    WAKE_TEST(another_process_is_seen),
	    WAKE_TEST(what_cannot_be_opened_says_why),
	    WAKE_TEST(failure_is_no_end),
	};

	return cmocka_run_group_tests_name("wake", tests, NULL, NULL);
}
