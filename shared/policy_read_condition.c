/* policy_read_condition.c - one condition of a document, with exact errors; see policy_rules.h. */
#include "policy_rules.h"

#include <stdlib.h>
#include <string.h>

/* One segment of a path: a member name, an index or '*'. */
static enum status
read_segment(const char *text, size_t len, struct path_segment *out)
{
	out->name = strndup(text, len);
	if (out->name == NULL)
		return STATUS_NO_MEMORY;
	out->every = len == 1 && text[0] == '*';
	out->is_index =
	    len <= 9 && strspn(out->name, "0123456789") == len && (len == 1 || text[0] != '0');
	if (out->is_index)
		out->index = strtoul(out->name, NULL, 10);
	return STATUS_OK;
}

static enum status
read_path(const struct policy_reader *r, const struct json_object *node, struct policy_condition *c)
{
	enum status status = policy_read_text(r, "path", node, POLICY_PATH_MAX, &c->path);
	size_t count = 1, start = 0;

	if (status != STATUS_OK)
		return status;
	for (const char *at = c->path; *at != '\0'; at++)
		count += *at == '.';
	if (count > POLICY_PATH_SEGMENTS_MAX)
		return policy_fail(
		    r, "path", "has more than %d segments", POLICY_PATH_SEGMENTS_MAX);
	c->segments = calloc(count, sizeof(*c->segments));
	if (c->segments == NULL)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < count; i++) {
		size_t len = strcspn(c->path + start, ".");

		if (len == 0)
			return policy_fail(r, "path", "empty segment at offset %zu", start);
		status = read_segment(c->path + start, len, &c->segments[i]);
		if (status != STATUS_OK)
			return status;
		c->nsegments++;
		start += len + 1;
	}
	return STATUS_OK;
}

static enum status
read_regex(struct policy_reader *r, const struct json_object *node, const struct json_object *flags,
    struct policy_condition *c)
{
	const char *member = condition_kind_name(c->kind);
	size_t len = 0, flags_len = 0;
	const char *pattern = json_string(node, &len);
	const char *letters = json_string(flags, &flags_len);
	struct problem fault = {""};
	enum status status;

	if (pattern == NULL)
		return policy_fail_type(r, member, "a string", node);
	if (letters != NULL && (strlen(letters) != flags_len || !regex_flags_valid(letters)))
		return policy_fail(r, "flags", "must be any of i, m, s and u, each once");
	status = regex_compile(pattern, len, letters, &c->regex, &fault);
	if (status == STATUS_INVALID)
		return policy_fail(r, member, "%s", fault.text);
	if (status != STATUS_OK)
		return status;
	r->regex_bytes += regex_size(c->regex);
	if (r->regex_bytes > POLICY_REGEX_BYTES_MAX)
		return policy_fail(r, member,
		    "the regular expressions take more than %zu MiB together",
		    POLICY_REGEX_BYTES_MAX >> 20);
	return STATUS_OK;
}

static enum status
read_bound(const struct policy_reader *r, const char *member, const struct json_object *node,
    struct policy_condition *c)
{
	char scratch[JSON_NUMBER_SCRATCH];
	const char *text = json_number_text(node, scratch);

	if (text == NULL)
		return policy_fail_type(r, member, "a number", node);
	c->number = strdup(text);
	if (c->number == NULL)
		return STATUS_NO_MEMORY;
	if (decimal_read(c->number, strlen(c->number), &c->bound) != STATUS_OK)
		return policy_fail(r, member, "the number is out of range");
	return STATUS_OK;
}

/* The one operator of a condition with its operand. */
static enum status
read_operand(struct policy_reader *r, struct json_object *node, const struct json_object *flags,
    bool has_flags, struct policy_condition *c)
{
	const char *member = condition_kind_name(c->kind);

	switch (c->kind) {
	case CONDITION_MATCHES:
	case CONDITION_NOT_MATCHES:
		if (has_flags && json_type(flags) != JSON_STRING)
			return policy_fail_type(r, "flags", "a string", flags);
		return read_regex(r, node, flags, c);
	case CONDITION_IN:
		if (json_type(node) != JSON_ARRAY)
			return policy_fail_type(r, member, "an array", node);
		c->value = json_share(node);
		return STATUS_OK;
	case CONDITION_EQUALS:
		c->value = json_share(node);
		return STATUS_OK;
	case CONDITION_GT:
	case CONDITION_GTE:
	case CONDITION_LT:
	case CONDITION_LTE:
		return read_bound(r, member, node, c);
	case CONDITION_EXISTS:
		if (json_type(node) != JSON_BOOL)
			return policy_fail_type(r, member, "true or false", node);
		c->exists = json_bool(node);
		break;
	}
	return STATUS_OK;
}

static bool
kind_read(const char *name, enum condition_kind *out)
{
	for (enum condition_kind kind = CONDITION_MATCHES; kind <= CONDITION_EXISTS; kind++)
		if (strcmp(name, condition_kind_name(kind)) == 0) {
			*out = kind;
			return true;
		}
	return false;
}

enum status
policy_read_condition(
    struct policy_reader *r, const struct json_object *node, struct policy_condition *c)
{
	struct json_object *path = NULL, *flags = NULL, *operand = NULL;
	bool has_path = false, has_flags = false, has_operand = false;
	struct json_walk walk = {0};
	enum status status;

	if (json_type(node) != JSON_OBJECT)
		return policy_fail_type(r, NULL, "an object", node);
	while (json_next_member(node, &walk)) {
		enum condition_kind kind;

		if (strcmp(walk.name, "path") == 0) {
			path = walk.value;
			has_path = true;
		} else if (strcmp(walk.name, "flags") == 0) {
			flags = walk.value;
			has_flags = true;
		} else if (!kind_read(walk.name, &kind)) {
			return policy_fail(r, walk.name, "unknown");
		} else if (has_operand) {
			return policy_fail(r, walk.name,
			    "a condition has one operator, this one also has \"%s\"",
			    condition_kind_name(c->kind));
		} else {
			c->kind = kind;
			operand = walk.value;
			has_operand = true;
		}
	}
	if (!has_path)
		return policy_fail(r, "path", "missing");
	if (!has_operand)
		return policy_fail(r, NULL,
		    "no operator (matches, notMatches, equals, in, gt, gte, lt, lte or exists)");
	if (has_flags && c->kind != CONDITION_MATCHES && c->kind != CONDITION_NOT_MATCHES)
		return policy_fail(r, "flags", "only goes with matches and notMatches");
	status = read_path(r, path, c);
	if (status == STATUS_OK)
		status = read_operand(r, operand, flags, has_flags, c);
	return status;
}

void
policy_condition_free(struct policy_condition *c)
{
	for (size_t i = 0; i < c->nsegments; i++)
		free(c->segments[i].name);
	free(c->segments);
	free(c->path);
	regex_free(c->regex);
	json_free(c->value);
	free(c->number);
}
