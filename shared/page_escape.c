/* page_escape.c - values as text; see page_escape.h. */
#include "page_escape.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "utf8.h"

struct range {
	uint32_t first;
	uint32_t last;
};

/* General category Cc, Cf, Zl and Zp, and what else is drawn as nothing (Default_Ignorable_Code_Point) but for the selectors of emoji. */
static const struct range unseen[] = {
    {0x00, 0x08},
    {0x0b, 0x0c},
    {0x0e, 0x1f},
    {0x7f, 0x9f},
    {0xad, 0xad},
    {0x034f, 0x034f},
    {0x0600, 0x0605},
    {0x061c, 0x061c},
    {0x06dd, 0x06dd},
    {0x070f, 0x070f},
    {0x0890, 0x0891},
    {0x08e2, 0x08e2},
    {0x115f, 0x1160},
    {0x17b4, 0x17b5},
    {0x180b, 0x180f},
    {0x200b, 0x200f},
    {0x2028, 0x202e},
    {0x2060, 0x206f},
    {0x3164, 0x3164},
    {0xfe00, 0xfe0d},
    {0xfeff, 0xfeff},
    {0xffa0, 0xffa0},
    {0xfff0, 0xfffb},
    {0x110bd, 0x110bd},
    {0x110cd, 0x110cd},
    {0x13430, 0x1343f},
    {0x1bca0, 0x1bca3},
    {0x1d173, 0x1d17a},
    {0xe0000, 0xe0fff},
};

static bool
is_unseen(uint32_t code)
{
	for (size_t i = 0; i < sizeof(unseen) / sizeof(unseen[0]); i++)
		if (code >= unseen[i].first && code <= unseen[i].last)
			return true;
	return false;
}

/* The character of `len` bytes that utf8_length() has found well-formed. */
static uint32_t
code_of(const unsigned char *at, size_t len)
{
	uint32_t code = len == 1 ? at[0] : at[0] & (0xffU >> (len + 1));

	for (size_t i = 1; i < len; i++)
		code = code << 6 | (at[i] & 0x3fU);
	return code;
}

/* One character of `len` bytes, 0 for a byte that begins none. */
static void
add_character(struct buf *out, const char *at, size_t len)
{
	uint32_t code;

	if (len == 0) {
		buf_text(out, "\xef\xbf\xbd");
		return;
	}
	code = code_of((const unsigned char *)at, len);
	if (is_unseen(code))
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
