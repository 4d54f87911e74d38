/* json_canonical.c - one form for equal values: RFC 8785, and deep equality; see json.h. */
#include "json.h"

#include <stdlib.h>
#include <string.h>

#include "decimal.h"

/* Members sorted without an allocation; most calls have fewer in all objects around a value. */
#define ENTRIES_FIRST 32
/* Up to here insertion beats qsort(). */
#define INSERTION_MAX 16

struct entry {
	const char *name;
	const struct json_object *value;
};

/* The members of all objects that are being written, the innermost last. */
struct canonical {
	struct buf *out;
	struct entry *entries; /* `first` or owned */
	size_t used;
	size_t size;
	struct entry first[ENTRIES_FIRST];
};

/*
 * Order of UTF-16 code units (RFC 8785 section 3.2.3). UTF-8 sorts alike, but for surrogates: they
 * stand below U+E000, whose UTF-8 (lead bytes EE and EF) stands below that of U+10000 (F0 and up).
 */
static int
compare_names(const char *a, const char *b)
{
	unsigned char p, q;

	while (*a == *b && *a != '\0') {
		a++;
		b++;
	}
	p = (unsigned char)*a;
	q = (unsigned char)*b;
	if (p >= 0xee && q >= 0xee && (p >= 0xf0) != (q >= 0xf0))
		return p >= 0xf0 ? -1 : 1;
	return (p > q) - (p < q);
}

static int
compare_entries(const void *a, const void *b)
{
	const struct entry *p = a, *q = b;

	return compare_names(p->name, q->name);
}

static void
sort_entries(struct entry *entries, size_t count)
{
	if (count > INSERTION_MAX) {
		qsort(entries, count, sizeof(*entries), compare_entries);
		return;
	}
	for (size_t i = 1; i < count; i++) {
		struct entry entry = entries[i];
		size_t at = i;

		for (; at > 0 && compare_names(entries[at - 1].name, entry.name) > 0; at--)
			entries[at] = entries[at - 1];
		entries[at] = entry;
	}
}

/* Makes room for `more` entries; false leaves the failure in the buffer. */
static bool
reserve_entries(struct canonical *c, size_t more)
{
	struct entry *entries;
	size_t size = c->size;

	if (buf_status(c->out) != STATUS_OK)
		return false;
	if (more <= size - c->used)
		return true;
	while (size - c->used < more)
		size *= 2;
	entries = malloc(size * sizeof(*entries));
	if (entries == NULL) {
		c->out->status = STATUS_NO_MEMORY;
		return false;
	}
	memcpy(entries, c->entries, c->used * sizeof(*entries));
	if (c->entries != c->first)
		free(c->entries);
	c->entries = entries;
	c->size = size;
	return true;
}

static void write_node(struct canonical *c, const struct json_object *node);

static void
write_object(struct canonical *c, const struct json_object *node)
{
	struct json_walk walk = {0};
	size_t base = c->used;

	if (!reserve_entries(c, json_length(node)))
		return;
	while (json_next_member(node, &walk))
		c->entries[c->used++] = (struct entry){.name = walk.name, .value = walk.value};
	sort_entries(c->entries + base, c->used - base);
	buf_char(c->out, '{');
	for (size_t i = base, end = c->used; i < end; i++) {
		if (i > base)
			buf_char(c->out, ',');
		json_write_string(c->entries[i].name, strlen(c->entries[i].name), c->out);
		buf_char(c->out, ':');
		write_node(c, c->entries[i].value);
	}
	buf_char(c->out, '}');
	c->used = base;
}

static void
write_array(struct canonical *c, const struct json_object *node)
{
	size_t count = json_length(node);

	buf_char(c->out, '[');
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buf_char(c->out, ',');
		write_node(c, json_element(node, i));
	}
	buf_char(c->out, ']');
}

static void
write_number(struct buf *out, const struct json_object *node)
{
	char scratch[JSON_NUMBER_SCRATCH];
	const char *text = json_number_text(node, scratch);
	size_t len = strlen(text);
	struct decimal d;

	/* 64-bit integers have at most 20 digits: written in full they are canonical. */
	if (strspn(text, "-0123456789") == len)
		buf_add(out, text, len);
	else if (decimal_read(text, len, &d) == STATUS_OK)
		decimal_write_canonical(&d, out);
	else
		out->status = STATUS_INVALID;
}

static void
write_node(struct canonical *c, const struct json_object *node)
{
	const char *text;
	size_t len;

	switch (json_type(node)) {
	case JSON_NULL:
		buf_add(c->out, "null", 4);
		break;
	case JSON_BOOL:
		buf_text(c->out, json_bool(node) ? "true" : "false");
		break;
	case JSON_NUMBER:
		write_number(c->out, node);
		break;
	case JSON_STRING:
		text = json_string(node, &len);
		json_write_string(text, len, c->out);
		break;
	case JSON_OBJECT:
		write_object(c, node);
		break;
	case JSON_ARRAY:
		write_array(c, node);
		break;
	}
}

void
json_write_canonical(const struct json_object *root, struct buf *out)
{
	struct canonical c;

	c.out = out;
	c.entries = c.first;
	c.used = 0;
	c.size = ENTRIES_FIRST;
	write_node(&c, root);
	if (c.entries != c.first)
		free(c.entries);
}

static bool
equal_numbers(const struct json_object *a, const struct json_object *b)
{
	char a_scratch[JSON_NUMBER_SCRATCH], b_scratch[JSON_NUMBER_SCRATCH];
	const char *p = json_number_text(a, a_scratch), *q = json_number_text(b, b_scratch);
	struct decimal d, e;

	return strcmp(p, q) == 0 ||
	       (decimal_read(p, strlen(p), &d) == STATUS_OK &&
		   decimal_read(q, strlen(q), &e) == STATUS_OK && decimal_compare(&d, &e) == 0);
}

static bool
equal_strings(const struct json_object *a, const struct json_object *b)
{
	size_t a_len, b_len;
	const char *p = json_string(a, &a_len), *q = json_string(b, &b_len);

	return a_len == b_len && memcmp(p, q, a_len) == 0;
}

static bool
equal_objects(const struct json_object *a, const struct json_object *b)
{
	struct json_walk walk = {0};
	bool found = true;

	if (json_length(a) != json_length(b))
		return false;
	while (json_next_member(a, &walk)) {
		const struct json_object *other = json_member(b, walk.name, &found);

		if (!found || !json_equal(walk.value, other))
			return false;
	}
	return true;
}

static bool
equal_arrays(const struct json_object *a, const struct json_object *b)
{
	size_t count = json_length(a);

	if (count != json_length(b))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!json_equal(json_element(a, i), json_element(b, i)))
			return false;
	return true;
}

bool
json_equal(const struct json_object *a, const struct json_object *b)
{
	if (a == b)
		return true;
	if (json_type(a) != json_type(b))
		return false;
	switch (json_type(a)) {
	case JSON_NULL:
		return true;
	case JSON_BOOL:
		return json_bool(a) == json_bool(b);
	case JSON_NUMBER:
		return equal_numbers(a, b);
	case JSON_STRING:
		return equal_strings(a, b);
	case JSON_OBJECT:
		return equal_objects(a, b);
	case JSON_ARRAY:
		return equal_arrays(a, b);
	}
	return false;
}
