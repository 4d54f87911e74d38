/* decimal_aid.h - decimals from literals. */
#ifndef TEST_DECIMAL_AID_H
#define TEST_DECIMAL_AID_H

#include "testing.h"

#include "decimal.h"

/* Borrows the text. */
struct decimal aid_decimal(const char *text);
/* -1, 0 or 1, the same from both sides. */
int aid_order(const char *a, const char *b);

#endif
