/* mail_aid.c - reads an internet message strictly; see mail_aid.h. */
#include "mail_aid.h"

#include "utf8.h"

#define LINE_MAX_CHARACTERS 78 /* RFC 5322 section 2.1.1 */
#define WORD_MAX 75            /* RFC 2047 section 2 */

static void
assert_lines(const char *message, size_t len)
{
	size_t column = 0;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)message[i];

		if (c == '\r') {
			assert_true(i + 1 < len && message[i + 1] == '\n');
			i++;
			column = 0;
			continue;
		}
		if (c < ' ' || c > '~')
			fail_msg("byte %u in a message", c);
		if (++column > LINE_MAX_CHARACTERS)
			fail_msg(
			    "a line of more than 78 characters: %.80s", message + i + 1 - column);
	}
	assert_int_equal(column, 0);
}

static void
assert_utf8(const char *text, size_t len)
{
	for (size_t at = 0, taken; at < len; at += taken) {
		taken = utf8_length(text + at, len - at);
		assert_true(taken > 0);
	}
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	assert_in_range(c, 'A', 'F');
	return c - 'A' + 10;
}

static char
hex_byte(const char *at)
{
	return (char)(hex_digit(at[0]) << 4 | hex_digit(at[1]));
}

void
mail_quoted_printable(struct buf *out, const char *text, size_t len)
{
	size_t column = 0;

	for (size_t i = 0; i < len; i++, column++) {
		if (text[i] == '\r') {
			/* No white space at the end of a line (rule 3), no line beyond 76 characters (rule 5). */
			assert_true(i == 0 || (text[i - 1] != ' ' && text[i - 1] != '\t'));
			assert_true(column <= 76);
			buf_char(out, '\n');
			i++;
			column = (size_t)-1;
		} else if (text[i] == '=' && text[i + 1] == '\r') {
			assert_true(column < 76);
			i += 2;
			column = (size_t)-1;
		} else if (text[i] == '=') {
			buf_char(out, hex_byte(text + i + 1));
			i += 2;
			column += 2;
		} else {
			assert_false(column == 0 && text[i] == '.');
			buf_char(out, text[i]);
		}
	}
}

/* Bytes of the first line with its CR LF, and of the folded lines behind it. */
static size_t
field_length(const char *at)
{
	size_t len = 0;

	do {
		len += strcspn(at + len, "\r") + 2;
	} while (at[len] == ' ' || at[len] == '\t');
	return len;
}

static void
take_field(struct mail *mail, const char *at, size_t len)
{
	struct mail_field *field = &mail->fields[mail->count];
	size_t name = strcspn(at, ":\r"), used = 0;

	assert_true(mail->count < MAIL_FIELDS_MAX);
	assert_true(at[name] == ':' && at[name + 1] == ' ' && name > 0);
	assert_true(name < sizeof(field->name));
	assert_int_equal(strspn(at, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-"), name);
	memcpy(field->name, at, name);
	field->name[name] = '\0';
	field->value = malloc(len + 1);
	assert_non_null(field->value);
	for (size_t i = name + 2; i < len; i++)
		if (at[i] != '\r' && at[i] != '\n')
			field->value[used++] = at[i];
	field->value[used] = '\0';
	mail->count++;
}

static const char *
expect(const char *at, const char *text)
{
	if (strncmp(at, text, strlen(text)) != 0)
		fail_msg("expected \"%s\", got \"%.60s\"", text, at);
	return at + strlen(text);
}

/* Reads one part behind its boundary line; gives where the next boundary begins. */
static const char *
take_part(const char *at, const char *boundary, const char *type, struct buf *out)
{
	const char *end;

	at = expect(at, "Content-Type: ");
	at = expect(at, type);
	at = expect(at, "; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n");
	end = strstr(at, boundary);
	assert_non_null(end);
	mail_quoted_printable(out, at, (size_t)(end - at));
	assert_utf8(buf_str(out), out->len);
	return end;
}

void
mail_read(struct mail *mail, const char *message, size_t len)
{
	char boundary[128] = "--";
	const char *type, *at = message;
	size_t taken;

	*mail = (struct mail){.count = 0};
	buf_init(&mail->text, (size_t)1 << 20);
	buf_init(&mail->html, (size_t)1 << 20);
	assert_int_equal(strlen(message), len);
	assert_lines(message, len);
	for (; *at != '\r'; at += taken) {
		taken = field_length(at);
		take_field(mail, at, taken);
	}
	at += 2;
	type = expect(mail_field(mail, "Content-Type"), "multipart/alternative; boundary=\"");
	taken = strcspn(type, "\"");
	assert_in_range(taken, 1, 70); /* RFC 2046 section 5.1.1 */
	memcpy(boundary + 2, type, taken);
	boundary[2 + taken] = '\0';
	at = expect(expect(at, boundary), "\r\n");
	at = take_part(at, boundary, "text/plain", &mail->text);
	at = expect(expect(at, boundary), "\r\n");
	at = take_part(at, boundary, "text/html", &mail->html);
	assert_string_equal(expect(at, boundary), "--\r\n");
}

void
mail_free(struct mail *mail)
{
	for (size_t i = 0; i < mail->count; i++)
		free(mail->fields[i].value);
	buf_free(&mail->text);
	buf_free(&mail->html);
}

const char *
mail_field(const struct mail *mail, const char *name)
{
	const char *value = NULL;

	for (size_t i = 0; i < mail->count; i++)
		if (strcasecmp(mail->fields[i].name, name) == 0) {
			assert_null(value);
			value = mail->fields[i].value;
		}
	if (value == NULL)
		fail_msg("no field %s", name);
	return value;
}

const char *
mail_decoded(const char *value)
{
	static char out[MAIL_VALUE_MAX];
	size_t used = 0, word;

	while (strncmp(value, "=?UTF-8?Q?", 10) == 0) {
		const char *end = strstr(value + 10, "?=");
		size_t start = used;

		assert_non_null(end);
		word = (size_t)(end + 2 - value);
		assert_true(word <= WORD_MAX);
		for (value += 10; value < end; value++) {
			assert_true(*value > ' ' && *value != '?');
			if (*value == '=') {
				out[used++] = hex_byte(value + 1);
				value += 2;
			} else {
				out[used++] = *value == '_' ? ' ' : *value;
			}
		}
		assert_utf8(out + start, used - start);
		value = end + 2 + (end[2] == ' ');
	}
	(void)snprintf(out + used, sizeof(out) - used, "%s", value);
	return out;
}
