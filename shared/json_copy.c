/* json_copy.c - copies of whole trees, which another thread may own; see json.h. */
#include "json_node.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A fraction is its text, which json_parse.c keeps as the node's user data. */
static struct json_object *
copy_fraction(const struct json_object *node)
{
	char scratch[JSON_NUMBER_SCRATCH];
	char *text = strdup(json_number_text(node, scratch));
	struct json_object *copy = text != NULL ? json_object_new_double(NAN) : NULL;

	if (copy == NULL) {
		free(text);
		return NULL;
	}
	json_object_set_serializer(
	    copy, json_object_userdata_to_json_string, text, json_object_free_userdata);
	return copy;
}

static struct json_object *
copy_number(const struct json_object *node)
{
	int64_t number;

	if (json_object_get_type(node) == json_type_double)
		return copy_fraction(node);
	number = json_object_get_int64(node);
	return number < 0 ? json_object_new_int64(number)
			  : json_object_new_uint64(json_object_get_uint64(node));
}

static struct json_object *
copy_object(const struct json_object *node)
{
	struct json_object *copy = json_object_new_object();
	struct json_walk walk = {0};

	while (copy != NULL && json_next_member(node, &walk)) {
		struct json_object *value = json_copy(walk.value);

		if ((walk.value != NULL && value == NULL) || !json_set(copy, walk.name, value)) {
			json_free(copy);
			copy = NULL;
		}
	}
	return copy;
}

static struct json_object *
copy_array(const struct json_object *node)
{
	struct json_object *copy = json_object_new_array();
	size_t count = json_length(node);

	for (size_t i = 0; copy != NULL && i < count; i++) {
		struct json_object *element = json_element(node, i);
		struct json_object *value = json_copy(element);

		if ((element != NULL && value == NULL) || !json_append(copy, value)) {
			json_free(copy);
			copy = NULL;
		}
	}
	return copy;
}

struct json_object *
json_copy(const struct json_object *node)
{
	const char *text;
	size_t len;

	switch (json_type(node)) {
	case JSON_NULL:
		break;
	case JSON_BOOL:
		return json_object_new_boolean(json_bool(node));
	case JSON_NUMBER:
		return copy_number(node);
	case JSON_STRING:
		text = json_string(node, &len);
		return json_new_text(text, len);
	case JSON_OBJECT:
		return copy_object(node);
	case JSON_ARRAY:
		return copy_array(node);
	}
	return NULL;
}
