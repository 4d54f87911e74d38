/* when.c - reading RFC 3339 and ages; see when.h. */
#include "when.h"

#include <stdbool.h>
#include <string.h>
#include <time.h>

#define AGE_MAX 1000000000LL /* of any unit; keeps the product within 64 bits */

/* Reads exactly `count` digits and moves on; false where there are not so many. */
static bool
digits(const char **at, int count, int *out)
{
	*out = 0;
	for (; count > 0; count--, (*at)++) {
		if (**at < '0' || **at > '9')
			return false;
		*out = *out * 10 + (**at - '0');
	}
	return true;
}

static bool
literal(const char **at, char c)
{
	if (**at != c)
		return false;
	(*at)++;
	return true;
}

/* RFC 3339 full-date. timegm() carries days over, so 2026-02-30 is found by its result. */
static bool
read_date(const char **at, struct tm *tm, int64_t *seconds)
{
	struct tm again;
	int year, month, day;

	if (!digits(at, 4, &year) || !literal(at, '-') || !digits(at, 2, &month) ||
	    !literal(at, '-') || !digits(at, 2, &day))
		return false;
	*tm = (struct tm){.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day};
	again = *tm;
	*seconds = timegm(&again);
	return again.tm_mday == day && again.tm_mon == month - 1;
}

/* RFC 3339 partial-time; a leap second counts as the second after it. */
static bool
read_time(const char **at, int64_t *ms)
{
	int hour, minute, second, scale = 100;

	if (!digits(at, 2, &hour) || !literal(at, ':') || !digits(at, 2, &minute) ||
	    !literal(at, ':') || !digits(at, 2, &second))
		return false;
	if (hour > 23 || minute > 59 || second > 60)
		return false;
	*ms = ((hour * 60 + minute) * 60 + second) * (int64_t)1000;
	if (**at != '.')
		return true;
	(*at)++;
	if (**at < '0' || **at > '9')
		return false;
	for (; **at >= '0' && **at <= '9'; (*at)++, scale /= 10)
		*ms += (int64_t)(**at - '0') * scale;
	return true;
}

/* RFC 3339 time-offset, to the end of the text. */
static bool
read_offset(const char **at, int64_t *ms)
{
	int hour, minute;
	char sign = **at;

	*ms = 0;
	if (sign == 'Z' || sign == 'z')
		return (*at)[1] == '\0';
	if (sign != '+' && sign != '-')
		return false;
	(*at)++;
	if (!digits(at, 2, &hour) || !literal(at, ':') || !digits(at, 2, &minute))
		return false;
	*ms = (hour * 60 + minute) * (int64_t)60000;
	if (sign == '-')
		*ms = -*ms;
	return hour <= 23 && minute <= 59 && **at == '\0';
}

enum status
when_read(const char *text, int64_t *out_ms)
{
	struct tm tm;
	int64_t seconds, ms, offset;

	if (!read_date(&text, &tm, &seconds))
		return STATUS_INVALID;
	*out_ms = seconds * 1000;
	if (*text == '\0')
		return STATUS_OK;
	if (*text != 'T' && *text != 't' && *text != ' ')
		return STATUS_INVALID;
	text++;
	if (!read_time(&text, &ms) || !read_offset(&text, &offset))
		return STATUS_INVALID;
	*out_ms += ms - offset;
	return STATUS_OK;
}

enum status
when_read_or_age(const char *text, int64_t now_ms, int64_t *out_ms)
{
	static const struct {
		char unit;
		int64_t ms;
	} units[] = {{'s', 1000}, {'m', 60000}, {'h', 3600000}, {'d', 86400000}};
	size_t len = strspn(text, "0123456789");
	int64_t count = 0;

	if (len == 0 || text[len] == '\0' || text[len + 1] != '\0')
		return when_read(text, out_ms);
	for (size_t i = 0; i < len; i++) {
		count = count * 10 + (text[i] - '0');
		if (count > AGE_MAX)
			return STATUS_INVALID;
	}
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (units[i].unit == text[len]) {
			*out_ms = now_ms - count * units[i].ms;
			return STATUS_OK;
		}
	return STATUS_INVALID;
}
