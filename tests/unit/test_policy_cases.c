/*
 * test_policy_cases.c - policies read and evaluated, as the .json files of tests/cases/policy say: each is either a list
 * of policies with calls and what they give, or a list of documents that are refused.
 */
#include "policy_aid.h"

#include <dirent.h>

#define CASES_DEFAULT "tests/cases/policy"
#define POLICIES_MAX 8
#define FILE_MAX ((size_t)1 << 20)

/* What the run over all files has seen. */
struct seen {
	size_t accepted;
	size_t refused;
	size_t calls;
};

static const struct json_limits limits = {FILE_MAX, 64, 100000, true};

static struct json_object *
member(const struct json_object *object, const char *name)
{
	bool found;

	return json_member(object, name, &found);
}

static bool
has(const struct json_object *object, const char *name)
{
	bool found;

	(void)json_member(object, name, &found);
	return found;
}

static const char *
text_of(const struct json_object *node)
{
	size_t len;

	return json_string(node, &len);
}

static struct json_object *
parsed_file(const char *path)
{
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

/* The text of a document: raw, or a value written out. */
static void
document_text(const struct json_object *node, struct buf *out)
{
	buf_init(out, FILE_MAX);
	if (has(node, "text"))
		buf_text(out, text_of(member(node, "text")));
	else
		json_write(member(node, "document"), out);
	assert_status(buf_status(out), STATUS_OK);
}

static void
check_call(const char *file, size_t index, const struct json_object *node,
    const struct policy *const *policies, size_t count)
{
	struct call call = aid_call(
	    text_of(member(node, "server")), text_of(member(node, "tool")), member(node, "args"));
	const char *decision = text_of(member(node, "decision"));
	const char *reason = text_of(member(node, "reason"));
	const char *policy = text_of(member(node, "policy"));
	struct verdict got;
	int64_t rule = -1;
	bool ok;

	(void)json_integer(member(node, "rule"), &rule);
	policy_evaluate(policies, count, &call, NULL, &got);
	ok = strcmp(decision_name(got.decision), decision) == 0 && got.rule == rule;
	if (reason != NULL)
		ok = ok && strcmp(reason, got.reason) == 0;
	if (has(node, "policy"))
		ok = ok &&
		     (policy == NULL ? got.policy == NULL
				     : got.policy != NULL && strcmp(got.policy->name, policy) == 0);
	if (ok && got.unclear == json_bool(member(node, "unclear")))
		return;
	fail_msg("%s call %zu (%s): %s, rule %ld, %s: %s", file, index, call.tool,
	    decision_name(got.decision), got.rule, got.unclear ? "unclear" : "clear", got.reason);
}

static void
check_accepted(const char *file, const struct json_object *root, struct seen *seen)
{
	const struct json_object *documents = member(root, "policies");
	const struct json_object *calls = member(root, "calls");
	struct policy *policies[POLICIES_MAX] = {NULL};
	size_t count = json_length(documents);

	assert_in_range(count, 1, POLICIES_MAX);
	for (size_t i = 0; i < count; i++) {
		const struct json_object *one = json_element(documents, i);
		struct buf text;

		document_text(one, &text);
		policies[i] = aid_policy(buf_str(&text), text_of(member(one, "name")));
		buf_free(&text);
	}
	assert_true(json_length(calls) > 0);
	for (size_t i = 0; i < json_length(calls); i++)
		check_call(
		    file, i, json_element(calls, i), (const struct policy *const *)policies, count);
	for (size_t i = 0; i < count; i++)
		policy_free(policies[i]);
	seen->accepted += count;
	seen->calls += json_length(calls);
}

static void
check_refused(const char *file, const struct json_object *list, struct seen *seen)
{
	for (size_t i = 0; i < json_length(list); i++) {
		const struct json_object *one = json_element(list, i);
		const char *error = text_of(member(one, "error"));
		const char *part = text_of(member(one, "contains"));
		struct policy *policy = NULL;
		struct problem why = {""};
		struct buf text;

		document_text(one, &text);
		if (policy_read(buf_str(&text), text.len, &policy, &why) != STATUS_INVALID)
			fail_msg("%s: document %zu is not refused", file, i);
		assert_null(policy);
		assert_true(error != NULL || part != NULL);
		if (error != NULL ? strcmp(error, why.text) != 0 : strstr(why.text, part) == NULL)
			fail_msg("%s: document %zu: %s", file, i, why.text);
		buf_free(&text);
		seen->refused++;
	}
}

static void
every_case_file_gives_what_it_says(void **state)
{
	const char *directory = getenv("POLICY_CASES");
	struct seen seen = {0};
	struct dirent *entry;
	DIR *dir;

	(void)state;
	if (directory == NULL)
		directory = CASES_DEFAULT;
	dir = opendir(directory);
	if (dir == NULL)
		fail_msg("%s: %s", directory, strerror(errno));
	while ((entry = readdir(dir)) != NULL) {
		char path[TEST_PATH_MAX];
		struct json_object *root;

		if (strstr(entry->d_name, ".json") == NULL)
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
		root = parsed_file(path);
		if (has(root, "refused"))
			check_refused(path, member(root, "refused"), &seen);
		else
			check_accepted(path, root, &seen);
		json_free(root);
	}
	(void)closedir(dir);
	assert_true(seen.calls >= 100);
	assert_true(seen.refused >= seen.accepted);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_case_file_gives_what_it_says),
	};

	return cmocka_run_group_tests_name("policy_cases", tests, NULL, NULL);
}
