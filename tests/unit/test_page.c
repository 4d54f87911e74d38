/* test_page.c - pages from templates: built in, replaced, and filled. What a template may be is in tests/cases/page. */
#include "testing.h"

#include "page.h"
#include "secret.h"

static struct pages *
opened(const char *dir)
{
	struct pages *pages = NULL;
	struct problem why = {""};

	if (pages_open(dir, &pages, &why) != STATUS_OK)
		fail_msg("%s", why.text);
	return pages;
}

static enum status
rendered(
    const struct pages *pages, enum page page, const char *name, const char *text, struct buf *out)
{
	struct page_value value = {name, text};

	buf_init(out, 2 * PAGE_MAX);
	return page_render(pages, page, &value, name == NULL ? 0 : 1, out);
}

static void
built_in_templates_are_good(void **state)
{
	struct pages *pages = opened(NULL);
	struct buf out;

	(void)state;
	for (int i = 0; i < PAGE_COUNT; i++) {
		assert_status(rendered(pages, (enum page)i, NULL, NULL, &out), STATUS_OK);
		assert_true(out.len > 0);
		buf_free(&out);
	}
	pages_close(pages);
}

static void
values_are_escaped(void **state)
{
	struct pages *pages = opened("/nonexistent");
	struct buf out;

	(void)state;
	assert_status(rendered(pages, PAGE_PROBLEM, "title", "<b>\"&'", &out), STATUS_OK);
	assert_non_null(strstr(buf_str(&out), "<h1>&lt;b&gt;&quot;&amp;&#39;</h1>"));
	buf_free(&out);
	pages_close(pages);
}

static void
unknown_values_are_a_mistake(void **state)
{
	struct pages *pages = opened(NULL);
	struct buf out;

	(void)state;
	assert_status(rendered(pages, PAGE_PROBLEM, "salt", "x", &out), STATUS_INVALID);
	buf_free(&out);
	pages_close(pages);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(built_in_templates_are_good),
	    cmocka_unit_test(values_are_escaped),
	    cmocka_unit_test(unknown_values_are_a_mistake),
	};

	if (secret_start() != STATUS_OK)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
