/* json.c - reading and building trees; see json.h. Parsing is in json_parse.c. */
#include "json_node.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "decimal.h"

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

const char *
json_text(const struct json_object *node)
{
	size_t len;
	const char *text = json_string(node, &len);

	return text != NULL && strlen(text) == len ? text : NULL;
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

/* json_parse.c keeps the text of a fraction as the node's user data; integers are converted. */
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

/*
 * json-c copies a name and, where its table then cannot grow, loses the copy (0.16 to 0.19). So it
 * gets ours as a constant, and it becomes json-c's to free once it is in the table.
 */
bool
json_has(const struct json_object *object, const char *name)
{
	return lh_table_lookup_entry(json_object_get_object(object), name) != NULL;
}

struct lh_entry *
json_slot(struct json_object *object, char *name)
{
	struct lh_table *members = json_object_get_object(object);
	struct lh_entry *entry = lh_table_lookup_entry(members, name);

	if (entry != NULL) {
		free(name);
		json_free(lh_entry_v(entry));
		lh_entry_set_val(entry, NULL);
		return entry;
	}
	if (json_object_object_add_ex(object, name, NULL,
		JSON_C_OBJECT_ADD_KEY_IS_NEW | JSON_C_OBJECT_ADD_CONSTANT_KEY) != 0) {
		free(name);
		return NULL;
	}
	members->tail->k_is_constant = 0;
	return members->tail;
}

bool
json_set(struct json_object *object, const char *name, struct json_object *value)
{
	char *copy = json_type(object) == JSON_OBJECT ? strdup(name) : NULL;
	struct lh_entry *slot = copy != NULL ? json_slot(object, copy) : NULL;

	if (slot == NULL) {
		json_free(value);
		return false;
	}
	lh_entry_set_val(slot, value);
	return true;
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
json_new_text(const char *text, size_t len)
{
	return len <= INT_MAX ? json_object_new_string_len(text, (int)len) : NULL;
}

void
json_remove(struct json_object *object, const char *name)
{
	if (json_type(object) == JSON_OBJECT)
		json_object_object_del(object, name);
}

bool
json_replace(struct json_object *array, size_t index, struct json_object *value)
{
	if (index < json_length(array) && json_type(array) == JSON_ARRAY &&
	    json_object_array_put_idx(array, index, value) == 0)
		return true;
	json_free(value);
	return false;
}

struct json_object *
json_share(struct json_object *node)
{
	return json_object_get(node);
}
