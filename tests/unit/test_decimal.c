/* test_decimal.c - numbers as exact decimals: reading and order, nothing rounded. */
#include "decimal_aid.h"

static void
what_is_not_a_json_number_is_refused(void **state)
{
	static const char *const texts[] = {"", "-", "+1", "01", "-01", "00", ".5", "5.", "1.e5",
	    "1e", "1e+", "1e-", "1.5.2", "1e5.0", "1e5e5", "0x10", " 1", "1 ", "1a", "--1", "NaN",
	    "Infinity", "1e1000001", "1e-1000001", "0e99999999999999999999", "1,5", "-.5", "1_0"};
	struct decimal d;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_status(decimal_read(texts[i], strlen(texts[i]), &d), STATUS_INVALID);
	/* The length counts, not a NUL. */
	assert_status(decimal_read("12\0", 3, &d), STATUS_INVALID);
}

static void
number_is_split_into_digits_and_exponent(void **state)
{
	static const struct {
		const char *text, *digits;
		size_t count;
		int64_t exponent;
	} cases[] = {
	    {"1", "1", 1, 1},
	    {"100", "1", 1, 3},
	    {"100.00", "1", 1, 3},
	    {"120.5", "120.5", 4, 3},
	    {"0.05", "5", 1, -1},
	    {"0.5e1", "5", 1, 1},
	    {"10.0e-2", "1", 1, 0},
	    {"1.00200", "1.002", 4, 1},
	    {"1e1000000", "1", 1, 1000001},
	    {"1e-1000000", "1", 1, -999999},
	    {"1e0000000000000000005", "1", 1, 6},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct decimal d = aid_decimal(cases[i].text);

		assert_int_equal(d.len, strlen(cases[i].digits));
		assert_memory_equal(d.digits, cases[i].digits, d.len);
		assert_int_equal(d.count, cases[i].count);
		assert_int_equal(d.exponent, cases[i].exponent);
	}
}

static void
every_zero_is_the_same_zero(void **state)
{
	static const char *const zeros[] = {
	    "0", "-0", "0.0", "-0.000", "0e5", "-0.0e-9", "0E+1000000"};

	(void)state;
	for (size_t i = 0; i < sizeof(zeros) / sizeof(zeros[0]); i++) {
		assert_false(aid_decimal(zeros[i]).negative);
		assert_int_equal(aid_order(zeros[i], "0"), 0);
		assert_int_equal(aid_order(zeros[i], "1e-1000000"), -1);
		assert_int_equal(aid_order(zeros[i], "-1e-1000000"), 1);
	}
}

static void
order_is_exact(void **state)
{
	/* Each is less than the next. */
	static const char *const ascending[] = {"-1e1000000", "-9223372036854775809",
	    "-9223372036854775808", "-10", "-9.99", "-1.5", "-1.05", "-1", "-1e-1000000", "0",
	    "1e-400", "1e-399", "0.1", "0.10000000000000000555", "0.2", "1",
	    "1.0000000000000000001", "9.99", "10", "9007199254740992", "9007199254740993",
	    "18446744073709551615", "18446744073709551615.5", "18446744073709551616", "1e400",
	    "1.0000001e400"};
	size_t count = sizeof(ascending) / sizeof(ascending[0]);

	(void)state;
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < count; j++)
			assert_int_equal(aid_order(ascending[i], ascending[j]), (i > j) - (i < j));
	assert_int_equal(aid_order("1.0", "1"), 0);
	assert_int_equal(aid_order("1e0", "10e-1"), 0);
	assert_int_equal(aid_order("123.45", "0.0012345e5"), 0);
	assert_int_equal(aid_order("12.345", "1234.5e-2"), 0);
}

static void
integer_is_given_only_where_it_fits(void **state)
{
	static const char *const refused[] = {"1.5", "1e-1", "9223372036854775808",
	    "-9223372036854775809", "18446744073709551615", "1e19", "1e1000000", "0.1", "1e20",
	    "99999999999999999999", "922337203685477580.75"};
	static const struct {
		const char *text;
		int64_t value;
	} fits[] = {{"0", 0}, {"-0.0", 0}, {"1.0", 1}, {"1e3", 1000}, {"-12.50e1", -125},
	    {"9223372036854775807", INT64_MAX}, {"-9223372036854775808", INT64_MIN},
	    {"9.223372036854775807e18", INT64_MAX}};
	int64_t value = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct decimal d = aid_decimal(refused[i]);

		assert_false(decimal_integer(&d, &value));
	}
	assert_int_equal(value, 7);
	for (size_t i = 0; i < sizeof(fits) / sizeof(fits[0]); i++) {
		struct decimal d = aid_decimal(fits[i].text);

		assert_true(decimal_integer(&d, &value));
		assert_true(value == fits[i].value);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_not_a_json_number_is_refused),
	    cmocka_unit_test(number_is_split_into_digits_and_exponent),
	    cmocka_unit_test(every_zero_is_the_same_zero),
	    cmocka_unit_test(order_is_exact),
	    cmocka_unit_test(integer_is_given_only_where_it_fits),
	};

	return cmocka_run_group_tests_name("decimal", tests, NULL, NULL);
}
