/* page_fill.c - a template and values give a page; see page_fill.h. */
#include "page_fill.h"

#include <string.h>

#include "page_escape.h"

/* Links are made by us; still, nothing else can become one. */
static bool
is_url(const char *text)
{
	if (strncmp(text, "https://", 8) != 0 && strncmp(text, "http://", 7) != 0)
		return false;
	for (; *text != '\0'; text++)
		if (*text <= ' ' || *text > '~' || strchr("\"'<>\\^`{|}", *text) != NULL)
			return false;
	return true;
}

static enum status
take_values(const struct page_form *form, const struct page_value *values, size_t count,
    const char *texts[PAGE_VALUES_MAX])
{
	bool given[PAGE_VALUES_MAX] = {false};

	for (size_t i = 0; i < count; i++) {
		int number = page_name_find(form, values[i].name, strlen(values[i].name));

		if (number < 0 || given[number])
			return STATUS_INVALID;
		given[number] = true;
		if (values[i].text == NULL || values[i].text[0] == '\0')
			continue;
		if (form->names[number].kind == PAGE_URL && !is_url(values[i].text))
			return STATUS_INVALID;
		texts[number] = values[i].text;
	}
	return STATUS_OK;
}

/* One step; returns the number of the next. */
static size_t
walk(const struct page_template *t, size_t i, const char *const *texts, struct buf *out)
{
	const struct page_step *step = &t->steps[i];
	const char *text = texts[step->value];

	switch (step->kind) {
	case STEP_TEXT:
		buf_add(out, buf_str(&t->text) + step->at, step->len);
		break;
	case STEP_VALUE:
		if (text != NULL && t->form->html)
			page_escape_html(out, text);
		else if (text != NULL)
			page_escape_text(out, text);
		break;
	case STEP_SECTION:
		return text != NULL ? i + 1 : step->at;
	case STEP_INVERTED:
		return text == NULL ? i + 1 : step->at;
	}
	return i + 1;
}

enum status
page_fill(
    const struct page_template *t, const struct page_value *values, size_t count, struct buf *out)
{
	const char *texts[PAGE_VALUES_MAX] = {NULL};
	enum status status = take_values(t->form, values, count, texts);
	size_t before = out->len, i = 0;

	if (status != STATUS_OK)
		return status;
	while (i < t->count && buf_status(out) == STATUS_OK && out->len - before <= PAGE_MAX)
		i = walk(t, i, texts, out);
	if (buf_status(out) != STATUS_OK)
		return buf_status(out);
	return out->len - before <= PAGE_MAX ? STATUS_OK : STATUS_TOO_LARGE;
}
