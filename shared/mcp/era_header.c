/* era_header.c - values of headers that repeat what the body says, plain or in Base64; see era.h. */
#include <string.h>

#include "mcp/era.h"
#include "utf8.h"

#define HEAD "=?base64?"
#define HEAD_LEN (sizeof(HEAD) - 1)
#define TAIL "?="
#define TAIL_LEN (sizeof(TAIL) - 1)

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* What a value in Base64 looks like. */
static bool
is_marked(const char *text, size_t len)
{
	return len > HEAD_LEN && memcmp(text, HEAD, HEAD_LEN) == 0 &&
	       memcmp(text + len - TAIL_LEN, TAIL, TAIL_LEN) == 0;
}

/* RFC 4648 section 4 in its one spelling: padded, nothing between the characters, no bits behind the end. */
static bool
decode(const char *text, size_t len, struct buf *out)
{
	size_t padding = 0;

	if (len % 4 != 0)
		return false;
	while (padding < 2 && padding < len && text[len - 1 - padding] == '=')
		padding++;
	for (size_t i = 0; i < len; i += 4) {
		size_t have = i + 4 < len ? 4 : 4 - padding;
		unsigned three = 0;

		for (size_t j = 0; j < 4; j++) {
			const char *digit =
			    j < have ? memchr(digits, text[i + j], sizeof(digits) - 1) : digits;

			if (digit == NULL)
				return false;
			three = three << 6 | (unsigned)(digit - digits);
		}
		if ((three & ((1U << 8 * (4 - have)) - 1)) != 0)
			return false;
		for (size_t j = 0; j + 1 < have; j++)
			buf_char(out, (char)(three >> (16 - 8 * j) & 0xff));
	}
	return true;
}

static bool
is_utf8(const char *text, size_t left)
{
	size_t len = 1;

	for (; left > 0 && len > 0; text += len, left -= len)
		len = utf8_length(text, left);
	return len > 0;
}

enum status
mcp_header_decode(const char *value, struct buf *out)
{
	size_t len = strlen(value);
	size_t start = out->len;

	while (len > 0 && is_blank(*value)) {
		value++;
		len--;
	}
	while (len > 0 && is_blank(value[len - 1]))
		len--;
	if (!is_marked(value, len)) {
		for (size_t i = 0; i < len; i++)
			if ((value[i] < ' ' && value[i] != '\t') || value[i] > '~')
				return STATUS_INVALID;
		buf_add(out, value, len);
		return buf_status(out);
	}
	/* "=?base64?=" begins and ends like one, with one mark for both. */
	if (len < HEAD_LEN + TAIL_LEN || !decode(value + HEAD_LEN, len - HEAD_LEN - TAIL_LEN, out))
		return STATUS_INVALID;
	if (buf_status(out) == STATUS_OK && !is_utf8(buf_str(out) + start, out->len - start))
		return STATUS_INVALID;
	return buf_status(out);
}

/* Whether a value may stand as it is. An empty one may, but on its way empty headers get lost. */
static bool
is_plain(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] < ' ' || text[i] > '~')
			return false;
	return len > 0 && text[0] != ' ' && text[len - 1] != ' ' && !is_marked(text, len);
}

void
mcp_header_encode(const char *text, size_t len, struct buf *out)
{
	if (is_plain(text, len)) {
		buf_add(out, text, len);
		return;
	}
	buf_text(out, HEAD);
	for (size_t i = 0; i < len; i += 3) {
		unsigned three = 0;

		for (size_t j = 0; j < 3; j++)
			three = three << 8 | (i + j < len ? (unsigned char)text[i + j] : 0U);
		for (size_t j = 0; j < 4; j++)
			buf_char(out, i + j <= len ? digits[three >> (18 - 6 * j) & 63] : '=');
	}
	buf_text(out, TAIL);
}
