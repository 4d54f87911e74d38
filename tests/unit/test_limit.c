/* test_limit.c - counters per address: they hold across processes and floods. */
#include "testing.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "limit.h"

static char *dir;
static const struct secret_key master = {{9, 9, 9}};

static struct limits *
open_limits(void)
{
	struct limits *limits;
	struct problem why = {""};

	assert_status(limits_open(dir, &master, &limits, &why), STATUS_OK);
	return limits;
}

static int
setup(void **state)
{
	(void)state;
	assert_status(secret_start(), STATUS_OK);
	dir = test_directory();
	/* No test may straddle the end of a minute. */
	while (time(NULL) % LIMIT_WINDOW_S > LIMIT_WINDOW_S - 3)
		(void)usleep(100000);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	test_remove(dir);
	return 0;
}

static void
count_beyond_the_limit_tells_the_wait(void **state)
{
	struct limits *limits = open_limits();

	(void)state;
	for (int i = 0; i < 5; i++)
		assert_int_equal(limits_count(limits, "key", "192.0.2.1", 5), 0);
	assert_in_range(limits_count(limits, "key", "192.0.2.1", 5), 1, 60);
	assert_int_equal(limits_count(limits, "key", "192.0.2.2", 5), 0);
	assert_int_equal(limits_count(limits, "other", "192.0.2.1", 5), 0);
	assert_int_equal(limits_count(limits, "key", "192.0.2.1", 0), 0);
	limits_close(limits);
}

static void
one_ipv6_network_is_one_address(void **state)
{
	struct limits *limits = open_limits();

	(void)state;
	assert_int_equal(limits_count(limits, "key", "2001:db8:1:2::1", 1), 0);
	assert_int_not_equal(limits_count(limits, "key", "2001:db8:1:2:ffff::9", 1), 0);
	assert_int_equal(limits_count(limits, "key", "2001:db8:1:3::1", 1), 0);
	limits_close(limits);
}

static void
ipv4_address_in_an_ipv6_one_is_that_ipv4_address(void **state)
{
	struct limits *limits = open_limits();

	(void)state;
	assert_int_equal(limits_count(limits, "key", "::ffff:192.0.2.1", 2), 0);
	assert_int_equal(limits_count(limits, "key", "::ffff:192.0.2.2", 1), 0);
	assert_int_equal(limits_count(limits, "key", "192.0.2.1", 2), 0);
	assert_int_not_equal(limits_count(limits, "key", "::FFFF:c000:201", 2), 0);
	assert_int_equal(limits_count(limits, "key", "::192.0.2.1", 1), 0);
	limits_close(limits);
}

static void
processes_share_the_count(void **state)
{
	struct limits *limits = open_limits();

	(void)state;
	for (int i = 0; i < 3; i++) {
		pid_t child = fork();
		int result;

		if (child == 0)
			_exit(limits_count(open_limits(), "key", "192.0.2.7", 3) == 0 ? 0 : 1);
		assert_int_equal(waitpid(child, &result, 0), child);
		assert_int_equal(result, 0);
	}
	assert_int_not_equal(limits_count(limits, "key", "192.0.2.7", 3), 0);
	limits_close(limits);
}

static void
flood_of_addresses_grows_nothing(void **state)
{
	struct limits *limits = open_limits();
	char path[TEST_PATH_MAX], address[32];
	struct stat before, after;

	(void)state;
	assert_true(snprintf(path, sizeof(path), "%s/%s", dir, LIMIT_FILE) < (int)sizeof(path));
	assert_int_equal(stat(path, &before), 0);
	for (int i = 0; i < 100000; i++) {
		(void)snprintf(
		    address, sizeof(address), "10.%d.%d.%d", i >> 16 & 255, i >> 8 & 255, i & 255);
		assert_int_equal(limits_count(limits, "key", address, 60), 0);
	}
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(after.st_size, before.st_size);
	assert_true(
	    before.st_blocks * 512 >= before.st_size); /* no hole that a full disk could not fill */
	limits_close(limits);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	    T(count_beyond_the_limit_tells_the_wait),
	    T(one_ipv6_network_is_one_address),
	    T(ipv4_address_in_an_ipv6_one_is_that_ipv4_address),
	    T(processes_share_the_count),
	    T(flood_of_addresses_grows_nothing),
	};

	return cmocka_run_group_tests_name("limit", tests, NULL, NULL);
}
