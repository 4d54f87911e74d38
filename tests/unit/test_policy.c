/* test_policy.c - what a policy says of itself: its names, its reasons, its trace. */
#include "policy_aid.h"

#include <pthread.h>

static void
collect(void *arg, const struct policy *policy, long rule, long condition, const char *text)
{
	buf_printf(arg, "%s %ld %ld %s\n", policy->name, rule, condition, text);
}

static void
trace_tells_why_each_rule_did_not_match_and_no_value(void **state)
{
	struct policy *policy = aid_policy(
	    "{\"defaultDecision\":\"deny\",\"rules\":["
	    "{\"tool\":\"send\",\"decision\":\"allow\"},"
	    "{\"tool\":\"pay\",\"server\":\"bank*\",\"decision\":\"allow\"},"
	    "{\"tool\":\"pay\",\"decision\":\"allow\",\"where\":[{\"path\":\"to\",\"matches\":\"^hid\"},"
	    "{\"path\":\"n\",\"gt\":5}]},"
	    "{\"tool\":\"*\",\"decision\":\"allow\",\"where\":[{\"path\":\"none\",\"equals\":1}]},"
	    "{\"tool\":\"p?y\",\"decision\":\"require_approval\"}]}",
	    "p");
	struct json_object *args = aid_json("{\"to\":\"hidden\",\"n\":4}");
	struct call call = aid_call("shop", "pay", args);
	struct policy_trace trace = {.note = collect};
	struct verdict traced, plain;
	struct buf notes;

	(void)state;
	buf_init(&notes, 65536);
	trace.arg = &notes;
	policy_evaluate((const struct policy *[]){policy}, 1, &call, &trace, &traced);
	aid_evaluate(policy, &call, &plain);
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
	call = aid_call("shop", "none", args);
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
	struct json_object *args = aid_json("{\"to\":[\"classified\"]}");
	struct call call = aid_call("s", "t", args);
	struct verdict got;

	(void)state;
	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
		struct policy *policy;
		char text[256];

		(void)snprintf(text, sizeof(text),
		    "[{\"tool\":\"t\",\"decision\":\"allow\",\"where\":[{\"path\":\"to\",%s}]}]",
		    operators[i]);
		policy = aid_policy(text, "p");
		aid_evaluate(policy, &call, &got);
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
	struct policy *policy = aid_policy(
	    "{\"rules\":[],\"priority\":-7,\"defaultDecision\":\"require_approval\"}", "p");

	(void)state;
	assert_true(policy->has_priority);
	assert_int_equal(policy->priority, -7);
	assert_int_equal(policy->default_decision, DECISION_REQUIRE_APPROVAL);
	assert_int_equal(policy->nrules, 0);
	policy_free(policy);
	policy = aid_policy("[]", "p");
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
	struct call call = aid_call("s", "t", work->args);
	struct verdict got;

	for (int i = 0; i < 2000; i++) {
		aid_evaluate(work->policy, &call, &got);
		work->wrong += got.rule != 1;
	}
	return NULL;
}

static void
one_policy_serves_several_threads(void **state)
{
	struct policy *policy = aid_policy(
	    "[{\"tool\":\"t\",\"decision\":\"deny\",\"where\":[{\"path\":\"a\",\"matches\":\"^x+y$\"}]},"
	    "{\"tool\":\"t\",\"decision\":\"allow\",\"where\":[{\"path\":\"b\",\"in\":[1,1.5,{\"c\":2.50}]},"
	    "{\"path\":\"n\",\"lt\":2e3}]}]",
	    "p");
	struct shared_work work[4];
	pthread_t threads[4];

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		work[i] = (struct shared_work){
		    policy, aid_json("{\"a\":\"xxx\",\"b\":{\"c\":2.5},\"n\":1999.99}"), 0};
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
	    cmocka_unit_test(trace_tells_why_each_rule_did_not_match_and_no_value),
	    cmocka_unit_test(reason_never_holds_a_value_of_the_call),
	    cmocka_unit_test(document_keeps_priority_and_default),
	    cmocka_unit_test(policy_names_are_plain),
	    cmocka_unit_test(decisions_read_back_from_their_names),
	    cmocka_unit_test(one_policy_serves_several_threads),
	};

	return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
