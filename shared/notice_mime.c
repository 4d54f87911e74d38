/* notice_mime.c - the pieces of an internet message; see notice_mime.h. */
#include "notice_mime.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "utf8.h"

#define WORD_START "=?UTF-8?Q?"
#define WORD_END "?="
#define WORD_MAX 75 /* RFC 2047 section 2 */
#define SUBJECT_NAME "Subject: "
#define FROM_LINE "From "

static const char hex[] = "0123456789ABCDEF";

static bool
is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Atoms with single dots between them (RFC 5322 section 3.2.3); `marks` is what atoms may have beside letters and digits. */
static bool
is_dotted(const char *text, size_t len, const char *marks)
{
	bool dot = true;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '.' && dot)
			return false;
		dot = text[i] == '.';
		if (!dot && !is_alnum(text[i]) &&
		    (text[i] == '\0' || strchr(marks, text[i]) == NULL))
			return false;
	}
	return len > 0 && !dot;
}

bool
mime_address_valid(const char *text, size_t len)
{
	const char *at = memchr(text, '@', len);
	size_t local, host;

	if (at == NULL || len > MIME_ADDRESS_MAX)
		return false;
	local = (size_t)(at - text);
	host = len - local - 1;
	if (!is_dotted(text, local, "!#$%&'*+-/=?^_`{|}~"))
		return false;
	if (host > 2 && at[1] == '[' && at[host] == ']')
		return is_dotted(at + 2, host - 2, ":");
	return is_dotted(at + 1, host, "-");
}

/* Whether it can stand in a header as it is: short printable ASCII that nobody takes for an encoded word. */
static bool
is_simple(const char *text)
{
	size_t len = strlen(text);

	if (len == 0 || len > MIME_LINE_MAX - strlen(SUBJECT_NAME) || strstr(text, "=?") != NULL)
		return false;
	for (size_t i = 0; i < len; i++)
		if (text[i] < ' ' || text[i] > '~')
			return false;
	return text[0] != ' ' && text[len - 1] != ' ';
}

/* One byte in the Q encoding (RFC 2047 section 4.2); what may stand as it is also may in a phrase. */
static size_t
q_byte(char c, char *out)
{
	if (is_alnum(c) || (c != '\0' && strchr("!*+-/", c) != NULL)) {
		out[0] = c;
		return 1;
	}
	if (c == ' ') {
		out[0] = '_';
		return 1;
	}
	out[0] = '=';
	out[1] = hex[(unsigned char)c >> 4];
	out[2] = hex[(unsigned char)c & 15];
	return 3;
}

void
mime_subject(struct buf *out, const char *text)
{
	size_t len = strlen(text), line = strlen(SUBJECT_NAME) + strlen(WORD_START), taken, n;
	char piece[4 * 3];

	buf_text(out, SUBJECT_NAME);
	if (is_simple(text)) {
		buf_text(out, text);
		buf_text(out, "\r\n");
		return;
	}
	buf_text(out, WORD_START);
	for (size_t at = 0; at < len; at += taken) {
		taken = utf8_length(text + at, len - at);
		if (taken == 0)
			taken = 1;
		n = 0;
		for (size_t i = 0; i < taken; i++)
			n += q_byte(text[at + i], piece + n);
		if (line + n + strlen(WORD_END) > WORD_MAX) {
			buf_text(out, WORD_END "\r\n " WORD_START);
			line = 1 + strlen(WORD_START);
		}
		buf_add(out, piece, n);
		line += n;
	}
	buf_text(out, WORD_END "\r\n");
}

void
mime_date(struct buf *out, int64_t now_ms)
{
	static const char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char months[][4] = {
	    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	time_t seconds = (time_t)(now_ms / 1000);
	struct tm tm = {0};

	(void)gmtime_r(&seconds, &tm);
	buf_printf(out, "Date: %s, %d %s %d %02d:%02d:%02d +0000\r\n", days[tm.tm_wday], tm.tm_mday,
	    months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/* Whether the byte at `at` has to be encoded (RFC 2045 section 6.7; RFC 2049 section 3). `column` 0 begins a line. */
static bool
must_quote(const char *text, size_t len, size_t at, size_t column)
{
	char c = text[at];

	if (c == ' ')
		return at + 1 == len || text[at + 1] == '\n';
	if (c < ' ' || c > '~' || c == '=')
		return true;
	if (column > 0)
		return false;
	return c == '.' || (c == 'F' && len - at >= strlen(FROM_LINE) &&
			       memcmp(text + at, FROM_LINE, strlen(FROM_LINE)) == 0);
}

void
mime_quoted_printable(struct buf *out, const char *text, size_t len)
{
	size_t column = 0, need;

	for (size_t at = 0; at < len; at++) {
		char c = text[at];
		bool quoted;

		if (c == '\n') {
			buf_text(out, "\r\n");
			column = 0;
			continue;
		}
		/* A soft line break takes the last column; what follows it begins a line. */
		need = must_quote(text, len, at, column) ? 3 : 1;
		if (column + need > MIME_LINE_MAX - 1) {
			buf_text(out, "=\r\n");
			column = 0;
		}
		quoted = must_quote(text, len, at, column);
		if (quoted) {
			buf_char(out, '=');
			buf_char(out, hex[(unsigned char)c >> 4]);
			buf_char(out, hex[(unsigned char)c & 15]);
		} else {
			buf_char(out, c);
		}
		column += quoted ? 3 : 1;
	}
	if (column > 0)
		buf_text(out, "\r\n");
}
