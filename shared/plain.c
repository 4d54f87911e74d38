/* plain.c - texts of others as people may be shown them; see plain.h. */
#include "plain.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "utf8.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */
#define ELLIPSIS "\xe2\x80\xa6"    /* U+2026 */
#define SIGN_LEN 3                 /* bytes of each of the two */

struct range {
	uint32_t first;
	uint32_t last;
};

/* In order. Controls; Bidi_Control, Default_Ignorable_Code_Point, Line_Separator, Paragraph_Separator; blanks that are letters. */
static const struct range hidden[] = {
    {0x0000, 0x001f},
    {0x007f, 0x009f},
    {0x00ad, 0x00ad},
    {0x034f, 0x034f},
    {0x061c, 0x061c},
    {0x115f, 0x1160},
    {0x17b4, 0x17b5},
    {0x180b, 0x180f},
    {0x200b, 0x200f},
    {0x2028, 0x202e},
    {0x2060, 0x206f},
    {0x2800, 0x2800},
    {0x3164, 0x3164},
    {0xfe00, 0xfe0f},
    {0xfeff, 0xfeff},
    {0xffa0, 0xffa0},
    {0xfff0, 0xfffb},
    {0x1bca0, 0x1bca3},
    {0x1d173, 0x1d17a},
    {0xe0000, 0xe0fff},
};

/* The character of `len` well-formed bytes. */
static uint32_t
code_point(const unsigned char *s, size_t len)
{
	static const unsigned char lead[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	uint32_t c = s[0] & lead[len];

	for (size_t i = 1; i < len; i++)
		c = c << 6 | (s[i] & 0x3f);
	return c;
}

static bool
is_hidden(uint32_t c)
{
	if ((c & 0xfffe) == 0xfffe)
		return true; /* no characters at all: the last two of each plane */
	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
		if (c <= hidden[i].last)
			return c >= hidden[i].first;
	return false;
}

/* One character to be shown: its bytes, and how many of the source's it stands for. */
struct shown {
	const char *bytes;
	size_t len;
	size_t taken;
};

static struct shown
next(const char *at, size_t left)
{
	size_t len = utf8_length(at, left);

	if (len == 0)
		return (struct shown){REPLACEMENT, SIGN_LEN, 1};
	if (is_hidden(code_point((const unsigned char *)at, len)))
		return (struct shown){REPLACEMENT, SIGN_LEN, len};
	return (struct shown){at, len, len};
}

/*
 * Bytes of `text` that fit in `most` characters and `room` bytes when shown, and *cut: an ellipsis has to follow, for
 * which there is room in both.
 */
static size_t
fitting(const char *text, size_t most, size_t room, bool *cut)
{
	size_t len = strlen(text), at = 0, bytes = 0, count = 0, before = 0;
	struct shown c;

	*cut = false;
	for (; at < len; at += c.taken) {
		c = next(text + at, len - at);
		if (count == most || bytes + c.len > room) {
			*cut = most > 0 && room >= SIGN_LEN;
			return before;
		}
		bytes += c.len;
		count++;
		if (count < most && bytes + SIGN_LEN <= room)
			before = at + c.taken;
	}
	return at;
}

void
plain_add(struct buf *out, const char *text, size_t most)
{
	bool cut;
	size_t len = fitting(text, most, SIZE_MAX / 2, &cut);
	struct shown c;

	for (size_t at = 0; at < len; at += c.taken) {
		c = next(text + at, len - at);
		buf_add(out, c.bytes, c.len);
	}
	if (cut)
		buf_text(out, ELLIPSIS);
}

void
plain_copy(char *out, size_t size, const char *text, size_t most)
{
	bool cut;
	size_t len = fitting(text, most, size - 1, &cut), used = 0;
	struct shown c;

	for (size_t at = 0; at < len; at += c.taken) {
		c = next(text + at, len - at);
		memcpy(out + used, c.bytes, c.len);
		used += c.len;
	}
	if (cut) {
		memcpy(out + used, ELLIPSIS, SIGN_LEN);
		used += SIGN_LEN;
	}
	out[used] = '\0';
}
