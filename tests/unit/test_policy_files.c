/* test_policy_files.c - `policy lint`, `policy test` and `policy explain`; the policies that are shipped. */
#include "testing.h"

#include "../../ctl/policy_files.c"
#include "../../ctl/policy_test.c"

#define PRINTED_MAX 65536

/* What a function printed, and its exit code. */
struct printed {
	int code;
	char out[PRINTED_MAX];
	char err[PRINTED_MAX];
};

typedef int command(const char *path, bool json, FILE *out, FILE *err);

static struct printed *
run(command *run_it, const char *path, bool json)
{
	static struct printed p;
	FILE *out, *err;

	memset(&p, 0, sizeof(p));
	out = fmemopen(p.out, sizeof(p.out), "w");
	err = fmemopen(p.err, sizeof(p.err), "w");
	assert_non_null(out);
	assert_non_null(err);
	p.code = run_it(path, json, out, err);
	(void)fclose(out);
	(void)fclose(err);
	return &p;
}

/* A file with this text in a directory that the test removes. */
static const char *
file_with(const char *directory, const char *name, const char *text)
{
	static char path[2 * TEST_PATH_MAX];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_int_equal(fputs(text, file) >= 0, 1);
	assert_int_equal(fclose(file), 0);
	return path;
}

static struct printed *
linted(const char *text, bool json)
{
	char *directory = test_directory();
	struct printed *p = run(policy_lint_file, file_with(directory, "p.json", text), json);

	test_remove(directory);
	return p;
}

static struct printed *
tested(const char *text, bool json)
{
	char *directory = test_directory();
	struct printed *p = run(policy_test_file, file_with(directory, "t.json", text), json);

	test_remove(directory);
	return p;
}

static void
parse_output(const char *text)
{
	static const struct json_limits limits = {PRINTED_MAX, 16, 10000, false};
	struct json_object *root = NULL;
	struct problem why = {""};

	if (json_parse(text, strlen(text), &limits, &root, &why) != STATUS_OK)
		fail_msg("%s in %s", why.text, text);
	json_free(root);
}

static void
lint_is_silent_about_a_sound_policy(void **state)
{
	struct printed *p = linted(
	    "{\"defaultDecision\":\"deny\",\"rules\":[{\"tool\":\"a\",\"decision\":\"allow\"}]}",
	    false);

	(void)state;
	assert_int_equal(p->code, 0);
	assert_non_null(strstr(p->out, "p.json: ok\n"));
	assert_string_equal(p->err, "");
	p = linted("{\"defaultDecision\":\"deny\",\"rules\":[]}", true);
	assert_int_equal(p->code, 0);
	assert_non_null(strstr(p->out, "\"findings\":[]}"));
	parse_output(p->out);
}

static void
lint_names_the_first_error(void **state)
{
	struct printed *p =
	    linted("[{\"tool\":\"a\",\"decision\":\"allow\"},{\"tool\":\"a\"}]", false);

	(void)state;
	assert_int_equal(p->code, 1);
	assert_non_null(strstr(p->out, "p.json: error: rule 1, member \"decision\": missing\n"));
	p = linted("{\"rules\": [", true);
	assert_int_equal(p->code, 1);
	assert_non_null(strstr(p->out, "\"level\":\"error\""));
	parse_output(p->out);
}

static void
lint_warns_of_what_is_hardly_meant(void **state)
{
	struct printed *p = linted("[{\"tool\":\"*\",\"decision\":\"allow\"}]", false);

	(void)state;
	assert_int_equal(p->code, 1);
	assert_non_null(strstr(p->out, "warning: rule 0 allows every tool of every server"));
	assert_non_null(strstr(p->out, "warning: no defaultDecision"));
	p = linted("{\"rules\":[],\"defaultDecision\":\"allow\"}", false);
	assert_int_equal(p->code, 1);
	assert_non_null(strstr(p->out, "defaultDecision is allow"));
	p = linted(
	    "{\"defaultDecision\":\"deny\",\"rules\":[{\"tool\":\"a\",\"decision\":\"allow\",\"where\":"
	    "[{\"path\":\"a\",\"in\":[]}]}]}",
	    true);
	assert_int_equal(p->code, 1);
	assert_non_null(strstr(p->out, "empty list"));
	parse_output(p->out);
}

/* Whether lint finds that the second rule can never match. */
static bool
covered(const char *first, const char *second)
{
	char text[512];
	struct printed *p;

	(void)snprintf(text, sizeof(text),
	    "{\"defaultDecision\":\"deny\",\"rules\":[{%s,\"decision\":\"deny\"},{%s,\"decision\":\"allow\"}]}",
	    first, second);
	p = linted(text, false);
	return strstr(p->out, "rule 1 can never match: rule 0") != NULL;
}

static void
lint_finds_rules_behind_a_wider_one(void **state)
{
	(void)state;
	assert_true(covered("\"tool\":\"*\"", "\"tool\":\"a\""));
	assert_true(covered("\"tool\":\"a\"", "\"tool\":\"a\""));
	assert_true(covered("\"tool\":\"a*\"", "\"tool\":\"ab*c\""));
	assert_true(covered("\"tool\":\"*b*\"", "\"tool\":\"a?b\""));
	assert_true(covered("\"tool\":\"a?\"", "\"tool\":\"ab\""));
	assert_true(covered("\"tool\":\"a?\"", "\"tool\":\"a?\""));
	assert_true(covered("\"tool\":\"a\"", "\"tool\":\"a\",\"server\":\"s\""));
	assert_true(
	    covered("\"tool\":\"a\",\"server\":\"s*\"", "\"tool\":\"a\",\"server\":\"s1\""));
	assert_true(covered(
	    "\"tool\":\"a\"", "\"tool\":\"a\",\"where\":[{\"path\":\"x\",\"exists\":true}]"));
	assert_false(covered("\"tool\":\"a\"", "\"tool\":\"*\""));
	assert_false(covered("\"tool\":\"a?\"", "\"tool\":\"a*\""));
	assert_false(covered("\"tool\":\"ab\"", "\"tool\":\"a?\""));
	assert_false(covered("\"tool\":\"a*b\"", "\"tool\":\"a*\""));
	assert_false(covered("\"tool\":\"a\",\"server\":\"s\"", "\"tool\":\"a\""));
	assert_false(covered("\"tool\":\"a\",\"server\":\"s\"", "\"tool\":\"a\",\"server\":\"t\""));
	assert_false(covered(
	    "\"tool\":\"*\",\"where\":[{\"path\":\"x\",\"exists\":true}]", "\"tool\":\"a\""));
}

static void
file_that_cannot_be_read_is_neither_good_nor_bad(void **state)
{
	struct printed *p = run(policy_lint_file, "/nonexistent/p.json", false);

	(void)state;
	assert_int_equal(p->code, 2);
	assert_non_null(strstr(p->err, "/nonexistent/p.json: No such file"));
	p = run(policy_test_file, "/nonexistent/t.json", true);
	assert_int_equal(p->code, 2);
	assert_string_equal(p->out, "");
	p = run(policy_lint_file, "/tmp", false);
	assert_int_equal(p->code, 2);
}

static const char inline_test[] =
    "{\"policy\":[{\"tool\":\"a\",\"decision\":\"allow\",\"where\":[{\"path\":\"n\",\"lt\":5}]}],\"cases\":["
    "{\"name\":\"small\",\"server\":\"s\",\"tool\":\"a\",\"args\":{\"n\":4},\"decision\":\"allow\",\"rule\":0},"
    "{\"name\":\"large\",\"server\":\"s\",\"tool\":\"a\",\"args\":{\"n\":5},\"decision\":\"%s\",\"rule\":%s}]}";

static void
passing_cases_give_zero(void **state)
{
	char text[1024];
	struct printed *p;

	(void)state;
	(void)snprintf(text, sizeof(text), inline_test, "deny", "null");
	p = tested(text, false);
	assert_int_equal(p->code, 0);
	assert_non_null(strstr(p->out, "ok    small"));
	assert_non_null(strstr(p->out, "2 passed, 0 failed\n"));
	p = tested(text, true);
	assert_int_equal(p->code, 0);
	assert_non_null(strstr(p->out, "\"passed\":2,\"failed\":0}"));
	parse_output(p->out);
}

static void
wrong_decision_or_rule_fails_its_case(void **state)
{
	char text[1024];
	struct printed *p;

	(void)state;
	(void)snprintf(text, sizeof(text), inline_test, "allow", "null");
	p = tested(text, false);
	assert_int_equal(p->code, 1);
	assert_non_null(strstr(p->out, "FAIL  large"));
	assert_non_null(strstr(p->out, "expected allow, rule -; got: no rule matched"));
	assert_non_null(strstr(p->out, "1 passed, 1 failed\n"));
	(void)snprintf(text, sizeof(text), inline_test, "deny", "0");
	p = tested(text, true);
	assert_int_equal(p->code, 1);
	assert_non_null(strstr(p->out, "\"passed\":1,\"failed\":1}"));
	parse_output(p->out);
}

static void
unusable_test_files_are_refused_with_the_fault(void **state)
{
	static const struct {
		const char *text;
		const char *fault;
	} files[] = {
	    {"[]", "must be an object"},
	    {"{\"policy\":[]}", "\"policy\" and \"cases\""},
	    {"{\"policy\":[],\"cases\":[],\"x\":1}", "\"policy\" and \"cases\""},
	    {"{\"policy\":[],\"cases\":[]}", "1 to 10000"},
	    {"{\"policy\":[],\"cases\":{}}", "1 to 10000"},
	    {"{\"policy\":[{}],\"cases\":[1]}", "rule 0, member \"tool\": missing"},
	    {"{\"policy\":\"none.json\",\"cases\":[1]}", "none.json: No such file"},
	    {"{\"policy\":[],\"cases\":[1]}", "case 0: must be an object"},
	    {"{\"policy\":[],\"cases\":[{\"name\":\"n\",\"server\":\"s\",\"tool\":\"t\"}]}",
		"case 0, member \"decision\": missing"},
	    {"{\"policy\":[],\"cases\":[{\"name\":\"n\",\"server\":\"s\",\"decision\":\"deny\"}]}",
		"case 0, member \"tool\": missing"},
	    {"{\"policy\":[],\"cases\":[{\"server\":\"s\",\"tool\":\"t\",\"decision\":\"deny\"}]}",
		"case 0, member \"name\": missing"},
	    {"{\"policy\":[],\"cases\":[{\"name\":\"n\",\"server\":\"\"}]}", "member \"server\""},
	    {"{\"policy\":[],\"cases\":[{\"name\":\"n\",\"args\":[]}]}", "member \"args\""},
	    {"{\"policy\":[],\"cases\":[{\"name\":\"n\",\"decision\":\"no\"}]}",
		"member \"decision\""},
	    {"{\"policy\":[],\"cases\":[{\"name\":\"n\",\"rule\":-1}]}", "member \"rule\""},
	    {"{\"policy\":[],\"cases\":[{\"name\":\"n\",\"rules\":1}]}",
		"member \"rules\": unknown"},
	    {"{\"policy\":[],", "byte"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct printed *p = tested(files[i].text, false);

		assert_int_equal(p->code, 2);
		assert_string_equal(p->out, "");
		if (strstr(p->err, files[i].fault) == NULL)
			fail_msg("%s: %s", files[i].text, p->err);
	}
}

static void
policy_named_in_a_test_file_stands_beside_it(void **state)
{
	char *directory = test_directory();
	struct printed *p;

	(void)state;
	(void)file_with(directory, "mail.json", "[{\"tool\":\"a\",\"decision\":\"allow\"}]");
	p = run(policy_test_file,
	    file_with(directory, "t.json",
		"{\"policy\":\"mail.json\",\"cases\":[{\"name\":\"n\",\"server\":\"s\",\"tool\":\"a\","
		"\"decision\":\"deny\"}]}"),
	    false);
	assert_int_equal(p->code, 1);
	assert_non_null(strstr(p->out, "got: matched rule 0 of policy \"mail\""));
	test_remove(directory);
}

static void
explain_tells_the_way_to_the_verdict_without_values(void **state)
{
	static const char text[] =
	    "[{\"tool\":\"b\",\"decision\":\"deny\"},{\"tool\":\"a\",\"decision\":\"deny\",\"where\":"
	    "[{\"path\":\"to\",\"matches\":\"^x\"}]},{\"tool\":\"*\",\"decision\":\"allow\"}]";
	static const char args[] = "{\"to\":\"hidden\"}";
	static const struct json_limits limits = {1024, 16, 100, false};
	struct call call = {.server = "s", .tool = "a"};
	struct policy *policy = NULL;
	char printed[4096] = "";
	FILE *out;

	(void)state;
	assert_status(policy_read(text, strlen(text), &policy, NULL), STATUS_OK);
	(void)snprintf(policy->name, sizeof(policy->name), "mail");
	assert_status(json_parse(args, strlen(args), &limits, &call.args, NULL), STATUS_OK);
	for (int json = 0; json < 2; json++) {
		out = fmemopen(printed, sizeof(printed), "w");
		assert_non_null(out);
		assert_int_equal(
		    policy_explain_call((const struct policy *[]){policy}, 1, &call, json, out), 0);
		(void)fclose(out);
		assert_null(strstr(printed, "hidden"));
		if (json) {
			parse_output(printed);
			assert_non_null(strstr(printed, "\"rule\":1,\"condition\":0,\"text\":"));
		} else {
			assert_string_equal(printed,
			    "allow: matched rule 2 of policy \"mail\"\n"
			    "policy \"mail\":\n"
			    "  rule 0: the tool does not match \"b\"\n"
			    "  rule 1 condition 0: path \"to\", matches: does not hold\n"
			    "  rule 2: matches: allow\n");
		}
	}
	json_free(call.args);
	policy_free(policy);
}

static void
shipped_policies_are_sound_and_pass_their_cases(void **state)
{
	static const char *const names[] = {
	    "read-only-agent", "filesystem-agent", "mail-agent", "database-agent", "payments"};
	const char *directory = getenv("POLICY_DIR");

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char path[TEST_PATH_MAX];
		struct printed *p;

		(void)snprintf(path, sizeof(path), "%s/%s.json",
		    directory != NULL ? directory : "policies", names[i]);
		p = run(policy_lint_file, path, false);
		if (p->code != 0)
			fail_msg("%s%s", p->out, p->err);
		(void)snprintf(path, sizeof(path), "%s/%s.test.json",
		    directory != NULL ? directory : "policies", names[i]);
		p = run(policy_test_file, path, false);
		if (p->code != 0)
			fail_msg("%s%s", p->out, p->err);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lint_is_silent_about_a_sound_policy),
	    cmocka_unit_test(lint_names_the_first_error),
	    cmocka_unit_test(lint_warns_of_what_is_hardly_meant),
	    cmocka_unit_test(lint_finds_rules_behind_a_wider_one),
	    cmocka_unit_test(file_that_cannot_be_read_is_neither_good_nor_bad),
	    cmocka_unit_test(passing_cases_give_zero),
	    cmocka_unit_test(wrong_decision_or_rule_fails_its_case),
	    cmocka_unit_test(unusable_test_files_are_refused_with_the_fault),
	    cmocka_unit_test(policy_named_in_a_test_file_stands_beside_it),
	    cmocka_unit_test(explain_tells_the_way_to_the_verdict_without_values),
	    cmocka_unit_test(shipped_policies_are_sound_and_pass_their_cases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
