/*
 * proxies.h - proxies in front of the web server, whose word about the client's address is taken.
 *
 * The web server says who has connected to it. Only where that is a trusted proxy, X-Forwarded-For is read: each proxy adds the
 * address that it was connected from at the right end, so the rightmost one that is not a trusted proxy is the client; what
 * stands left of it is what the client itself has sent.
 */
#ifndef ENFORGATE_PROXIES_H
#define ENFORGATE_PROXIES_H

#include <stddef.h>

#include "status.h"

#define PROXIES_MAX 64
#define PROXIES_ADDRESS_MAX 46 /* bytes of an address as text, with its NUL: INET6_ADDRSTRLEN */

struct proxies {
	size_t count;
	struct proxies_network {
		unsigned char address[16]; /* IPv4 as ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2) */
		unsigned bits;
	} networks[PROXIES_MAX];
};

/*
 * Addresses and networks ("192.0.2.1", "10.0.0.0/8", "2001:db8::/32"), separated by commas, spaces or both; "" is none.
 * STATUS_INVALID, STATUS_TOO_LARGE: `why` continues the name of what the text was given as.
 */
enum status proxies_parse(const char *text, struct proxies *out, struct problem *why) MUST_USE;

/*
 * The client's address: `peer`, or where that is trusted what `forwarded` (the header's value; NULL: none) says. Where the header is
 * malformed it is `peer`. Points at `peer` or `out`.
 */
const char *proxies_client(const struct proxies *proxies, const char *peer, const char *forwarded,
    char out[PROXIES_ADDRESS_MAX]);

#endif
