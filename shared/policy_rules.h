/*
 * policy_rules.h - rules as policy_read.c builds them and policy.c evaluates them; private to the two.
 *
 * Everything in a rule is owned by its policy and immutable once read, so threads share policies.
 */
#ifndef ENFORGATE_POLICY_RULES_H
#define ENFORGATE_POLICY_RULES_H

#include "decimal.h"
#include "json.h"
#include "match.h"
#include "policy.h"

#define POLICY_GLOB_MAX 256 /* bytes of a tool or server glob, as long as a name */
#define POLICY_PATH_MAX 256 /* bytes of a path as written */
#define POLICY_REGEX_BYTES_MAX                                                                     \
	((size_t)64 << 20) /* memory of all regular expressions of a policy */

/* Most globs are a plain name or a name with one star at an end; these need no general matching. */
enum glob_kind { GLOB_ANY, GLOB_LITERAL, GLOB_PREFIX, GLOB_SUFFIX, GLOB_GENERAL };

struct glob {
	char *text; /* as written */
	size_t len; /* of the literal, prefix or suffix */
	enum glob_kind kind;
};

enum condition_kind {
	CONDITION_MATCHES,
	CONDITION_NOT_MATCHES,
	CONDITION_EQUALS,
	CONDITION_IN,
	CONDITION_GT,
	CONDITION_GTE,
	CONDITION_LT,
	CONDITION_LTE,
	CONDITION_EXISTS,
};

struct path_segment {
	char *name; /* of a member; "*" never gets here as a name, see `every` */
	bool every; /* '*': each element of an array, each member of an object */
	bool is_index;
	size_t index; /* of an element, where the value is an array */
};

struct policy_condition {
	enum condition_kind kind;
	char *path; /* as written, for reasons */
	struct path_segment *segments;
	size_t nsegments;
	struct regex *regex;       /* MATCHES, NOT_MATCHES */
	struct json_object *value; /* EQUALS, IN (an array) */
	char *number;              /* GT to LTE: the text that `bound` views */
	struct decimal bound;
	bool exists;
};

struct policy_rule {
	struct glob tool;
	struct glob server; /* GLOB_ANY where the rule names none */
	enum decision decision;
	size_t nconditions;
	struct policy_condition *conditions;
	char *reason; /* NULL: none of its own */
};

/* Most values that one condition looks at (a path with '*' can lead to many). */
#define CONDITION_VALUES_MAX 100000
/* Steps (see match.h) of all conditions of one evaluation together: about 60 ms. */
#define POLICY_STEPS (4 * REGEX_STEPS)

/* Where in a document its reader is, for errors; -1: not in a rule, not in a condition. */
struct policy_reader {
	struct problem *why;
	long rule;
	long where;
	size_t regex_bytes; /* of all regular expressions so far */
};

/*
 * STATUS_INVALID with the sentence `rule 3, where 0, member "matches": FAULT`; a NULL member and indices of
 * -1 are left out.
 */
enum status policy_fail(const struct policy_reader *r, const char *member, const char *format, ...)
    PRINTF_LIKE(3, 4) MUST_USE;
/* The same for a value of a wrong type: `must be WANTED, is an array`. */
enum status policy_fail_type(const struct policy_reader *r, const char *member, const char *wanted,
    const struct json_object *node) MUST_USE;
/* A text of 1 to max bytes without control characters; *out is a copy, owned by the caller. */
enum status policy_read_text(const struct policy_reader *r, const char *member,
    const struct json_object *node, size_t max, char **out) MUST_USE;
/* Fills a zeroed condition; what it holds is freed with policy_condition_free() in every case. */
enum status policy_read_condition(
    struct policy_reader *r, const struct json_object *node, struct policy_condition *out) MUST_USE;
void policy_condition_free(struct policy_condition *condition);

/* The member of a condition that names its kind, e.g. "notMatches". */
const char *condition_kind_name(enum condition_kind kind);

/*
 * Whether a condition holds for these arguments (NULL: none). Takes what it spent off *steps. *why is set
 * to a constant text when it cannot tell, or when the path leads nowhere; NULL otherwise.
 */
enum match condition_evaluate(const struct policy_condition *condition,
    const struct json_object *args, uint64_t *steps, const char **why);

#endif
