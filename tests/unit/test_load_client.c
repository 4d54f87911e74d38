/* test_load_client.c - the load client's reading of responses and its percentiles. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Not part of the core, so their sources are compiled in here. */
#include "tests/bench/histogram.c"
#include "tests/bench/response.c"

#define TEXT_MAX 512

/* Parses a copy, as the parser joins chunks in place. */
static enum response_state
parse(const char *text, char copy[TEXT_MAX], struct response *out)
{
	(void)snprintf(copy, TEXT_MAX, "%s", text);
	return response_parse(copy, strlen(copy), out);
}

static void
every_cut_of_a_response_is_partial(void **state)
{
	static const char *const texts[] = {
	    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
	    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n",
	};
	char copy[TEXT_MAX];
	struct response r;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		for (size_t len = 0; len < strlen(texts[i]); len++) {
			(void)snprintf(copy, sizeof(copy), "%.*s", (int)len, texts[i]);
			assert_int_equal(response_parse(copy, len, &r), RESPONSE_PARTIAL);
		}
		assert_int_equal(parse(texts[i], copy, &r), RESPONSE_COMPLETE);
		assert_int_equal(r.status, 200);
		assert_int_equal(r.len, strlen(texts[i]));
		assert_int_equal(r.body_len, 5);
		assert_memory_equal(r.body, "hello", 5);
		assert_false(r.close);
	}
}

static void
what_is_not_a_framed_response_is_broken(void **state)
{
	static const char *const texts[] = {
	    "SMTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
	    "HTTP/1.1 200 OK\r\nServer: x\r\n\r\nends with the connection",
	    "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
	    "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
	    "HTTP/1.1 999 No\r\nContent-Length: 0\r\n\r\n",
	    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhel\r\n",
	};
	char copy[TEXT_MAX];
	struct response r;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(parse(texts[i], copy, &r), RESPONSE_BROKEN);
}

static void
close_and_bodiless_answers_are_seen(void **state)
{
	char copy[TEXT_MAX];
	struct response r;

	(void)state;
	assert_int_equal(
	    parse(
		"HTTP/1.1 503 Busy\r\nconnection: Close\r\ncontent-length: 2\r\n\r\n{}", copy, &r),
	    RESPONSE_COMPLETE);
	assert_int_equal(r.status, 503);
	assert_true(r.close);
	assert_int_equal(parse("HTTP/1.1 204 None\r\n\r\n", copy, &r), RESPONSE_COMPLETE);
	assert_int_equal(r.body_len, 0);
}

static void
percentiles_are_exact_below_2048_and_close_above(void **state)
{
	static struct histogram h;

	(void)state;
	assert_int_equal(histogram_percentile(&h, 0.5), 0);
	for (uint64_t i = 1; i <= 1000; i++)
		histogram_add(&h, i);
	assert_int_equal(histogram_percentile(&h, 0.5), 500);
	assert_int_equal(histogram_percentile(&h, 0.99), 990);
	assert_int_equal(histogram_percentile(&h, 1), 1000);
	for (uint64_t value = 2000; value < UINT64_C(1) << 40; value += value / 3) {
		static struct histogram one;
		uint64_t got;

		one = (struct histogram){.count = 0};
		histogram_add(&one, value);
		histogram_add(&one, UINT64_C(1) << 50);
		got = histogram_percentile(&one, 0.5);
		if (value < UINT64_C(1) << HISTOGRAM_BITS) {
			assert_true(got >= value);
			assert_true(got - value <= value / HISTOGRAM_STEPS);
		}
		assert_int_equal(one.max, UINT64_C(1) << 50);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_cut_of_a_response_is_partial),
	    cmocka_unit_test(what_is_not_a_framed_response_is_broken),
	    cmocka_unit_test(close_and_bodiless_answers_are_seen),
	    cmocka_unit_test(percentiles_are_exact_below_2048_and_close_above),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
