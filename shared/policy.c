/* policy.c - rules and a call give a verdict; see policy.h and enforgate-policy(5). */
#include "policy_rules.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define NOTE_MAX 768

/* One evaluation under way. */
struct evaluation {
	const struct call *call;
	size_t tool_len;
	size_t server_len;
	uint64_t steps; /* that conditions may still spend */
	const struct policy_trace *trace;
	struct verdict *out;
};

const char *
decision_name(enum decision decision)
{
	switch (decision) {
	case DECISION_ALLOW:
		return "allow";
	case DECISION_DENY:
		return "deny";
	case DECISION_REQUIRE_APPROVAL:
		return "require_approval";
	case DECISION_NONE:
		return "";
	}
	return "";
}

enum decision
decision_read(const char *text)
{
	if (strcmp(text, "allow") == 0)
		return DECISION_ALLOW;
	if (strcmp(text, "deny") == 0)
		return DECISION_DENY;
	if (strcmp(text, "require_approval") == 0)
		return DECISION_REQUIRE_APPROVAL;
	return DECISION_NONE;
}

bool
policy_name_valid(const char *name)
{
	static const char allowed[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
	size_t len = strlen(name);

	/* A leading '-' would read as an option, a leading '.' as a hidden or parent file. */
	return len > 0 && len <= POLICY_NAME_MAX && strspn(name, allowed) == len &&
	       name[0] != '-' && name[0] != '.';
}

static inline bool
glob_matches(const struct glob *glob, const char *name, size_t len)
{
	switch (glob->kind) {
	case GLOB_ANY:
		return true;
	case GLOB_LITERAL:
		return len == glob->len && memcmp(name, glob->text, len) == 0;
	case GLOB_PREFIX:
		return len >= glob->len && memcmp(name, glob->text, glob->len) == 0;
	case GLOB_SUFFIX:
		/* text + 1: after the star */
		return len >= glob->len &&
		       memcmp(name + len - glob->len, glob->text + 1, glob->len) == 0;
	case GLOB_GENERAL:
		return match_glob(glob->text, name);
	}
	return false;
}

static void note(const struct evaluation *e, const struct policy *policy, long rule, long condition,
    const char *format, ...) PRINTF_LIKE(5, 6);

static void
note(const struct evaluation *e, const struct policy *policy, long rule, long condition,
    const char *format, ...)
{
	char text[NOTE_MAX];
	va_list args;

	if (e->trace == NULL)
		return;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	e->trace->note(e->trace->arg, policy, rule, condition, text);
}

/* The result of one condition for people; never with a value of the call. */
static void
note_condition(const struct evaluation *e, const struct policy *policy, long rule, long index,
    const struct policy_condition *condition, enum match held, const char *why)
{
	const char *result = held == MATCH_YES  ? "holds"
			     : held == MATCH_NO ? "does not hold"
						: "cannot be evaluated";

	note(e, policy, rule, index, "path \"%s\", %s: %s%s%s", condition->path,
	    condition_kind_name(condition->kind), result, why != NULL ? ": " : "",
	    why != NULL ? why : "");
}

static void
decide_unclear(
    struct evaluation *e, const struct policy *policy, long rule, size_t index, const char *why)
{
	const struct policy_condition *condition = &policy->rules[rule].conditions[index];
	struct verdict *out = e->out;

	out->decision = DECISION_DENY;
	out->policy = policy;
	out->rule = rule;
	out->unclear = true;
	(void)snprintf(out->reason, sizeof(out->reason),
	    "policy \"%s\" rule %ld condition %zu (path \"%s\", %s) cannot be evaluated: %s",
	    policy->name, rule, index, condition->path, condition_kind_name(condition->kind), why);
}

/* Whether all conditions of a rule hold; MATCH_CANNOT_TELL: the verdict is set. */
static enum match
conditions_hold(struct evaluation *e, const struct policy *policy, long index)
{
	const struct policy_rule *rule = &policy->rules[index];
	const char *why;

	for (size_t i = 0; i < rule->nconditions; i++) {
		const struct policy_condition *condition = &rule->conditions[i];
		enum match held = condition_evaluate(condition, e->call->args, &e->steps, &why);

		if (e->trace != NULL)
			note_condition(e, policy, index, (long)i, condition, held, why);
		if (held == MATCH_CANNOT_TELL)
			decide_unclear(e, policy, index, i, why);
		if (held != MATCH_YES)
			return held;
	}
	return MATCH_YES;
}

static void
decide_rule(struct evaluation *e, const struct policy *policy, long index)
{
	const struct policy_rule *rule = &policy->rules[index];
	struct verdict *out = e->out;

	out->decision = rule->decision;
	out->policy = policy;
	out->rule = index;
	out->rule_reason = rule->reason;
	(void)snprintf(out->reason, sizeof(out->reason), "matched rule %ld of policy \"%s\"%s%s",
	    index, policy->name, rule->reason != NULL ? ": " : "",
	    rule->reason != NULL ? rule->reason : "");
	note(e, policy, index, -1, "matches: %s", decision_name(rule->decision));
}

/* The first rule that matches; true when the verdict is set. */
static bool
evaluate_rules(struct evaluation *e, const struct policy *policy)
{
	for (size_t i = 0; i < policy->nrules; i++) {
		const struct policy_rule *rule = &policy->rules[i];
		enum match held;

		if (!glob_matches(&rule->tool, e->call->tool, e->tool_len)) {
			note(e, policy, (long)i, -1, "the tool does not match \"%s\"",
			    rule->tool.text);
			continue;
		}
		if (!glob_matches(&rule->server, e->call->server, e->server_len)) {
			note(e, policy, (long)i, -1, "the server does not match \"%s\"",
			    rule->server.text);
			continue;
		}
		held = conditions_hold(e, policy, (long)i);
		if (held == MATCH_YES)
			decide_rule(e, policy, (long)i);
		if (held != MATCH_NO)
			return true;
	}
	return false;
}

/* Where no rule of any policy matched. */
static void
decide_default(struct evaluation *e, const struct policy *const *policies, size_t count)
{
	struct verdict *out = e->out;

	for (size_t i = 0; i < count; i++) {
		if (policies[i]->default_decision == DECISION_NONE) {
			note(e, policies[i], -1, -1, "no default decision");
			continue;
		}
		out->decision = policies[i]->default_decision;
		out->policy = policies[i];
		(void)snprintf(out->reason, sizeof(out->reason),
		    "default decision of policy \"%s\"", policies[i]->name);
		note(e, policies[i], -1, -1, "default decision: %s", decision_name(out->decision));
		return;
	}
	(void)snprintf(out->reason, sizeof(out->reason), "no rule matched");
}

bool
policy_asks(const struct policy *policy)
{
	for (size_t i = 0; i < policy->nrules; i++)
		if (policy->rules[i].decision == DECISION_REQUIRE_APPROVAL)
			return true;
	return false;
}

bool
policy_always_denies(
    const struct policy *const *policies, size_t count, const char *server, const char *tool)
{
	const size_t server_len = strlen(server), tool_len = strlen(tool);

	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < policies[i]->nrules; j++) {
			const struct policy_rule *rule = &policies[i]->rules[j];

			if (!glob_matches(&rule->tool, tool, tool_len) ||
			    !glob_matches(&rule->server, server, server_len))
				continue;
			if (rule->decision != DECISION_DENY)
				return false;
			if (rule->nconditions == 0)
				return true;
		}
	}
	for (size_t i = 0; i < count; i++)
		if (policies[i]->default_decision != DECISION_NONE)
			return policies[i]->default_decision == DECISION_DENY;
	return true;
}

void
policy_evaluate(const struct policy *const *policies, size_t count, const struct call *call,
    const struct policy_trace *trace, struct verdict *out)
{
	struct evaluation e = {
	    .call = call,
	    .tool_len = strlen(call->tool),
	    .server_len = strlen(call->server),
	    .steps = POLICY_STEPS,
	    .trace = trace,
	    .out = out,
	};

	out->decision = DECISION_DENY;
	out->policy = NULL;
	out->rule = -1;
	out->unclear = false;
	out->rule_reason = NULL;
	out->reason[0] = '\0';
	for (size_t i = 0; i < count; i++)
		if (evaluate_rules(&e, policies[i]))
			return;
	decide_default(&e, policies, count);
}
