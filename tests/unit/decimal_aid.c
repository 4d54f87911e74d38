/* decimal_aid.c - decimals from literals; see decimal_aid.h. */
#include "decimal_aid.h"

struct decimal
aid_decimal(const char *text)
{
	struct decimal d;

	assert_status(decimal_read(text, strlen(text), &d), STATUS_OK);
	return d;
}

int
aid_order(const char *a, const char *b)
{
	struct decimal d = aid_decimal(a), e = aid_decimal(b);
	int order = decimal_compare(&d, &e), back = decimal_compare(&e, &d);

	assert_int_equal((order > 0) - (order < 0), (back < 0) - (back > 0));
	return (order > 0) - (order < 0);
}
