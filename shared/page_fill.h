/*
 * page_fill.h - a template that was read and values give a page; part of page.
 */
#ifndef ENFORGATE_PAGE_FILL_H
#define ENFORGATE_PAGE_FILL_H

#include "page_read.h"

/* As page_render(). */
enum status page_fill(const struct page_template *t, const struct page_value *values, size_t count,
    struct buf *out) MUST_USE;

#endif
