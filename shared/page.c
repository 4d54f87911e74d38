/* page.c - pages and texts from templates; see page.h. */
#include "page.h"

#include <stdlib.h>

#include "page_fill.h"

struct pages {
	struct page_template templates[PAGE_COUNT];
};

enum status
pages_open(const char *dir, struct pages **out, struct problem *why)
{
	struct pages *pages = calloc(1, sizeof(*pages));
	struct page_files *files = calloc(1, sizeof(*files));
	enum status status = STATUS_NO_MEMORY;

	if (pages == NULL || files == NULL)
		goto out;
	status = page_files_read(dir, files, why);
	for (int i = 0; i < PAGE_COUNT && status == STATUS_OK; i++)
		status = page_read((enum page)i, files, &pages->templates[i], why);
out:
	if (files != NULL)
		page_files_free(files);
	free(files);
	if (status != STATUS_OK) {
		pages_close(pages);
		pages = NULL;
	}
	*out = pages;
	return status;
}

void
pages_close(struct pages *pages)
{
	if (pages == NULL)
		return;
	for (int i = 0; i < PAGE_COUNT; i++)
		page_template_free(&pages->templates[i]);
	free(pages);
}

enum status
page_render(const struct pages *pages, enum page page, const struct page_value *values,
    size_t count, struct buf *out)
{
	return page_fill(&pages->templates[page], values, count, out);
}

const char *
page_csp(const struct pages *pages, enum page page)
{
	return pages->templates[page].csp;
}
