/* table.h - columns for people: as wide as their widest cell, two spaces apart, none behind the last one. */
#ifndef ENFORGATE_CTL_TABLE_H
#define ENFORGATE_CTL_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clock.h"
#include "status.h"

#define TABLE_COLUMNS_MAX 14

struct table {
	char **cells; /* rows one after another, the head first; owned */
	size_t count;
	size_t columns;
	enum status status; /* sticky: STATUS_NO_MEMORY */
};

/* `head` holds the columns' names, upper case, NULL at its end. */
void table_init(struct table *table, const char *const *head);
/* The next cell; "" is shown as "-". Cleaned as by table_clean(). */
void table_cell(struct table *table, const char *text);
void table_integer(struct table *table, int64_t value);
/* A moment as "2026-11-23 19:00:00" UTC, or `zero` for 0. */
void table_time(struct table *table, int64_t wall_ms, const char *zero);
/* Prints to standard output and frees. STATUS_NO_MEMORY prints nothing. */
enum status table_print(struct table *table) MUST_USE;
void table_free(struct table *table);

/*
 * What came from outside is shown, never obeyed: what is not UTF-8, control characters, and others that are not seen or turn the text
 * (utf8_unseen()) become "?", one for each byte.
 */
void table_clean(char *text);

/* The same moment as text, for lines that are no table. */
void table_time_text(int64_t wall_ms, char out[CLOCK_TEXT_MAX]);

#endif
