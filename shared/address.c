/* address.c - public and other addresses; see address.h. */
#include "address.h"

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct range4 {
	uint8_t first[4];
	unsigned bits;
};
struct range6 {
	uint8_t first[16];
	unsigned bits;
};

/* IANA IPv4 Special-Purpose Address Registry, and multicast (RFC 5771). */
static const struct range4 special4[] = {
    {{0, 0, 0, 0}, 8},       /* this network */
    {{10, 0, 0, 0}, 8},      /* private */
    {{100, 64, 0, 0}, 10},   /* shared by customers of a provider */
    {{127, 0, 0, 0}, 8},     /* loopback */
    {{169, 254, 0, 0}, 16},  /* link-local; clouds answer here with credentials */
    {{172, 16, 0, 0}, 12},   /* private */
    {{192, 0, 0, 0}, 24},    /* protocol assignments */
    {{192, 0, 2, 0}, 24},    /* documentation */
    {{192, 88, 99, 0}, 24},  /* 6to4 relays, deprecated */
    {{192, 168, 0, 0}, 16},  /* private */
    {{198, 18, 0, 0}, 15},   /* benchmarks */
    {{198, 51, 100, 0}, 24}, /* documentation */
    {{203, 0, 113, 0}, 24},  /* documentation */
    {{224, 0, 0, 0}, 4},     /* multicast */
    {{240, 0, 0, 0}, 4},     /* reserved, broadcast */
};

/* Of IPv6 only global unicast is public (RFC 4291 section 2.4), and of that not these. */
static const struct range6 global6 = {{0x20}, 3};
static const struct range6 special6[] = {
    {{0x20, 0x01}, 23},             /* protocol assignments, Teredo */
    {{0x20, 0x01, 0x0d, 0xb8}, 32}, /* documentation */
    {{0x20, 0x02}, 16},             /* 6to4 */
    {{0x3f, 0xff}, 20},             /* documentation */
};
/* These two carry an IPv4 address in their last four bytes: IPv4-mapped, and NAT64 (RFC 6052). */
static const struct range6 mapped = {{[10] = 0xff, [11] = 0xff}, 96};
static const struct range6 nat64 = {{0x00, 0x64, 0xff, 0x9b}, 96};

static bool
within(const uint8_t *address, const uint8_t *first, unsigned bits)
{
	unsigned rest = bits % 8;

	if (memcmp(address, first, bits / 8) != 0)
		return false;
	return rest == 0 || ((address[bits / 8] ^ first[bits / 8]) >> (8 - rest)) == 0;
}

static bool
public4(const uint8_t address[4])
{
	for (size_t i = 0; i < sizeof(special4) / sizeof(special4[0]); i++)
		if (within(address, special4[i].first, special4[i].bits))
			return false;
	return true;
}

static bool
public6(const uint8_t address[16])
{
	if (within(address, mapped.first, mapped.bits) || within(address, nat64.first, nat64.bits))
		return public4(address + 12);
	if (!within(address, global6.first, global6.bits))
		return false;
	for (size_t i = 0; i < sizeof(special6) / sizeof(special6[0]); i++)
		if (within(address, special6[i].first, special6[i].bits))
			return false;
	return true;
}

bool
address_public(const struct sockaddr *address)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (address->sa_family == AF_INET) {
		memcpy(&v4, address, sizeof(v4));
		return public4((const uint8_t *)&v4.sin_addr);
	}
	if (address->sa_family != AF_INET6)
		return false;
	memcpy(&v6, address, sizeof(v6));
	return public6(v6.sin6_addr.s6_addr);
}

bool
address_loopback(const struct sockaddr *address)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (address->sa_family == AF_INET) {
		memcpy(&v4, address, sizeof(v4));
		return *(const uint8_t *)&v4.sin_addr == 127;
	}
	if (address->sa_family != AF_INET6)
		return false;
	memcpy(&v6, address, sizeof(v6));
	return IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr) ||
	       (within(v6.sin6_addr.s6_addr, mapped.first, mapped.bits) &&
		   v6.sin6_addr.s6_addr[12] == 127);
}
