/* page_escape.c - values as text; see page_escape.h. */
#include "page_escape.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "utf8.h"

/* One character of `len` bytes, 0 for a byte that begins none. */
static void
add_character(struct buf *out, const char *at, size_t len)
{
	uint32_t code;

	if (len == 0) {
		buf_text(out, "\xef\xbf\xbd");
		return;
	}
	code = utf8_code(at, len);
	if (utf8_unseen(code) && code != '\n' && code != '\t')
		buf_printf(out, "[U+%04X]", code);
	else
		buf_add(out, at, len);
}

static const char *
entity(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	case '\r':
		return " ";
	default:
		return NULL;
	}
}

static const char *
no_line_end(char c)
{
	return c == '\n' || c == '\r' || c == '\t' ? " " : NULL;
}

static void
escape(struct buf *out, const char *text, const char *(*instead)(char))
{
	size_t left = strlen(text);

	while (left > 0) {
		size_t len = utf8_length(text, left);
		const char *other = instead(*text);

		if (other != NULL)
			buf_text(out, other);
		else
			add_character(out, text, len);
		len = len == 0 ? 1 : len;
		text += len;
		left -= len;
	}
}

void
page_escape_html(struct buf *out, const char *text)
{
	escape(out, text, entity);
}

void
page_escape_text(struct buf *out, const char *text)
{
	escape(out, text, no_line_end);
}
