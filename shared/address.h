/*
 * address.h - whether an address is one of the public internet.
 *
 * A channel's URL may name a host of somebody else's choosing, or one whose name leads to the inside of the operator's
 * network. What is asked is always the address that is about to be connected to, never a name.
 */
#ifndef ENFORGATE_ADDRESS_H
#define ENFORGATE_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

/*
 * False for loopback, private, link-local, shared, multicast, documentation and reserved ones (IANA special-purpose address
 * registries, RFC 6890), for IPv6 that carries such an IPv4 address, and for every family but the two.
 */
bool address_public(const struct sockaddr *address);
/* 127.0.0.0/8 and ::1, also as an IPv4-mapped one. */
bool address_loopback(const struct sockaddr *address);

#endif
