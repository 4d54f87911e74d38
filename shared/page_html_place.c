/* page_html_place.c - what may stand at a place in HTML; see page_html.h. */
#include "page_html.h"

#include <string.h>

/* Attributes that are nothing but text, whatever they hold. */
static const char *const text_attributes[] = {
    "abbr", "alt", "datetime", "label", "lang", "max", "min", "placeholder", "title", "value"};

static bool
is_text_attribute(const char *name)
{
	for (size_t i = 0; i < sizeof(text_attributes) / sizeof(text_attributes[0]); i++)
		if (strcmp(text_attributes[i], name) == 0)
			return true;
	return strncmp(name, "aria-", 5) == 0 || strncmp(name, "data-", 5) == 0;
}

static const char *
value_in_attribute(struct html *h, enum page_kind kind)
{
	if (strcmp(h->attr, "href") == 0 && strcmp(h->tag, "a") == 0) {
		if (kind != PAGE_URL)
			return "only a value that is a URL may stand in href";
		if (h->begun)
			return "a URL is all of its attribute; nothing may stand before it";
		h->quote = h->state == HTML_VALUE_DOUBLE ? '"' : '\'';
		h->state = HTML_AFTER_URL;
		return NULL;
	}
	if (!is_text_attribute(h->attr))
		return "a value may not stand in this attribute, which is more than text";
	return NULL;
}

const char *
html_value(struct html *html, enum page_kind kind)
{
	enum html_state state = html->state;

	if (state == HTML_TEXT)
		return NULL;
	if (state == HTML_RAW && html_is_code(html))
		return "a value may not stand in script or style";
	if (state == HTML_RAW && html->seen[0] == '\0')
		return NULL;
	if (state == HTML_VALUE_DOUBLE || state == HTML_VALUE_SINGLE)
		return value_in_attribute(html, kind);
	if (state == HTML_BEFORE_VALUE || state == HTML_VALUE_BARE)
		return "a value in an attribute needs quotation marks around it";
	if (state == HTML_COMMENT || state == HTML_DOCTYPE || state == HTML_MARKUP)
		return "a value may not stand in a comment or doctype";
	return "a value may not stand in a tag, but in a quoted attribute";
}

const char *
html_section(struct html *html)
{
	/* Behind `checked ` the tag goes on as before it; an = there is refused then. */
	if (html->state == HTML_BEFORE_EQUAL) {
		html->state = HTML_BEFORE;
		html->attr[0] = '\0';
	}
	if (html->state == HTML_RAW && html_is_code(html))
		return "a section may not stand in script or style";
	return NULL;
}

const char *
html_part(const struct html *html, const char *element)
{
	if (html->state == HTML_RAW && strcmp(html->tag, element) == 0 && html->seen[0] == '\0')
		return NULL;
	return strcmp(element, "style") == 0 ? "{{> style}} may stand in <style> only"
					     : "{{> script}} may stand in <script> only";
}

bool
html_same(const struct html *a, const struct html *b)
{
	return a->state == b->state && a->closing == b->closing && a->begun == b->begun &&
	       a->foreign == b->foreign && strcmp(a->tag, b->tag) == 0 &&
	       strcmp(a->attr, b->attr) == 0 && strcmp(a->seen, b->seen) == 0;
}

const char *
html_end(const struct html *html)
{
	if (html->state == HTML_TEXT)
		return NULL;
	return html->state == HTML_RAW
		   ? "the end tag of script, style, title or textarea is missing"
		   : "the file ends inside a tag or comment";
}
