/*
 * json.h - JSON as this gateway needs it: json-c behind limits and exactness.
 *
 * json-c holds the trees; json.c and json_parse.c alone know it. Its parser is not used: it alters values,
 * and with memory exhausted whole members (see json_parse.c). What a tree cannot hold exactly is
 * refused: integers outside 64 bits; "\u0000" in a member name; a lone surrogate (RFC 8785 section
 * 3.2.2.2 calls it an error); bytes that are not UTF-8 (RFC 8259 section 8.1). "-0" is kept as the
 * number zero. Where a member is repeated the last one counts: it is the only one that is
 * judged, hashed and sent on. Numbers keep the digits they were written with.
 *
 * A struct json_object is json-c's node. Trees are owned by whoever parsed or built them; a node got
 * from another one (member, element) is borrowed and lives as long as its root.
 */
#ifndef ENFORGATE_JSON_H
#define ENFORGATE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "status.h"

struct json_object;

/* Deepest nesting ever read, whatever the limits say: trees are walked by recursion. */
#define JSON_NESTING_MAX 256

enum json_type { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_OBJECT, JSON_ARRAY };

struct json_limits {
	size_t bytes;     /* of the whole text */
	unsigned nesting; /* levels of objects and arrays; the outermost is level 1 */
	size_t members;   /* members and elements in the whole text together */
	bool unique;      /* a member that is repeated is an error: for files that people write */
};

/*
 * Reads exactly one complete document (RFC 8259); white space around it is allowed, nothing else.
 * STATUS_OK: *root is owned by the caller (a document `null` gives *root == NULL).
 * STATUS_INVALID or STATUS_TOO_LARGE: `why` says what and at which byte (counted from 0).
 * STATUS_NO_MEMORY: an allocation failed, whichever it was. *root is NULL unless STATUS_OK.
 */
enum status json_parse(const char *text, size_t len, const struct json_limits *limits,
    struct json_object **root, struct problem *why) MUST_USE;
void json_free(struct json_object *root); /* accepts NULL */

/* Reading. Every function accepts NULL, which is JSON null. */
enum json_type json_type(const struct json_object *node);
const char *json_type_name(enum json_type type); /* "object", "array", ... */
/* The member of that name, with *found telling whether it is there (its value may be null). */
struct json_object *json_member(const struct json_object *object, const char *name, bool *found);
size_t json_length(const struct json_object *node); /* elements or members; 0 for anything else */
struct json_object *json_element(const struct json_object *array, size_t index);
/* Text of a string node and its length in bytes (it may hold NUL); NULL for another type. */
const char *json_string(const struct json_object *node, size_t *len);
/* The same as a C text; NULL for another type and for a text with a NUL in it, which no C text can hold. */
const char *json_text(const struct json_object *node);
bool json_bool(const struct json_object *node); /* false for another type */
/* An integer by value (1.0 is one) that fits: true and *value; false for anything else. */
bool json_integer(const struct json_object *node, int64_t *value);
/*
 * The text of a number as it was written ("1.50", "12345678901234567890"); NULL for another type.
 * Valid as long as the node; `scratch` (at least JSON_NUMBER_SCRATCH bytes) may be used for it.
 */
#define JSON_NUMBER_SCRATCH 32
const char *json_number_text(const struct json_object *node, char *scratch);

/* Walks the members of an object: pass a zeroed struct; false when there are no more. */
struct json_walk {
	const void *entry; /* private to json.c */
	bool started;
	const char *name;
	struct json_object *value;
};
bool json_next_member(const struct json_object *object, struct json_walk *walk);

/*
 * Building. A setter takes over `value` in any case; where memory runs out it returns false. A `value`
 * of NULL is null, so look at what json_new_* gave before handing it on.
 * json_new_* return NULL when memory runs out.
 */
struct json_object *json_new_object(void);
struct json_object *json_new_array(void);
bool json_set(struct json_object *object, const char *name, struct json_object *value);
bool json_set_text(struct json_object *object, const char *name, const char *text); /* NULL: null */
bool json_set_integer(struct json_object *object, const char *name, int64_t value);
bool json_set_bool(struct json_object *object, const char *name, bool value);
bool json_append(struct json_object *array, struct json_object *value);
bool json_append_text(struct json_object *array, const char *text);
struct json_object *json_new_text(const char *text, size_t len);
/* Takes a member away; one that is not there is none. */
void json_remove(struct json_object *object, const char *name);
/* Puts another element in the place of one that is there; takes over `value` in any case. False: no memory, or no such element. */
bool json_replace(struct json_object *array, size_t index, struct json_object *value);
/*
 * One more owner of a node, to put it into a second tree. Owners are counted without a lock: a tree of which another thread has a node may
 * be read, but nothing of it shared or freed; what goes from thread to thread is a copy.
 */
struct json_object *json_share(struct json_object *node);
/* A tree of its own, equal in every byte. NULL: out of memory (or `node` is NULL, null). Only reads the original. */
struct json_object *json_copy(const struct json_object *node);

/* Appends the tree as compact JSON, numbers as they were written. Failure shows in buf_status(). */
void json_write(const struct json_object *root, struct buf *out);
/* The same with indentation, for people. */
void json_write_pretty(const struct json_object *root, struct buf *out);
/* Appends text as a JSON string with its quotation marks; text must be UTF-8. */
void json_write_string(const char *text, size_t len, struct buf *out);

/*
 * Appends the canonical form: RFC 8785 with one deviation (design 3.6): a number whose value the
 * shortest form of its double does not denote exactly keeps its own digits, normalised (see
 * decimal.h), so that no two unequal values share a form. NULL is written as null.
 */
void json_write_canonical(const struct json_object *root, struct buf *out);

/* Deep equality: numbers by exact value, strings by bytes, objects whatever the order. */
bool json_equal(const struct json_object *a, const struct json_object *b);

#endif
