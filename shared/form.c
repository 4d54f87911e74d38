/* form.c - urlencoded fields; see form.h. */
#include "form.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "secret.h"
#include "utf8.h"

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool
is_text(const char *bytes, size_t len)
{
	for (size_t at = 0, n; at < len; at += n) {
		n = utf8_length(bytes + at, len - at);
		if (n == 0 || bytes[at] == '\0')
			return false;
	}
	return true;
}

/* In place, with a NUL behind it: the decoded text is never longer. False: an escape that is none, or not text. */
static bool
decode(char *text, size_t len)
{
	size_t out = 0;

	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (c == '+') {
			c = ' ';
		} else if (c == '%') {
			int high = i + 2 < len ? hex_digit(text[i + 1]) : -1;
			int low = i + 2 < len ? hex_digit(text[i + 2]) : -1;

			if (high < 0 || low < 0)
				return false;
			c = (char)(high << 4 | low);
			i += 2;
		}
		text[out++] = c;
	}
	text[out] = '\0';
	return is_text(text, out);
}

/* One "name=value" of `len` bytes; the byte behind it is ours. */
static enum status
take(struct form *form, char *at, size_t len, struct problem *why)
{
	char *equals = memchr(at, '=', len);
	size_t name_len = equals != NULL ? (size_t)(equals - at) : len;
	char *value = equals != NULL ? equals + 1 : at + len;

	if (form->count == FORM_FIELDS_MAX) {
		problem_set(why, "more than %d fields", FORM_FIELDS_MAX);
		return STATUS_TOO_LARGE;
	}
	if (!decode(at, name_len) || (equals != NULL && !decode(value, len - name_len - 1))) {
		problem_set(why, "field %zu is not urlencoded UTF-8", form->count + 1);
		return STATUS_INVALID;
	}
	if (equals == NULL)
		*value = '\0';
	if (form_value(form, at) != NULL) {
		problem_set(why, "field %zu is given twice", form->count + 1);
		return STATUS_INVALID;
	}
	form->fields[form->count++] = (struct form_field){at, value};
	return STATUS_OK;
}

enum status
form_parse(const char *text, size_t len, struct form *out, struct problem *why)
{
	enum status status = STATUS_OK;

	*out = (struct form){.len = len};
	if (len > FORM_BYTES_MAX) {
		problem_set(why, "more than %zu bytes of fields", FORM_BYTES_MAX);
		return STATUS_TOO_LARGE;
	}
	out->text = malloc(len + 1);
	if (out->text == NULL)
		return STATUS_NO_MEMORY;
	memcpy(out->text, text, len);
	out->text[len] = '\0';
	for (char *at = out->text, *end = at + len; at < end && status == STATUS_OK;) {
		char *amp = memchr(at, '&', (size_t)(end - at));
		size_t field = (size_t)((amp != NULL ? amp : end) - at);

		if (field > 0)
			status = take(out, at, field, why);
		at += field + 1;
	}
	return status;
}

const char *
form_value(const struct form *form, const char *name)
{
	for (size_t i = 0; i < form->count; i++)
		if (strcmp(form->fields[i].name, name) == 0)
			return form->fields[i].value;
	return NULL;
}

void
form_free(struct form *form)
{
	if (form->text != NULL)
		secret_wipe(form->text, form->len);
	free(form->text);
	*form = (struct form){.text = NULL};
}
