/*
 * disk.c - what the disk and the engine below us cost, so that results of different machines compare.
 *
 * disk [--seconds S] [--json] DIR
 *
 * Times, in files of its own in DIR which are removed after: appending 4 KiB with fdatasync; and one
 * transaction of one row of 400 bytes in SQLite, WAL, synchronous=FULL. Each for S seconds
 * (default 2). The engine's own header is included here on purpose: this is the engine alone,
 * without the store.
 * SPDX-License-Identifier: MIT
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sqlite3.h>

#include "histogram.h"

#define APPEND_BYTES 4096
#define ROW_BYTES 400
#define NS UINT64_C(1000000000)

struct figures {
	struct histogram micros;
	double seconds;
};

static const char schema[] =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
    "CREATE TABLE entry (seq INTEGER NOT NULL PRIMARY KEY, body TEXT NOT NULL);";

static uint64_t
now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * NS + (uint64_t)t.tv_nsec;
}

/* Repeats a step for some seconds and times each; false when a step fails. */
static bool
repeat(bool (*step)(void *arg), void *arg, double seconds, struct figures *out)
{
	uint64_t begin = now_ns();
	uint64_t before = begin;
	uint64_t after;

	do {
		if (!step(arg))
			return false;
		after = now_ns();
		histogram_add(&out->micros, (after - before) / 1000);
		before = after;
	} while (after - begin < (uint64_t)(seconds * 1e9));
	out->seconds = (double)(after - begin) / 1e9;
	return true;
}

static bool
append_once(void *arg)
{
	static const char bytes[APPEND_BYTES] = "enforgate";
	const int *fd = arg;

	return write(*fd, bytes, sizeof(bytes)) == (ssize_t)sizeof(bytes) && fdatasync(*fd) == 0;
}

static bool
measure_append(const char *dir, double seconds, struct figures *out)
{
	char path[PATH_MAX];
	bool fine;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/bench-append.tmp", dir);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	fine = fd >= 0 && repeat(append_once, &fd, seconds, out);
	if (!fine)
		(void)fprintf(stderr, "disk: %s: %s\n", path, strerror(errno));
	if (fd >= 0)
		(void)close(fd);
	(void)unlink(path);
	return fine;
}

enum { BEGIN, INSERT, COMMIT, STATEMENTS };

static const char *const statements[STATEMENTS] = {
    [BEGIN] = "BEGIN IMMEDIATE",
    [INSERT] = "INSERT INTO entry (body) VALUES (?1)",
    [COMMIT] = "COMMIT",
};

static bool
commit_once(void *arg)
{
	sqlite3_stmt **prepared = arg;

	for (int i = 0; i < STATEMENTS; i++) {
		if (sqlite3_step(prepared[i]) != SQLITE_DONE ||
		    sqlite3_reset(prepared[i]) != SQLITE_OK)
			return false;
	}
	return true;
}

static void
remove_database(const char *path)
{
	static const char *const endings[] = {"", "-wal", "-shm"};
	char name[PATH_MAX + 8];

	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		(void)snprintf(name, sizeof(name), "%s%s", path, endings[i]);
		(void)unlink(name);
	}
}

static bool
measure_commit(const char *dir, double seconds, struct figures *out)
{
	sqlite3_stmt *prepared[STATEMENTS] = {NULL};
	char path[PATH_MAX];
	char row[ROW_BYTES + 1];
	sqlite3 *db = NULL;
	bool fine;

	(void)snprintf(path, sizeof(path), "%s/bench-commit.tmp", dir);
	remove_database(path);
	memset(row, 'r', ROW_BYTES);
	row[ROW_BYTES] = '\0';
	fine = sqlite3_open(path, &db) == SQLITE_OK &&
	       sqlite3_exec(db, schema, NULL, NULL, NULL) == SQLITE_OK;
	for (int i = 0; fine && i < STATEMENTS; i++)
		fine = sqlite3_prepare_v2(db, statements[i], -1, &prepared[i], NULL) == SQLITE_OK;
	fine = fine &&
	       sqlite3_bind_text(prepared[INSERT], 1, row, ROW_BYTES, SQLITE_STATIC) == SQLITE_OK &&
	       repeat(commit_once, prepared, seconds, out);
	if (!fine)
		(void)fprintf(stderr, "disk: %s: %s\n", path, sqlite3_errmsg(db));
	for (int i = 0; i < STATEMENTS; i++)
		(void)sqlite3_finalize(prepared[i]);
	(void)sqlite3_close(db);
	remove_database(path);
	return fine;
}

static void
report(const char *name, const struct figures *f, bool json, const char *end)
{
	unsigned long p50 = histogram_percentile(&f->micros, 0.5);
	unsigned long p99 = histogram_percentile(&f->micros, 0.99);
	double rate = (double)f->micros.count / f->seconds;

	if (json)
		(void)printf("\"%s_p50_us\":%lu,\"%s_p99_us\":%lu,\"%s_per_second\":%.0f%s", name,
		    p50, name, p99, name, rate, end);
	else
		(void)printf("%s: p50 %lu us, p99 %lu us, %.0f/s%s", name, p50, p99, rate, end);
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {{"seconds", required_argument, NULL, 's'},
	    {"json", no_argument, NULL, 'j'}, {NULL, 0, NULL, 0}};
	static struct figures append, commit;
	double seconds = 2;
	bool json = false;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 's')
			seconds = strtod(optarg, NULL);
		else if (option == 'j')
			json = true;
		else
			return 2;
	}
	if (optind != argc - 1 || !(seconds > 0 && seconds <= 3600)) {
		(void)fprintf(stderr, "usage: disk [--seconds S] [--json] DIR\n");
		return 2;
	}
	if (!measure_append(argv[optind], seconds, &append) ||
	    !measure_commit(argv[optind], seconds, &commit))
		return 2;
	(void)fputs(json ? "{" : "", stdout);
	report("fdatasync", &append, json, json ? "," : "\n");
	report("commit", &commit, json, json ? "}\n" : "\n");
	return 0;
}
