/*
 * form.h - fields as browsers send them: application/x-www-form-urlencoded (WHATWG URL, section 5), also the query of a URL.
 *
 * Values may be secrets: the decoded text is wiped when it is freed.
 */
#ifndef ENFORGATE_FORM_H
#define ENFORGATE_FORM_H

#include <stddef.h>

#include "status.h"

#define FORM_FIELDS_MAX 32
#define FORM_BYTES_MAX ((size_t)8 << 10) /* of the encoded text */

struct form_field {
	const char *name; /* UTF-8 without NUL, as is the value */
	const char *value;
};

struct form {
	char *text; /* owned; what the fields point into */
	size_t len;
	size_t count;
	struct form_field fields[FORM_FIELDS_MAX];
};

/*
 * Decodes. STATUS_INVALID: an escape that is none, bytes that are not UTF-8, a NUL, a field given twice; STATUS_TOO_LARGE: more
 * bytes or fields than above. `why` says which, and names no value. Freed with form_free() in every case.
 */
enum status form_parse(
    const char *text, size_t len, struct form *out, struct problem *why) MUST_USE;
/* NULL: not given. */
const char *form_value(const struct form *form, const char *name);
void form_free(struct form *form);

#endif
