/* diff.c - two texts line by line; see diff.h. */
#include "diff.h"

#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "utf8.h"

#define CELLS_MAX ((size_t)4 << 20) /* of the table; larger changes are shown as a whole */
#define NESTING_MAX JSON_NESTING_MAX
#define MEMBERS_MAX 200000
#define PRETTY_MAX ((size_t)8 << 20)

struct line {
	const char *text;
	size_t len;
};

struct lines {
	struct line *items;
	size_t count;
};

static enum status
split(const char *text, struct lines *out)
{
	size_t count = 1;

	for (const char *at = text; *at != '\0'; at++)
		count += *at == '\n';
	out->count = 0;
	out->items = calloc(count, sizeof(*out->items));
	if (out->items == NULL)
		return STATUS_NO_MEMORY;
	while (*text != '\0') {
		size_t len = strcspn(text, "\n");

		out->items[out->count++] = (struct line){.text = text, .len = len};
		text += len + (text[len] == '\n');
	}
	return STATUS_OK;
}

static bool
same(const struct line *a, const struct line *b)
{
	return a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
}

/* What is shown, in order: ' ', '-' or '+' for each line. */
struct shown {
	char sign;
	const struct line *line;
};

/*
 * Longest common subsequence of what is between the common head and tail: cell (i, j) of the table is its length for the rest from line i
 * and line j on.
 */
struct between {
	const struct line *a, *b;
	size_t na, nb;
	uint32_t *table;
};

static size_t
cell(const struct between *t, size_t i, size_t j)
{
	return i * (t->nb + 1) + j;
}

static enum status
fill(struct between *t)
{
	t->table = NULL;
	if (t->na == 0 || t->nb == 0 || (t->na + 1) > CELLS_MAX / (t->nb + 1))
		return STATUS_OK;
	t->table = calloc((t->na + 1) * (t->nb + 1), sizeof(*t->table));
	if (t->table == NULL)
		return STATUS_NO_MEMORY;
	for (size_t i = t->na; i-- > 0;)
		for (size_t j = t->nb; j-- > 0;) {
			uint32_t down = t->table[cell(t, i + 1, j)];
			uint32_t right = t->table[cell(t, i, j + 1)];

			if (same(&t->a[i], &t->b[j]))
				t->table[cell(t, i, j)] = t->table[cell(t, i + 1, j + 1)] + 1;
			else
				t->table[cell(t, i, j)] = down > right ? down : right;
		}
	return STATUS_OK;
}

/* Without a table everything between goes and comes. */
static size_t
walk(const struct between *t, struct shown *shown)
{
	size_t i = 0, j = 0, count = 0;

	while (i < t->na || j < t->nb) {
		bool both = i < t->na && j < t->nb && t->table != NULL;

		if (both && same(&t->a[i], &t->b[j])) {
			shown[count++] = (struct shown){' ', &t->b[j++]};
			i++;
		} else if (i < t->na &&
			   (!both || t->table[cell(t, i + 1, j)] >= t->table[cell(t, i, j + 1)])) {
			shown[count++] = (struct shown){'-', &t->a[i++]};
		} else {
			shown[count++] = (struct shown){'+', &t->b[j++]};
		}
	}
	return count;
}

static bool
near_change(const struct shown *shown, size_t count, size_t at)
{
	size_t from = at > DIFF_CONTEXT ? at - DIFF_CONTEXT : 0;

	for (size_t i = from; i < count && i <= at + DIFF_CONTEXT; i++)
		if (shown[i].sign != ' ')
			return true;
	return false;
}

static void
print(const struct shown *shown, size_t count, struct buf *out)
{
	bool skipping = false;

	for (size_t i = 0; i < count; i++) {
		bool wanted = near_change(shown, count, i);

		if (wanted) {
			buf_char(out, shown[i].sign);
			buf_char(out, ' ');
			buf_add(out, shown[i].line->text, shown[i].line->len);
			buf_char(out, '\n');
		} else if (!skipping) {
			buf_text(out, "  ...\n");
		}
		skipping = !wanted;
	}
}

static enum status
compare(const struct lines *a, const struct lines *b, struct buf *out)
{
	struct between t = {.na = a->count, .nb = b->count};
	struct shown *shown = calloc(a->count + b->count + 1, sizeof(*shown));
	size_t head = 0, tail = 0, count = 0;
	enum status status = STATUS_OK;

	if (shown == NULL)
		return STATUS_NO_MEMORY;
	while (head < t.na && head < t.nb && same(&a->items[head], &b->items[head]))
		shown[count++] = (struct shown){' ', &b->items[head++]};
	while (tail < t.na - head && tail < t.nb - head &&
	       same(&a->items[t.na - 1 - tail], &b->items[t.nb - 1 - tail]))
		tail++;
	t.a = a->items + head;
	t.b = b->items + head;
	t.na -= head + tail;
	t.nb -= head + tail;
	status = fill(&t);
	if (status == STATUS_OK) {
		count += walk(&t, shown + count);
		for (size_t i = b->count - tail; i < b->count; i++)
			shown[count++] = (struct shown){' ', &b->items[i]};
		print(shown, count, out);
		status = buf_status(out);
	}
	free(t.table);
	free(shown);
	return status;
}

enum status
diff_lines(const char *old, const char *new, struct buf *out)
{
	struct lines a = {.items = NULL}, b = {.items = NULL};
	enum status status = split(old, &a);

	if (status == STATUS_OK)
		status = split(new, &b);
	if (status == STATUS_OK)
		status = compare(&a, &b, out);
	free(a.items);
	free(b.items);
	return status;
}

/* One character of a string, as \uXXXX with surrogates where it takes two (RFC 8259 section 7). */
static void
put_escaped(struct buf *out, uint32_t code)
{
	if (code < 0x10000) {
		buf_printf(out, "\\u%04x", (unsigned)code);
		return;
	}
	code -= 0x10000;
	buf_printf(out, "\\u%04x\\u%04x", (unsigned)(0xd800 + (code >> 10)),
	    (unsigned)(0xdc00 + (code & 0x3ff)));
}

/* `text` is pretty JSON: outside of strings it has blanks and line ends only, in them no control characters. */
static void
unhide(const char *text, size_t len, struct buf *out)
{
	for (size_t i = 0; i < len;) {
		size_t bytes = utf8_length(text + i, len - i);

		if (text[i] == '\\' && i + 1 < len) {
			buf_add(out, text + i, 2);
			if (text[i + 1] == 'n')
				buf_char(out, '\n');
			i += 2;
			continue;
		}
		if (bytes == 0)
			buf_char(out, '?');
		else if (bytes > 1 && utf8_unseen(utf8_code(text + i, bytes)))
			put_escaped(out, utf8_code(text + i, bytes));
		else
			buf_add(out, text + i, bytes);
		i += bytes > 0 ? bytes : 1;
	}
}

enum status
diff_json(const char *json, size_t len, struct buf *out)
{
	const struct json_limits limits = {
	    .bytes = PRETTY_MAX, .nesting = NESTING_MAX, .members = MEMBERS_MAX};
	struct json_object *root = NULL;
	struct buf pretty;
	enum status status = json_parse(json, len, &limits, &root, NULL);

	buf_init(&pretty, PRETTY_MAX);
	if (status == STATUS_OK) {
		json_write_pretty(root, &pretty);
		status = buf_status(&pretty);
	}
	if (status == STATUS_OK) {
		unhide(buf_str(&pretty), pretty.len, out);
		status = buf_status(out);
	}
	buf_free(&pretty);
	json_free(root);
	return status;
}
