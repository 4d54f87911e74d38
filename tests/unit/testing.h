/* testing.h - what every unit test needs: cmocka, a directory of its own, and a look into a database from outside. */
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
#define TEST_VALUE_MAX 1024

#define assert_status(expression, expected)                                                        \
	assert_string_equal(status_name(expression), status_name(expected))

/* A new directory under build/ (TMPDIR may be in memory, where a commit costs nothing); the next call writes over it. */
char *test_directory(void);
void test_remove(const char *directory);

/* DIRECTORY/NAME; fails where it does not fit. */
void test_path(char path[TEST_PATH_MAX], const char *directory, const char *name);
void test_copy(const char *from, const char *to);

/* Statements run on a connection of their own, as another process runs them. */
void test_sql(const char *database, const char *sql);
/* Makes the database what a copy of it is, under whoever has it open: as `.restore` of the SQLite shell. */
void test_sql_restore(const char *database, const char *copy);
/* A constraint or a trigger refuses them. */
void test_sql_refused(const char *database, const char *sql);
/* The first value that a statement gives, "" and 0 where it gives none; the next call writes over the text. */
const char *test_sql_text(const char *database, const char *sql);
int64_t test_sql_number(const char *database, const char *sql);

#endif
