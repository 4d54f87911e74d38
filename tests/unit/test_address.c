/* test_address.c - which addresses are of the public internet. */
#include "testing.h"

#include <arpa/inet.h>

#include "address.h"

static struct sockaddr_storage
parsed(const char *text)
{
	struct sockaddr_storage out = {.ss_family = AF_UNSPEC};
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};

	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
		memcpy(&out, &v4, sizeof(v4));
	else if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1)
		memcpy(&out, &v6, sizeof(v6));
	else
		fail_msg("%s is no address", text);
	return out;
}

static void
assert_each(const char *const *texts, bool (*is)(const struct sockaddr *), bool expected)
{
	for (; *texts != NULL; texts++) {
		struct sockaddr_storage address = parsed(*texts);

		if (is((const struct sockaddr *)&address) != expected)
			fail_msg("%s", *texts);
	}
}

static void
special_addresses_are_not_public(void **state)
{
	static const char *const special[] = {"0.0.0.0", "0.255.255.255", "10.0.0.1",
	    "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.255",
	    "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.2.1",
	    "192.88.99.1", "192.168.0.1", "192.168.255.255", "198.18.0.1", "198.19.255.255",
	    "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1",
	    "255.255.255.255", "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
	    "::ffff:169.254.169.254", "64:ff9b::10.0.0.1", "64:ff9b::127.0.0.1",
	    "64:ff9b:1::8.8.8.8", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::1",
	    "2002:808:808::1", "3fff::1", "4000::1", "fc00::1", "fd00:ec2::254", "fe80::1",
	    "fec0::1", "ff02::1", NULL};

	(void)state;
	assert_each(special, address_public, false);
}

static void
other_addresses_are_public(void **state)
{
	static const char *const open[] = {"1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0",
	    "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0", "169.253.255.255",
	    "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.167.255.255", "192.169.0.0",
	    "198.17.255.255", "198.20.0.0", "223.255.255.255", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8",
	    "2001:200::1", "2600::1", "2a00:1450:4001::1", "3ffe::1", NULL};

	(void)state;
	assert_each(open, address_public, true);
}

static void
loopback_is_known_in_each_of_its_forms(void **state)
{
	static const char *const loopback[] = {
	    "127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", NULL};
	static const char *const other[] = {"126.0.0.1", "128.0.0.1", "10.0.0.1", "::", "::2",
	    "::127.0.0.1", "::ffff:10.0.0.1", "8.8.8.8", "2600::1", NULL};

	(void)state;
	assert_each(loopback, address_loopback, true);
	assert_each(other, address_loopback, false);
}

static void
other_families_are_neither(void **state)
{
	const struct sockaddr local = {.sa_family = AF_UNIX};

	(void)state;
	assert_false(address_public(&local));
	assert_false(address_loopback(&local));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(special_addresses_are_not_public),
	    cmocka_unit_test(other_addresses_are_public),
	    cmocka_unit_test(loopback_is_known_in_each_of_its_forms),
	    cmocka_unit_test(other_families_are_neither),
	};

	return cmocka_run_group_tests_name("address", tests, NULL, NULL);
}
