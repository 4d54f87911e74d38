/* test_log.c - nobody forges a line, rotation is followed, refusals are bounded. */
#include "testing.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "log.h"

#define CONTENT_MAX (1 << 20)

static char *dir;
static char path[TEST_PATH_MAX + 8];
static char content[CONTENT_MAX];

static int
setup(void **state)
{
	struct problem why = {""};

	(void)state;
	dir = test_directory();
	(void)snprintf(path, sizeof(path), "%s/log", dir);
	assert_status(log_open("test", path, &why), STATUS_OK);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	log_close();
	test_remove(dir);
	return 0;
}

static int
lines_of(const char *file)
{
	int fd = open(file, O_RDONLY), lines = 0;
	ssize_t len = read(fd, content, sizeof(content) - 1);

	assert_true(len >= 0);
	close(fd);
	content[len] = '\0';
	for (ssize_t i = 0; i < len; i++)
		lines += content[i] == '\n';
	return lines;
}

static void
line_names_program_level_and_request(void **state)
{
	struct stat st;

	(void)state;
	log_request("req1");
	log_warn("key %s", "demo");
	log_request("");
	log_info("plain");
	assert_int_equal(lines_of(path), 2);
	assert_non_null(strstr(content, " test["));
	assert_non_null(strstr(content, "] warn req1 key demo\n"));
	assert_non_null(strstr(content, "] info - plain\n"));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void
control_characters_cannot_forge_a_line(void **state)
{
	(void)state;
	log_info("a\nforged\r\x1b[31m\x7f");
	assert_int_equal(lines_of(path), 1);
	assert_non_null(strstr(content, "a?forged??[31m?\n"));
}

static void
long_message_is_cut_to_one_line(void **state)
{
	static char text[LOG_LINE_MAX * 2];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	log_info("%s", text);
	assert_int_equal(lines_of(path), 1);
	assert_true(strlen(content) <= LOG_LINE_MAX);
}

static void
moved_file_is_followed_within_two_seconds(void **state)
{
	char moved[TEST_PATH_MAX + 16];

	(void)state;
	log_info("before");
	(void)snprintf(moved, sizeof(moved), "%s.1", path);
	assert_int_equal(rename(path, moved), 0);
	(void)usleep(1100000);
	log_info("after");
	assert_int_equal(lines_of(path), 1);
	assert_non_null(strstr(content, "after"));
	assert_int_equal(lines_of(moved), 1);
}

static void
refusals_of_one_second_are_bounded_and_counted(void **state)
{
	(void)state;
	for (int i = 0; i < 10000; i++)
		log_refusal("401");
	assert_in_range(lines_of(path), LOG_REFUSALS_PER_SECOND, 2 * LOG_REFUSALS_PER_SECOND + 1);
	(void)usleep(1100000);
	log_refusal("401");
	(void)lines_of(path);
	assert_non_null(strstr(content, "lines left out, most about refused requests"));
	log_error("an error still has room");
	(void)lines_of(path);
	assert_non_null(strstr(content, "still has room"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	    T(line_names_program_level_and_request),
	    T(control_characters_cannot_forge_a_line),
	    T(long_message_is_cut_to_one_line),
	    T(moved_file_is_followed_within_two_seconds),
	    T(refusals_of_one_second_are_bounded_and_counted),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
