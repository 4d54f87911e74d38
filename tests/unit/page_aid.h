/* page_aid.h - a directory of templates, and what comes of them. */
#ifndef ENFORGATE_PAGE_AID_H
#define ENFORGATE_PAGE_AID_H

#include "testing.h"

#include "page.h"

#define PAGE_AID_VALUES 32

/* Writes DIRECTORY/NAME. */
void aid_template(const char *directory, const char *name, const char *text, size_t len);
/* enum page of "ask.html"; fails for another name. */
enum page aid_page(const char *file);
/* Opens them; fails with the problem. `dir` may be NULL. */
struct pages *aid_pages(const char *dir);
/* The page with these values; out is to be freed. */
enum status aid_render(const struct pages *pages, enum page page, const struct page_value *values,
    size_t count, struct buf *out);

#endif
