/* test_decimal_form.c - the canonical form of numbers: RFC 8785 and its one deviation. */
#include "decimal_aid.h"

#define FORM_MAX 4096
/* Digits before and after the point in the naive expansion of a random number. */
#define NAIVE_HALF 80

/* The canonical form of a literal; valid until the next call. */
static const char *
form_of(const char *text)
{
	static char form[FORM_MAX];
	struct decimal d = aid_decimal(text);
	struct buf out;

	buf_init(&out, FORM_MAX - 1);
	decimal_write_canonical(&d, &out);
	assert_status(buf_status(&out), STATUS_OK);
	memcpy(form, buf_str(&out), out.len + 1);
	buf_free(&out);
	return form;
}

/* RFC 8785 appendix B, without the two that are not numbers. */
static const struct {
	uint64_t bits;
	const char *form;
} appendix_b[] = {
    {0x0000000000000000, "0"},
    {0x8000000000000000, "0"},
    {0x0000000000000001, "5e-324"},
    {0x8000000000000001, "-5e-324"},
    {0x7fefffffffffffff, "1.7976931348623157e+308"},
    {0xffefffffffffffff, "-1.7976931348623157e+308"},
    {0x4340000000000000, "9007199254740992"},
    {0xc340000000000000, "-9007199254740992"},
    {0x4430000000000000, "295147905179352830000"},
    {0x44b52d02c7e14af5, "9.999999999999997e+22"},
    {0x44b52d02c7e14af6, "1e+23"},
    {0x44b52d02c7e14af7, "1.0000000000000001e+23"},
    {0x444b1ae4d6e2ef4e, "999999999999999700000"},
    {0x444b1ae4d6e2ef4f, "999999999999999900000"},
    {0x444b1ae4d6e2ef50, "1e+21"},
    {0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7"},
    {0x3eb0c6f7a0b5ed8d, "0.000001"},
    {0x41b3de4355555553, "333333333.3333332"},
    {0x41b3de4355555554, "333333333.33333325"},
    {0x41b3de4355555555, "333333333.3333333"},
    {0x41b3de4355555556, "333333333.3333334"},
    {0x41b3de4355555557, "333333333.33333343"},
    {0xbecbf647612f3696, "-0.0000033333333333333333"},
    {0x43143ff3c1cb0959, "1424953923781206.2"},
};

static double
double_of(uint64_t bits)
{
	double value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

/* The fewest digits that read back as this double, in C's notation. */
static void
shortest_literal(double value, char *out, size_t size)
{
	for (int precision = 0; precision <= 16; precision++) {
		(void)snprintf(out, size, "%.*e", precision, value);
		if (strtod(out, NULL) == value)
			return;
	}
	fail();
}

static void
shortest_digits_take_the_form_of_rfc_8785(void **state)
{
	char literal[64];

	(void)state;
	for (size_t i = 0; i < sizeof(appendix_b) / sizeof(appendix_b[0]); i++) {
		double value = double_of(appendix_b[i].bits);

		shortest_literal(value, literal, sizeof(literal));
		assert_string_equal(form_of(literal), appendix_b[i].form);
		/* A canonical form is its own canonical form. */
		assert_string_equal(form_of(appendix_b[i].form), appendix_b[i].form);
	}
}

static void
seventeen_digits_share_the_form_only_where_they_share_the_value(void **state)
{
	size_t same = 0, other = 0;
	char literal[64];

	(void)state;
	for (size_t i = 0; i < sizeof(appendix_b) / sizeof(appendix_b[0]); i++) {
		(void)snprintf(literal, sizeof(literal), "%.17g", double_of(appendix_b[i].bits));
		if (aid_order(literal, appendix_b[i].form) == 0) {
			same++;
			assert_string_equal(form_of(literal), appendix_b[i].form);
		} else {
			other++;
			assert_string_not_equal(form_of(literal), appendix_b[i].form);
			assert_int_equal(aid_order(form_of(literal), literal), 0);
		}
	}
	assert_true(same >= 5 && other >= 5);
}

static void
value_no_double_holds_keeps_its_digits(void **state)
{
	static const struct {
		const char *text, *form;
	} cases[] = {
	    {"333333333.33333329", "333333333.33333329"},
	    {"9007199254740993", "9007199254740993"},
	    {"9007199254740993.0", "9007199254740993"},
	    {"90071992547409930e-1", "9007199254740993"},
	    {"12345678901234567890", "12345678901234567890"},
	    {"295147905179352825856", "295147905179352825856"},
	    {"1234567890123456789012", "1.234567890123456789012e+21"},
	    {"0.10000000000000000555", "0.10000000000000000555"},
	    {"0.1000000000000000055511151231257827021181583404541015625",
		"0.1000000000000000055511151231257827021181583404541015625"},
	    {"0.00000012345678901234567890", "1.234567890123456789e-7"},
	    {"-1e400", "-1e+400"},
	    {"1e-400", "1e-400"},
	    {"12.5e-401", "1.25e-400"},
	    {"1e1000000", "1e+1000000"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(form_of(cases[i].text), cases[i].form);
}

static void
spellings_of_one_value_share_its_form(void **state)
{
	static const struct {
		const char *text, *form;
	} cases[] = {
	    {"0", "0"},
	    {"-0", "0"},
	    {"-0.0e7", "0"},
	    {"1", "1"},
	    {"1.0", "1"},
	    {"1e0", "1"},
	    {"10E-1", "1"},
	    {"0.00001e5", "1"},
	    {"1E30", "1e+30"},
	    {"4.50", "4.5"},
	    {"2e-3", "0.002"},
	    {"0.000000000000000000000000001", "1e-27"},
	    {"1e20", "100000000000000000000"},
	    {"1e21", "1e+21"},
	    {"999999999999999999999", "999999999999999999999"},
	    {"0.000001", "0.000001"},
	    {"0.0000001", "1e-7"},
	    {"0.0000012", "0.0000012"},
	    {"123e-20", "1.23e-18"},
	    {"-5e-324", "-5e-324"},
	    {"100", "100"},
	    {"1203.40e2", "120340"},
	    {"1203.40e1", "12034"},
	    {"1203.40", "1203.4"},
	    {"1203.40e-4", "0.12034"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(form_of(cases[i].text), cases[i].form);
}

/* A literal of random digits, point and exponent; small exponents, so that it can be expanded. */
static void
random_literal(char *out)
{
	int whole = rand() % 4, fraction = rand() % 4, exponent = rand() % 41 - 20;

	if (rand() % 2 == 0)
		*out++ = '-';
	if (whole == 0)
		*out++ = '0';
	for (int i = 0; i < whole * 5; i++)
		*out++ = (char)(i == 0            ? '1' + rand() % 9
				: rand() % 2 == 0 ? '0'
						  : '0' + rand() % 10);
	if (fraction > 0)
		*out++ = '.';
	for (int i = 0; i < fraction * 5; i++)
		*out++ = (char)(rand() % 2 == 0 ? '0' : '0' + rand() % 10);
	*out = '\0';
	if (rand() % 2 == 0)
		(void)sprintf(out, "%c%+03d", rand() % 2 == 0 ? 'e' : 'E', exponent);
}

/* Another spelling of the same value: more zeros, and the exponent to match. */
static void
respell(const char *text, char *out)
{
	int mantissa = (int)strcspn(text, "eE");
	int exponent = text[mantissa] != '\0' ? atoi(text + mantissa + 1) : 0;

	if (memchr(text, '.', (size_t)mantissa) != NULL)
		(void)sprintf(out, "%.*s00e%d", mantissa, text, exponent);
	else if (text[mantissa - 1] == '0')
		(void)sprintf(out, "%.*s.0E%d", mantissa, text, exponent);
	else
		(void)sprintf(out, "%.*s00e%d", mantissa, text, exponent - 2);
}

/* The same literal with another last digit before the exponent. */
static void
change_last_digit(const char *text, char *out)
{
	(void)strcpy(out, text);
	out[strcspn(out, "eE") - 1] = (char)('0' + rand() % 10);
}

/* Spreads the digits over a fixed field, digit by digit: what decimal.c does not do. */
static void
expand(const char *text, char *field)
{
	const char *e = strpbrk(text, "eE");
	int at = NAIVE_HALF - (e != NULL ? atoi(e + 1) : 0);
	const char *digit = text + (*text == '-');
	const char *scan = digit;

	memset(field, '0', 2 * NAIVE_HALF);
	field[2 * NAIVE_HALF] = '\0';
	while (*scan >= '0' && *scan <= '9')
		scan++;
	at -= (int)(scan - digit);
	for (; *digit != '\0' && digit != e; digit++)
		if (*digit != '.')
			field[at++] = *digit;
}

static int
naive_order(const char *a, const char *b)
{
	char p[2 * NAIVE_HALF + 1], q[2 * NAIVE_HALF + 1], zero[2 * NAIVE_HALF + 1];
	int order;

	expand(a, p);
	expand(b, q);
	expand("0", zero);
	if (*a == '-' && strcmp(p, zero) != 0) {
		if (*b != '-' || strcmp(q, zero) == 0)
			return -1;
		order = strcmp(q, p);
	} else {
		order = *b == '-' && strcmp(q, zero) != 0 ? 1 : strcmp(p, q);
	}
	return (order > 0) - (order < 0);
}

static void
forms_are_equal_exactly_where_values_are(void **state)
{
	char a[128], b[128], form[FORM_MAX];
	size_t equal = 0;

	(void)state;
	srand(20260101);
	for (int i = 0; i < 100000; i++) {
		int order;

		random_literal(a);
		if (i % 3 == 0)
			respell(a, b);
		else if (i % 3 == 1)
			random_literal(b);
		else
			change_last_digit(a, b);
		order = naive_order(a, b);
		equal += order == 0;
		assert_int_equal(aid_order(a, b), order);
		(void)strcpy(form, form_of(a));
		assert_int_equal(strcmp(form, form_of(b)) == 0, order == 0);
		assert_int_equal(naive_order(form, a), 0);
	}
	assert_in_range(equal, 30000, 60000);
}

static void
random_doubles_survive_their_form(void **state)
{
	char literal[64];

	(void)state;
	srand(20260102);
	for (int i = 0; i < 20000; i++) {
		uint64_t bits = (uint64_t)rand() << 42 ^ (uint64_t)rand() << 21 ^ (uint64_t)rand();
		double value = double_of(bits);

		if (value - value != 0)
			continue;
		shortest_literal(value, literal, sizeof(literal));
		assert_true(strtod(form_of(literal), NULL) == value);
		assert_true(strlen(form_of(literal)) <= 25);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(shortest_digits_take_the_form_of_rfc_8785),
	    cmocka_unit_test(seventeen_digits_share_the_form_only_where_they_share_the_value),
	    cmocka_unit_test(value_no_double_holds_keeps_its_digits),
	    cmocka_unit_test(spellings_of_one_value_share_its_form),
	    cmocka_unit_test(forms_are_equal_exactly_where_values_are),
	    cmocka_unit_test(random_doubles_survive_their_form),
	};

	return cmocka_run_group_tests_name("decimal_form", tests, NULL, NULL);
}
