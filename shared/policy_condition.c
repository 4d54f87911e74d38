/*
 * policy_condition.c - one condition of a rule against the arguments of a call: yes, no, cannot tell.
 *
 * The meaning of each case is in enforgate-policy(5), CONDITIONS.
 */
#include "policy_rules.h"

#include <string.h>

#define STEPS_PER_VALUE 16 /* reaching or comparing one value, in the unit of match.h */

/* One condition on its way through the arguments. */
struct look {
	const struct policy_condition *condition;
	uint64_t *steps;
	size_t visited;
	bool found;          /* a value at the end of the path */
	enum match decisive; /* the answer of one value that settles the whole */
	enum match answer;
	const char *why; /* the first reason why one cannot tell; NULL: none */
};

const char *
condition_kind_name(enum condition_kind kind)
{
	switch (kind) {
	case CONDITION_MATCHES:
		return "matches";
	case CONDITION_NOT_MATCHES:
		return "notMatches";
	case CONDITION_EQUALS:
		return "equals";
	case CONDITION_IN:
		return "in";
	case CONDITION_GT:
		return "gt";
	case CONDITION_GTE:
		return "gte";
	case CONDITION_LT:
		return "lt";
	case CONDITION_LTE:
		return "lte";
	case CONDITION_EXISTS:
		return "exists";
	}
	return "unknown";
}

static enum match
cannot_tell(struct look *look, const char *why)
{
	if (look->why == NULL)
		look->why = why;
	return MATCH_CANNOT_TELL;
}

/* Takes off the steps of one value; false when there are none left. */
static bool
spend(struct look *look)
{
	if (*look->steps < STEPS_PER_VALUE) {
		(void)cannot_tell(look, "the conditions take too many steps together");
		return false;
	}
	*look->steps -= STEPS_PER_VALUE;
	return true;
}

static const char *
type_remark(enum json_type type)
{
	switch (type) {
	case JSON_NULL:
		return "the value is null";
	case JSON_BOOL:
		return "the value is a boolean";
	case JSON_NUMBER:
		return "the value is a number";
	case JSON_STRING:
		return "the value is a string";
	case JSON_OBJECT:
		return "the value is an object";
	case JSON_ARRAY:
		return "the value is an array";
	}
	return "the value is of an unknown type";
}

/* Whether the pattern is found in the text of a string, number or boolean. */
static enum match
search(struct look *look, const struct json_object *value)
{
	char scratch[JSON_NUMBER_SCRATCH];
	enum json_type type = json_type(value);
	const char *text = NULL;
	size_t len = 0;
	enum match found;

	if (type == JSON_STRING) {
		text = json_string(value, &len);
	} else if (type == JSON_NUMBER) {
		text = json_number_text(value, scratch);
		len = text != NULL ? strlen(text) : 0;
	} else if (type == JSON_BOOL) {
		text = json_bool(value) ? "true" : "false";
		len = strlen(text);
	}
	if (text == NULL)
		return cannot_tell(look, type_remark(type));
	found = regex_search(look->condition->regex, text, len, look->steps);
	if (found == MATCH_CANNOT_TELL)
		return cannot_tell(look, "the search takes too many steps or too much memory");
	return found;
}

/* A string that looks like a number is not compared: servers differ in what they make of it. */
static enum match
compare(struct look *look, const struct json_object *value)
{
	const struct policy_condition *condition = look->condition;
	char scratch[JSON_NUMBER_SCRATCH];
	const char *text = json_number_text(value, scratch);
	struct decimal number;
	int order;

	if (text == NULL)
		return cannot_tell(look, type_remark(json_type(value)));
	if (decimal_read(text, strlen(text), &number) != STATUS_OK)
		return cannot_tell(look, "the number is out of range");
	order = decimal_compare(&number, &condition->bound);
	if (condition->kind == CONDITION_GT)
		return order > 0 ? MATCH_YES : MATCH_NO;
	if (condition->kind == CONDITION_GTE)
		return order >= 0 ? MATCH_YES : MATCH_NO;
	if (condition->kind == CONDITION_LT)
		return order < 0 ? MATCH_YES : MATCH_NO;
	return order <= 0 ? MATCH_YES : MATCH_NO;
}

static enum match
find_in_list(struct look *look, const struct json_object *value)
{
	const struct json_object *list = look->condition->value;
	size_t count = json_length(list);

	for (size_t i = 0; i < count; i++) {
		if (!spend(look))
			return MATCH_CANNOT_TELL;
		if (json_equal(json_element(list, i), value))
			return MATCH_YES;
	}
	return MATCH_NO;
}

static enum match
test_value(struct look *look, const struct json_object *value)
{
	enum match found;

	switch (look->condition->kind) {
	case CONDITION_MATCHES:
		return search(look, value);
	case CONDITION_NOT_MATCHES:
		found = search(look, value);
		if (found == MATCH_CANNOT_TELL)
			return found;
		return found == MATCH_YES ? MATCH_NO : MATCH_YES;
	case CONDITION_EQUALS:
		return json_equal(look->condition->value, value) ? MATCH_YES : MATCH_NO;
	case CONDITION_IN:
		return find_in_list(look, value);
	case CONDITION_GT:
	case CONDITION_GTE:
	case CONDITION_LT:
	case CONDITION_LTE:
		return compare(look, value);
	case CONDITION_EXISTS:
		return look->condition->exists ? MATCH_YES : MATCH_NO;
	}
	return MATCH_CANNOT_TELL;
}

static enum match
test_missing(const struct look *look)
{
	const struct policy_condition *condition = look->condition;

	if (condition->kind == CONDITION_NOT_MATCHES)
		return MATCH_YES;
	if (condition->kind == CONDITION_EXISTS)
		return condition->exists ? MATCH_NO : MATCH_YES;
	return MATCH_NO;
}

/* Adds the answer of one place; true when the whole is settled. */
static bool
settle(struct look *look, enum match one)
{
	if (one == look->decisive || one == MATCH_CANNOT_TELL)
		look->answer = one;
	return one == look->decisive;
}

static bool visit(struct look *look, const struct json_object *value, size_t segment);

/* Where the path has a '*'; true when the whole is settled. */
static bool
visit_every(struct look *look, const struct json_object *value, size_t segment)
{
	enum json_type type = json_type(value);
	struct json_walk walk = {0};
	size_t count = json_length(value);

	if (type == JSON_ARRAY && count > 0) {
		for (size_t i = 0; i < count; i++)
			if (visit(look, json_element(value, i), segment + 1))
				return true;
		return false;
	}
	if (type == JSON_OBJECT && count > 0) {
		while (json_next_member(value, &walk))
			if (visit(look, walk.value, segment + 1))
				return true;
		return false;
	}
	/* A single value where elements were expected may mean the same to the server: unclear. */
	if (type != JSON_ARRAY && type != JSON_OBJECT && type != JSON_NULL &&
	    look->condition->kind != CONDITION_EXISTS)
		return settle(
		    look, cannot_tell(look, "the value at * is neither an array nor an object"));
	return settle(look, test_missing(look));
}

/* One step down; false when nothing is there. */
static bool
step_down(const struct path_segment *segment, const struct json_object **value)
{
	enum json_type type = json_type(*value);
	bool found = false;

	if (type == JSON_OBJECT) {
		*value = json_member(*value, segment->name, &found);
	} else if (type == JSON_ARRAY && segment->is_index &&
		   segment->index < json_length(*value)) {
		*value = json_element(*value, segment->index);
		found = true;
	}
	return found;
}

/* Follows the path from `segment` on; true when the whole is settled. */
static bool
visit(struct look *look, const struct json_object *value, size_t segment)
{
	const struct policy_condition *condition = look->condition;

	if (++look->visited > CONDITION_VALUES_MAX || !spend(look)) {
		look->answer = cannot_tell(look, "the path leads to too many values");
		return true;
	}
	for (; segment < condition->nsegments; segment++) {
		if (condition->segments[segment].every)
			return visit_every(look, value, segment);
		if (!step_down(&condition->segments[segment], &value))
			return settle(look, test_missing(look));
	}
	look->found = true;
	return settle(look, test_value(look, value));
}

enum match
condition_evaluate(const struct policy_condition *condition, const struct json_object *args,
    uint64_t *steps, const char **why)
{
	bool all = condition->kind == CONDITION_NOT_MATCHES;
	struct look look = {
	    .condition = condition,
	    .steps = steps,
	    .decisive = all ? MATCH_NO : MATCH_YES,
	    .answer = all ? MATCH_YES : MATCH_NO,
	};

	(void)visit(&look, args, 0);
	*why = NULL;
	if (look.answer == MATCH_CANNOT_TELL)
		*why = look.why;
	else if (!look.found)
		*why = "nothing is at this path";
	return look.answer;
}
