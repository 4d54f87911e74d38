/*
 * policy_read.c - a policy document becomes rules, or one exact error; see policy.h.
 *
 * Nothing is guessed: a member that is not known, or has a wrong type, refuses the whole document, since
 * a rule that means something else than its author thinks is worse than none.
 */
#include "policy_rules.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DOCUMENT_NESTING_MAX 64
#define DOCUMENT_MEMBERS_MAX ((size_t)2000000)
#define NAME_SHOWN_MAX 64 /* bytes of an unknown member's name in an error */

enum status
policy_fail(const struct policy_reader *r, const char *member, const char *format, ...)
{
	char place[160] = "", fault[PROBLEM_MAX];
	const char *comma = "";
	size_t len = 0;
	va_list args;

	if (r->rule >= 0) {
		len += (size_t)snprintf(place, sizeof(place), "rule %ld", r->rule);
		comma = ", ";
	}
	if (r->where >= 0)
		len += (size_t)snprintf(place + len, sizeof(place) - len, ", where %ld", r->where);
	if (member != NULL)
		(void)snprintf(place + len, sizeof(place) - len, "%smember \"%.*s\"", comma,
		    NAME_SHOWN_MAX, member);
	va_start(args, format);
	(void)vsnprintf(fault, sizeof(fault), format, args);
	va_end(args);
	problem_set(r->why, "%s%s%s", place, place[0] != '\0' ? ": " : "", fault);
	return STATUS_INVALID;
}

enum status
policy_fail_type(const struct policy_reader *r, const char *member, const char *wanted,
    const struct json_object *node)
{
	static const char *const is[] = {
	    [JSON_NULL] = "null",
	    [JSON_BOOL] = "a boolean",
	    [JSON_NUMBER] = "a number",
	    [JSON_STRING] = "a string",
	    [JSON_OBJECT] = "an object",
	    [JSON_ARRAY] = "an array",
	};

	return policy_fail(r, member, "must be %s, is %s", wanted, is[json_type(node)]);
}

enum status
policy_read_text(const struct policy_reader *r, const char *member, const struct json_object *node,
    size_t max, char **out)
{
	size_t len = 0;
	const char *text = json_string(node, &len);

	if (text == NULL)
		return policy_fail_type(r, member, "a string", node);
	if (len == 0)
		return policy_fail(r, member, "must not be empty");
	if (len > max)
		return policy_fail(r, member, "is longer than %zu bytes", max);
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return policy_fail(r, member, "control character at offset %zu", i);
	free(*out);
	*out = strdup(text);
	return *out != NULL ? STATUS_OK : STATUS_NO_MEMORY;
}

static enum status
read_decision(const struct policy_reader *r, const char *member, const struct json_object *node,
    enum decision *out)
{
	size_t len = 0;
	const char *text = json_string(node, &len);

	*out = text != NULL && strlen(text) == len ? decision_read(text) : DECISION_NONE;
	if (*out == DECISION_NONE)
		return policy_fail(
		    r, member, "must be \"allow\", \"deny\" or \"require_approval\"");
	return STATUS_OK;
}

static enum status
read_glob(const struct policy_reader *r, const char *member, const struct json_object *node,
    struct glob *out)
{
	enum status status = policy_read_text(r, member, node, POLICY_GLOB_MAX, &out->text);
	const char *text = out->text;
	size_t len, special;

	if (status != STATUS_OK)
		return status;
	len = strlen(text);
	special = strcspn(text, "*?");
	out->kind = GLOB_GENERAL;
	out->len = len - 1;
	if (strspn(text, "*") == len)
		out->kind = GLOB_ANY;
	else if (special == len)
		out->kind = GLOB_LITERAL;
	else if (special == len - 1 && text[special] == '*')
		out->kind = GLOB_PREFIX;
	else if (special == 0 && text[0] == '*' && strcspn(text + 1, "*?") == len - 1)
		out->kind = GLOB_SUFFIX;
	if (out->kind == GLOB_LITERAL)
		out->len = len;
	return STATUS_OK;
}

static enum status
read_where(struct policy_reader *r, const struct json_object *node, struct policy_rule *rule)
{
	size_t count = json_length(node);
	enum status status = STATUS_OK;

	if (json_type(node) != JSON_ARRAY)
		return policy_fail_type(r, "where", "an array", node);
	if (count > POLICY_CONDITIONS_MAX)
		return policy_fail(
		    r, "where", "has more than %d conditions", POLICY_CONDITIONS_MAX);
	if (count == 0)
		return STATUS_OK;
	rule->conditions = calloc(count, sizeof(*rule->conditions));
	if (rule->conditions == NULL)
		return STATUS_NO_MEMORY;
	rule->nconditions = count;
	for (size_t i = 0; i < count && status == STATUS_OK; i++) {
		r->where = (long)i;
		status = policy_read_condition(r, json_element(node, i), &rule->conditions[i]);
	}
	r->where = -1;
	return status;
}

static enum status
read_rule_member(struct policy_reader *r, const char *name, const struct json_object *node,
    struct policy_rule *rule)
{
	enum decision decision;
	enum status status;

	if (strcmp(name, "tool") == 0)
		return read_glob(r, name, node, &rule->tool);
	if (strcmp(name, "server") == 0)
		return read_glob(r, name, node, &rule->server);
	if (strcmp(name, "reason") == 0)
		return policy_read_text(r, name, node, POLICY_REASON_MAX, &rule->reason);
	if (strcmp(name, "where") == 0)
		return read_where(r, node, rule);
	if (strcmp(name, "decision") != 0 && strcmp(name, "action") != 0)
		return policy_fail(r, name, "unknown");
	status = read_decision(r, name, node, &decision);
	if (status == STATUS_OK && rule->decision != DECISION_NONE && rule->decision != decision)
		return policy_fail(r, name, "\"decision\" and \"action\" say different things");
	rule->decision = decision;
	return status;
}

static enum status
read_rule(struct policy_reader *r, const struct json_object *node, struct policy_rule *rule)
{
	struct json_walk walk = {0};
	enum status status = STATUS_OK;

	if (json_type(node) != JSON_OBJECT)
		return policy_fail_type(r, NULL, "an object", node);
	while (status == STATUS_OK && json_next_member(node, &walk))
		status = read_rule_member(r, walk.name, walk.value, rule);
	if (status != STATUS_OK)
		return status;
	if (rule->tool.text == NULL)
		return policy_fail(r, "tool", "missing");
	if (rule->decision == DECISION_NONE)
		return policy_fail(r, "decision", "missing");
	return STATUS_OK;
}

static enum status
read_rules(struct policy_reader *r, const struct json_object *node, struct policy *policy)
{
	size_t count = json_length(node);
	enum status status = STATUS_OK;

	if (json_type(node) != JSON_ARRAY)
		return policy_fail_type(r, "rules", "an array", node);
	if (count > POLICY_RULES_MAX)
		return policy_fail(r, "rules", "more than %d rules", POLICY_RULES_MAX);
	if (count == 0)
		return STATUS_OK;
	policy->rules = calloc(count, sizeof(*policy->rules));
	if (policy->rules == NULL)
		return STATUS_NO_MEMORY;
	policy->nrules = count;
	for (size_t i = 0; i < count && status == STATUS_OK; i++) {
		r->rule = (long)i;
		status = read_rule(r, json_element(node, i), &policy->rules[i]);
	}
	r->rule = -1;
	return status;
}

static enum status
read_document(struct policy_reader *r, const struct json_object *root, struct policy *policy)
{
	struct json_walk walk = {0};
	enum status status = STATUS_OK;
	bool has_rules = false;

	if (json_type(root) == JSON_ARRAY)
		return read_rules(r, root, policy);
	if (json_type(root) != JSON_OBJECT)
		return policy_fail_type(r, NULL, "an object or an array of rules", root);
	while (status == STATUS_OK && json_next_member(root, &walk)) {
		if (strcmp(walk.name, "rules") == 0) {
			has_rules = true;
			status = read_rules(r, walk.value, policy);
		} else if (strcmp(walk.name, "defaultDecision") == 0) {
			status = read_decision(r, walk.name, walk.value, &policy->default_decision);
		} else if (strcmp(walk.name, "priority") == 0) {
			policy->has_priority = json_integer(walk.value, &policy->priority);
			if (!policy->has_priority)
				status =
				    policy_fail(r, walk.name, "must be a whole number of 64 bits");
		} else if (strcmp(walk.name, "description") != 0) {
			status = policy_fail(r, walk.name, "unknown");
		} else if (json_type(walk.value) != JSON_STRING) {
			status = policy_fail_type(r, walk.name, "a string", walk.value);
		}
	}
	if (status == STATUS_OK && !has_rules)
		return policy_fail(r, "rules", "missing");
	return status;
}

enum status
policy_read(const char *text, size_t len, struct policy **out, struct problem *why)
{
	static const struct json_limits limits = {
	    .bytes = POLICY_TEXT_MAX,
	    .nesting = DOCUMENT_NESTING_MAX,
	    .members = DOCUMENT_MEMBERS_MAX,
	    .unique = true,
	};
	struct policy_reader reader = {.why = why, .rule = -1, .where = -1};
	struct json_object *root = NULL;
	struct policy *policy = NULL;
	enum status status;

	*out = NULL;
	status = json_parse(text, len, &limits, &root, why);
	if (status != STATUS_OK)
		return status;
	policy = calloc(1, sizeof(*policy));
	status = policy != NULL ? read_document(&reader, root, policy) : STATUS_NO_MEMORY;
	json_free(root);
	if (status == STATUS_NO_MEMORY)
		problem_set(why, "no memory");
	if (status != STATUS_OK) {
		policy_free(policy);
		return status;
	}
	*out = policy;
	return STATUS_OK;
}

void
policy_free(struct policy *policy)
{
	if (policy == NULL)
		return;
	for (size_t i = 0; i < policy->nrules; i++) {
		struct policy_rule *rule = &policy->rules[i];

		for (size_t c = 0; c < rule->nconditions; c++)
			policy_condition_free(&rule->conditions[c]);
		free(rule->conditions);
		free(rule->tool.text);
		free(rule->server.text);
		free(rule->reason);
	}
	free(policy->rules);
	free(policy);
}
