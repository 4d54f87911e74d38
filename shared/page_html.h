/*
 * page_html.h - where in HTML a place of a template is; part of page.
 *
 * It follows the tokenizer of the HTML Standard (section 13.2.5) over the constant text of a template, as strictly as escaping by context
 * needs it: what a browser would mend, or read in two ways, is refused. Texts of problems are constant.
 */
#ifndef ENFORGATE_PAGE_HTML_H
#define ENFORGATE_PAGE_HTML_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "page_values.h"

#define HTML_NAME_MAX 32 /* bytes of the name of an element or attribute */

enum html_state {
	HTML_TEXT,
	HTML_OPEN,         /* behind < or </ */
	HTML_MARKUP,       /* in the word behind <! */
	HTML_DOCTYPE,      /* until > */
	HTML_COMMENT,      /* until --> */
	HTML_NAME,         /* in the name of a tag */
	HTML_BEFORE,       /* in a tag, between attributes */
	HTML_SLASH,        /* behind the / that ends a tag */
	HTML_ATTRIBUTE,    /* in the name of an attribute */
	HTML_BEFORE_EQUAL, /* behind that name */
	HTML_BEFORE_VALUE, /* behind = */
	HTML_VALUE_DOUBLE, /* in "..." */
	HTML_VALUE_SINGLE, /* in '...' */
	HTML_VALUE_BARE,   /* in a value without quotation marks */
	HTML_AFTER_URL,    /* a URL was the value: its quotation mark must follow */
	HTML_RAW,          /* in script, style, title or textarea */
};

struct html {
	enum html_state state;
	bool web;                     /* as struct page_form */
	bool closing;                 /* the tag is an end tag */
	bool begun;                   /* the value of a href has begun */
	char quote;                   /* of a URL that was read */
	char tag[HTML_NAME_MAX + 1];  /* the tag, or the element that is raw */
	char attr[HTML_NAME_MAX + 1]; /* the attribute, "" where there is none */
	char seen[HTML_NAME_MAX + 4]; /* what was read of a mark: "--", "</scr" */
	unsigned foreign;             /* depth of svg and math */
};

/*
 * What is in <style> and <script> is appended to `bytes`. At the end of such an element `ended` is called with its name and the first
 * `len` of them, and empties it; it returns NULL, or why that element is refused.
 */
struct html_raw {
	struct buf *bytes;
	const char *(*ended)(void *arg, const char *element, struct buf *bytes, size_t len);
	void *arg;
};
/* Reads on. NULL, or why it is refused, with *bad the offset in `text`. */
const char *html_feed(
    struct html *html, const char *text, size_t len, const struct html_raw *raw, size_t *bad);

/* In or at the tag of script or style. */
bool html_is_code(const struct html *html);
/* A value stands here: NULL, or why it may not. */
const char *html_value(struct html *html, enum page_kind kind);
/* A section begins or ends here: NULL, or why not. */
const char *html_section(struct html *html);
/* style.css or approve.js stands here: NULL, or why not. */
const char *html_part(const struct html *html, const char *element);
/* Both places are read on in the same way. */
bool html_same(const struct html *a, const struct html *b);
/* The template ends here: NULL, or why not. */
const char *html_end(const struct html *html);

#endif
