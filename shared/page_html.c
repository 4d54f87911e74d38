/* page_html.c - where in HTML a place of a template is; see page_html.h. */
#include "page_html.h"

#include <string.h>

/* Elements whose contents browsers read in a way of its own, and which no page needs. */
static const char *const refused_elements[] = {
    "base", "iframe", "noembed", "noframes", "noscript", "plaintext", "xmp"};

static bool
is_refused(const char *name)
{
	for (size_t i = 0; i < sizeof(refused_elements) / sizeof(refused_elements[0]); i++)
		if (strcmp(refused_elements[i], name) == 0)
			return true;
	return false;
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool
append(char *name, size_t size, char c)
{
	size_t len = strlen(name);

	if (len + 1 >= size)
		return false;
	name[len] = lower(c);
	name[len + 1] = '\0';
	return true;
}

bool
html_is_code(const struct html *h)
{
	return strcmp(h->tag, "script") == 0 || strcmp(h->tag, "style") == 0;
}

static bool
is_raw(const struct html *h)
{
	return html_is_code(h) || strcmp(h->tag, "title") == 0 || strcmp(h->tag, "textarea") == 0;
}

static bool
is_foreign(const struct html *h)
{
	return strcmp(h->tag, "svg") == 0 || strcmp(h->tag, "math") == 0;
}

/* The > of a tag. `empty`: it is />, which ends svg and math and means nothing elsewhere. */
static const char *
end_tag(struct html *h, bool empty)
{
	bool raw = !h->closing && is_raw(h);

	if (is_refused(h->tag))
		return "this element is not to be used here";
	if (raw && h->foreign > 0)
		return "script, style, title and textarea cannot stand in svg or math";
	if (raw && empty)
		return "this element has an end tag; it does not end with />";
	if (is_foreign(h) && !empty && !h->closing)
		h->foreign++;
	else if (is_foreign(h) && h->closing && h->foreign > 0)
		h->foreign--;
	h->state = raw ? HTML_RAW : HTML_TEXT;
	h->attr[0] = h->seen[0] = '\0';
	h->closing = false;
	if (!raw)
		h->tag[0] = '\0';
	return NULL;
}

static const char *
feed_open(struct html *h, char c)
{
	if (c == '!') {
		h->state = HTML_MARKUP;
		h->seen[0] = '\0';
		return NULL;
	}
	if (c == '/' && !h->closing) {
		h->closing = true;
		return NULL;
	}
	if (!is_letter(c))
		return "this < begins no tag; write &lt;";
	h->state = HTML_NAME;
	h->tag[0] = '\0';
	(void)append(h->tag, sizeof(h->tag), c);
	return NULL;
}

/* <!-- or <!doctype. */
static const char *
feed_markup(struct html *h, char c)
{
	static const char doctype[] = "doctype";

	if (!append(h->seen, sizeof(h->seen), c))
		return "this <! begins nothing that HTML knows";
	if (strcmp(h->seen, "--") == 0) {
		h->state = HTML_COMMENT;
		h->seen[0] = '\0';
	} else if (strcmp(h->seen, doctype) == 0) {
		h->state = HTML_DOCTYPE;
		h->seen[0] = '\0';
	} else if (strcmp(h->seen, "-") != 0 && strncmp(h->seen, doctype, strlen(h->seen)) != 0) {
		return "this <! begins neither a comment nor a doctype";
	}
	return NULL;
}

/* `seen` is "b" once the comment has begun in earnest, followed by its last dashes, two at most. */
static const char *
feed_comment(struct html *h, char c)
{
	size_t len = strlen(h->seen);

	if (len == 0 && (c == '>' || c == '-'))
		return "a comment begins with <!-- and neither > nor - follows at once";
	if (strcmp(h->seen, "b--") == 0 && c == '>') {
		h->state = HTML_TEXT;
		h->seen[0] = '\0';
		return NULL;
	}
	if (strcmp(h->seen, "b--") == 0 && c == '!')
		return "a comment ends with -->, not with --!>";
	if (c != '-')
		(void)memcpy(h->seen, "b", 2);
	else if (len < 3)
		(void)append(h->seen, sizeof(h->seen), c);
	return NULL;
}

static const char *
feed_before(struct html *h, char c)
{
	h->attr[0] = '\0';
	h->begun = false;
	if (is_space(c)) {
		h->state = HTML_BEFORE;
		return NULL;
	}
	if (c == '>')
		return end_tag(h, false);
	if (c == '/') {
		h->state = HTML_SLASH;
		return NULL;
	}
	if (!is_letter(c))
		return "the name of an attribute begins with a letter";
	h->state = HTML_ATTRIBUTE;
	(void)append(h->attr, sizeof(h->attr), c);
	return NULL;
}

/* Behind the name of an attribute: one that a browser would not obey is a mistake. */
static const char *
check_attribute(const struct html *h)
{
	if (strncmp(h->attr, "on", 2) == 0)
		return "attributes that run code are not allowed; write it in approve.js";
	if (h->web && strcmp(h->attr, "style") == 0)
		return "the page's Content-Security-Policy allows no style attribute; write it in "
		       "style.css";
	if (strcmp(h->attr, "srcdoc") == 0)
		return "this attribute is not to be used here";
	return NULL;
}

static const char *
feed_attribute(struct html *h, char c)
{
	const char *fault;

	if (is_space(c) || c == '/' || c == '>' || c == '=') {
		fault = check_attribute(h);
		if (fault != NULL)
			return fault;
		if (c == '=')
			h->state = HTML_BEFORE_VALUE;
		else if (is_space(c))
			h->state = HTML_BEFORE_EQUAL;
		else
			return feed_before(h, c);
		return NULL;
	}
	if (!is_letter(c) && !(c >= '0' && c <= '9') && c != '-' && c != '_' && c != ':')
		return "this character cannot be in the name of an attribute";
	return append(h->attr, sizeof(h->attr), c) ? NULL
						   : "the name of this attribute is too long";
}

static const char *
feed_bare(struct html *h, char c)
{
	if (is_space(c) || c == '>')
		return feed_before(h, c);
	return strchr("\"'<=`", c) == NULL ? NULL : "this value needs quotation marks";
}

static const char *
feed_before_value(struct html *h, char c)
{
	if (is_space(c))
		return NULL;
	if (c == '>')
		return "this attribute has no value";
	h->state = c == '"' ? HTML_VALUE_DOUBLE : HTML_VALUE_SINGLE;
	if (c == '"' || c == '\'')
		return NULL;
	h->state = HTML_VALUE_BARE;
	return feed_bare(h, c);
}

static const char *
feed_quoted(struct html *h, char c)
{
	if (c == (h->state == HTML_VALUE_DOUBLE ? '"' : '\''))
		return feed_before(h, ' ');
	if (strcmp(h->attr, "href") == 0)
		h->begun = true;
	return NULL;
}

static const char *
feed_after_url(struct html *h, char c)
{
	if (c != h->quote)
		return "a URL is all of its attribute; end it with the quotation mark";
	return feed_before(h, ' ');
}

static const char *
feed_before_equal(struct html *h, char c)
{
	if (is_space(c))
		return NULL;
	if (c != '=')
		return feed_before(h, c);
	h->state = HTML_BEFORE_VALUE;
	return NULL;
}

static const char *
feed_slash(struct html *h, char c)
{
	return c == '>' ? end_tag(h, true) : feed_before(h, c);
}

static const char *
feed_text(struct html *h, char c)
{
	if (c == '<')
		h->state = HTML_OPEN;
	return NULL;
}

static const char *
feed_doctype(struct html *h, char c)
{
	if (c == '>')
		h->state = HTML_TEXT;
	return NULL;
}

/* In script and the like only the end tag of the same name is markup. `seen` is how much of it was read. */
static const char *
feed_raw(struct html *h, char c, const struct html_raw *raw)
{
	char end[HTML_NAME_MAX + 4] = "</";
	size_t seen = strlen(h->seen), whole = 2 + strlen(h->tag);

	(void)memcpy(end + 2, h->tag, strlen(h->tag) + 1);
	if (seen == whole && (is_space(c) || c == '>' || c == '/')) {
		const char *fault = NULL;

		if (html_is_code(h))
			fault = raw->ended(raw->arg, h->tag, raw->bytes, raw->bytes->len - whole);
		h->closing = true;
		h->seen[0] = '\0';
		return fault != NULL ? fault : feed_before(h, c);
	}
	/* A browser reads line ends as \n alone, and so are they hashed. */
	if (html_is_code(h) && c != '\r')
		buf_char(raw->bytes, c);
	if (seen < whole && lower(c) == end[seen]) {
		(void)append(h->seen, sizeof(h->seen), c);
		return NULL;
	}
	if (seen > 0 && !html_is_code(h))
		return "a < in title or textarea is written &lt;";
	(void)memcpy(h->seen, c == '<' ? "<" : "", c == '<' ? 2 : 1);
	return NULL;
}

static const char *
feed_name(struct html *h, char c)
{
	if (is_space(c) || c == '/' || c == '>')
		return feed_before(h, c);
	if (!is_letter(c) && !(c >= '0' && c <= '9') && c != '-')
		return "this character cannot be in the name of an element";
	return append(h->tag, sizeof(h->tag), c) ? NULL : "the name of this element is too long";
}

static const char *(*const feeds[])(struct html *h, char c) = {
    [HTML_TEXT] = feed_text,
    [HTML_OPEN] = feed_open,
    [HTML_MARKUP] = feed_markup,
    [HTML_DOCTYPE] = feed_doctype,
    [HTML_COMMENT] = feed_comment,
    [HTML_NAME] = feed_name,
    [HTML_BEFORE] = feed_before,
    [HTML_SLASH] = feed_slash,
    [HTML_ATTRIBUTE] = feed_attribute,
    [HTML_BEFORE_EQUAL] = feed_before_equal,
    [HTML_BEFORE_VALUE] = feed_before_value,
    [HTML_VALUE_DOUBLE] = feed_quoted,
    [HTML_VALUE_SINGLE] = feed_quoted,
    [HTML_VALUE_BARE] = feed_bare,
    [HTML_AFTER_URL] = feed_after_url,
};

const char *
html_feed(struct html *html, const char *text, size_t len, const struct html_raw *raw, size_t *bad)
{
	for (size_t i = 0; i < len; i++) {
		const char *fault = html->state == HTML_RAW ? feed_raw(html, text[i], raw)
							    : feeds[html->state](html, text[i]);

		if (fault != NULL) {
			*bad = i;
			return fault;
		}
	}
	return NULL;
}
