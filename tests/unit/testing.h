/* testing.h - what every unit test needs: cmocka, and a state directory of its own. */
#ifndef ENFORGATE_TESTING_H
#define ENFORGATE_TESTING_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "status.h"

#define TEST_PATH_MAX 512

#define assert_status(expression, expected)                                                        \
	assert_string_equal(status_name(expression), status_name(expected))

/* A new directory under build/ (TMPDIR may be in memory, where a commit costs nothing). */
static inline char *
test_directory(void)
{
	static char path[TEST_PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/enforgate-test-XXXXXX",
	    getenv("TEST_DIR") != NULL ? getenv("TEST_DIR") : "/tmp");
	assert_non_null(mkdtemp(path));
	return path;
}

static inline void
test_remove(const char *directory)
{
	char command[TEST_PATH_MAX + 16];

	(void)snprintf(command, sizeof(command), "rm -rf '%s'", directory);
	assert_int_equal(system(command), 0);
}

#endif
