/*
 * page.h - pages and texts from templates, escaped by context, with no way to forget it.
 *
 * Templates are a subset of Mustache (mustache(5)): {{name}}, {{#name}}...{{/name}}, {{^name}}...{{/name}}, {{! comment}}, {{> part}}.
 * Unescaped output ({{{name}}}, {{&name}}) and changed delimiters are refused. In *.html values are escaped for element text and quoted
 * attributes; a value anywhere else (in a tag without quotation marks, in <script> or <style>) is refused when the template is
 * read. In *.txt nothing is escaped but control characters.
 *
 * The built-in templates are those of templates/; a file of the same name in the directory of the setting `templates_dir` replaces one.
 * An unknown file name, an unknown value name and every syntax error are refused when they are read, with file and line.
 */
#ifndef ENFORGATE_PAGE_H
#define ENFORGATE_PAGE_H

#include <stddef.h>

#include "buf.h"
#include "status.h"

#define PAGE_TEMPLATE_MAX ((size_t)64 << 10) /* bytes of one file */
#define PAGE_MAX ((size_t)256 << 10)         /* bytes of one page */
#define PAGE_CSP_MAX 512

enum page {
	PAGE_ASK,       /* the approve page of a pending call: ask.html */
	PAGE_DONE,      /* it was decided just now: done.html */
	PAGE_GONE,      /* used or expired, 410: gone.html */
	PAGE_PROBLEM,   /* anything else that went wrong: problem.html */
	PAGE_MAIL_HTML, /* mail.html */
	PAGE_MAIL_TEXT, /* mail.txt */
	PAGE_COUNT
};

/* A value by name; text NULL or "" is absent, for sections too. Borrowed. */
struct page_value {
	const char *name;
	const char *text;
};

struct pages;

/* `dir` may be NULL or not exist: all built in. */
enum status pages_open(const char *dir, struct pages **out, struct problem *why) MUST_USE;
void pages_close(struct pages *pages); /* accepts NULL */

/* Appends the page. Values that the page does not know are a mistake of the caller: STATUS_INVALID. */
enum status page_render(const struct pages *pages, enum page page, const struct page_value *values,
    size_t count, struct buf *out) MUST_USE;

/* The Content-Security-Policy of a page: only its own style sheet and script, by their hashes (CSP Level 3, section 2.3.1). */
const char *page_csp(const struct pages *pages, enum page page);

#endif
