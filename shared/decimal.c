/* decimal.c - JSON numbers as exact decimals; see decimal.h. */
#include "decimal.h"

#include <string.h>

/* ECMAScript Number::toString: from 1e21 up and below 1e-6 the exponent is written. */
#define PLAIN_EXPONENT_MAX 21
#define PLAIN_EXPONENT_MIN (-6)

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static size_t
skip_digits(const char *text, size_t len, size_t at)
{
	while (at < len && is_digit(text[at]))
		at++;
	return at;
}

/* The part after the mantissa: nothing, or e, a sign and digits up to the end of the text. */
static bool
read_exponent(const char *text, size_t len, size_t at, int64_t *out)
{
	bool negative = false;
	int64_t value = 0;

	*out = 0;
	if (at == len)
		return true;
	if (text[at] != 'e' && text[at] != 'E')
		return false;
	at++;
	if (at < len && (text[at] == '+' || text[at] == '-'))
		negative = text[at++] == '-';
	if (at == len)
		return false;
	for (; at < len && is_digit(text[at]); at++) {
		value = value * 10 + (text[at] - '0');
		if (value > DECIMAL_EXPONENT_MAX)
			return false;
	}
	*out = negative ? -value : value;
	return at == len;
}

/*
 * Narrows the mantissa text[first..end) whose integer part ends at `point` to its significant digits,
 * and derives the exponent from where the first of them stands.
 */
static void
set_digits(struct decimal *d, const char *text, size_t first, size_t point, size_t end)
{
	bool across;

	while (first < end && (text[first] == '0' || text[first] == '.'))
		first++;
	if (first == end) {
		*d = (struct decimal){.digits = text};
		return;
	}
	while (text[end - 1] == '0' || text[end - 1] == '.')
		end--;
	across = first < point && point < end;
	d->digits = text + first;
	d->len = end - first;
	d->count = d->len - (across ? 1 : 0);
	if (first < point)
		d->exponent += (int64_t)(point - first);
	else
		d->exponent -= (int64_t)(first - point - 1);
}

enum status
decimal_read(const char *text, size_t len, struct decimal *out)
{
	size_t first, point, end;

	*out = (struct decimal){.negative = len > 0 && text[0] == '-'};
	first = out->negative ? 1 : 0;
	point = skip_digits(text, len, first);
	if (point == first || (text[first] == '0' && point > first + 1))
		return STATUS_INVALID;
	end = point;
	if (point < len && text[point] == '.') {
		end = skip_digits(text, len, point + 1);
		if (end == point + 1)
			return STATUS_INVALID;
	}
	if (!read_exponent(text, len, end, &out->exponent))
		return STATUS_INVALID;
	set_digits(out, text, first, point, end);
	return STATUS_OK;
}

/* Compares two digit strings as fractions 0.DIGITS, stepping over the point. */
static int
compare_digits(const struct decimal *a, const struct decimal *b)
{
	const char *p = a->digits, *q = b->digits;
	const char *pend = p + a->len, *qend = q + b->len;

	for (; p < pend && q < qend; p++, q++) {
		if (*p == '.')
			p++;
		if (*q == '.')
			q++;
		if (*p != *q)
			return *p < *q ? -1 : 1;
	}
	/* The last digit is never 0, so what goes on is larger. */
	return (p < pend) - (q < qend);
}

int
decimal_compare(const struct decimal *a, const struct decimal *b)
{
	int order;

	if (a->len == 0 || b->len == 0 || a->negative != b->negative) {
		int a_sign = a->len == 0 ? 0 : a->negative ? -1 : 1;
		int b_sign = b->len == 0 ? 0 : b->negative ? -1 : 1;

		return (a_sign > b_sign) - (a_sign < b_sign);
	}
	if (a->exponent != b->exponent)
		order = a->exponent < b->exponent ? -1 : 1;
	else
		order = compare_digits(a, b);
	return a->negative ? -order : order;
}

bool
decimal_integer(const struct decimal *d, int64_t *value)
{
	const uint64_t most = (uint64_t)INT64_MAX + (d->negative ? 1 : 0);
	uint64_t sum = 0;
	size_t left = d->count;

	if (d->len > 0 && (d->exponent < (int64_t)d->count || d->exponent > 19))
		return false;
	for (const char *at = d->digits; left > 0; at++) {
		if (*at == '.')
			continue;
		sum = sum * 10 + (uint64_t)(*at - '0');
		left--;
	}
	for (int64_t i = (int64_t)d->count; i < d->exponent; i++)
		sum *= 10;
	if (sum > most)
		return false;
	*value = d->negative ? (int64_t)(0 - sum) : (int64_t)sum;
	return true;
}

static void
write_zeros(int64_t count, struct buf *out)
{
	static const char zeros[] = "00000000000000000000000";

	buf_add(out, zeros, (size_t)count);
}

/* Appends `count` digits from *at on and moves it behind them; a point in between is left out. */
static void
write_digits(const char **at, size_t count, struct buf *out)
{
	const char *point = count > 0 ? memchr(*at, '.', count) : NULL;

	if (point != NULL) {
		size_t head = (size_t)(point - *at);

		buf_add(out, *at, head);
		*at = point + 1;
		count -= head;
	}
	buf_add(out, *at, count);
	*at += count;
}

/*
 * Only the exact value is laid out, the nearest double is never asked: where its shortest form
 * denotes this value it has the same digits and the same exponent, so it is laid out the same way;
 * where it does not, decimal.h asks for the digits of the value. Both give what is written here.
 */
void
decimal_write_canonical(const struct decimal *d, struct buf *out)
{
	const char *at = d->digits;
	size_t count = d->count;
	int64_t n = d->exponent;

	if (d->len == 0) {
		buf_char(out, '0');
		return;
	}
	if (d->negative)
		buf_char(out, '-');
	if (n > 0 && n <= PLAIN_EXPONENT_MAX) {
		size_t whole = (size_t)n < count ? (size_t)n : count;

		write_digits(&at, whole, out);
		write_zeros(n - (int64_t)whole, out);
		if (whole < count)
			buf_char(out, '.');
		write_digits(&at, count - whole, out);
	} else if (n <= 0 && n > PLAIN_EXPONENT_MIN) {
		buf_text(out, "0.");
		write_zeros(-n, out);
		write_digits(&at, count, out);
	} else {
		write_digits(&at, 1, out);
		if (count > 1)
			buf_char(out, '.');
		write_digits(&at, count - 1, out);
		buf_printf(out, "e%+lld", (long long)(n - 1));
	}
}
