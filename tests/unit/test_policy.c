/*
 * test_policy.c - policies read and evaluated. Most cases are data: the .json files of tests/cases/policy, each either a
 * list of policies with calls and what they give, or a list of documents that are refused.
 */
#include <dirent.h>
#include <pthread.h>
#include <time.h>

#include "testing.h"

#include "buf.h"
#include "json.h"
#include "policy.h"

#define CASES_DEFAULT "tests/cases/policy"
#define POLICIES_MAX 8
#define FILE_MAX ((size_t)1 << 20)
/* Under sanitizers and valgrind the goal of 60 ms does not hold; without a bound it takes hours. */
#define EVALUATION_SECONDS_MAX 20.0

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

static struct policy *
read_text(const char *text, const char *name)
{
	struct policy *policy = NULL;
	struct problem why = {""};

	if (policy_read(text, strlen(text), &policy, &why) != STATUS_OK)
		fail_msg("%.200s: %s", text, why.text);
	(void)snprintf(policy->name, sizeof(policy->name), "%s", name);
	return policy;
}

static struct call
make_call(const char *server, const char *tool, struct json_object *args)
{
	struct call call = {.args = args};

	(void)snprintf(call.server, sizeof(call.server), "%s", server);
	(void)snprintf(call.tool, sizeof(call.tool), "%s", tool);
	return call;
}

static struct json_object *
parsed(const char *text)
{
	static const struct json_limits wide = {(size_t)64 << 20, 64, 10000000, false};
	struct json_object *root = NULL;
	struct problem why = {""};

	if (json_parse(text, strlen(text), &wide, &root, &why) != STATUS_OK)
		fail_msg("%s", why.text);
	return root;
}

static void
check_call(const char *file, size_t index, const struct json_object *node,
    const struct policy *const *policies, size_t count)
{
	struct call call = make_call(
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
		policies[i] = read_text(buf_str(&text), text_of(member(one, "name")));
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

/* A document of `count` rules, all alike but for a number in the tool's name. */
static struct policy *
many_rules(size_t count, const char *where)
{
	struct policy *policy;
	struct buf text;

	buf_init(&text, POLICY_TEXT_MAX);
	buf_char(&text, '[');
	for (size_t i = 0; i < count; i++)
		buf_printf(&text, "%s{\"tool\":\"t%zu_*\",\"decision\":\"allow\"%s}",
		    i > 0 ? "," : "", i, where);
	buf_char(&text, ']');
	assert_status(buf_status(&text), STATUS_OK);
	policy = read_text(buf_str(&text), "many");
	buf_free(&text);
	return policy;
}

static void
ten_thousand_rules_are_accepted_and_the_last_is_reached(void **state)
{
	struct policy *policy = many_rules(POLICY_RULES_MAX, "");
	const struct policy *policies[1] = {policy};
	struct call call = make_call("s", "t9999_x", NULL);
	struct verdict got;

	(void)state;
	policy_evaluate(policies, 1, &call, NULL, &got);
	assert_int_equal(got.decision, DECISION_ALLOW);
	assert_int_equal(got.rule, 9999);
	policy_free(policy);
}

static const char *
refusal(const struct buf *text)
{
	static struct problem why;
	struct policy *policy = NULL;

	assert_status(buf_status(text), STATUS_OK);
	assert_status(policy_read(buf_str(text), text->len, &policy, &why), STATUS_INVALID);
	assert_null(policy);
	return why.text;
}

static void
documents_over_a_cap_are_refused(void **state)
{
	struct buf text;

	(void)state;
	buf_init(&text, POLICY_TEXT_MAX);
	buf_text(&text, "[");
	for (size_t i = 0; i <= POLICY_RULES_MAX; i++)
		buf_printf(&text, "%s{\"tool\":\"t\",\"decision\":\"allow\"}", i > 0 ? "," : "");
	buf_text(&text, "]");
	assert_string_equal(refusal(&text), "member \"rules\": more than 10000 rules");
	buf_reset(&text);
	buf_text(&text, "[{\"tool\":\"t\",\"decision\":\"allow\",\"where\":[");
	for (size_t i = 0; i <= POLICY_CONDITIONS_MAX; i++)
		buf_printf(&text, "%s{\"path\":\"a\",\"exists\":true}", i > 0 ? "," : "");
	buf_text(&text, "]}]");
	assert_string_equal(
	    refusal(&text), "rule 0, member \"where\": has more than 64 conditions");
	buf_reset(&text);
	buf_printf(&text, "[{\"tool\":\"%0257d\",\"decision\":\"allow\"}]", 0);
	assert_string_equal(refusal(&text), "rule 0, member \"tool\": is longer than 256 bytes");
	buf_reset(&text);
	buf_printf(&text, "[{\"tool\":\"t\",\"decision\":\"allow\",\"reason\":\"%0257d\"}]", 0);
	assert_string_equal(refusal(&text), "rule 0, member \"reason\": is longer than 256 bytes");
	buf_free(&text);
}

static void
regular_expressions_that_fill_the_memory_together_are_refused(void **state)
{
	struct buf text;

	(void)state;
	buf_init(&text, POLICY_TEXT_MAX);
	buf_char(&text, '[');
	for (size_t i = 0; i < POLICY_RULES_MAX; i++)
		buf_printf(&text,
		    "%s{\"tool\":\"t\",\"decision\":\"deny\",\"where\":[{\"path\":\"a\",\"matches\":"
		    "\"(?:a{1,40}){1,40}b\"}]}",
		    i > 0 ? "," : "");
	buf_char(&text, ']');
	assert_non_null(strstr(refusal(&text), "take more than 64 MiB together"));
	buf_free(&text);
}

static void
longest_texts_fit_into_the_reason(void **state)
{
	char name[POLICY_NAME_MAX + 1];
	struct json_object *args;
	struct policy *policy;
	struct verdict got;
	struct call call;
	struct buf text;

	(void)state;
	buf_init(&text, POLICY_TEXT_MAX);
	buf_printf(&text,
	    "[{\"tool\":\"a\",\"decision\":\"deny\",\"reason\":\"%0256d\"},{\"tool\":\"b\",\"decision\":"
	    "\"deny\",\"where\":[{\"path\":\"%0256d\",\"notMatches\":\"x\"}]}]",
	    7, 8);
	memset(name, 'n', POLICY_NAME_MAX);
	name[POLICY_NAME_MAX] = '\0';
	policy = read_text(buf_str(&text), name);
	call = make_call("s", "a", NULL);
	policy_evaluate((const struct policy *[]){policy}, 1, &call, NULL, &got);
	assert_string_equal(got.reason + strlen(got.reason) - 4, "0007");
	buf_reset(&text);
	buf_printf(&text, "{\"%0256d\":[]}", 8);
	args = parsed(buf_str(&text));
	call = make_call("s", "b", args);
	policy_evaluate((const struct policy *[]){policy}, 1, &call, NULL, &got);
	assert_true(got.unclear);
	assert_non_null(
	    strstr(got.reason, "0008\", notMatches) cannot be evaluated: the value is an array"));
	json_free(args);
	policy_free(policy);
	buf_free(&text);
}

/* Evaluates and fails where it takes too long. */
static void
evaluate_timed(const struct policy *policy, struct json_object *args, struct verdict *got)
{
	struct call call = make_call("s", "t0_x", args);
	struct timespec from, to;
	double seconds;

	assert_int_equal(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from), 0);
	policy_evaluate((const struct policy *[]){policy}, 1, &call, NULL, got);
	assert_int_equal(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to), 0);
	seconds = (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
	if (seconds > EVALUATION_SECONDS_MAX)
		fail_msg("%.1f s: %s", seconds, got->reason);
}

/* {"a":[ELEMENT, ...]} */
static struct json_object *
many_elements(size_t count, const char *element)
{
	struct json_object *args;
	struct buf text;

	buf_init(&text, (size_t)32 << 20);
	buf_text(&text, "{\"a\":[");
	for (size_t i = 0; i < count; i++)
		buf_printf(&text, "%s%s", i > 0 ? "," : "", element);
	buf_text(&text, "]}");
	assert_status(buf_status(&text), STATUS_OK);
	args = parsed(buf_str(&text));
	buf_free(&text);
	return args;
}

static void
path_that_leads_to_too_many_values_cannot_tell(void **state)
{
	struct policy *policy = read_text(
	    "[{\"tool\":\"*\",\"decision\":\"allow\",\"where\":[{\"path\":\"a.*\",\"equals\":2}]}]",
	    "p");
	struct json_object *few = many_elements(99990, "1");
	struct json_object *many = many_elements(100010, "1");
	struct verdict got;

	(void)state;
	evaluate_timed(policy, few, &got);
	assert_false(got.unclear);
	evaluate_timed(policy, many, &got);
	assert_true(got.unclear);
	assert_int_equal(got.decision, DECISION_DENY);
	assert_non_null(strstr(got.reason, "the path leads to too many values"));
	json_free(few);
	json_free(many);
	policy_free(policy);
}

static void
many_expensive_conditions_end_in_bounded_time(void **state)
{
	static const char in_list[] = ",\"where\":[{\"path\":\"a.*\",\"in\":[1,2,3,4,5,6,7,8,9]}]";
	struct json_object *texts = many_elements(10000, "\"xxxxxxxxxxxx\"");
	struct json_object *numbers = many_elements(90000, "0");
	struct policy *policy = read_text(
	    "[{\"tool\":\"*\",\"decision\":\"allow\",\"where\":[{\"path\":\"a.*\",\"matches\":\"(x+x+)+[yz]\"}]}]",
	    "p");
	struct policy *many;
	struct verdict got;
	struct buf text;

	(void)state;
	evaluate_timed(policy, texts, &got);
	assert_true(got.unclear);
	assert_int_equal(got.decision, DECISION_DENY);
	policy_free(policy);
	buf_init(&text, POLICY_TEXT_MAX);
	buf_char(&text, '[');
	for (int i = 0; i < 2000; i++)
		buf_printf(&text, "%s{\"tool\":\"*\",\"decision\":\"allow\"%s}", i > 0 ? "," : "",
		    in_list);
	buf_char(&text, ']');
	many = read_text(buf_str(&text), "many");
	evaluate_timed(many, numbers, &got);
	assert_true(got.unclear);
	assert_non_null(strstr(got.reason, "too many steps together"));
	policy_free(many);
	buf_free(&text);
	json_free(texts);
	json_free(numbers);
}

static void
deeply_nested_arguments_are_followed(void **state)
{
	struct policy *policy = read_text(
	    "{\"defaultDecision\":\"deny\",\"rules\":[{\"tool\":\"*\",\"decision\":\"allow\",\"where\":"
	    "[{\"path\":\"*.*.*.*.*.*.*.*.*.*.*.*.*.*.*.*.*.*.*.*.*.*.*.*.*.*.*.*.*.*.*.*\",\"equals\":1}]}]}",
	    "p");
	struct json_object *args;
	struct verdict got;
	struct buf text;

	(void)state;
	buf_init(&text, 4096);
	for (int i = 0; i < 32; i++)
		buf_text(&text, "{\"a\":");
	buf_text(&text, "1");
	for (int i = 0; i < 32; i++)
		buf_text(&text, "}");
	args = parsed(buf_str(&text));
	evaluate_timed(policy, args, &got);
	assert_int_equal(got.decision, DECISION_ALLOW);
	json_free(args);
	policy_free(policy);
	buf_free(&text);
}

static void
collect(void *arg, const struct policy *policy, long rule, long condition, const char *text)
{
	buf_printf(arg, "%s %ld %ld %s\n", policy->name, rule, condition, text);
}

static void
trace_tells_why_each_rule_did_not_match_and_no_value(void **state)
{
	struct policy *policy = read_text(
	    "{\"defaultDecision\":\"deny\",\"rules\":["
	    "{\"tool\":\"send\",\"decision\":\"allow\"},"
	    "{\"tool\":\"pay\",\"server\":\"bank*\",\"decision\":\"allow\"},"
	    "{\"tool\":\"pay\",\"decision\":\"allow\",\"where\":[{\"path\":\"to\",\"matches\":\"^hid\"},"
	    "{\"path\":\"n\",\"gt\":5}]},"
	    "{\"tool\":\"*\",\"decision\":\"allow\",\"where\":[{\"path\":\"none\",\"equals\":1}]},"
	    "{\"tool\":\"p?y\",\"decision\":\"require_approval\"}]}",
	    "p");
	struct json_object *args = parsed("{\"to\":\"hidden\",\"n\":4}");
	struct call call = make_call("shop", "pay", args);
	struct policy_trace trace = {.note = collect};
	struct verdict traced, plain;
	struct buf notes;

	(void)state;
	buf_init(&notes, 65536);
	trace.arg = &notes;
	policy_evaluate((const struct policy *[]){policy}, 1, &call, &trace, &traced);
	policy_evaluate((const struct policy *[]){policy}, 1, &call, NULL, &plain);
	assert_string_equal(buf_str(&notes),
	    "p 0 -1 the tool does not match \"send\"\n"
	    "p 1 -1 the server does not match \"bank*\"\n"
	    "p 2 0 path \"to\", matches: holds\n"
	    "p 2 1 path \"n\", gt: does not hold\n"
	    "p 3 0 path \"none\", equals: does not hold: nothing is at this path\n"
	    "p 4 -1 matches: require_approval\n");
	assert_null(strstr(buf_str(&notes), "hidden"));
	assert_string_equal(traced.reason, plain.reason);
	assert_int_equal(traced.rule, 4);
	buf_reset(&notes);
	call = make_call("shop", "none", args);
	policy_evaluate((const struct policy *[]){policy}, 1, &call, &trace, &traced);
	assert_non_null(strstr(buf_str(&notes), "p -1 -1 default decision: deny\n"));
	json_free(args);
	policy_free(policy);
	buf_free(&notes);
}

static void
reason_never_holds_a_value_of_the_call(void **state)
{
	static const char *const operators[] = {
	    "\"matches\":\"[bc](a+)+$\"", "\"notMatches\":\"x\"", "\"gt\":1", "\"lte\":1"};
	struct json_object *args = parsed("{\"to\":[\"classified\"]}");
	struct call call = make_call("s", "t", args);
	struct verdict got;

	(void)state;
	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
		struct policy *policy;
		char text[256];

		(void)snprintf(text, sizeof(text),
		    "[{\"tool\":\"t\",\"decision\":\"allow\",\"where\":[{\"path\":\"to\",%s}]}]",
		    operators[i]);
		policy = read_text(text, "p");
		policy_evaluate((const struct policy *[]){policy}, 1, &call, NULL, &got);
		assert_true(got.unclear);
		assert_int_equal(got.decision, DECISION_DENY);
		assert_null(strstr(got.reason, "classified"));
		policy_free(policy);
	}
	json_free(args);
}

static void
document_keeps_priority_and_default(void **state)
{
	struct policy *policy = read_text(
	    "{\"rules\":[],\"priority\":-7,\"defaultDecision\":\"require_approval\"}", "p");

	(void)state;
	assert_true(policy->has_priority);
	assert_int_equal(policy->priority, -7);
	assert_int_equal(policy->default_decision, DECISION_REQUIRE_APPROVAL);
	assert_int_equal(policy->nrules, 0);
	policy_free(policy);
	policy = read_text("[]", "p");
	assert_false(policy->has_priority);
	assert_int_equal(policy->default_decision, DECISION_NONE);
	policy_free(policy);
	policy_free(NULL);
}

static void
policy_names_are_plain(void **state)
{
	static const char *const valid[] = {"default", "a", "Mail_2.prod-x", "_x", "0"};
	static const char *const invalid[] = {
	    "", "-a", ".a", "..", "a b", "a/b", "a\n", "\xc3\xa9", "a\"b"};
	char longest[POLICY_NAME_MAX + 2];

	(void)state;
	for (size_t i = 0; i < sizeof(valid) / sizeof(valid[0]); i++)
		assert_true(policy_name_valid(valid[i]));
	for (size_t i = 0; i < sizeof(invalid) / sizeof(invalid[0]); i++)
		assert_false(policy_name_valid(invalid[i]));
	memset(longest, 'a', sizeof(longest));
	longest[POLICY_NAME_MAX + 1] = '\0';
	assert_false(policy_name_valid(longest));
	longest[POLICY_NAME_MAX] = '\0';
	assert_true(policy_name_valid(longest));
}

static void
decisions_read_back_from_their_names(void **state)
{
	(void)state;
	for (enum decision d = DECISION_ALLOW; d <= DECISION_REQUIRE_APPROVAL; d++)
		assert_int_equal(decision_read(decision_name(d)), d);
	assert_string_equal(decision_name(DECISION_NONE), "");
	assert_int_equal(decision_read(""), DECISION_NONE);
	assert_int_equal(decision_read("ALLOW"), DECISION_NONE);
	assert_int_equal(decision_read("allow "), DECISION_NONE);
}

struct shared_work {
	const struct policy *policy;
	struct json_object *args;
	size_t wrong;
};

static void *
evaluate_often(void *arg)
{
	struct shared_work *work = arg;
	struct call call = make_call("s", "t", work->args);
	struct verdict got;

	for (int i = 0; i < 2000; i++) {
		policy_evaluate(&work->policy, 1, &call, NULL, &got);
		work->wrong += got.rule != 1;
	}
	return NULL;
}

static void
one_policy_serves_several_threads(void **state)
{
	struct policy *policy = read_text(
	    "[{\"tool\":\"t\",\"decision\":\"deny\",\"where\":[{\"path\":\"a\",\"matches\":\"^x+y$\"}]},"
	    "{\"tool\":\"t\",\"decision\":\"allow\",\"where\":[{\"path\":\"b\",\"in\":[1,1.5,{\"c\":2.50}]},"
	    "{\"path\":\"n\",\"lt\":2e3}]}]",
	    "p");
	struct shared_work work[4];
	pthread_t threads[4];

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		work[i] = (struct shared_work){
		    policy, parsed("{\"a\":\"xxx\",\"b\":{\"c\":2.5},\"n\":1999.99}"), 0};
		assert_int_equal(pthread_create(&threads[i], NULL, evaluate_often, &work[i]), 0);
	}
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_int_equal(work[i].wrong, 0);
		json_free(work[i].args);
	}
	policy_free(policy);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_case_file_gives_what_it_says),
	    cmocka_unit_test(ten_thousand_rules_are_accepted_and_the_last_is_reached),
	    cmocka_unit_test(documents_over_a_cap_are_refused),
	    cmocka_unit_test(regular_expressions_that_fill_the_memory_together_are_refused),
	    cmocka_unit_test(longest_texts_fit_into_the_reason),
	    cmocka_unit_test(path_that_leads_to_too_many_values_cannot_tell),
	    cmocka_unit_test(many_expensive_conditions_end_in_bounded_time),
	    cmocka_unit_test(deeply_nested_arguments_are_followed),
	    cmocka_unit_test(trace_tells_why_each_rule_did_not_match_and_no_value),
	    cmocka_unit_test(reason_never_holds_a_value_of_the_call),
	    cmocka_unit_test(document_keeps_priority_and_default),
	    cmocka_unit_test(policy_names_are_plain),
	    cmocka_unit_test(decisions_read_back_from_their_names),
	    cmocka_unit_test(one_policy_serves_several_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
