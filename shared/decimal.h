/*
 * decimal.h - JSON numbers as exact decimals.
 *
 * Policies compare amounts and 64-bit identifiers; a double would round them. A struct decimal is a
 * view of a number's text; nothing is allocated and nothing is rounded.
 */
#ifndef ENFORGATE_DECIMAL_H
#define ENFORGATE_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "status.h"

/* A written exponent has at most this magnitude; beyond it the number is refused. */
#define DECIMAL_EXPONENT_MAX 1000000

struct decimal {
	bool negative;      /* false for zero */
	const char *digits; /* from the first to the last significant digit; may hold one '.' */
	size_t len;         /* bytes of `digits`; 0 for zero */
	size_t count;       /* significant digits in them */
	int64_t exponent;   /* value = 0.DIGITS * 10^exponent */
};

/* Reads a number of JSON grammar (RFC 8259 section 6). STATUS_INVALID: not one, or its exponent is too large. */
enum status decimal_read(const char *text, size_t len, struct decimal *out) MUST_USE;

/* <0, 0, >0 as a is less than, equal to or greater than b; exact. */
int decimal_compare(const struct decimal *a, const struct decimal *b);

/* The value where it is an integer that fits ("1.0" and "1e0" are 1), else false. */
bool decimal_integer(const struct decimal *d, int64_t *value);

/*
 * Appends the canonical form: the ECMAScript shortest form of the nearest double (RFC 8785 section
 * 3.2.2.3) where that denotes exactly this value, else all significant digits in the same layout rules.
 */
void decimal_write_canonical(const struct decimal *d, struct buf *out);

#endif
