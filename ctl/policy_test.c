/* policy_test.c - `enforgatectl policy test`: the cases of a file against a policy; see policy_files.h. */
#include "policy_files.h"

#include <stdlib.h>
#include <string.h>

#define TEST_FILE_MAX ((size_t)16 << 20)
#define TEST_OUTPUT_MAX ((size_t)64 << 20)
#define BESIDE_PATH_MAX 4096
#define NAME_WIDTH 50

/* One case as the file has it; texts are borrowed from the document. */
struct test_case {
	const char *name;
	struct call call;
	enum decision decision;
	bool rule_given;
	int64_t rule; /* -1: no rule decides */
};

struct test_run {
	struct policy *policy;
	struct buf text;
	bool json;
	size_t passed;
	size_t failed;
};

static const char *
text_of(const struct json_object *node)
{
	size_t len = 0;

	return json_string(node, &len);
}

/* Copies a name of a call; false where it is none. */
static bool
read_name(const struct json_object *node, char out[CALL_NAME_MAX + 1])
{
	size_t len = 0;
	const char *text = json_string(node, &len);

	if (text == NULL || !call_name_valid(text, len))
		return false;
	memcpy(out, text, len);
	out[len] = '\0';
	return true;
}

static bool
read_rule(const struct json_object *node, struct test_case *one)
{
	one->rule_given = true;
	one->rule = -1;
	return json_type(node) == JSON_NULL || (json_integer(node, &one->rule) && one->rule >= 0);
}

/* One member; the fault, or NULL. */
static const char *
read_member(const char *name, struct json_object *node, struct test_case *one)
{
	if (strcmp(name, "name") == 0) {
		one->name = text_of(node);
		return one->name != NULL ? NULL : "must be a string";
	}
	if (strcmp(name, "server") == 0)
		return read_name(node, one->call.server) ? NULL : "must be the name of a server";
	if (strcmp(name, "tool") == 0)
		return read_name(node, one->call.tool) ? NULL : "must be the name of a tool";
	if (strcmp(name, "args") == 0) {
		one->call.args = node;
		return json_type(node) == JSON_OBJECT ? NULL : "must be an object";
	}
	if (strcmp(name, "decision") == 0) {
		const char *text = text_of(node);

		one->decision = text != NULL ? decision_read(text) : DECISION_NONE;
		return one->decision != DECISION_NONE
			   ? NULL
			   : "must be \"allow\", \"deny\" or \"require_approval\"";
	}
	if (strcmp(name, "rule") == 0)
		return read_rule(node, one) ? NULL : "must be the index of a rule or null";
	return "unknown";
}

static enum status
read_case(const struct json_object *node, size_t index, struct test_case *one, struct problem *why)
{
	struct json_walk walk = {0};
	const char *missing = NULL;

	*one = (struct test_case){.rule = -1};
	if (json_type(node) != JSON_OBJECT) {
		problem_set(why, "case %zu: must be an object", index);
		return STATUS_INVALID;
	}
	while (json_next_member(node, &walk)) {
		const char *fault = read_member(walk.name, walk.value, one);

		if (fault != NULL) {
			problem_set(why, "case %zu, member \"%.64s\": %s", index, walk.name, fault);
			return STATUS_INVALID;
		}
	}
	if (one->name == NULL)
		missing = "name";
	else if (one->call.server[0] == '\0')
		missing = "server";
	else if (one->call.tool[0] == '\0')
		missing = "tool";
	else if (one->decision == DECISION_NONE)
		missing = "decision";
	if (missing != NULL)
		problem_set(why, "case %zu, member \"%s\": missing", index, missing);
	return missing == NULL ? STATUS_OK : STATUS_INVALID;
}

static void
write_rule(struct buf *b, const char *before, long rule, const char *none)
{
	buf_text(b, before);
	if (rule >= 0)
		buf_printf(b, "%ld", rule);
	else
		buf_text(b, none);
}

static void
report_json(struct test_run *run, const struct test_case *one, const struct verdict *got, bool pass)
{
	struct buf *b = &run->text;

	buf_text(b, run->passed + run->failed > 0 ? ",{\"name\":" : "{\"name\":");
	json_write_string(one->name, strlen(one->name), b);
	buf_printf(b, ",\"passed\":%s,\"decision\":\"%s\"", pass ? "true" : "false",
	    decision_name(got->decision));
	write_rule(b, ",\"rule\":", got->rule, "null");
	buf_text(b, ",\"reason\":");
	json_write_string(got->reason, strlen(got->reason), b);
	buf_printf(b, ",\"expected\":{\"decision\":\"%s\"", decision_name(one->decision));
	if (one->rule_given)
		write_rule(b, ",\"rule\":", (long)one->rule, "null");
	buf_text(b, "}}");
}

static void
report_text(struct test_run *run, const struct test_case *one, const struct verdict *got, bool pass)
{
	struct buf *b = &run->text;

	buf_printf(b, "%-4s  %-*s  %-16s", pass ? "ok" : "FAIL", NAME_WIDTH, one->name,
	    decision_name(got->decision));
	write_rule(b, "  rule ", got->rule, "-");
	buf_char(b, '\n');
	if (pass)
		return;
	buf_printf(b, "      expected %s", decision_name(one->decision));
	if (one->rule_given)
		write_rule(b, ", rule ", (long)one->rule, "-");
	buf_printf(b, "; got: %s\n", got->reason);
}

static void
run_case(struct test_run *run, const struct test_case *one)
{
	const struct policy *policies[1] = {run->policy};
	struct verdict got;
	bool pass;

	policy_evaluate(policies, 1, &one->call, NULL, &got);
	pass = got.decision == one->decision && (!one->rule_given || got.rule == one->rule);
	if (run->json)
		report_json(run, one, &got, pass);
	else
		report_text(run, one, &got, pass);
	if (pass)
		run->passed++;
	else
		run->failed++;
}

static enum status
run_cases(struct test_run *run, const struct json_object *cases, struct problem *why)
{
	size_t count = json_length(cases);
	struct test_case one;
	enum status status;

	if (json_type(cases) != JSON_ARRAY || count == 0 || count > POLICY_TEST_CASES_MAX) {
		problem_set(why, "member \"cases\": must be an array of 1 to %d cases",
		    POLICY_TEST_CASES_MAX);
		return STATUS_INVALID;
	}
	for (size_t i = 0; i < count; i++) {
		status = read_case(json_element(cases, i), i, &one, why);
		if (status != STATUS_OK)
			return status;
		run_case(run, &one);
	}
	return STATUS_OK;
}

/* The policy's file stands beside the test file unless its path is absolute. */
static enum status
read_beside(const char *test_path, const char *name, struct buf *out, struct problem *why)
{
	const char *slash = strrchr(test_path, '/');
	char path[BESIDE_PATH_MAX];
	int len;

	if (name[0] == '/' || slash == NULL)
		len = snprintf(path, sizeof(path), "%s", name);
	else
		len = snprintf(
		    path, sizeof(path), "%.*s/%s", (int)(slash - test_path), test_path, name);
	if (len < 0 || (size_t)len >= sizeof(path)) {
		problem_set(why, "member \"policy\": the path is too long");
		return STATUS_INVALID;
	}
	return policy_file_read(path, out, why);
}

/* The name in reasons: that of the file without directories and ending, or "inline". */
static void
name_policy(struct policy *policy, const char *path)
{
	const char *slash = path != NULL ? strrchr(path, '/') : NULL;
	const char *base = slash != NULL ? slash + 1 : path;

	(void)snprintf(policy->name, sizeof(policy->name), "%.*s",
	    base != NULL ? (int)strcspn(base, ".") : (int)strlen("inline"),
	    base != NULL ? base : "inline");
}

static enum status
load_policy(struct test_run *run, const char *test_path, const struct json_object *node,
    struct problem *why)
{
	const char *path = text_of(node);
	struct problem fault = {""};
	enum status status = STATUS_OK;
	struct buf document;

	buf_init(&document, POLICY_TEXT_MAX);
	if (path != NULL)
		status = read_beside(test_path, path, &document, why);
	else
		json_write(node, &document);
	if (status == STATUS_OK)
		status = buf_status(&document);
	if (status == STATUS_OK) {
		status = policy_read(buf_str(&document), document.len, &run->policy, &fault);
		if (status != STATUS_OK)
			problem_set(
			    why, "%s: %s", path != NULL ? path : "member \"policy\"", fault.text);
	}
	buf_free(&document);
	if (status == STATUS_OK)
		name_policy(run->policy, path);
	return status;
}

static enum status
run_file(struct test_run *run, const char *path, struct problem *why)
{
	static const struct json_limits limits = {TEST_FILE_MAX, 64, 2000000, true};
	struct json_object *root = NULL, *policy = NULL, *cases = NULL;
	bool has_policy = false, has_cases = false;
	struct buf document;
	enum status status;

	buf_init(&document, TEST_FILE_MAX);
	status = policy_file_read(path, &document, why);
	if (status == STATUS_OK)
		status = json_parse(buf_str(&document), document.len, &limits, &root, why);
	buf_free(&document);
	if (status != STATUS_OK)
		return status;
	policy = json_member(root, "policy", &has_policy);
	cases = json_member(root, "cases", &has_cases);
	if (json_type(root) != JSON_OBJECT || !has_policy || !has_cases || json_length(root) != 2) {
		problem_set(
		    why, "must be an object with the members \"policy\" and \"cases\" only");
		status = STATUS_INVALID;
	}
	if (status == STATUS_OK)
		status = load_policy(run, path, policy, why);
	if (status == STATUS_OK)
		status = run_cases(run, cases, why);
	json_free(root);
	return status;
}

int
policy_test_file(const char *path, bool json, FILE *out, FILE *err)
{
	struct test_run run = {.json = json};
	struct problem why = {""};
	enum status status;
	int code = 2;

	buf_init(&run.text, TEST_OUTPUT_MAX);
	if (json)
		buf_text(&run.text, "{\"cases\":[");
	status = run_file(&run, path, &why);
	policy_free(run.policy);
	buf_printf(&run.text,
	    json ? "],\"passed\":%zu,\"failed\":%zu}\n" : "%zu passed, %zu failed\n", run.passed,
	    run.failed);
	if (status == STATUS_OK)
		status = buf_status(&run.text);
	if (status != STATUS_OK && strncmp(why.text, path, strlen(path)) == 0)
		(void)fprintf(
		    err, "%s\n", why.text); /* a file that cannot be read is named in it */
	else if (status != STATUS_OK)
		(void)fprintf(
		    err, "%s: %s\n", path, why.text[0] != '\0' ? why.text : status_name(status));
	else if (fwrite(buf_str(&run.text), 1, run.text.len, out) == run.text.len)
		code = run.failed > 0 ? 1 : 0;
	buf_free(&run.text);
	return code;
}
