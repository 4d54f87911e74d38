/*
 * page_read.c - templates: from Mustache to steps; see page_read.h.
 *
 * The rules are those of the Mustache specification (mustache/spec: interpolation, sections, inverted, comments,
 * partials) for what page.h lists.
 */
#include "page_read.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "page_csp.h"
#include "page_html.h"

#define NAME_SHOWN 40 /* bytes of an unknown name in a problem */

/* In a script it changes where that ends (HTML Standard, section 13.2.5.18). */
static const char no_comment[] = "<!-- must not be in script or style";

struct section {
	int value;
	size_t step;
	const char *at; /* its first tag */
	struct html html;
};

/* One tag of the template. */
struct tag {
	const char *start; /* its {{ */
	const char *end;   /* behind its }} */
	char kind;         /* # ^ / > ! or v for a value */
	const char *name;
	size_t len;
	const char *line; /* of one that is alone on its line: where that begins, else NULL */
	const char *next; /* where the text goes on */
};

struct reader {
	const struct page_file *file;
	const struct page_files *files;
	struct page_template *out;
	struct html html;
	struct buf raw;
	struct page_csp csp;
	bool fresh; /* the next text must have a step of its own: a section ends before it */
	size_t depth;
	struct section sections[PAGE_DEPTH_MAX];
	enum status status;
	struct problem *why;
};

static size_t
line_of(const char *text, const char *at)
{
	size_t line = 1;

	for (; text < at; text++)
		line += *text == '\n';
	return line;
}

static void refuse_in(struct reader *r, const struct page_file *file, const char *at,
    const char *format, ...) PRINTF_LIKE(4, 5);

static void
refuse_in(struct reader *r, const struct page_file *file, const char *at, const char *format, ...)
{
	char text[PROBLEM_MAX];
	va_list list;

	va_start(list, format);
	(void)vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	problem_set(r->why, "%s:%zu: %s", file->name, line_of(file->text, at), text);
	r->status = STATUS_INVALID;
}
/* false, so that a caller can return it. */
#define refuse_at(r, file, at, ...) (refuse_in(r, file, at, __VA_ARGS__), false)
#define refuse(r, at, ...) refuse_at(r, (r)->file, at, __VA_ARGS__)

static bool
add_step(struct reader *r, const char *at, struct page_step step)
{
	struct page_template *t = r->out;

	if (t->count == PAGE_STEPS_MAX)
		return refuse(r, at, "has more than %d pieces", PAGE_STEPS_MAX);
	if (t->count == t->size) {
		size_t size = t->size > 0 ? t->size * 2 : 64;
		struct page_step *steps = realloc(t->steps, size * sizeof(*steps));

		if (steps == NULL) {
			r->status = STATUS_NO_MEMORY;
			return false;
		}
		t->steps = steps;
		t->size = size;
	}
	t->steps[t->count++] = step;
	return true;
}

/* Constant text of `file`. */
static bool add_text(struct reader *r, const struct page_file *file, const char *text, size_t len);

static const char *
element_ended(void *arg, const char *element, struct buf *bytes, size_t len)
{
	struct reader *r = arg;
	const char *fault = NULL;

	if (buf_status(bytes) != STATUS_OK)
		fault = "there is too much in script or style";
	else if (strstr(buf_str(bytes), "<!--") != NULL)
		fault = no_comment;
	else if (page_csp_add(&r->csp, element, buf_str(bytes), len) != STATUS_OK)
		fault = "there are too many script or style elements";
	buf_reset(bytes);
	return fault;
}

static bool
add_text(struct reader *r, const struct page_file *file, const char *text, size_t len)
{
	struct html_raw raw = {&r->raw, element_ended, r};
	struct page_template *t = r->out;
	const char *fault = NULL;
	size_t at = t->text.len, bad = 0;

	if (len == 0)
		return true;
	if (t->form->html)
		fault = html_feed(&r->html, text, len, &raw, &bad);
	if (fault != NULL)
		return refuse_at(r, file, text + bad, "%s", fault);
	buf_add(&t->text, text, len);
	if (buf_status(&t->text) != STATUS_OK)
		return refuse_at(r, file, text, "the page is too large");
	if (!r->fresh && t->count > 0 && t->steps[t->count - 1].kind == STEP_TEXT) {
		t->steps[t->count - 1].len += len;
		return true;
	}
	r->fresh = false;
	return add_step(r, text, (struct page_step){.kind = STEP_TEXT, .at = at, .len = len});
}

static const char *
skip_blanks(const char *at)
{
	return at + strspn(at, " \t");
}

/* A tag that shows nothing itself and is alone on its line takes the line with it. */
static void
find_line(const struct reader *r, struct tag *tag)
{
	const char *line = tag->start, *next = skip_blanks(tag->end);

	while (line > r->file->text && (line[-1] == ' ' || line[-1] == '\t'))
		line--;
	if (line > r->file->text && line[-1] != '\n')
		return;
	if (*next == '\r' && next[1] == '\n')
		next++;
	if (*next != '\n' && *next != '\0')
		return;
	tag->line = line;
	tag->next = *next == '\n' ? next + 1 : next;
}

static bool
read_tag(struct reader *r, const char *start, struct tag *tag)
{
	const char *name = start + 2, *end;

	*tag = (struct tag){.start = start, .kind = 'v'};
	if (*name == '{' || *name == '&')
		return refuse(r, start, "values are always escaped; write {{name}}");
	if (*name == '=' || *name == '<' || *name == '$')
		return refuse(
		    r, start, "{{%c is not of the part of Mustache that is known here", *name);
	if (*name != '\0' && strchr("#^/>!", *name) != NULL)
		tag->kind = *name++;
	end = strstr(name, "}}");
	if (end == NULL)
		return refuse(r, start, "this {{ has no }}");
	tag->end = tag->next = end + 2;
	name += strspn(name, " \t\r\n");
	while (end > name && strchr(" \t\r\n", end[-1]) != NULL)
		end--;
	tag->name = name;
	tag->len = end > name ? (size_t)(end - name) : 0;
	if (tag->kind != 'v')
		find_line(r, tag);
	return true;
}

static bool
find_value(struct reader *r, const struct tag *tag, int *value)
{
	const struct page_form *form = r->out->form;
	int shown = (int)(tag->len < NAME_SHOWN ? tag->len : NAME_SHOWN);

	*value = page_name_find(form, tag->name, tag->len);
	if (*value >= 0)
		return true;
	if (tag->len == 0)
		return refuse(r, tag->start, "this tag has no name");
	return refuse(r, tag->start,
	    "%s has no value called \"%.*s\"; the comment at the top of the "
	    "built-in one lists them",
	    form->file, shown, tag->name);
}

static bool
add_value(struct reader *r, const struct tag *tag)
{
	const char *fault = NULL;
	enum page_kind kind;
	int value;

	if (!find_value(r, tag, &value))
		return false;
	kind = r->out->form->names[value].kind;
	if (kind == PAGE_FLAG)
		return refuse(r, tag->start, "\"%s\" is no text; it is for {{#%s}} and {{^%s}}",
		    r->out->form->names[value].name, r->out->form->names[value].name,
		    r->out->form->names[value].name);
	if (r->out->form->html)
		fault = html_value(&r->html, kind);
	if (fault != NULL)
		return refuse(r, tag->start, "%s", fault);
	return add_step(r, tag->start, (struct page_step){.kind = STEP_VALUE, .value = value});
}

static bool
open_section(struct reader *r, const struct tag *tag)
{
	struct section *section = &r->sections[r->depth];
	const char *fault = html_section(&r->html);
	int value;

	if (!find_value(r, tag, &value))
		return false;
	if (fault != NULL)
		return refuse(r, tag->start, "%s", fault);
	if (r->depth == PAGE_DEPTH_MAX)
		return refuse(
		    r, tag->start, "sections in sections, more than %d deep", PAGE_DEPTH_MAX);
	*section = (struct section){value, r->out->count, tag->start, r->html};
	r->depth++;
	return add_step(r, tag->start,
	    (struct page_step){
		.kind = tag->kind == '#' ? STEP_SECTION : STEP_INVERTED, .value = value});
}

static bool
close_section(struct reader *r, const struct tag *tag)
{
	const struct section *section;
	int value;

	if (!find_value(r, tag, &value))
		return false;
	if (r->depth == 0)
		return refuse(r, tag->start, "no section is open here");
	(void)html_section(&r->html);
	section = &r->sections[--r->depth];
	if (section->value != value)
		return refuse(r, tag->start, "the section \"%s\" of line %zu has to end first",
		    r->out->form->names[section->value].name, line_of(r->file->text, section->at));
	if (!html_same(&section->html, &r->html))
		return refuse(r, tag->start,
		    "this section ends in other markup than it begins in: close the "
		    "tags that it opens, and in a tag put a space before its end");
	r->out->steps[section->step].at = r->out->count;
	r->fresh = true;
	return true;
}

/* The file as it is; where its tag is alone on a line, each line is indented as the tag was. */
static bool
add_part(struct reader *r, const struct tag *tag)
{
	static const char *const names[] = {"style", "script"};
	int number = tag->len == 5 && memcmp(tag->name, "style", 5) == 0 ? 0 : 1;
	const struct page_file *part = &r->files->file[PAGE_FILE_STYLE + number];
	size_t indent = tag->line != NULL ? (size_t)(tag->start - tag->line) : 0;
	const char *fault, *at = part->text;

	if (tag->len != strlen(names[number]) || memcmp(tag->name, names[number], tag->len) != 0)
		return refuse(r, tag->start, "the parts are {{> style}} and {{> script}}");
	fault = r->out->form->html ? html_part(&r->html, names[number]) : "a text has no parts";
	if (fault != NULL)
		return refuse(r, tag->start, "%s", fault);
	if (strstr(at, "<!--") != NULL)
		return refuse_at(r, part, strstr(at, "<!--"), "%s", no_comment);
	while (*at != '\0') {
		size_t len = strcspn(at, "\n");

		len += at[len] == '\n';
		if (!add_text(r, r->file, tag->line, indent) || !add_text(r, part, at, len))
			return false;
		at += len;
		if (html_part(&r->html, names[number]) != NULL)
			return refuse_at(r, part, at - 1,
			    "</%s or the beginning of it cannot stand here", names[number]);
	}
	return true;
}

static bool
add_tag(struct reader *r, const struct tag *tag)
{
	switch (tag->kind) {
	case '!':
		return true;
	case '#':
	case '^':
		return open_section(r, tag);
	case '/':
		return close_section(r, tag);
	case '>':
		return add_part(r, tag);
	default:
		return add_value(r, tag);
	}
}

static bool
read_template(struct reader *r)
{
	const char *at = r->file->text, *start, *fault;
	struct tag tag;

	while ((start = strstr(at, "{{")) != NULL) {
		if (!read_tag(r, start, &tag))
			return false;
		if (!add_text(
			r, r->file, at, (size_t)((tag.line != NULL ? tag.line : start) - at)) ||
		    !add_tag(r, &tag))
			return false;
		at = tag.next;
	}
	if (!add_text(r, r->file, at, strlen(at)))
		return false;
	if (r->depth > 0)
		return refuse(r, r->sections[r->depth - 1].at, "this section has no end");
	fault = r->out->form->html ? html_end(&r->html) : NULL;
	return fault == NULL || refuse(r, at + strlen(at), "%s", fault);
}

enum status
page_read(
    enum page page, const struct page_files *files, struct page_template *out, struct problem *why)
{
	struct reader *r = calloc(1, sizeof(*r));
	enum status status = STATUS_NO_MEMORY;

	*out = (struct page_template){.form = &page_forms[page]};
	buf_init(&out->text, PAGE_MAX);
	if (r == NULL)
		return status;
	r->file = &files->file[page];
	r->files = files;
	r->out = out;
	r->why = why;
	r->html.web = out->form->web;
	buf_init(&r->raw, PAGE_MAX);
	if (read_template(r) && out->form->web && page_csp_write(&r->csp, out->csp) != STATUS_OK)
		(void)refuse(r, r->file->text, "there are too many script or style elements");
	status = r->status;
	buf_free(&r->raw);
	free(r);
	return status;
}

void
page_template_free(struct page_template *t)
{
	buf_free(&t->text);
	free(t->steps);
	*t = (struct page_template){0};
}
