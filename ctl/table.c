/* table.c - columns for people; see table.h. */
#include "table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "utf8.h"

#define FIRST_CELLS 64

void
table_clean(char *text)
{
	size_t left = strlen(text), len;

	for (; left > 0; text += len, left -= len) {
		len = utf8_length(text, left);
		if (len == 0 || utf8_unseen(utf8_code(text, len))) {
			memset(text, '?', len > 0 ? len : 1);
			len = len > 0 ? len : 1;
		}
	}
}

void
table_init(struct table *table, const char *const *head)
{
	*table = (struct table){.status = STATUS_OK};
	while (head[table->columns] != NULL && table->columns < TABLE_COLUMNS_MAX)
		table->columns++;
	for (size_t i = 0; i < table->columns; i++)
		table_cell(table, head[i]);
}

void
table_cell(struct table *table, const char *text)
{
	char *copy;

	if (table->status != STATUS_OK)
		return;
	/* Room is doubled where the count is a power of two. */
	if (table->count == 0 ||
	    (table->count >= FIRST_CELLS && (table->count & (table->count - 1)) == 0)) {
		size_t room = table->count == 0 ? FIRST_CELLS : 2 * table->count;
		char **cells = reallocarray(table->cells, room, sizeof(*cells));

		if (cells == NULL) {
			table->status = STATUS_NO_MEMORY;
			return;
		}
		table->cells = cells;
	}
	copy = strdup(text[0] != '\0' ? text : "-");
	if (copy == NULL) {
		table->status = STATUS_NO_MEMORY;
		return;
	}
	table_clean(copy);
	table->cells[table->count++] = copy;
}

void
table_integer(struct table *table, int64_t value)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%lld", (long long)value);
	table_cell(table, text);
}

void
table_time_text(int64_t wall_ms, char out[CLOCK_TEXT_MAX])
{
	clock_text(wall_ms, out);
	out[strcspn(out, ".")] = '\0';
	out[strcspn(out, "T")] = out[0] != '\0' ? ' ' : '\0';
}

void
table_time(struct table *table, int64_t wall_ms, const char *zero)
{
	char text[CLOCK_TEXT_MAX];

	table_time_text(wall_ms, text);
	table_cell(table, wall_ms != 0 ? text : zero);
}

/* Characters of UTF-8: bytes that do not continue one. */
static int
width(const char *text)
{
	int count = 0;

	for (; *text != '\0'; text++)
		count += (*text & 0xc0) != 0x80;
	return count;
}

enum status
table_print(struct table *table)
{
	int widest[TABLE_COLUMNS_MAX] = {0};
	enum status status = table->status;

	for (size_t i = 0; i < table->count; i++)
		if (width(table->cells[i]) > widest[i % table->columns])
			widest[i % table->columns] = width(table->cells[i]);
	for (size_t i = 0; i < table->count && status == STATUS_OK; i++) {
		bool last = i % table->columns == table->columns - 1;

		printf("%s%*s", table->cells[i],
		    last ? 0 : widest[i % table->columns] - width(table->cells[i]) + 2, "");
		if (last)
			putchar('\n');
	}
	table_free(table);
	return status;
}

void
table_free(struct table *table)
{
	for (size_t i = 0; i < table->count; i++)
		free(table->cells[i]);
	free(table->cells);
	*table = (struct table){.status = STATUS_OK};
}
