/* test_proxies.c - whose word about the client's address is taken. */
#include "testing.h"

#include "proxies.h"

static struct proxies
parsed(const char *text)
{
	struct proxies proxies;
	struct problem why = {""};

	if (proxies_parse(text, &proxies, &why) != STATUS_OK)
		fail_msg("\"%s\": %s", text, why.text);
	return proxies;
}

static void
refused(const char *text)
{
	struct proxies proxies;
	struct problem why = {""};

	if (proxies_parse(text, &proxies, &why) != STATUS_INVALID)
		fail_msg("\"%s\" was taken", text);
	assert_non_null(strstr(why.text, "must be addresses"));
}

/* The client, by a list of trusted proxies. */
static void
client_is(const char *trusted, const char *peer, const char *forwarded, const char *expected)
{
	const struct proxies proxies = parsed(trusted);
	char out[PROXIES_ADDRESS_MAX];
	const char *got = proxies_client(&proxies, peer, forwarded, out);

	if (strcmp(got, expected) != 0)
		fail_msg("trusted \"%s\", peer %s, forwarded \"%s\": %s, not %s", trusted, peer,
		    forwarded != NULL ? forwarded : "(none)", got, expected);
}

static void
list_of_addresses_and_networks(void **state)
{
	(void)state;
	assert_int_equal(parsed("").count, 0);
	assert_int_equal(parsed(" , ").count, 0);
	assert_int_equal(parsed("192.0.2.1").count, 1);
	assert_int_equal(parsed("192.0.2.1,10.0.0.0/8, 2001:db8::/32\t::1 ").count, 4);
	assert_int_equal(parsed("10.0.0.0/8").networks[0].bits, 104);
	assert_int_equal(parsed("10.1.2.3/32").networks[0].bits, 128);
	assert_int_equal(parsed("2001:db8::/1").networks[0].bits, 1);
}

static void
anything_else_is_refused(void **state)
{
	static const char *const texts[] = {"localhost", "192.0.2", "192.0.2.256", "192.0.2.1/33",
	    "192.0.2.1/", "192.0.2.1/0", "::/0", "::1/129", "192.0.2.1/-1", "192.0.2.1/8x",
	    "192.0.2.1/08", "192.0.2.1/8/8", "/8", "192.0.2.1;192.0.2.2", "[::1]", "192.0.2.1:80",
	    "::1%lo", "0x7f.0.0.1", "127.1", "*"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		refused(texts[i]);
}

static void
too_many_are_refused(void **state)
{
	char text[(PROXIES_MAX + 1) * 4 + 1] = "";
	struct proxies proxies;
	struct problem why = {""};

	(void)state;
	for (int i = 0; i < PROXIES_MAX; i++)
		memcpy(text + strlen(text), "::1 ", 5);
	assert_int_equal(parsed(text).count, PROXIES_MAX);
	memcpy(text + strlen(text), "::1 ", 5);
	assert_status(proxies_parse(text, &proxies, &why), STATUS_TOO_LARGE);
}

static void
stranger_is_not_believed(void **state)
{
	(void)state;
	client_is("", "192.0.2.9", "198.51.100.1", "192.0.2.9");
	client_is("192.0.2.1", "192.0.2.9", "198.51.100.1", "192.0.2.9");
	client_is("192.0.2.0/29", "192.0.2.8", "198.51.100.1", "192.0.2.8");
	client_is("2001:db8::/33", "2001:db8:8000::1", "198.51.100.1", "2001:db8:8000::1");
	client_is("192.0.2.1", "", "198.51.100.1", "");
	client_is("192.0.2.1", "unix:", "198.51.100.1", "unix:");
}

static void
rightmost_stranger_is_the_client(void **state)
{
	(void)state;
	client_is("192.0.2.1", "192.0.2.1", "198.51.100.1", "198.51.100.1");
	client_is("192.0.2.1", "192.0.2.1", "203.0.113.7, 198.51.100.1", "198.51.100.1");
	client_is("192.0.2.1 10.0.0.0/8", "192.0.2.1",
	    "203.0.113.7,198.51.100.1 ,10.1.2.3,\t10.9.9.9", "198.51.100.1");
	client_is("192.0.2.0/24", "192.0.2.1", " 2001:DB8::1 ", "2001:db8::1");
	client_is("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::1, 2001:db8::5", "2001:db9::1");
	/* What stands left of it is the client's own invention, whatever it is. */
	client_is("192.0.2.1", "192.0.2.1", "<script>, unknown,,198.51.100.1", "198.51.100.1");
}

static void
proxies_alone_give_the_leftmost(void **state)
{
	(void)state;
	client_is("10.0.0.0/8", "10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3");
	client_is("10.0.0.0/8", "10.0.0.1", "10.0.0.2", "10.0.0.2");
}

static void
mapped_addresses_are_ipv4(void **state)
{
	(void)state;
	client_is("192.0.2.1", "::ffff:192.0.2.1", "::ffff:198.51.100.1", "198.51.100.1");
	client_is("::ffff:192.0.2.1", "192.0.2.1", "198.51.100.1", "198.51.100.1");
	client_is(
	    "::ffff:10.0.0.0/104", "10.9.9.9", "198.51.100.1, ::ffff:10.2.2.2", "198.51.100.1");
}

static void
ports_are_left_out(void **state)
{
	(void)state;
	client_is("192.0.2.1", "192.0.2.1", "198.51.100.1:4711", "198.51.100.1");
	client_is("192.0.2.1", "192.0.2.1", "[2001:db8::1]:4711", "2001:db8::1");
	client_is("192.0.2.1", "192.0.2.1", "[2001:db8::1]", "2001:db8::1");
}

static void
malformed_header_is_as_none(void **state)
{
	static const char *const headers[] = {NULL, "", " ", ",", "198.51.100.1,",
	    "198.51.100.1, ,", "unknown", "198.51.100.1, unknown", "198.51.100",
	    "198.51.100.1 203.0.113.7", "[::1", "[]", "[198.51.100.1]", "[::1]x", "::1]:1",
	    "_hidden", "198.51.100.1;", "for=198.51.100.1", "2001:db8::1::2", "fe80::1%eth0"};

	(void)state;
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		client_is("192.0.2.1", "192.0.2.1", headers[i], "192.0.2.1");
}

static void
long_headers_do_no_harm(void **state)
{
	enum { LONG = 10240 };
	char text[LONG + 1];

	(void)state;
	memset(text, 'a', LONG);
	text[LONG] = '\0';
	client_is("192.0.2.1", "192.0.2.1", text, "192.0.2.1");
	memset(text, ',', LONG);
	client_is("192.0.2.1", "192.0.2.1", text, "192.0.2.1");
	memset(text, '1', LONG);
	memcpy(text + LONG - 14, ", 198.51.100.1", 14);
	client_is("192.0.2.1", "192.0.2.1", text, "198.51.100.1");
	for (size_t i = 0; i + 10 <= LONG; i += 10)
		memcpy(text + i, "192.0.2.1,", 10);
	text[LONG - 1] = '\0';
	client_is("192.0.2.1", "192.0.2.1", text, "192.0.2.1");
	memcpy(text, "8.8.8.8  ,", 10);
	client_is("192.0.2.1", "192.0.2.1", text, "8.8.8.8");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(list_of_addresses_and_networks),
	    cmocka_unit_test(anything_else_is_refused),
	    cmocka_unit_test(too_many_are_refused),
	    cmocka_unit_test(stranger_is_not_believed),
	    cmocka_unit_test(rightmost_stranger_is_the_client),
	    cmocka_unit_test(proxies_alone_give_the_leftmost),
	    cmocka_unit_test(mapped_addresses_are_ipv4),
	    cmocka_unit_test(ports_are_left_out),
	    cmocka_unit_test(malformed_header_is_as_none),
	    cmocka_unit_test(long_headers_do_no_harm),
	};

	return cmocka_run_group_tests_name("proxies", tests, NULL, NULL);
}
