/* page_oracle.c - what must hold for every template; see page_oracle.h. */
#include "page_oracle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "page_csp.h"
#include "page_fill.h"
#include "page_html.h"
#include "utf8.h"

#define HOSTILE                                                                                    \
	"\"'<>& onx=</title></script><script>--><!--{{title}}{{/\xe2\x80\xae\xff\xc3\r\n\x01"
#define PATTERNS 6 /* which values are there */

/* The markup of a page: every tag with its attributes, without what these and the text hold. */
struct outline {
	struct buf tags;
	struct buf raw;
	const struct page_template *template;
	const char *fault;
};

static const char *
code_ended(void *arg, const char *element, struct buf *bytes, size_t len)
{
	struct outline *outline = arg;
	struct page_csp csp = {"", ""};

	if (outline->template->form->web &&
	    (page_csp_add(&csp, element, buf_str(bytes), len) != STATUS_OK ||
		strstr(outline->template->csp,
		    strcmp(element, "style") == 0 ? csp.style : csp.script) == NULL))
		outline->fault = "a style sheet or script is not in the policy of its page";
	buf_add(&outline->tags, buf_str(bytes), len);
	buf_reset(bytes);
	return NULL;
}

static const char *
draw(struct outline *outline, const char *text, size_t len)
{
	struct html_raw raw = {&outline->raw, code_ended, outline};
	struct html html = {.web = outline->template->form->web};
	const char *fault;
	size_t bad;

	for (size_t i = 0; i < len; i++) {
		enum html_state before = html.state;

		fault = html_feed(&html, text + i, 1, &raw, &bad);
		if (fault != NULL)
			return fault;
		if (html.state == HTML_NAME || html.state == HTML_ATTRIBUTE)
			buf_char(&outline->tags, text[i]);
		else if (html.state != before)
			buf_char(&outline->tags, (char)('A' + html.state));
	}
	return outline->fault != NULL ? outline->fault : html_end(&html);
}

static const char *
check_utf8(const struct buf *page)
{
	size_t size;

	for (size_t i = 0; i < page->len; i += size) {
		size = utf8_length(page->data + i, page->len - i);
		if (size == 0)
			return "the page is not UTF-8";
	}
	return NULL;
}

/* Those values of the page that `pattern` picks, all with the same text. */
static enum status
fill(const struct page_template *t, unsigned pattern, const char *text, struct buf *page)
{
	static const unsigned picks[PATTERNS] = {
	    0, 0xffffffff, 0x55555555, 0xaaaaaaaa, 0x0f3c9a71, 0xf0c3658e};
	struct page_value values[PAGE_VALUES_MAX];
	size_t count = 0;

	for (size_t i = 0; i < PAGE_VALUES_MAX && t->form->names[i].name != NULL; i++)
		if ((picks[pattern] >> i & 1) != 0)
			values[count++] = (struct page_value){t->form->names[i].name,
			    t->form->names[i].kind == PAGE_URL ? "https://h/#a=x" : text};
	return page_fill(t, values, count, page);
}

static const char *
compare(const struct page_template *t, unsigned pattern, struct outline outlines[2],
    struct buf pages[2])
{
	static const char *const texts[2] = {"x", HOSTILE};
	const char *fault = NULL;

	for (int i = 0; i < 2 && fault == NULL; i++) {
		enum status status = fill(t, pattern, texts[i], &pages[i]);

		if (status == STATUS_TOO_LARGE)
			return NULL;
		if (status != STATUS_OK)
			return "the page cannot be filled";
		fault = check_utf8(&pages[i]);
		outlines[i].template = t;
		if (fault == NULL && t->form->html)
			fault = draw(&outlines[i], buf_str(&pages[i]), pages[i].len);
	}
	if (fault == NULL && t->form->html &&
	    strcmp(buf_str(&outlines[0].tags), buf_str(&outlines[1].tags)) != 0)
		fault = "values have changed the markup";
	if (fault == NULL && !t->form->html && strpbrk(buf_str(&pages[1]), "\r\x01") != NULL &&
	    strchr(buf_str(&t->text), '\r') == NULL)
		fault = "a value has brought a control character";
	return fault;
}

static const char *
check_filled(const struct page_template *t)
{
	struct outline outlines[2] = {0};
	struct buf pages[2];
	const char *fault = NULL;

	for (unsigned pattern = 0; pattern < PATTERNS && fault == NULL; pattern++) {
		for (int i = 0; i < 2; i++) {
			buf_init(&pages[i], 4 * PAGE_MAX);
			buf_init(&outlines[i].tags, 4 * PAGE_MAX);
			buf_init(&outlines[i].raw, 4 * PAGE_MAX);
		}
		fault = compare(t, pattern, outlines, pages);
		for (int i = 0; i < 2; i++) {
			buf_free(&pages[i]);
			buf_free(&outlines[i].tags);
			buf_free(&outlines[i].raw);
		}
	}
	return fault;
}

/* STATUS_INVALID: a file is no text. */
static enum status
take(struct page_files *files, int number, const char *bytes, size_t len)
{
	char *owned = malloc(len + 1);
	struct problem why;

	if (owned == NULL)
		return STATUS_NO_MEMORY;
	(void)memcpy(owned, bytes, len);
	(void)snprintf(files->file[number].name, sizeof(files->file[number].name), "%d", number);
	return page_file_take(&files->file[number], owned, len, &why);
}

const char *
page_oracle(const char *bytes, size_t len, bool *accepted)
{
	enum page page = len > 0 ? (enum page)((unsigned char)bytes[0] % PAGE_COUNT) : PAGE_ASK;
	int numbers[] = {(int)page, PAGE_FILE_STYLE, PAGE_FILE_SCRIPT};
	struct page_files *files = calloc(1, sizeof(*files));
	const char *end = bytes + len, *fault = NULL;
	struct page_template t = {0};
	enum status status = files == NULL ? STATUS_NO_MEMORY : STATUS_OK;
	struct problem why = {""};

	for (size_t i = 0; i < 3 && status == STATUS_OK; i++) {
		const char *from = bytes + (bytes < end && i == 0);
		const char *split =
		    from < end ? memchr(from, PAGE_ORACLE_SPLIT, (size_t)(end - from)) : NULL;

		split = split == NULL || i == 2 ? end : split;
		status = take(files, numbers[i], from, (size_t)(split - from));
		bytes = split < end ? split + 1 : end;
	}
	if (status == STATUS_OK)
		status = page_read(page, files, &t, &why);
	*accepted = status == STATUS_OK;
	if (status == STATUS_OK)
		fault = check_filled(&t);
	else if (status != STATUS_INVALID)
		fault = "neither accepted nor refused";
	if (files != NULL)
		page_files_free(files);
	free(files);
	page_template_free(&t);
	return fault;
}
