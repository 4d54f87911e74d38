/*
 * page_escape.h - values as text of HTML and as plain text; part of page.
 *
 * Characters that nobody sees, or that change how their neighbours are seen, become [U+XXXX]: controls, directions of writing
 * (Unicode Standard Annex 9), joiners and spaces without width, tags. So a name cannot look like another one. Bytes that are no
 * UTF-8 become U+FFFD.
 */
#ifndef ENFORGATE_PAGE_ESCAPE_H
#define ENFORGATE_PAGE_ESCAPE_H

#include "buf.h"

/* For element text and quoted attributes. Line ends and tabs stay. */
void page_escape_html(struct buf *out, const char *text);
/* Line ends and tabs become spaces: a value cannot forge a line. */
void page_escape_text(struct buf *out, const char *text);

#endif
