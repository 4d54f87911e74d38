/* plain.c - texts of others as people may be shown them; see plain.h. */
#include "plain.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "utf8.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */
#define ELLIPSIS "\xe2\x80\xa6"    /* U+2026 */
#define SIGN_LEN 3                 /* bytes of each of the two */

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
	if (utf8_unseen(utf8_code(at, len)))
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
