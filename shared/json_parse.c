/*
 * json_parse.c - builds json-c's tree from the tokens of json_scan.c; see json.h.
 *
 * json-c's own tokener is not used: with 0.16 it ignores allocations that fail while it adds a member or
 * grows its buffer, and then reports success for another tree than the text says. Here every
 * node hangs in the tree from its birth, so that freeing the root is all there is to undo, and
 * open containers are kept in an array, so that hostile nesting costs no stack.
 */
#include "json_node.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "json_scan.h"

/* An object or array that is not complete. */
struct level {
	struct json_object *node;
	struct lh_entry *slot; /* of the member whose value comes; not in an array */
	bool object;
};

struct parser {
	struct scan scan;
	const struct json_limits *limits;
	size_t members;
	struct json_object *root;
	unsigned depth;
	struct level levels[JSON_NESTING_MAX]; /* `depth` of them, the outermost first */
};

static enum status
no_memory(struct parser *p)
{
	problem_set(p->scan.why, "out of memory");
	return STATUS_NO_MEMORY;
}

/* Puts a value where the text has it. Takes it over; NULL is null. */
static enum status
place(struct parser *p, struct json_object *node)
{
	struct level *in;

	if (p->depth == 0) {
		p->root = node;
		return STATUS_OK;
	}
	in = &p->levels[p->depth - 1];
	if (in->object) {
		lh_entry_set_val(in->slot, node);
	} else if (json_object_array_add(in->node, node) != 0) {
		json_free(node);
		return no_memory(p);
	}
	return STATUS_OK;
}

static enum status
place_new(struct parser *p, struct json_object *node)
{
	return node != NULL ? place(p, node) : no_memory(p);
}

/* A copy with a NUL behind it, without escapes; owned by the caller. NULL: out of memory. */
static char *
piece_text(const struct scan_piece *piece, size_t *len)
{
	char *text = malloc(piece->len + 1);

	if (text == NULL)
		return NULL;
	*len = piece->len;
	if (piece->escaped)
		*len = scan_unescape(piece, text);
	else
		memcpy(text, piece->bytes, piece->len);
	text[*len] = '\0';
	return text;
}

static enum status
parse_string(struct parser *p)
{
	struct json_object *node;
	struct scan_piece string;
	enum status status;
	char *text;
	size_t len;

	status = scan_string(&p->scan, false, &string);
	if (status != STATUS_OK)
		return status;
	if (!string.escaped)
		return place_new(p, json_object_new_string_len(string.bytes, (int)string.len));
	text = piece_text(&string, &len);
	if (text == NULL)
		return no_memory(p);
	node = json_object_new_string_len(text, (int)len);
	free(text);
	return place_new(p, node);
}

static struct json_object *
new_integer(const struct scan_piece *number)
{
	bool negative = number->bytes[0] == '-';
	uint64_t value = 0;

	for (size_t i = negative ? 1 : 0; i < number->len; i++)
		value = value * 10 + (uint64_t)(number->bytes[i] - '0');
	if (!negative && value > INT64_MAX)
		return json_object_new_uint64(value);
	return json_object_new_int64((int64_t)(negative ? 0 - value : value));
}

/* Like json_object_new_double_s(). The text alone counts: a double that somebody took would be wrong. */
static struct json_object *
new_fraction(const struct scan_piece *number)
{
	struct json_object *node = json_object_new_double(NAN);
	size_t len;
	char *text;

	if (node == NULL)
		return NULL;
	text = piece_text(number, &len);
	if (text == NULL) {
		json_free(node);
		return NULL;
	}
	json_object_set_serializer(
	    node, json_object_userdata_to_json_string, text, json_object_free_userdata);
	return node;
}

static enum status
parse_number(struct parser *p)
{
	struct scan_piece number;
	enum status status = scan_number(&p->scan, &number);

	if (status != STATUS_OK)
		return status;
	return place_new(p, number.integer ? new_integer(&number) : new_fraction(&number));
}

static enum status
parse_bool(struct parser *p, bool value)
{
	enum status status = scan_word(&p->scan, value ? "true" : "false");

	return status == STATUS_OK ? place_new(p, json_object_new_boolean(value)) : status;
}

static enum status
parse_null(struct parser *p)
{
	enum status status = scan_word(&p->scan, "null");

	return status == STATUS_OK ? place(p, NULL) : status;
}

/* Goes past a member's name and colon and makes the place for its value. */
static enum status
parse_name(struct parser *p)
{
	struct level *in = &p->levels[p->depth - 1];
	const size_t start = p->scan.at;
	struct scan_piece string;
	enum status status;
	char *name;
	size_t len;

	if (scan_peek(&p->scan) != '"')
		return scan_refuse(&p->scan, "no member name");
	status = scan_string(&p->scan, true, &string);
	if (status != STATUS_OK)
		return status;
	scan_space(&p->scan);
	if (scan_peek(&p->scan) != ':')
		return scan_refuse(&p->scan, "no colon after a member name");
	p->scan.at++;
	scan_space(&p->scan);
	name = piece_text(&string, &len);
	if (p->limits->unique && name != NULL && json_has(in->node, name)) {
		free(name);
		p->scan.at = start;
		return scan_refuse(&p->scan, "a member is repeated");
	}
	in->slot = name != NULL ? json_slot(in->node, name) : NULL;
	return in->slot != NULL ? STATUS_OK : no_memory(p);
}

/* Counts the member or element that starts here; leads to its value. */
static enum status
parse_item(struct parser *p)
{
	if (p->members == p->limits->members) {
		problem_set(p->scan.why, "more than %zu members and elements at byte %zu",
		    p->members, p->scan.at);
		return STATUS_TOO_LARGE;
	}
	p->members++;
	return p->levels[p->depth - 1].object ? parse_name(p) : STATUS_OK;
}

/* The position is on { or [. Afterwards it is on the first value inside, or behind an empty one. */
static enum status
open_container(struct parser *p, bool *complete)
{
	bool object = scan_peek(&p->scan) == '{';
	struct json_object *node;
	enum status status;

	if (p->depth >= p->limits->nesting || p->depth >= JSON_NESTING_MAX) {
		problem_set(
		    p->scan.why, "nested deeper than %u levels at byte %zu", p->depth, p->scan.at);
		return STATUS_TOO_LARGE;
	}
	node = object ? json_object_new_object() : json_object_new_array();
	status = place_new(p, node);
	if (status != STATUS_OK)
		return status;
	p->levels[p->depth++] = (struct level){.node = node, .object = object};
	p->scan.at++;
	scan_space(&p->scan);
	*complete = scan_peek(&p->scan) == (object ? '}' : ']');
	if (!*complete)
		return parse_item(p);
	p->scan.at++;
	p->depth--;
	return STATUS_OK;
}

/* Reads a value that holds no other, or goes into one that does. */
static enum status
parse_value(struct parser *p, bool *complete)
{
	*complete = true;
	switch (scan_peek(&p->scan)) {
	case '{':
	case '[':
		return open_container(p, complete);
	case '"':
		return parse_string(p);
	case 't':
		return parse_bool(p, true);
	case 'f':
		return parse_bool(p, false);
	case 'n':
		return parse_null(p);
	case '-':
	case '0' ... '9':
		return parse_number(p);
	default:
		return scan_refuse(&p->scan, "an unexpected byte");
	}
}

/* Behind a value inside a container: a comma leads to the next, a bracket completes the container. */
static enum status
parse_behind(struct parser *p, bool *complete)
{
	bool object = p->levels[p->depth - 1].object;

	scan_space(&p->scan);
	if (scan_peek(&p->scan) == ',') {
		p->scan.at++;
		scan_space(&p->scan);
		*complete = false;
		return parse_item(p);
	}
	if (scan_peek(&p->scan) != (object ? '}' : ']'))
		return scan_refuse(
		    &p->scan, object ? "neither a comma nor }" : "neither a comma nor ]");
	p->scan.at++;
	p->depth--;
	return STATUS_OK;
}

static enum status
parse_document(struct parser *p)
{
	enum status status;
	bool complete = false;

	scan_space(&p->scan);
	while (!complete) {
		status = parse_value(p, &complete);
		while (status == STATUS_OK && complete && p->depth > 0)
			status = parse_behind(p, &complete);
		if (status != STATUS_OK)
			return status;
	}
	scan_space(&p->scan);
	if (p->scan.at < p->scan.len)
		return scan_refuse(&p->scan, "something behind the JSON document");
	return STATUS_OK;
}

enum status
json_parse(const char *text, size_t len, const struct json_limits *limits,
    struct json_object **root, struct problem *why)
{
	struct parser p; /* the levels are set as they are opened */
	enum status status;

	*root = NULL;
	/* json-c counts with int. */
	if (len > limits->bytes || len >= INT_MAX) {
		problem_set(why, "the JSON text is longer than %zu bytes",
		    limits->bytes < INT_MAX ? limits->bytes : (size_t)INT_MAX - 1);
		return STATUS_TOO_LARGE;
	}
	p.scan = (struct scan){.text = (const unsigned char *)text, .len = len, .why = why};
	p.limits = limits;
	p.members = 0;
	p.root = NULL;
	p.depth = 0;
	status = parse_document(&p);
	if (status == STATUS_OK)
		*root = p.root;
	else
		json_free(p.root);
	return status;
}
