/* json_scan.c - the tokens of a JSON text; see json_scan.h. */
#include "json_scan.h"

#include <string.h>

#include "decimal.h"
#include "utf8.h"

#define TOO_EARLY "the JSON text ends too early"

/* What ends the run of plain bytes in a string. */
enum { BYTE_PLAIN = 0, BYTE_CONTROL, BYTE_QUOTE, BYTE_ESCAPE, BYTE_HIGH };

static const unsigned char byte_class[256] = {
    [0x00 ... 0x1f] = BYTE_CONTROL,
    ['"'] = BYTE_QUOTE,
    ['\\'] = BYTE_ESCAPE,
    [0x80 ... 0xff] = BYTE_HIGH,
};

static enum status
refuse(struct scan *s, size_t at, const char *what)
{
	problem_set(s->why, "%s at byte %zu", what, at);
	return STATUS_INVALID;
}

enum status
scan_refuse(struct scan *s, const char *what)
{
	if (s->at >= s->len)
		return refuse(s, s->len, TOO_EARLY);
	return refuse(s, s->at, what);
}

void
scan_space(struct scan *s)
{
	while (s->at < s->len) {
		unsigned char c = s->text[s->at];

		if (c != ' ' && c != '\n' && c != '\r' && c != '\t')
			return;
		s->at++;
	}
}

/* The value of four hex digits, -1 where they are not there. */
static long
hex4(const unsigned char *digits, size_t left)
{
	long value = 0;

	if (left < 4)
		return -1;
	for (size_t i = 0; i < 4; i++) {
		unsigned char c = digits[i];

		if (c >= '0' && c <= '9')
			value = value * 16 + (c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			value = value * 16 + ((c | 0x20) - 'a' + 10);
		else
			return -1;
	}
	return value;
}

/* The position is on the backslash of a \u escape. */
static enum status
scan_unicode_escape(struct scan *s, bool is_name)
{
	long unit = hex4(s->text + s->at + 2, s->len - s->at - 2), next = -1;

	if (unit < 0)
		return refuse(s, s->at, "\\u without four hexadecimal digits");
	if (unit == 0 && is_name)
		return refuse(s, s->at, "\\u0000 in a member name is not supported");
	if (unit < 0xd800 || unit > 0xdfff) {
		s->at += 6;
		return STATUS_OK;
	}
	if (unit < 0xdc00 && s->len - s->at >= 12 && s->text[s->at + 6] == '\\' &&
	    s->text[s->at + 7] == 'u')
		next = hex4(s->text + s->at + 8, s->len - s->at - 8);
	if (next < 0xdc00 || next > 0xdfff)
		return refuse(s, s->at, "half of a surrogate pair");
	s->at += 12;
	return STATUS_OK;
}

static enum status
scan_escape(struct scan *s, bool is_name)
{
	int c = s->at + 1 < s->len ? s->text[s->at + 1] : -1;

	switch (c) {
	case '"':
	case '\\':
	case '/':
	case 'b':
	case 'f':
	case 'n':
	case 'r':
	case 't':
		s->at += 2;
		return STATUS_OK;
	case 'u':
		return scan_unicode_escape(s, is_name);
	case -1:
		return refuse(s, s->len, TOO_EARLY);
	default:
		return refuse(s, s->at, "an escape that JSON does not know");
	}
}

/* Goes past what ended a run of plain bytes, unless that is the closing quotation mark. */
static enum status
scan_special(struct scan *s, bool is_name, struct scan_piece *string)
{
	size_t len;

	switch (byte_class[s->text[s->at]]) {
	case BYTE_QUOTE:
		return STATUS_OK;
	case BYTE_ESCAPE:
		string->escaped = true;
		return scan_escape(s, is_name);
	case BYTE_HIGH:
		len = utf8_length(s->text + s->at, s->len - s->at);
		if (len == 0)
			return refuse(s, s->at, "bytes that are not UTF-8");
		s->at += len;
		return STATUS_OK;
	default:
		return refuse(s, s->at, "a control character inside a string");
	}
}

enum status
scan_string(struct scan *s, bool is_name, struct scan_piece *string)
{
	size_t first = ++s->at;
	enum status status;

	*string = (struct scan_piece){.bytes = (const char *)s->text + first};
	do {
		while (s->at < s->len && byte_class[s->text[s->at]] == BYTE_PLAIN)
			s->at++;
		if (s->at == s->len)
			return refuse(s, s->len, TOO_EARLY);
		status = scan_special(s, is_name, string);
		if (status != STATUS_OK)
			return status;
	} while (s->at == s->len || s->text[s->at] != '"');
	string->len = s->at++ - first;
	return STATUS_OK;
}

static size_t
write_utf8(long c, char *out)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

/* `from` is on the backslash of an escape that scan_escape() has accepted. */
static size_t
unescape_one(const unsigned char **from, char *out)
{
	static const char short_escapes[256] = {['"'] = '"',
	    ['\\'] = '\\',
	    ['/'] = '/',
	    ['b'] = '\b',
	    ['f'] = '\f',
	    ['n'] = '\n',
	    ['r'] = '\r',
	    ['t'] = '\t'};
	const unsigned char *at = *from;
	long c;

	if (at[1] != 'u') {
		*out = short_escapes[at[1]];
		*from += 2;
		return 1;
	}
	c = hex4(at + 2, 4);
	*from += 6;
	if (c >= 0xd800 && c <= 0xdfff) {
		c = 0x10000 + ((c - 0xd800) << 10) + (hex4(at + 8, 4) - 0xdc00);
		*from += 6;
	}
	return write_utf8(c, out);
}

size_t
scan_unescape(const struct scan_piece *string, char *out)
{
	const unsigned char *from = (const unsigned char *)string->bytes, *end = from + string->len;
	char *to = out;

	while (from < end) {
		const unsigned char *escape = memchr(from, '\\', (size_t)(end - from));
		size_t plain = (size_t)((escape != NULL ? escape : end) - from);

		memcpy(to, from, plain);
		to += plain;
		from += plain;
		if (escape != NULL)
			to += unescape_one(&from, to);
	}
	return (size_t)(to - out);
}

static size_t
scan_digits(struct scan *s)
{
	size_t first = s->at;

	while (s->at < s->len && s->text[s->at] >= '0' && s->text[s->at] <= '9')
		s->at++;
	return s->at - first;
}

/* Whether an integer without leading zeros is in [-2^63, 2^64-1], which is what json-c can hold. */
static bool
integer_fits(const unsigned char *digits, size_t count, bool negative)
{
	const char *most = negative ? "9223372036854775808" : "18446744073709551615";
	size_t width = negative ? 19 : 20;

	return count < width || (count == width && memcmp(digits, most, width) <= 0);
}

/* The position is on the e. `first` is where the number starts. */
static enum status
scan_exponent(struct scan *s, size_t first)
{
	long value = 0;
	size_t digits;

	s->at++;
	if (scan_peek(s) == '+' || scan_peek(s) == '-')
		s->at++;
	digits = s->at;
	if (scan_digits(s) == 0)
		return scan_refuse(s, "a number without digits in its exponent");
	for (size_t i = digits; i < s->at; i++) {
		value = value * 10 + (s->text[i] - '0');
		if (value > DECIMAL_EXPONENT_MAX)
			return refuse(s, first, "a number with too large an exponent");
	}
	return STATUS_OK;
}

/* Behind the first digits of a number that is no integer. */
static enum status
scan_fraction(struct scan *s, size_t first)
{
	if (scan_peek(s) == '.') {
		s->at++;
		if (scan_digits(s) == 0)
			return scan_refuse(s, "a number without digits after its point");
	}
	if (scan_peek(s) == 'e' || scan_peek(s) == 'E')
		return scan_exponent(s, first);
	return STATUS_OK;
}

enum status
scan_number(struct scan *s, struct scan_piece *number)
{
	size_t first = s->at, start, count;
	bool negative = scan_peek(s) == '-';
	enum status status = STATUS_OK;

	*number = (struct scan_piece){.bytes = (const char *)s->text + first};
	if (negative)
		s->at++;
	start = s->at;
	count = scan_digits(s);
	if (count == 0)
		return scan_refuse(s, "a number without digits");
	if (count > 1 && s->text[start] == '0')
		return refuse(s, start, "a number with a leading zero");
	number->integer = scan_peek(s) != '.' && scan_peek(s) != 'e' && scan_peek(s) != 'E';
	if (!number->integer)
		status = scan_fraction(s, first);
	else if (!integer_fits(s->text + start, count, negative))
		status = refuse(s, first, "an integer that does not fit into 64 bits");
	number->len = s->at - first;
	return status;
}

enum status
scan_word(struct scan *s, const char *word)
{
	for (; *word != '\0'; word++, s->at++)
		if (scan_peek(s) != *word)
			return scan_refuse(s, "an unexpected byte");
	return STATUS_OK;
}
