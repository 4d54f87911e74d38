/*
 * test_page_cases.c - templates, as the .json files of tests/cases/page say: each is a list of templates that give a text
 * or are refused. What they give is what the Mustache specification says, where it has something to say.
 */
#include "page_aid.h"

#include <dirent.h>

#include "json.h"
#include "secret.h"

#define CASES "tests/cases/page"
#define FILE_MAX ((size_t)1 << 20)

struct seen {
	size_t accepted;
	size_t refused;
};

/* One case, in a directory of its own. */
struct one {
	const char *path;
	const struct json_object *node;
	const char *name;
	const char *file;
	char *dir;
};

static const struct json_object *
member(const struct json_object *object, const char *name)
{
	bool found;

	return json_member(object, name, &found);
}

static const char *
text_of(const struct json_object *node)
{
	size_t len;

	return json_string(node, &len);
}

static void
put(const struct one *one, const char *name, const struct json_object *text)
{
	size_t len;
	const char *bytes = json_string(text, &len);

	if (bytes == NULL)
		fail_msg("%s: %s: %s is no text", one->path, one->name, name);
	aid_template(one->dir, name, bytes, len);
}

static void
check_accepted(const struct one *one)
{
	const struct json_object *list = member(one->node, "values");
	const char *gives = text_of(member(one->node, "gives"));
	struct page_value values[PAGE_AID_VALUES];
	struct json_walk walk = {0};
	struct pages *pages = NULL;
	struct problem why = {""};
	struct buf out;
	size_t count = 0;

	assert_non_null(gives);
	while (list != NULL && json_next_member(list, &walk)) {
		assert_true(count < PAGE_AID_VALUES);
		values[count++] = (struct page_value){walk.name, text_of(walk.value)};
	}
	if (pages_open(one->dir, &pages, &why) != STATUS_OK)
		fail_msg("%s: %s: %s", one->path, one->name, why.text);
	if (aid_render(pages, aid_page(one->file), values, count, &out) != STATUS_OK)
		fail_msg("%s: %s: cannot be rendered", one->path, one->name);
	if (strcmp(buf_str(&out), gives) != 0)
		fail_msg("%s: %s: gave %s", one->path, one->name, buf_str(&out));
	buf_free(&out);
	pages_close(pages);
}

static void
check_refused(const struct one *one)
{
	const char *where = text_of(member(one->node, "where"));
	char place[TEST_PATH_MAX + 32];
	struct pages *pages = NULL;
	struct problem why = {""};
	int64_t line = 0;

	if (pages_open(one->dir, &pages, &why) != STATUS_INVALID)
		fail_msg("%s: %s: is not refused", one->path, one->name);
	assert_null(pages);
	assert_true(json_integer(member(one->node, "line"), &line));
	(void)snprintf(
	    place, sizeof(place), "%s/%s:%ld: ", one->dir, where != NULL ? where : one->file, line);
	if (strncmp(why.text, place, strlen(place)) != 0 ||
	    strstr(why.text + strlen(place), text_of(member(one->node, "refused"))) == NULL)
		fail_msg("%s: %s: %s", one->path, one->name, why.text);
}

static void
check(const char *path, const struct json_object *node, struct seen *seen)
{
	struct one one = {path, node, text_of(member(node, "name")), text_of(member(node, "file")),
	    test_directory()};
	const struct json_object *parts = member(node, "parts");
	struct json_walk walk = {0};

	if (one.file == NULL)
		one.file = "problem.html";
	put(&one, one.file, member(node, "template"));
	while (parts != NULL && json_next_member(parts, &walk))
		put(&one, walk.name, walk.value);
	if (member(node, "refused") != NULL) {
		check_refused(&one);
		seen->refused++;
	} else {
		check_accepted(&one);
		seen->accepted++;
	}
	test_remove(one.dir);
}

static struct json_object *
parsed_file(const char *path)
{
	static const struct json_limits limits = {FILE_MAX, 8, 100000, true};
	struct json_object *root = NULL;
	struct problem why = {""};
	FILE *file = fopen(path, "re");
	char *text = malloc(FILE_MAX);
	size_t len;

	assert_non_null(file);
	assert_non_null(text);
	len = fread(text, 1, FILE_MAX, file);
	(void)fclose(file);
	if (json_parse(text, len, &limits, &root, &why) != STATUS_OK)
		fail_msg("%s: %s", path, why.text);
	free(text);
	return root;
}

static void
every_case_gives_what_it_says(void **state)
{
	struct seen seen = {0};
	const struct dirent *entry;
	DIR *dir = opendir(CASES);

	(void)state;
	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL) {
		char path[TEST_PATH_MAX];
		struct json_object *root;

		if (strstr(entry->d_name, ".json") == NULL)
			continue;
		test_path(path, CASES, entry->d_name);
		root = parsed_file(path);
		assert_true(json_length(root) > 0);
		for (size_t i = 0; i < json_length(root); i++)
			check(path, json_element(root, i), &seen);
		json_free(root);
	}
	(void)closedir(dir);
	assert_true(seen.accepted >= 100);
	assert_true(seen.refused >= 100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_case_gives_what_it_says),
	};

	if (secret_start() != STATUS_OK)
		return 1;
	return cmocka_run_group_tests_name("page_cases", tests, NULL, NULL);
}
