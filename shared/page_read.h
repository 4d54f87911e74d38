/*
 * page_read.h - a template read: steps that page.c walks; part of page.
 */
#ifndef ENFORGATE_PAGE_READ_H
#define ENFORGATE_PAGE_READ_H

#include "page_files.h"
#include "page_values.h"

#define PAGE_STEPS_MAX 4096 /* of one template */
#define PAGE_DEPTH_MAX 16   /* sections in sections */

enum page_step_kind {
	STEP_TEXT,    /* `len` bytes of the text from `at` */
	STEP_VALUE,   /* value number `value` */
	STEP_SECTION, /* with `at` the step behind its end, where to go on when there is no value */
	STEP_INVERTED, /* likewise, when there is one */
};

struct page_step {
	enum page_step_kind kind;
	int value;
	size_t at;
	size_t len;
};

struct page_template {
	const struct page_form *form;
	struct buf text;         /* constant pieces, one behind the other; owned */
	struct page_step *steps; /* owned */
	size_t count;
	size_t size;
	char csp[PAGE_CSP_MAX];
};

/* Reads forms[page] from `files`. On failure *out is to be freed all the same. */
enum status page_read(enum page page, const struct page_files *files, struct page_template *out,
    struct problem *why) MUST_USE;
void page_template_free(struct page_template *t);

#endif
