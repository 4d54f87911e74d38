/*
 * page_values.h - the files of the templates and the values that each knows; part of page.
 */
#ifndef ENFORGATE_PAGE_VALUES_H
#define ENFORGATE_PAGE_VALUES_H

#include <stdbool.h>
#include <stddef.h>

#include "page.h"

#define PAGE_VALUES_MAX 32 /* of one page */
#define PAGE_NAME_MAX 24   /* bytes of a value's name */

enum page_kind {
	PAGE_TEXT,
	PAGE_URL,  /* absolute, http or https */
	PAGE_FLAG, /* for sections only */
};

struct page_name {
	const char *name;
	enum page_kind kind;
};

struct page_form {
	const char *file;
	bool html;
	bool web; /* a browser shows it, with a Content-Security-Policy */
	struct page_name names[PAGE_VALUES_MAX]; /* the first without a name ends it */
};

/* By enum page. */
extern const struct page_form page_forms[PAGE_COUNT];

/* Index into names, or -1. */
int page_name_find(const struct page_form *form, const char *name, size_t len);

#endif
