/* page_aid.c - a directory of templates; see page_aid.h. */
#include "page_aid.h"

void
aid_template(const char *directory, const char *name, const char *text, size_t len)
{
	char path[TEST_PATH_MAX];
	FILE *file;

	test_path(path, directory, name);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

enum page
aid_page(const char *file)
{
	static const char *const files[PAGE_COUNT] = {[PAGE_ASK] = "ask.html",
	    [PAGE_DONE] = "done.html",
	    [PAGE_GONE] = "gone.html",
	    [PAGE_PROBLEM] = "problem.html",
	    [PAGE_MAIL_HTML] = "mail.html",
	    [PAGE_MAIL_TEXT] = "mail.txt"};
	int page = 0;

	while (page < PAGE_COUNT && strcmp(files[page], file) != 0)
		page++;
	if (page == PAGE_COUNT)
		fail_msg("%s is no template", file);
	return (enum page)page;
}

struct pages *
aid_pages(const char *dir)
{
	struct pages *pages = NULL;
	struct problem why = {""};

	if (pages_open(dir, &pages, &why) != STATUS_OK)
		fail_msg("%s", why.text);
	return pages;
}

enum status
aid_render(const struct pages *pages, enum page page, const struct page_value *values, size_t count,
    struct buf *out)
{
	buf_init(out, 2 * PAGE_MAX);
	return page_render(pages, page, values, count, out);
}
