/* json_write.c - trees as JSON text, compact and for people; see json.h. */
#include "json.h"

#include <string.h>

#define INDENT "  "

/* Whether a byte is written as it is (RFC 8785 section 3.2.2.2, RFC 8259 section 7). */
static bool
is_plain(unsigned char c)
{
	return c >= 0x20 && c != '"' && c != '\\';
}

static void
write_escape(unsigned char c, struct buf *out)
{
	/* The short escapes of the control characters, at their place. */
	static const char short_escapes[] = "\0\0\0\0\0\0\0\0btn\0fr";
	static const char hex[] = "0123456789abcdef";
	char text[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};

	if (c >= 0x20) {
		text[1] = (char)c;
		buf_add(out, text, 2);
	} else if (c < sizeof(short_escapes) && short_escapes[c] != '\0') {
		text[1] = short_escapes[c];
		buf_add(out, text, 2);
	} else {
		buf_add(out, text, sizeof(text));
	}
}

void
json_write_string(const char *text, size_t len, struct buf *out)
{
	size_t at = 0;

	buf_char(out, '"');
	while (at < len) {
		size_t first = at;

		while (at < len && is_plain((unsigned char)text[at]))
			at++;
		if (at > first)
			buf_add(out, text + first, at - first);
		if (at < len)
			write_escape((unsigned char)text[at++], out);
	}
	buf_char(out, '"');
}

/* A negative level writes everything on one line. */
static void
new_line(int level, struct buf *out)
{
	if (level < 0)
		return;
	buf_char(out, '\n');
	while (level-- > 0)
		buf_text(out, INDENT);
}

static void write_node(const struct json_object *node, int level, struct buf *out);

static void
write_object(const struct json_object *node, int level, struct buf *out)
{
	int inner = level < 0 ? level : level + 1;
	struct json_walk walk = {0};
	bool first = true;

	buf_char(out, '{');
	while (json_next_member(node, &walk)) {
		if (!first)
			buf_char(out, ',');
		first = false;
		new_line(inner, out);
		json_write_string(walk.name, strlen(walk.name), out);
		buf_text(out, level < 0 ? ":" : ": ");
		write_node(walk.value, inner, out);
	}
	if (!first)
		new_line(level, out);
	buf_char(out, '}');
}

static void
write_array(const struct json_object *node, int level, struct buf *out)
{
	int inner = level < 0 ? level : level + 1;
	size_t count = json_length(node);

	buf_char(out, '[');
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buf_char(out, ',');
		new_line(inner, out);
		write_node(json_element(node, i), inner, out);
	}
	if (count > 0)
		new_line(level, out);
	buf_char(out, ']');
}

static void
write_node(const struct json_object *node, int level, struct buf *out)
{
	char scratch[JSON_NUMBER_SCRATCH];
	const char *text;
	size_t len;

	switch (json_type(node)) {
	case JSON_NULL:
		buf_text(out, "null");
		break;
	case JSON_BOOL:
		buf_text(out, json_bool(node) ? "true" : "false");
		break;
	case JSON_NUMBER:
		buf_text(out, json_number_text(node, scratch));
		break;
	case JSON_STRING:
		text = json_string(node, &len);
		json_write_string(text, len, out);
		break;
	case JSON_OBJECT:
		write_object(node, level, out);
		break;
	case JSON_ARRAY:
		write_array(node, level, out);
		break;
	}
}

void
json_write(const struct json_object *root, struct buf *out)
{
	write_node(root, -1, out);
}

void
json_write_pretty(const struct json_object *root, struct buf *out)
{
	write_node(root, 0, out);
}
