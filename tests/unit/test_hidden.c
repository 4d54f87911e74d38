/* test_hidden.c - which tools are denied whatever their arguments, so that agents do not see them. */
#include "policy_aid.h"

#include "mcp/catalog.h"

#define WHERE "\"where\":[{\"path\":\"a\",\"equals\":1}]"
#define POLICIES_MAX 3

struct hidden_case {
	const char *what;
	const char *policies[POLICIES_MAX]; /* in order of evaluation */
	const char *tool;                   /* of the server "files" */
	bool hidden;
};

static const struct hidden_case cases[] = {
    {"no policy at all", {NULL}, "read", true},
    {"no rule matches and no default", {"[{\"tool\":\"write\",\"decision\":\"allow\"}]"}, "read",
	true},
    {"a rule allows", {"[{\"tool\":\"read\",\"decision\":\"allow\"}]"}, "read", false},
    {"a rule allows on a condition",
	{"[{\"tool\":\"read\",\"decision\":\"allow\"," WHERE
	 "},{\"tool\":\"*\",\"decision\":\"deny\"}]"},
	"read", false},
    {"a rule denies", {"[{\"tool\":\"read\",\"decision\":\"deny\"}]"}, "read", true},
    {"a rule denies another tool",
	{"{\"defaultDecision\":\"allow\",\"rules\":[{\"tool\":\"write\",\"decision\":\"deny\"}]}"},
	"read", false},
    {"a rule denies another server",
	{"{\"defaultDecision\":\"allow\",\"rules\":[{\"tool\":\"*\",\"server\":\"mail\",\"decision\":"
	 "\"deny\"}]}"},
	"read", false},
    {"a rule denies this server",
	{"{\"defaultDecision\":\"allow\",\"rules\":[{\"tool\":\"*\",\"server\":\"fil*\",\"decision\":"
	 "\"deny\"}]}"},
	"read", true},
    {"a rule denies on a condition",
	{"{\"defaultDecision\":\"allow\",\"rules\":[{\"tool\":\"read\",\"decision\":\"deny\"," WHERE
	 "}]}"},
	"read", false},
    {"a rule denies on a condition, and the default in any case",
	{"{\"defaultDecision\":\"deny\",\"rules\":[{\"tool\":\"read\",\"decision\":\"deny\"," WHERE
	 "}]}"},
	"read", true},
    {"a rule denies on a condition, the next in any case",
	{"{\"defaultDecision\":\"allow\",\"rules\":[{\"tool\":\"read\",\"decision\":\"deny\"," WHERE
	 "},{\"tool\":\"r*\",\"decision\":\"deny\"}]}"},
	"read", true},
    {"a rule asks before one that denies",
	{"[{\"tool\":\"read\",\"decision\":\"require_approval\"},{\"tool\":\"*\",\"decision\":\"deny\"}]"},
	"read", false},
    {"a rule asks on a condition before one that denies",
	{"[{\"tool\":\"read\",\"decision\":\"require_approval\"," WHERE
	 "},{\"tool\":\"*\",\"decision\":\"deny\"}]"},
	"read", false},
    {"a rule denies before one that allows",
	{"[{\"tool\":\"read\",\"decision\":\"deny\"},{\"tool\":\"read\",\"decision\":\"allow\"}]"},
	"read", true},
    {"an earlier policy denies what a later one allows",
	{"[{\"tool\":\"read\",\"decision\":\"deny\"}]",
	    "[{\"tool\":\"read\",\"decision\":\"allow\"}]"},
	"read", true},
    {"a later policy allows what the default of an earlier one denies",
	{"{\"defaultDecision\":\"deny\",\"rules\":[{\"tool\":\"x\",\"decision\":\"deny\"}]}",
	    "[{\"tool\":\"read\",\"decision\":\"allow\"}]"},
	"read", false},
    {"the first default counts, and denies",
	{"[{\"tool\":\"x\",\"decision\":\"deny\"}]", "{\"defaultDecision\":\"deny\",\"rules\":[]}",
	    "{\"defaultDecision\":\"allow\",\"rules\":[]}"},
	"read", true},
    {"the first default counts, and asks",
	{"{\"defaultDecision\":\"require_approval\",\"rules\":[]}",
	    "{\"defaultDecision\":\"deny\",\"rules\":[]}"},
	"read", false},
    {"a resource by its name",
	{"{\"defaultDecision\":\"allow\",\"rules\":[{\"tool\":\"resource:file:*\",\"decision\":\"deny\"}]}"},
	"resource:file:///etc/passwd", true},
};

/* What a call without arguments and one with them get, for comparison. */
static bool
denied(const struct caller *caller, const char *tool, const char *arguments)
{
	struct json_object *args = aid_json(arguments);
	struct call call = aid_call("files", tool, args);
	struct verdict verdict;

	policy_evaluate(caller->policies, caller->npolicies, &call, NULL, &verdict);
	json_free(args);
	return verdict.decision == DECISION_DENY;
}

static void
hidden_is_what_every_policy_denies_whatever_the_arguments(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct hidden_case *c = &cases[i];
		struct policy *policies[POLICIES_MAX] = {NULL};
		struct caller *caller = calloc(1, sizeof(*caller));

		assert_non_null(caller);
		while (caller->npolicies < POLICIES_MAX && c->policies[caller->npolicies] != NULL) {
			policies[caller->npolicies] =
			    aid_policy(c->policies[caller->npolicies], "p");
			caller->policies[caller->npolicies] = policies[caller->npolicies];
			caller->npolicies++;
		}
		if (catalog_hidden(caller, "files", c->tool) != c->hidden)
			fail_msg("%s: %s", c->what, c->hidden ? "listed" : "hidden");
		/* Both sides of every condition above. */
		if (c->hidden &&
		    (!denied(caller, c->tool, "{}") || !denied(caller, c->tool, "{\"a\":1}")))
			fail_msg("%s: hidden, but not always denied", c->what);
		if (!c->hidden && denied(caller, c->tool, "{}") &&
		    denied(caller, c->tool, "{\"a\":1}"))
			fail_msg("%s: listed, but always denied", c->what);
		for (size_t j = 0; j < POLICIES_MAX; j++)
			policy_free(policies[j]);
		free(caller);
	}
}

static void
everything_is_hidden_where_a_policy_cannot_be_read(void **state)
{
	struct policy *policy = aid_policy("[{\"tool\":\"*\",\"decision\":\"allow\"}]", "p");
	struct caller *caller = calloc(1, sizeof(*caller));

	(void)state;
	assert_non_null(caller);
	caller->policies[0] = policy;
	caller->npolicies = 1;
	assert_false(catalog_hidden(caller, "files", "read"));
	(void)snprintf(caller->unreadable, sizeof(caller->unreadable), "broken");
	assert_true(catalog_hidden(caller, "files", "read"));
	policy_free(policy);
	free(caller);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(hidden_is_what_every_policy_denies_whatever_the_arguments),
	    cmocka_unit_test(everything_is_hidden_where_a_policy_cannot_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
