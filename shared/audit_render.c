/* audit_render.c - entries as JSON lines and CSV, and JSON lines read back; see audit_render.h. */
#include "audit_render.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "audit_read.h"
#include "clock.h"
#include "when.h"

static bool
is_time(int field)
{
	return audit_fields[field].offset == offsetof(struct audit_entry, time_ms);
}

/* Bytes of the UTF-8 sequence at `s` (RFC 3629 section 4); 0 where there is none. */
static size_t
sequence(const unsigned char *s)
{
	size_t len = *s < 0x80 ? 1 : *s >= 0xc2 && *s < 0xe0 ? 2 : *s >= 0xe0 && *s < 0xf0 ? 3 : 4;

	if (*s >= 0x80 && (*s < 0xc2 || *s > 0xf4))
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((*s == 0xe0 && s[1] < 0xa0) || (*s == 0xed && s[1] > 0x9f) ||
	    (*s == 0xf0 && s[1] < 0x90) || (*s == 0xf4 && s[1] > 0x8f))
		return 0;
	return len;
}

static void
put_text(const char *text, struct buf *out)
{
	const unsigned char *s = (const unsigned char *)text;
	struct buf mended;
	size_t len;

	while (*s != '\0' && (len = sequence(s)) > 0)
		s += len;
	if (*s == '\0') {
		json_write_string(text, strlen(text), out);
		return;
	}
	buf_init(&mended, out->cap);
	for (s = (const unsigned char *)text; *s != '\0'; s += len > 0 ? len : 1) {
		len = sequence(s);
		buf_add(&mended, len > 0 ? (const char *)s : "\xef\xbf\xbd", len > 0 ? len : 3);
	}
	if (buf_status(&mended) == STATUS_OK)
		json_write_string(buf_str(&mended), mended.len, out);
	else
		out->status = buf_status(&mended);
	buf_free(&mended);
}

static void
put_integer(struct audit_entry *entry, int field, struct buf *out)
{
	char time[CLOCK_TEXT_MAX];

	if (is_time(field)) {
		clock_text(entry->time_ms, time);
		put_text(time, out);
	} else {
		buf_printf(out, "%" PRId64, *audit_field_integer(entry, field));
	}
}

void
audit_render_json(const struct audit_entry *entry, struct buf *out)
{
	struct audit_entry copy = *entry;
	const char *text;

	for (int i = 0; i < AUDIT_FIELDS; i++) {
		buf_text(out, i == 0 ? "{\"" : ",\"");
		buf_text(out, audit_fields[i].name);
		buf_text(out, "\":");
		text = audit_fields[i].type == 't' ? *audit_field_text(&copy, i) : NULL;
		if (audit_fields[i].type == 't')
			put_text(text != NULL ? text : "", out);
		else
			put_integer(&copy, i, out);
	}
	buf_text(out, "}\n");
}

void
audit_render_csv_head(struct buf *out)
{
	for (int i = 0; i < AUDIT_FIELDS; i++) {
		if (i > 0)
			buf_char(out, ',');
		buf_text(out, audit_fields[i].name);
	}
	buf_text(out, "\r\n");
}

static void
put_cell(const char *text, struct buf *out)
{
	bool formula = *text != '\0' && strchr("=+-@\t\r", *text) != NULL;

	if (!formula && strpbrk(text, ",\"\r\n") == NULL) {
		buf_text(out, text);
		return;
	}
	buf_char(out, '"');
	if (formula)
		buf_char(out, '\'');
	for (; *text != '\0'; text++) {
		if (*text == '"')
			buf_char(out, '"');
		buf_char(out, *text);
	}
	buf_char(out, '"');
}

void
audit_render_csv(const struct audit_entry *entry, struct buf *out)
{
	struct audit_entry copy = *entry;
	char time[CLOCK_TEXT_MAX];

	clock_text(entry->time_ms, time);
	for (int i = 0; i < AUDIT_FIELDS; i++) {
		if (i > 0)
			buf_char(out, ',');
		if (is_time(i))
			put_cell(time, out);
		else if (audit_fields[i].type == 'i')
			buf_printf(out, "%" PRId64, *audit_field_integer(&copy, i));
		else
			put_cell(*audit_field_text(&copy, i), out);
	}
	buf_text(out, "\r\n");
}

static enum status
parse_field(
    struct audit_entry *entry, int field, const struct json_object *value, struct problem *why)
{
	size_t len = 0;
	const char *text = json_string(value, &len);
	bool fine;

	if (text != NULL && strlen(text) != len)
		fine = false;
	else if (is_time(field))
		fine = text != NULL && when_read(text, &entry->time_ms) == STATUS_OK;
	else if (audit_fields[field].type == 'i')
		fine = json_integer(value, audit_field_integer(entry, field));
	else
		fine = (*audit_field_text(entry, field) = text) != NULL;
	if (fine)
		return STATUS_OK;
	problem_set(why, "member \"%s\" is missing or of the wrong type", audit_fields[field].name);
	return STATUS_INVALID;
}

enum status
audit_parse_json(const char *line, size_t len, struct audit_entry *entry, struct json_object **root,
    struct problem *why)
{
	static const struct json_limits limits = {AUDIT_LINE_MAX, 1, AUDIT_FIELDS, true};
	enum status status;
	bool found;

	*entry = (struct audit_entry){0};
	*root = NULL;
	status = json_parse(line, len, &limits, root, why);
	if (status == STATUS_OK && json_type(*root) != JSON_OBJECT) {
		problem_set(why, "not an object");
		status = STATUS_INVALID;
	}
	for (int i = 0; i < AUDIT_FIELDS && status == STATUS_OK; i++)
		status =
		    parse_field(entry, i, json_member(*root, audit_fields[i].name, &found), why);
	return status;
}
