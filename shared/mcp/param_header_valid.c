/* param_header_valid.c - whether the annotations x-mcp-header of a schema are valid; see param_header.h. */
#include <string.h>

#include "mcp/param_header.h"

#define ANNOTATION "x-mcp-header"
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The names that were seen, as CGI folds them: those that fall together there could not be told apart. */
struct names {
	size_t count;
	char folded[PARAM_HEADERS_MAX][PARAM_HEADER_NAME_MAX + 1];
};

static void
fold(const char *name, char out[PARAM_HEADER_NAME_MAX + 1])
{
	for (; *name != '\0'; name++, out++)
		*out = *name == '-'                   ? '_'
		       : *name >= 'a' && *name <= 'z' ? (char)(*name - 'a' + 'A')
						      : *name;
	*out = '\0';
}

/* A token (RFC 9110 section 5.6.2). */
static bool
is_token(const char *name)
{
	static const char allowed[] = "!#$%&'*+-.^_`|~0123456789"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

	return name[0] != '\0' && name[strspn(name, allowed)] == '\0';
}

static bool
is_primitive(const struct json_object *schema)
{
	bool found;
	const char *type = json_text(json_member(schema, "type", &found));

	return type != NULL && (strcmp(type, "string") == 0 || strcmp(type, "integer") == 0 ||
				   strcmp(type, "boolean") == 0);
}

/* Why the annotation of this property is none; NULL: it is fine. */
static const char *
annotation_fault(
    const struct json_object *schema, const struct json_object *annotation, struct names *names)
{
	const char *name = json_text(annotation);

	if (name == NULL || !is_token(name) || strlen(name) > PARAM_HEADER_NAME_MAX)
		return "is no name of a header, or too long";
	if (!is_primitive(schema))
		return "is on a property that is neither string, integer nor boolean";
	if (names->count == PARAM_HEADERS_MAX)
		return "is on too many properties";
	fold(name, names->folded[names->count]);
	for (size_t i = 0; i < names->count; i++)
		if (strcmp(names->folded[i], names->folded[names->count]) == 0)
			return "has the same name twice";
	names->count++;
	return NULL;
}

enum place {
	PLACE_ROOT,
	PLACE_PROPERTY, /* reached through `properties` only */
	PLACE_ELSEWHERE
};

static const char *scan(const struct json_object *schema, enum place place, struct names *names);

/* All schemas that are members or elements of a node. */
static const char *
scan_within(const struct json_object *node, enum place place, struct names *names)
{
	struct json_walk walk = {0};
	const char *wrong = NULL;

	while (wrong == NULL && json_next_member(node, &walk))
		wrong = scan(walk.value, place, names);
	for (size_t i = 0; wrong == NULL && json_type(node) == JSON_ARRAY && i < json_length(node);
	     i++)
		wrong = scan(json_element(node, i), place, names);
	return wrong;
}

/* What a keyword of JSON Schema (2020-12 and earlier drafts) holds. */
static const char *
scan_keyword(
    const char *keyword, const struct json_object *value, enum place place, struct names *names)
{
	static const char *const maps[] = {
	    "patternProperties", "$defs", "definitions", "dependentSchemas", "dependencies"};
	static const char *const schemas[] = {"items", "prefixItems", "contains",
	    "additionalProperties", "additionalItems", "unevaluatedItems", "unevaluatedProperties",
	    "propertyNames", "allOf", "anyOf", "oneOf", "not", "if", "then", "else",
	    "contentSchema"};

	if (strcmp(keyword, "properties") == 0)
		return scan_within(
		    value, place == PLACE_ELSEWHERE ? PLACE_ELSEWHERE : PLACE_PROPERTY, names);
	for (size_t i = 0; i < COUNT(maps); i++)
		if (strcmp(keyword, maps[i]) == 0)
			return scan_within(value, PLACE_ELSEWHERE, names);
	for (size_t i = 0; i < COUNT(schemas); i++)
		if (strcmp(keyword, schemas[i]) == 0)
			return json_type(value) == JSON_ARRAY
				   ? scan_within(value, PLACE_ELSEWHERE, names)
				   : scan(value, PLACE_ELSEWHERE, names);
	return NULL;
}

/* What is wrong with the annotations in a schema; NULL: nothing. */
static const char *
scan(const struct json_object *schema, enum place place, struct names *names)
{
	struct json_walk walk = {0};
	const char *wrong = NULL;

	while (wrong == NULL && json_next_member(schema, &walk)) {
		if (strcmp(walk.name, ANNOTATION) != 0)
			wrong = scan_keyword(walk.name, walk.value, place, names);
		else if (place != PLACE_PROPERTY)
			wrong = "is on something else than a property";
		else
			wrong = annotation_fault(schema, walk.value, names);
	}
	return wrong;
}

bool
param_headers_valid(const struct json_object *schema, struct problem *why)
{
	struct names names = {.count = 0};
	const char *wrong = scan(schema, PLACE_ROOT, &names);

	if (wrong != NULL)
		problem_set(why, "x-mcp-header %s", wrong);
	return wrong == NULL;
}
