/*
 * json_guard.c - the lexical scan in front of json-c; see json_guard.h.
 *
 * It is a complete recogniser of RFC 8259, so that what is refused and why does not depend on how
 * lenient a json-c is. Containers are kept as one bit a level, so hostile nesting costs no stack.
 */
#include "json_guard.h"

#include <limits.h>
#include <string.h>

#include "decimal.h"
#include "utf8.h"

#define TOO_EARLY "the JSON text ends too early"

struct guard {
	const unsigned char *text;
	size_t len;
	size_t at;
	const struct json_limits *limits;
	size_t members;
	unsigned depth;
	unsigned char object[JSON_NESTING_MAX / 8 + 1]; /* bit per level: object, else array */
	struct problem *why;
};

/* What ends the run of plain bytes in a string. */
enum { BYTE_PLAIN = 0, BYTE_CONTROL, BYTE_QUOTE, BYTE_ESCAPE, BYTE_HIGH };

static const unsigned char byte_class[256] = {
    [0x00 ... 0x1f] = BYTE_CONTROL,
    ['"'] = BYTE_QUOTE,
    ['\\'] = BYTE_ESCAPE,
    [0x80 ... 0xff] = BYTE_HIGH,
};

static enum status
refuse(struct guard *g, size_t at, const char *what)
{
	problem_set(g->why, "%s at byte %zu", what, at);
	return STATUS_INVALID;
}

/* What was expected is not there: the text ends, or another byte stands there. */
static enum status
refuse_here(struct guard *g, const char *what)
{
	if (g->at >= g->len)
		return refuse(g, g->len, TOO_EARLY);
	return refuse(g, g->at, what);
}

/* The byte at the position, -1 at the end. */
static int
peek(const struct guard *g)
{
	return g->at < g->len ? g->text[g->at] : -1;
}

static void
skip_space(struct guard *g)
{
	while (g->at < g->len) {
		unsigned char c = g->text[g->at];

		if (c != ' ' && c != '\n' && c != '\r' && c != '\t')
			return;
		g->at++;
	}
}

/* The value of four hex digits at `at`, -1 where they are not there. */
static long
hex4(const struct guard *g, size_t at)
{
	long value = 0;

	if (g->len - at < 4)
		return -1;
	for (size_t i = at; i < at + 4; i++) {
		unsigned char c = g->text[i];

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
scan_unicode_escape(struct guard *g, bool is_name)
{
	long unit = hex4(g, g->at + 2), next = -1;

	if (unit < 0)
		return refuse(g, g->at, "\\u without four hexadecimal digits");
	if (unit == 0 && is_name)
		return refuse(g, g->at, "\\u0000 in a member name is not supported");
	if (unit < 0xd800 || unit > 0xdfff) {
		g->at += 6;
		return STATUS_OK;
	}
	if (unit < 0xdc00 && g->len - g->at >= 12 && g->text[g->at + 6] == '\\' &&
	    g->text[g->at + 7] == 'u')
		next = hex4(g, g->at + 8);
	if (next < 0xdc00 || next > 0xdfff)
		return refuse(g, g->at, "half of a surrogate pair");
	g->at += 12;
	return STATUS_OK;
}

static enum status
scan_escape(struct guard *g, bool is_name)
{
	int c = g->at + 1 < g->len ? g->text[g->at + 1] : -1;

	switch (c) {
	case '"':
	case '\\':
	case '/':
	case 'b':
	case 'f':
	case 'n':
	case 'r':
	case 't':
		g->at += 2;
		return STATUS_OK;
	case 'u':
		return scan_unicode_escape(g, is_name);
	case -1:
		return refuse(g, g->len, TOO_EARLY);
	default:
		return refuse(g, g->at, "an escape that JSON does not know");
	}
}

/* The position is on the opening quotation mark. */
static enum status
scan_string(struct guard *g, bool is_name)
{
	enum status status;
	size_t len;

	g->at++;
	for (;;) {
		while (g->at < g->len && byte_class[g->text[g->at]] == BYTE_PLAIN)
			g->at++;
		if (g->at == g->len)
			return refuse(g, g->len, TOO_EARLY);
		switch (byte_class[g->text[g->at]]) {
		case BYTE_QUOTE:
			g->at++;
			return STATUS_OK;
		case BYTE_ESCAPE:
			status = scan_escape(g, is_name);
			if (status != STATUS_OK)
				return status;
			break;
		case BYTE_HIGH:
			len = utf8_length(g->text + g->at, g->len - g->at);
			if (len == 0)
				return refuse(g, g->at, "bytes that are not UTF-8");
			g->at += len;
			break;
		default:
			return refuse(g, g->at, "a control character inside a string");
		}
	}
}

static size_t
scan_digits(struct guard *g)
{
	size_t first = g->at;

	while (g->at < g->len && g->text[g->at] >= '0' && g->text[g->at] <= '9')
		g->at++;
	return g->at - first;
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
scan_exponent(struct guard *g, size_t first)
{
	long value = 0;
	size_t digits;

	g->at++;
	if (peek(g) == '+' || peek(g) == '-')
		g->at++;
	digits = g->at;
	if (scan_digits(g) == 0)
		return refuse_here(g, "a number without digits in its exponent");
	for (size_t i = digits; i < g->at; i++) {
		value = value * 10 + (g->text[i] - '0');
		if (value > DECIMAL_EXPONENT_MAX)
			return refuse(g, first, "a number with too large an exponent");
	}
	return STATUS_OK;
}

/* The position is on a minus sign or a digit. */
static enum status
scan_number(struct guard *g)
{
	size_t first = g->at, start, count;
	bool negative = peek(g) == '-';

	if (negative)
		g->at++;
	start = g->at;
	count = scan_digits(g);
	if (count == 0)
		return refuse_here(g, "a number without digits");
	if (count > 1 && g->text[start] == '0')
		return refuse(g, start, "a number with a leading zero");
	if (peek(g) != '.' && peek(g) != 'e' && peek(g) != 'E') {
		if (!integer_fits(g->text + start, count, negative))
			return refuse(g, first, "an integer that does not fit into 64 bits");
		return STATUS_OK;
	}
	if (peek(g) == '.') {
		g->at++;
		if (scan_digits(g) == 0)
			return refuse_here(g, "a number without digits after its point");
	}
	if (peek(g) == 'e' || peek(g) == 'E')
		return scan_exponent(g, first);
	return STATUS_OK;
}

static enum status
scan_word(struct guard *g, const char *word)
{
	for (; *word != '\0'; word++, g->at++)
		if (peek(g) != *word)
			return refuse_here(g, "an unexpected byte");
	return STATUS_OK;
}

static bool
in_object(const struct guard *g)
{
	return (g->object[g->depth / 8] >> (g->depth % 8) & 1) != 0;
}

/* Counts the member or element that starts here; in an object, goes past its name and colon. */
static enum status
scan_item(struct guard *g)
{
	enum status status;

	if (g->members == g->limits->members) {
		problem_set(
		    g->why, "more than %zu members and elements at byte %zu", g->members, g->at);
		return STATUS_TOO_LARGE;
	}
	g->members++;
	if (!in_object(g))
		return STATUS_OK;
	if (peek(g) != '"')
		return refuse_here(g, "no member name");
	status = scan_string(g, true);
	if (status != STATUS_OK)
		return status;
	skip_space(g);
	if (peek(g) != ':')
		return refuse_here(g, "no colon after a member name");
	g->at++;
	skip_space(g);
	return STATUS_OK;
}

/* The position is on { or [. Afterwards it is on the first value inside, or behind an empty one. */
static enum status
open_container(struct guard *g, bool *complete)
{
	bool object = peek(g) == '{';

	if (g->depth >= g->limits->nesting || g->depth >= JSON_NESTING_MAX) {
		problem_set(g->why, "nested deeper than %u levels at byte %zu", g->depth, g->at);
		return STATUS_TOO_LARGE;
	}
	g->depth++;
	if (object)
		g->object[g->depth / 8] |= (unsigned char)(1u << (g->depth % 8));
	else
		g->object[g->depth / 8] &= (unsigned char)~(1u << (g->depth % 8));
	g->at++;
	skip_space(g);
	*complete = peek(g) == (object ? '}' : ']');
	if (!*complete)
		return scan_item(g);
	g->at++;
	g->depth--;
	return STATUS_OK;
}

/* Reads a value that holds no other, or goes into one that does. */
static enum status
scan_value(struct guard *g, bool *complete)
{
	*complete = true;
	switch (peek(g)) {
	case '{':
	case '[':
		return open_container(g, complete);
	case '"':
		return scan_string(g, false);
	case 't':
		return scan_word(g, "true");
	case 'f':
		return scan_word(g, "false");
	case 'n':
		return scan_word(g, "null");
	case '-':
	case '0' ... '9':
		return scan_number(g);
	default:
		return refuse_here(g, "an unexpected byte");
	}
}

/* Behind a value inside a container: a comma leads to the next, a bracket completes the container. */
static enum status
scan_behind(struct guard *g, bool *complete)
{
	bool object = in_object(g);

	skip_space(g);
	if (peek(g) == ',') {
		g->at++;
		skip_space(g);
		*complete = false;
		return scan_item(g);
	}
	if (peek(g) != (object ? '}' : ']'))
		return refuse_here(g, object ? "neither a comma nor }" : "neither a comma nor ]");
	g->at++;
	g->depth--;
	return STATUS_OK;
}

enum status
json_guard(const char *text, size_t len, const struct json_limits *limits, struct problem *why)
{
	struct guard g = {
	    .text = (const unsigned char *)text, .len = len, .limits = limits, .why = why};
	enum status status;
	bool complete = false;

	/* json-c counts with int. */
	if (len > limits->bytes || len >= INT_MAX) {
		problem_set(why, "the JSON text is longer than %zu bytes",
		    limits->bytes < INT_MAX ? limits->bytes : (size_t)INT_MAX - 1);
		return STATUS_TOO_LARGE;
	}
	skip_space(&g);
	while (!complete) {
		status = scan_value(&g, &complete);
		while (status == STATUS_OK && complete && g.depth > 0)
			status = scan_behind(&g, &complete);
		if (status != STATUS_OK)
			return status;
	}
	skip_space(&g);
	if (g.at < g.len)
		return refuse(&g, g.at, "something behind the JSON document");
	return STATUS_OK;
}
