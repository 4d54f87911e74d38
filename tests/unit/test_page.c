/* test_page.c - pages from templates: built in, replaced, filled, and their policies. Templates as such: tests/cases/page. */
#include "page_aid.h"

#include <sys/stat.h>

#include "secret.h"

static char *
directory(void **state)
{
	return *state;
}

static int
set_up(void **state)
{
	*state = strdup(test_directory());
	return *state == NULL;
}

static int
tear_down(void **state)
{
	test_remove(*state);
	free(*state);
	return 0;
}

static void
put(const char *dir, const char *name, const char *text)
{
	aid_template(dir, name, text, strlen(text));
}

static void
assert_refused(const char *dir, enum status expected, const char *part)
{
	struct pages *pages = (struct pages *)1;
	struct problem why = {""};

	assert_status(pages_open(dir, &pages, &why), expected);
	assert_null(pages);
	if (strstr(why.text, part) == NULL)
		fail_msg("not \"%s\" but: %s", part, why.text);
}

static void
assert_gives(const char *dir, const struct page_value *values, size_t count, const char *expected)
{
	struct pages *pages = aid_pages(dir);
	struct buf out;

	assert_status(aid_render(pages, PAGE_PROBLEM, values, count, &out), STATUS_OK);
	assert_string_equal(buf_str(&out), expected);
	buf_free(&out);
	pages_close(pages);
}

/* ---- Built in ---- */

static void
built_in_templates_are_good_with_and_without_values(void **state)
{
	struct pages *pages = aid_pages(NULL);
	struct buf out;

	(void)state;
	for (int i = 0; i < PAGE_COUNT; i++) {
		assert_status(aid_render(pages, (enum page)i, NULL, 0, &out), STATUS_OK);
		assert_true(out.len > 0);
		assert_null(strstr(buf_str(&out), "{{"));
		buf_free(&out);
	}
	pages_close(pages);
}

static void
the_approve_page_says_who_asks_for_what_and_why(void **state)
{
	const struct page_value values[] = {{"key_name", "the-key"}, {"tool", "the_tool"},
	    {"server", "the-server"}, {"reason", "the reason"}, {"time_left", "the time left"},
	    {"expires_text", "the end"}, {"salt", "the-salt"}, {"shown_digest", "the-digest"},
	    {"needs_pin", "1"}, {"may_allow_time", "1"}};
	struct pages *pages = aid_pages(NULL);
	struct buf out;

	(void)state;
	assert_status(aid_render(pages, PAGE_ASK, values, 10, &out), STATUS_OK);
	for (size_t i = 0; i < 8; i++)
		if (strstr(buf_str(&out), values[i].text) == NULL)
			fail_msg("%s is not shown", values[i].name);
	assert_non_null(strstr(buf_str(&out), "name=\"pin\""));
	assert_non_null(strstr(buf_str(&out), "value=\"24h\""));
	assert_non_null(strstr(buf_str(&out), "value=\"approve\""));
	assert_non_null(strstr(buf_str(&out), "value=\"deny\""));
	buf_free(&out);
	pages_close(pages);
}

static void
what_the_key_forbids_is_not_offered(void **state)
{
	const struct page_value values[] = {{"approve_off", "Not here."}, {"needs_pin", "1"}};
	struct pages *pages = aid_pages(NULL);
	struct buf out;

	(void)state;
	assert_status(aid_render(pages, PAGE_ASK, NULL, 0, &out), STATUS_OK);
	assert_null(strstr(buf_str(&out), "name=\"pin\""));
	assert_null(strstr(buf_str(&out), "name=\"duration\""));
	assert_null(strstr(buf_str(&out), "name=\"calls\""));
	buf_free(&out);
	assert_status(aid_render(pages, PAGE_ASK, values, 2, &out), STATUS_OK);
	assert_non_null(strstr(buf_str(&out), "Not here."));
	assert_null(strstr(buf_str(&out), "value=\"approve\""));
	assert_null(strstr(buf_str(&out), "name=\"pin\""));
	assert_non_null(strstr(buf_str(&out), "value=\"deny\""));
	buf_free(&out);
	pages_close(pages);
}

/* ---- Replaced ---- */

static void
a_file_replaces_the_built_in_one(void **state)
{
	const struct page_value value = {"title", "x"};

	put(directory(state), "problem.html", "<p>mine: {{title}}</p>");
	assert_gives(directory(state), &value, 1, "<p>mine: x</p>");
}

static void
a_style_sheet_replaces_that_of_every_page(void **state)
{
	struct pages *pages;
	struct buf out;

	put(directory(state), "style.css", "a{color:#123456}");
	pages = aid_pages(directory(state));
	for (int i = PAGE_ASK; i <= PAGE_PROBLEM; i++) {
		assert_status(aid_render(pages, (enum page)i, NULL, 0, &out), STATUS_OK);
		assert_non_null(strstr(buf_str(&out), "a{color:#123456}"));
		buf_free(&out);
	}
	pages_close(pages);
}

static void
no_directory_is_all_built_in(void **state)
{
	char path[TEST_PATH_MAX];

	test_path(path, directory(state), "none");
	pages_close(aid_pages(path));
	pages_close(aid_pages(""));
	pages_close(aid_pages(directory(state)));
}

static void
hidden_files_are_no_templates(void **state)
{
	put(directory(state), ".problem.html.swp", "{{{");
	pages_close(aid_pages(directory(state)));
}

static void
an_unknown_file_name_is_refused(void **state)
{
	put(directory(state), "problem.htm", "");
	assert_refused(directory(state), STATUS_INVALID, "/problem.htm: no template has this name");
}

static void
a_part_is_no_page_of_its_own(void **state)
{
	put(directory(state), "script.js", "");
	assert_refused(directory(state), STATUS_INVALID, "approve.js");
}

static void
what_is_no_file_is_refused(void **state)
{
	char path[TEST_PATH_MAX];

	test_path(path, directory(state), "ask.html");
	assert_int_equal(mkdir(path, 0700), 0);
	assert_refused(directory(state), STATUS_INVALID, "/ask.html: is no regular file");
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_refused(directory(state), STATUS_INVALID, "/ask.html: is no regular file");
}

static void
a_broken_link_and_a_file_for_a_directory_are_told(void **state)
{
	char path[TEST_PATH_MAX];

	test_path(path, directory(state), "ask.html");
	assert_int_equal(symlink("nowhere", path), 0);
	assert_refused(directory(state), STATUS_FAILED, "/ask.html: cannot be read: No such file");
	assert_int_equal(unlink(path), 0);
	put(directory(state), "done.html", "");
	test_path(path, directory(state), "done.html");
	assert_refused(path, STATUS_FAILED, "cannot be listed: Not a directory");
}

static void
size_of_a_file_is_capped(void **state)
{
	char *text = malloc(PAGE_TEMPLATE_MAX + 2);

	assert_non_null(text);
	memset(text, 'x', PAGE_TEMPLATE_MAX + 1);
	text[PAGE_TEMPLATE_MAX + 1] = '\0';
	aid_template(directory(state), "problem.html", text, PAGE_TEMPLATE_MAX);
	text[PAGE_TEMPLATE_MAX] = '\0';
	assert_gives(directory(state), NULL, 0, text);
	text[PAGE_TEMPLATE_MAX] = 'x';
	aid_template(directory(state), "problem.html", text, PAGE_TEMPLATE_MAX + 1);
	assert_refused(
	    directory(state), STATUS_INVALID, "/problem.html: is larger than 65536 bytes");
	free(text);
}

static void
bytes_that_are_no_text_are_refused(void **state)
{
	aid_template(directory(state), "problem.html", "a\0b", 3);
	assert_refused(
	    directory(state), STATUS_INVALID, "/problem.html:1: holds a control character");
	put(directory(state), "problem.html", "a\n\xc3(");
	assert_refused(directory(state), STATUS_INVALID, "/problem.html:2: is not UTF-8");
	put(directory(state), "problem.html", "a\r");
	assert_refused(
	    directory(state), STATUS_INVALID, "/problem.html:1: holds a control character");
}

static void
too_many_pieces_are_refused(void **state)
{
	static const char piece[] = "{{title}}";
	char *text = malloc(PAGE_TEMPLATE_MAX);
	size_t len = 0;

	assert_non_null(text);
	while (len < 4096 * (sizeof(piece) - 1)) {
		memcpy(text + len, piece, sizeof(piece));
		len += sizeof(piece) - 1;
	}
	put(directory(state), "problem.html", text);
	assert_gives(directory(state), NULL, 0, "");
	memcpy(text + len, piece, sizeof(piece));
	put(directory(state), "problem.html", text);
	assert_refused(
	    directory(state), STATUS_INVALID, "/problem.html:1: has more than 4096 pieces");
	free(text);
}

/* ---- Filled ---- */

static void
unknown_and_repeated_values_are_a_mistake_of_the_caller(void **state)
{
	const struct page_value other = {"salt", "x"};
	const struct page_value twice[] = {{"title", "x"}, {"title", NULL}};
	struct pages *pages = aid_pages(NULL);
	struct buf out;

	(void)state;
	assert_status(aid_render(pages, PAGE_PROBLEM, &other, 1, &out), STATUS_INVALID);
	assert_int_equal(out.len, 0);
	assert_status(aid_render(pages, PAGE_PROBLEM, twice, 2, &out), STATUS_INVALID);
	pages_close(pages);
}

static void
a_url_is_http_and_nothing_else(void **state)
{
	static const char *const bad[] = {"javascript:alert(1)", "//h/x", "/x", "x",
	    "data:text/html,x", "HTTPS://h", "https:/h", "https://h/ x", "https://h/\"x",
	    "https://h/'x", "https://h/<x>", "https://h/\nx", "https://h/\x7f",
	    "https://h/\xc3\xa4", " https://h"};
	static const char *const good[] = {
	    "https://h", "http://127.0.0.1:8080/v1/approve/T#a=e30", "https://[::1]/x?y=%20&z=(1)"};
	struct pages *pages = aid_pages(NULL);
	struct page_value value = {"link", NULL};
	struct buf out;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		value.text = bad[i];
		for (int page = PAGE_MAIL_HTML; page <= PAGE_MAIL_TEXT; page++)
			if (aid_render(pages, (enum page)page, &value, 1, &out) != STATUS_INVALID)
				fail_msg("\"%s\" is taken as a URL", bad[i]);
	}
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		value.text = good[i];
		if (aid_render(pages, PAGE_MAIL_HTML, &value, 1, &out) != STATUS_OK)
			fail_msg("\"%s\" is not taken as a URL", good[i]);
		buf_free(&out);
	}
	pages_close(pages);
}

static void
size_of_a_page_is_capped(void **state)
{
	char *text = malloc(PAGE_MAX + 2);
	struct page_value value = {"title", text};
	struct pages *pages;
	struct buf out;

	assert_non_null(text);
	memset(text, 'x', PAGE_MAX + 1);
	text[PAGE_MAX + 1] = '\0';
	put(directory(state), "problem.html", "{{title}}");
	pages = aid_pages(directory(state));
	assert_status(aid_render(pages, PAGE_PROBLEM, &value, 1, &out), STATUS_TOO_LARGE);
	buf_free(&out);
	text[PAGE_MAX] = '\0';
	assert_status(aid_render(pages, PAGE_PROBLEM, &value, 1, &out), STATUS_OK);
	assert_int_equal(out.len, PAGE_MAX);
	buf_free(&out);
	buf_init(&out, 10);
	assert_status(page_render(pages, PAGE_PROBLEM, &value, 1, &out), STATUS_TOO_LARGE);
	buf_free(&out);
	pages_close(pages);
	free(text);
}

static void
a_page_is_appended(void **state)
{
	const struct page_value value = {"title", "x"};
	struct pages *pages;
	struct buf out;

	put(directory(state), "problem.html", "{{title}}");
	pages = aid_pages(directory(state));
	buf_init(&out, 100);
	buf_text(&out, "before ");
	assert_status(page_render(pages, PAGE_PROBLEM, &value, 1, &out), STATUS_OK);
	assert_string_equal(buf_str(&out), "before x");
	buf_free(&out);
	pages_close(pages);
}

static void
bytes_of_a_value_that_are_no_utf8_are_replaced(void **state)
{
	const struct page_value value = {"title", "a\xff\xc3(\xed\xa0\x80\xf4"};

	put(directory(state), "problem.html", "{{title}}");
	assert_gives(directory(state), &value, 1,
	    "a\xef\xbf\xbd\xef\xbf\xbd(\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
}

/* ---- Policies ---- */

static void
assert_csp(const char *dir, const char *expected)
{
	struct pages *pages = aid_pages(dir);

	assert_string_equal(page_csp(pages, PAGE_PROBLEM), expected);
	pages_close(pages);
}

/* The hash is that of `alert('Hello, world.');` in the example of CSP Level 3, section 2.3.1. */
static void
policy_has_the_hashes_of_what_stands_in_the_page(void **state)
{
	put(directory(state), "approve.js", "alert('Hello, world.');");
	put(directory(state), "problem.html", "<script>{{> script}}</script>");
	assert_csp(directory(state),
	    "default-src 'none'; script-src 'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='; "
	    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'");
}

static void
a_page_without_style_and_script_allows_none(void **state)
{
	put(directory(state), "problem.html", "<p>x</p>");
	assert_csp(directory(state),
	    "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'");
}

/* The SHA-256 of "a{}\n" and of "", as openssl has them. */
static void
line_ends_are_hashed_as_browsers_read_them(void **state)
{
	static const char expected[] =
	    "default-src 'none'; style-src 'sha256-u0Jj2e1i7IBkNDEHdGEj6YSZteK6W+q1Sv+Vn8x343I=' "
	    "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='; form-action 'self'; "
	    "frame-ancestors 'none'; base-uri 'none'";

	put(directory(state), "problem.html", "<style>a{}\n</style><style></style>");
	assert_csp(directory(state), expected);
	put(directory(state), "problem.html", "<style>a{}\r\n</style><style></style>");
	assert_csp(directory(state), expected);
}

static void
built_in_pages_have_policies_and_mails_have_none(void **state)
{
	struct pages *pages = aid_pages(NULL);

	(void)state;
	assert_non_null(strstr(page_csp(pages, PAGE_ASK), "; style-src 'sha256-"));
	assert_non_null(strstr(page_csp(pages, PAGE_ASK), "; script-src 'sha256-"));
	assert_null(strstr(page_csp(pages, PAGE_PROBLEM), "script-src"));
	for (int i = 0; i < PAGE_COUNT; i++)
		assert_null(strstr(page_csp(pages, (enum page)i), "unsafe"));
	assert_string_equal(page_csp(pages, PAGE_MAIL_HTML), "");
	assert_string_equal(page_csp(pages, PAGE_MAIL_TEXT), "");
	pages_close(pages);
}

static void
closing_nothing_is_fine(void **state)
{
	(void)state;
	pages_close(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(built_in_templates_are_good_with_and_without_values),
	    cmocka_unit_test(the_approve_page_says_who_asks_for_what_and_why),
	    cmocka_unit_test(what_the_key_forbids_is_not_offered),
	    TEST(a_file_replaces_the_built_in_one),
	    TEST(a_style_sheet_replaces_that_of_every_page),
	    TEST(no_directory_is_all_built_in),
	    TEST(hidden_files_are_no_templates),
	    TEST(an_unknown_file_name_is_refused),
	    TEST(a_part_is_no_page_of_its_own),
	    TEST(what_is_no_file_is_refused),
	    TEST(a_broken_link_and_a_file_for_a_directory_are_told),
	    TEST(size_of_a_file_is_capped),
	    TEST(bytes_that_are_no_text_are_refused),
	    TEST(too_many_pieces_are_refused),
	    cmocka_unit_test(unknown_and_repeated_values_are_a_mistake_of_the_caller),
	    cmocka_unit_test(a_url_is_http_and_nothing_else),
	    TEST(size_of_a_page_is_capped),
	    TEST(a_page_is_appended),
	    TEST(bytes_of_a_value_that_are_no_utf8_are_replaced),
	    TEST(policy_has_the_hashes_of_what_stands_in_the_page),
	    TEST(a_page_without_style_and_script_allows_none),
	    TEST(line_ends_are_hashed_as_browsers_read_them),
	    cmocka_unit_test(built_in_pages_have_policies_and_mails_have_none),
	    cmocka_unit_test(closing_nothing_is_fine),
	};

	if (secret_start() != STATUS_OK)
		return 1;
	return cmocka_run_group_tests_name("page", tests, NULL, NULL);
}
