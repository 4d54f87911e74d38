/* policy_lint.c - warnings about a policy that reads well and means something else; see policy_lint.h. */
#include "policy_lint.h"
#include "policy_rules.h"

#include <stdarg.h>
#include <stdio.h>

#define WARNING_MAX 256

struct lint {
	policy_warning *warn;
	void *arg;
	size_t count;
};

static void warn(struct lint *lint, long rule, const char *format, ...) PRINTF_LIKE(3, 4);

static void
warn(struct lint *lint, long rule, const char *format, ...)
{
	char text[WARNING_MAX];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	lint->warn(lint->arg, rule, text);
	lint->count++;
}

/*
 * Whether every name that `inner` matches is matched by `outer` too: `outer` is matched against the text of
 * `inner`, in which a star is taken by a star only and a '?' by a '?' or a star. Never true wrongly.
 */
static bool
covers(const char *outer, const char *inner)
{
	const char *star = NULL, *retry = NULL;

	while (*inner != '\0') {
		if (*outer == '*') {
			star = ++outer;
			retry = inner;
		} else if (*outer == *inner ||
			   (*outer == '?' && *inner != '*' && (unsigned char)*inner < 0x80)) {
			outer++;
			inner++;
		} else if (star != NULL) {
			outer = star;
			inner = ++retry;
		} else {
			return false;
		}
	}
	while (*outer == '*')
		outer++;
	return *outer == '\0';
}

static bool
glob_covers(const struct glob *outer, const struct glob *inner)
{
	if (outer->kind == GLOB_ANY)
		return true;
	return inner->kind != GLOB_ANY && covers(outer->text, inner->text);
}

/* A rule without conditions stops every later rule that names no more than it does. */
static void
lint_order(struct lint *lint, const struct policy *policy, size_t index)
{
	const struct policy_rule *rule = &policy->rules[index];

	for (size_t i = 0; i < index; i++) {
		const struct policy_rule *earlier = &policy->rules[i];

		if (earlier->nconditions == 0 && glob_covers(&earlier->tool, &rule->tool) &&
		    glob_covers(&earlier->server, &rule->server)) {
			warn(lint, (long)index,
			    "can never match: rule %zu has no conditions and covers it", i);
			return;
		}
	}
}

static void
lint_rule(struct lint *lint, const struct policy *policy, size_t index)
{
	const struct policy_rule *rule = &policy->rules[index];

	lint_order(lint, policy, index);
	if (rule->decision == DECISION_ALLOW && rule->nconditions == 0 &&
	    rule->tool.kind == GLOB_ANY && rule->server.kind == GLOB_ANY)
		warn(lint, (long)index, "allows every tool of every server without a condition");
	for (size_t i = 0; i < rule->nconditions; i++)
		if (rule->conditions[i].kind == CONDITION_IN &&
		    json_length(rule->conditions[i].value) == 0)
			warn(lint, (long)index, "can never match: condition %zu has an empty list",
			    i);
}

size_t
policy_lint(const struct policy *policy, policy_warning *to, void *arg)
{
	struct lint lint = {.warn = to, .arg = arg};

	for (size_t i = 0; i < policy->nrules; i++)
		lint_rule(&lint, policy, i);
	if (policy->default_decision == DECISION_NONE)
		warn(&lint, -1, "no defaultDecision: what no rule of any policy matches is denied");
	if (policy->default_decision == DECISION_ALLOW)
		warn(&lint, -1, "defaultDecision is allow: what no rule names is let through");
	return lint.count;
}
