/*
 * json.c - the owner of json-c: parsing, reading and building; see json.h.
 *
 * json_guard.c has judged every text before json-c sees it, so json-c's own strictness is a second
 * line only. What it cannot mend: where an allocation fails inside the tokener, json-c 0.16 may end
 * the process, or drop a member or a piece of a string and still report success.
 */
#include "json.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* json-c has types of these names, json.h has functions. */
#define json_bool jsonc_bool
#define json_type jsonc_type
#include <json-c/json_object.h>
#include <json-c/json_tokener.h>
#include <json-c/linkhash.h>
#undef json_bool
#undef json_type

#include "decimal.h"
#include "json_guard.h"

/* A tokener keeps a buffer as long as the longest string it has seen; one that saw more is dropped. */
#define TOKENER_KEEP_MAX ((size_t)64 << 10)

/* One tokener a thread: making one costs a third of parsing a small text. */
static pthread_once_t tokener_once = PTHREAD_ONCE_INIT;
static pthread_key_t tokener_key;
static bool tokener_key_made;

static void
tokener_free(void *tokener)
{
	json_tokener_free(tokener);
}

static void
tokener_key_create(void)
{
	tokener_key_made = pthread_key_create(&tokener_key, tokener_free) == 0;
}

static struct json_tokener *
tokener_take(void)
{
	struct json_tokener *tokener;

	(void)pthread_once(&tokener_once, tokener_key_create);
	tokener = tokener_key_made ? pthread_getspecific(tokener_key) : NULL;
	if (tokener != NULL)
		return tokener;
	/* json-c counts a level more than there are brackets. */
	tokener = json_tokener_new_ex(JSON_NESTING_MAX + 2);
	if (tokener != NULL)
		json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	return tokener;
}

static void
tokener_give_back(struct json_tokener *tokener, size_t len)
{
	json_tokener_reset(tokener);
	if (tokener_key_made && len <= TOKENER_KEEP_MAX &&
	    pthread_setspecific(tokener_key, tokener) == 0)
		return;
	if (tokener_key_made)
		(void)pthread_setspecific(tokener_key, NULL);
	json_tokener_free(tokener);
}

/* Whether the first thing in a text that passed the guard is the word null. */
static bool
is_null_document(const char *text, size_t len)
{
	while (len > 0 && strchr(" \t\r\n", *text) != NULL) {
		text++;
		len--;
	}
	return len > 0 && *text == 'n';
}

enum status
json_parse(const char *text, size_t len, const struct json_limits *limits,
    struct json_object **root, struct problem *why)
{
	struct json_tokener *tokener;
	enum json_tokener_error error;
	enum status status;

	*root = NULL;
	status = json_guard(text, len, limits, why);
	if (status != STATUS_OK)
		return status;
	tokener = tokener_take();
	if (tokener == NULL) {
		problem_set(why, "out of memory");
		return STATUS_NO_MEMORY;
	}
	*root = json_tokener_parse_ex(tokener, text, (int)len);
	error = json_tokener_get_error(tokener);
	if (error == json_tokener_continue) {
		/* A number or word is complete only when json-c sees what follows: a NUL ends it. */
		*root = json_tokener_parse_ex(tokener, "", 1);
		error = json_tokener_get_error(tokener);
	}
	tokener_give_back(tokener, len);
	if (error != json_tokener_success) {
		problem_set(why, "not read as JSON: %s", json_tokener_error_desc(error));
		json_free(*root);
		*root = NULL;
		return STATUS_INVALID;
	}
	/* json-c 0.16 reports success where it had no memory for a node. */
	if (*root == NULL && !is_null_document(text, len)) {
		problem_set(why, "out of memory");
		return STATUS_NO_MEMORY;
	}
	return STATUS_OK;
}

void
json_free(struct json_object *root)
{
	(void)json_object_put(root);
}

/* json-c takes a node that it only reads without const. */
static struct json_object *
for_reading(const struct json_object *node)
{
	return (struct json_object *)(uintptr_t)node;
}

enum json_type
json_type(const struct json_object *node)
{
	switch (json_object_get_type(node)) {
	case json_type_boolean:
		return JSON_BOOL;
	case json_type_int:
	case json_type_double:
		return JSON_NUMBER;
	case json_type_string:
		return JSON_STRING;
	case json_type_object:
		return JSON_OBJECT;
	case json_type_array:
		return JSON_ARRAY;
	case json_type_null:
		break;
	}
	return JSON_NULL;
}

const char *
json_type_name(enum json_type type)
{
	static const char *const names[] = {
	    [JSON_NULL] = "null",
	    [JSON_BOOL] = "boolean",
	    [JSON_NUMBER] = "number",
	    [JSON_STRING] = "string",
	    [JSON_OBJECT] = "object",
	    [JSON_ARRAY] = "array",
	};

	return names[type];
}

struct json_object *
json_member(const struct json_object *object, const char *name, bool *found)
{
	struct json_object *value = NULL;

	*found = json_object_object_get_ex(object, name, &value);
	return value;
}

size_t
json_length(const struct json_object *node)
{
	switch (json_type(node)) {
	case JSON_OBJECT:
		return (size_t)json_object_object_length(node);
	case JSON_ARRAY:
		return json_object_array_length(node);
	case JSON_NULL:
	case JSON_BOOL:
	case JSON_NUMBER:
	case JSON_STRING:
		break;
	}
	return 0;
}

struct json_object *
json_element(const struct json_object *array, size_t index)
{
	if (json_type(array) != JSON_ARRAY || index >= json_object_array_length(array))
		return NULL;
	return json_object_array_get_idx(array, index);
}

const char *
json_string(const struct json_object *node, size_t *len)
{
	if (json_type(node) != JSON_STRING) {
		*len = 0;
		return NULL;
	}
	*len = (size_t)json_object_get_string_len(node);
	return json_object_get_string(for_reading(node));
}

bool
json_bool(const struct json_object *node)
{
	return json_type(node) == JSON_BOOL && json_object_get_boolean(node);
}

bool
json_integer(const struct json_object *node, int64_t *value)
{
	char scratch[JSON_NUMBER_SCRATCH];
	const char *text = json_number_text(node, scratch);
	struct decimal d;

	return text != NULL && decimal_read(text, strlen(text), &d) == STATUS_OK &&
	       decimal_integer(&d, value);
}

/* json-c keeps the text of each double it parsed as the node's user data; integers it converts. */
const char *
json_number_text(const struct json_object *node, char *scratch)
{
	char *at = scratch + JSON_NUMBER_SCRATCH - 1;
	uint64_t rest;
	int64_t number;

	if (json_object_get_type(node) == json_type_double)
		return json_object_get_userdata(for_reading(node));
	if (json_object_get_type(node) != json_type_int)
		return NULL;
	number = json_object_get_int64(node);
	rest = number < 0 ? 0 - (uint64_t)number : json_object_get_uint64(node);
	*at = '\0';
	do {
		*--at = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest > 0);
	if (number < 0)
		*--at = '-';
	return at;
}

bool
json_next_member(const struct json_object *object, struct json_walk *walk)
{
	const struct lh_entry *entry = walk->entry;

	if (!walk->started)
		entry =
		    json_type(object) == JSON_OBJECT ? json_object_get_object(object)->head : NULL;
	else if (entry != NULL)
		entry = entry->next;
	walk->started = true;
	walk->entry = entry;
	walk->name = entry != NULL ? entry->k : NULL;
	walk->value = entry != NULL ? for_reading(entry->v) : NULL;
	return entry != NULL;
}

struct json_object *
json_new_object(void)
{
	return json_object_new_object();
}

struct json_object *
json_new_array(void)
{
	return json_object_new_array();
}

bool
json_set(struct json_object *object, const char *name, struct json_object *value)
{
	if (json_type(object) == JSON_OBJECT && json_object_object_add(object, name, value) == 0)
		return true;
	json_free(value);
	return false;
}

bool
json_set_text(struct json_object *object, const char *name, const char *text)
{
	struct json_object *value = text != NULL ? json_object_new_string(text) : NULL;

	return (value != NULL || text == NULL) && json_set(object, name, value);
}

bool
json_set_integer(struct json_object *object, const char *name, int64_t value)
{
	struct json_object *node = json_object_new_int64(value);

	return node != NULL && json_set(object, name, node);
}

bool
json_set_bool(struct json_object *object, const char *name, bool value)
{
	struct json_object *node = json_object_new_boolean(value);

	return node != NULL && json_set(object, name, node);
}

bool
json_append(struct json_object *array, struct json_object *value)
{
	if (json_type(array) == JSON_ARRAY && json_object_array_add(array, value) == 0)
		return true;
	json_free(value);
	return false;
}

bool
json_append_text(struct json_object *array, const char *text)
{
	struct json_object *node = json_object_new_string(text);

	return node != NULL && json_append(array, node);
}

struct json_object *
json_share(struct json_object *node)
{
	return json_object_get(node);
}
