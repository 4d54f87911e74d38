/*
 * page_files.h - the files of the templates: built in, or of a directory; part of page.
 */
#ifndef ENFORGATE_PAGE_FILES_H
#define ENFORGATE_PAGE_FILES_H

#include <limits.h>

#include "page.h"

#define PAGE_FILES (PAGE_COUNT + 2)

/* Numbers of the files behind those of enum page. */
enum { PAGE_FILE_STYLE = PAGE_COUNT, PAGE_FILE_SCRIPT };

/* Built in; made from templates/ by tools/embed-templates.sh. A file without a name ends the list. */
struct page_builtin {
	const char *name;
	const char *text;
};
extern const struct page_builtin page_builtins[];

struct page_file {
	char name[PATH_MAX]; /* for problems: the path, or "ask.html" for one that is built in */
	const char *text; /* NUL-terminated UTF-8 without other controls than line ends and tabs */
	char *owned;      /* `text` where it was read */
};

struct page_files {
	struct page_file file[PAGE_FILES];
};

/* STATUS_INVALID and STATUS_FAILED as pages_open(). On failure `out` is to be freed all the same. */
enum status page_files_read(const char *dir, struct page_files *out, struct problem *why) MUST_USE;
/* Makes `len` bytes of `owned`, which has room for one more and is freed with the file, its contents. STATUS_INVALID. */
enum status page_file_take(
    struct page_file *file, char *owned, size_t len, struct problem *why) MUST_USE;
void page_files_free(struct page_files *files);

#endif
